"""VOTables, Parquet and HDF5 arrive with the units, meanings and cards they state; packages are named."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import h5py
import numpy as np
import pyarrow as pa
import pytest
from astropy import units as u
from astropy.io.votable import from_table
from astropy.table import MaskedColumn
from astropy.table import Table as AstropyTable

from aion.errors import FormatError
from aion.io import columns as limits
from aion.io import source
from aion.io.source import load
from tests.io.contents import content_of, parquet, table_of, values

VOTABLE = """<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results"><INFO name="QUERY_STATUS" value="{status}">{said}</INFO>
<PARAM name="zsp" datatype="double" value="0.15" ucd="src.redshift"/>
<TABLE name="empty"><FIELD name="a" datatype="int"/></TABLE>
<TABLE name="spectrum"><GROUP utype="spec:Target"><PARAM name="Pos" arraysize="2" datatype="double"
unit="deg" ucd="pos.eq" value="150.1 2.2" utype="spec:Target.Pos"/></GROUP>
<PARAM name="designation" datatype="char" arraysize="*" value="M 31" ucd="meta.id;meta.main"/>
<FIELD name="Flux" datatype="double" unit="Jy" ucd="phot.flux.density" utype="spec:Data.FluxAxis.Value">
<DESCRIPTION>the flux</DESCRIPTION></FIELD><FIELD name="flux" datatype="long"><VALUES null="-9"/></FIELD>
<DATA><TABLEDATA><TR><TD>1.5</TD><TD>-9</TD></TR>
<TR><TD/><TD>4611686018427387905</TD></TR></TABLEDATA></DATA></TABLE>
<TABLE name="lines"><FIELD name="a" datatype="int"/>
<DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE>
</RESOURCE></VOTABLE>"""


def test_a_votable_states_units_meanings_position_and_redshift():
    table = table_of(VOTABLE.format(status="OK", said=""))
    assert list(table.columns) == ["flux", "flux_2"]
    np.testing.assert_array_equal(table.columns["flux"], [1.5, np.nan])
    assert table.columns["flux_2"].tolist() == ["", "4611686018427387905"]
    row = table.row(0)
    for said in (table, row, table.whole(), next(iter(table.rows()))):
        assert said.units == {"flux": "Jy"} and said.ucds == {"flux": "phot.flux.density"}
        assert said.utypes == {"flux": "spec:Data.FluxAxis.Value"} and said.descriptions == {
            "flux": "the flux"
        }
    expected = {
        "RA": 150.1,
        "DEC": 2.2,
        "REDSHIFT": 0.15,
        "ID": "M 31",
        "ZSP": 0.15,
        "OTHER_TABLES": "lines (1 rows)",
    }
    assert {name: table.meta[name] for name in expected} == expected


@pytest.mark.parametrize("tabledata_format", ["tabledata", "binary", "binary2"])
def test_votables_of_every_serialization_are_the_same(tabledata_format):
    table = AstropyTable(
        {"wave": [370.0, 370.5] * u.nm, "flux": MaskedColumn([1.5, 2.5], mask=[False, True], unit="Jy")}
    )
    stream = io.BytesIO()
    from_table(table).to_xml(stream, tabledata_format=tabledata_format)
    found = table_of(stream.getvalue())
    assert found.columns["wave"].tolist() == [370.0, 370.5] and dict(found.units) == {
        "wave": "nm",
        "flux": "Jy",
    }
    np.testing.assert_array_equal(found.columns["flux"], [1.5, np.nan])


def test_a_query_that_failed_is_refused_with_the_sentence_of_the_service():
    with pytest.raises(FormatError, match="the service answered 'Unknown column zz'; correct the query"):
        content_of(VOTABLE.format(status="ERROR", said="Unknown\n column zz"))
    with pytest.raises(FormatError, match="no table with rows"):
        content_of(
            '<VOTABLE version="1.4"><RESOURCE><TABLE><FIELD name="a" datatype="int"/></TABLE>'
            "</RESOURCE></VOTABLE>"
        )


def test_parquet_states_units_in_its_schema(tmp_path):
    wave = pa.field("Wave", pa.float64(), metadata={"unit": "nm", "description": "in air"})
    found = table_of(
        parquet(pa.table([[370.0], [1.5]], schema=pa.schema([wave, pa.field("wave", pa.float64())])))
    )
    assert values(found) == {"wave": [370.0], "wave_2": [1.5]}
    assert found.units == {"wave": "nm"} and found.descriptions == {"wave": "in air"}
    table = AstropyTable({"Wave": [370.0] * u.nm, "flux": [1.5] * u.Jy}, meta={"z": 0.1})
    table.write(tmp_path / "a.parquet")
    found = table_of((tmp_path / "a.parquet").read_bytes())
    assert found.units == {"wave": "nm", "flux": "Jy"} and found.meta == {"Z": 0.1}
    said = {name: {"ucd": "em.wl", "unit": "nm", "utype": "", "description": ""} for name in table.colnames}
    table.write(tmp_path / "b.parquet", format="parquet.votable", metadata=said)
    assert table_of((tmp_path / "b.parquet").read_bytes()).ucds["wave"] == "em.wl"


def test_hdf5_states_units_in_attributes_and_in_tables_of_astropy(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["z"] = 0.1
        for name, unit in (("wave", "nm"), ("Wave", b"um")):
            file[name] = [370.0, 371.0]
            file[name].attrs["units"] = unit
    found = table_of((tmp_path / "a.h5").read_bytes())
    assert sorted(found.columns) == ["wave", "wave_2"] and found.meta == {"Z": 0.1}
    assert found.units == {"wave": "um", "wave_2": "nm"}  # HDF5 lists capitals first
    table = AstropyTable({"wave": [370.0] * u.nm, "flux": [1.5] * u.Jy, "name": ["M 31"]}, meta={"z": 0.1})
    table.write(tmp_path / "b.h5", path="data", serialize_meta=True)
    found = table_of((tmp_path / "b.h5").read_bytes())
    assert values(found) == {"wave": [370.0], "flux": [1.5], "name": ["M 31"]}
    assert found.units == {"wave": "nm", "flux": "Jy"} and found.meta["Z"] == 0.1


SPECTRUM_CSV = ("wave,flux\n" + "\n".join(f"{i},{i}" for i in range(9))).encode()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_are_unpacked_within_limits(pack, monkeypatch):
    assert len(table_of(pack(SPECTRUM_CSV))) == 9
    assert len(table_of(pack(SPECTRUM_CSV[:20]) + pack(SPECTRUM_CSV[20:]))) == 9  # one file in two members
    with pytest.raises(FormatError, match="ends early; download it again"):
        load(pack(SPECTRUM_CSV)[:-9], None)
    monkeypatch.setattr(source, "MAX_UNPACKED_BYTES", 2**20)
    with pytest.raises(FormatError, match="up to 1 MB are read"):
        load(pack(bytes(2**22)), None)


def tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("spec.fits"), io.BytesIO())
    return stream.getvalue()


def zip_of(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, b"")
    return stream.getvalue()


@pytest.mark.parametrize(
    "data, message",
    [
        (tar(), "a tar archive.*unpack it first"),
        (gzip.compress(tar()), "a tar archive.*unpack it first"),
        (zip_of("spec.fits", "b.fits"), r"zip archive.*unpack it.*\(spec.fits, b.fits\)"),
        (zip_of("xl/workbook.xml", "a.xml"), "Excel workbook; export the sheet as CSV"),
        (b"7z\xbc\xaf\x27\x1c", "7z archive"),
        (b"Rar!\x1a\x07", "RAR archive"),
        (b"\x28\xb5\x2f\xfd\0", "Zstandard"),
        (b"II*\0" + bytes(9), "TIFF picture.*fits-cutout"),
        (b"RIFF\x01\x02\x03\x04WEBPVP8", "WebP picture"),
        (b"GIF89a", "GIF picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "SVG picture"),
        (b"<?xml version='1.0'?>\n<svg></svg>", "SVG picture"),
        (b"<!DOCTYPE html><title>x</title>", "web page.*download the file itself"),
        (b"ARROW1\0\0", "Arrow file.*Parquet"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",  # archives hold the time
)
def test_pictures_packages_and_pages_are_named(data, message):
    with pytest.raises(FormatError, match=message):
        content_of(data)


def test_the_limit_of_rows_holds_for_every_table(monkeypatch):
    monkeypatch.setattr(limits, "MAX_ROWS", 1)
    for data in (
        SPECTRUM_CSV,
        parquet(pa.table({"a": [1, 2]})),
        b"# %ECSV 1.0\n# ---\n# datatype:\n# - {name: a, datatype: int64}\na\n1\n2\n",
    ):
        with pytest.raises(FormatError, match="up to 1 are read"):
            content_of(data)
