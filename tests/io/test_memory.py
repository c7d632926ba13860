"""Objects in memory are read as their files would be and left as they are; anything else is refused."""

import copy
import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.nddata import InverseVariance, StdDevUncertainty, UnknownUncertainty, VarianceUncertainty
from astropy.table import MaskedColumn, QTable
from astropy.table import Table as AstropyTable
from astropy.utils.masked import Masked

from aion.errors import FormatError
from aion.io import read, read_many
from aion.io.content import Records, Table
from aion.io.fits_file import FitsFile
from aion.io.memory_in import open_object

N = 400
NANOMETERS = np.linspace(400.0, 900.0, N)
FLUX = np.linspace(5.0, 7.0, N)
FLAM = u.Unit("1e-17 erg / (s cm2 Angstrom)")


def astropy_table() -> AstropyTable:
    flux = MaskedColumn(FLUX, mask=np.arange(N) < 4, unit=FLAM)
    return AstropyTable(
        {"wave": NANOMETERS * u.nm, "flux": flux, "error": np.full(N, 0.5) * FLAM}, meta={"z": 0.15}
    )


def quantities() -> QTable:
    flux = Masked(FLUX * FLAM, mask=np.arange(N) < 4)
    return QTable(
        {"wave": NANOMETERS * u.nm, "flux": flux, "error": np.full(N, 0.5) * FLAM}, meta={"z": 0.15}
    )


def hdus() -> fits.HDUList:
    table = astropy_table()
    table["flux"] = np.where(table["flux"].mask, np.nan, FLUX) * FLAM
    return fits.HDUList([fits.PrimaryHDU(), fits.table_to_hdu(table)])


def specutils_spectrum(uncertainty=None):
    from specutils import Spectrum

    uncertainty = uncertainty or StdDevUncertainty(np.full(N, 0.5) * FLAM)
    return Spectrum(
        flux=FLUX * FLAM,
        spectral_axis=NANOMETERS * u.nm,
        uncertainty=uncertainty,
        mask=np.arange(N) < 4,
        meta={"header": fits.Header({"Z": 0.15})},
    )


def data_frame() -> pd.DataFrame:
    frame = pd.DataFrame({"wave": NANOMETERS * 10, "flux": FLUX, "error": np.full(N, 0.5)})
    frame.loc[:3, "flux"] = np.nan
    frame.attrs["z"] = 0.15
    return frame


def structured_array() -> np.ndarray:
    return data_frame().to_records(index=False)


@pytest.mark.parametrize(
    "build",
    [astropy_table, quantities, hdus, lambda: hdus()[1], specutils_spectrum, data_frame, structured_array,
     lambda: pa.Table.from_pandas(data_frame())],
    ids=["Table", "QTable", "HDUList", "BinTableHDU", "Spectrum", "DataFrame", "recarray", "arrow"],
)  # fmt: skip
def test_a_spectrum_in_memory_is_read_as_its_file_would_be(build):
    (found,) = read(build())
    (spectrum,) = found.modalities
    assert (spectrum.wavelength[0, 0].item(), spectrum.wavelength[0, -1].item()) == pytest.approx(
        (4000, 9000)
    )
    assert spectrum.flux[0, -1].item() == pytest.approx(7.0)
    assert spectrum.ivar[0, -1].item() == pytest.approx(4.0)
    assert spectrum.mask[0].nonzero().ravel().tolist() == [0, 1, 2, 3]
    if build in (astropy_table, quantities, specutils_spectrum):
        assert found.z_reference == pytest.approx(0.15)


def test_what_is_in_memory_is_left_as_it_is():
    table, files = astropy_table(), hdus()
    before, headers = table.copy(), [copy.deepcopy(hdu.header) for hdu in files]
    read(table), read(files)
    assert (before == table).all() and before.meta == table.meta
    assert [hdu.header for hdu in files] == headers and len(files) == 2


def test_hdus_of_an_open_file_and_alone_are_hdus(tmp_path):
    path = tmp_path / "spectrum.fits"
    hdus().writeto(path)
    with fits.open(path) as opened:
        (found,) = read(opened)
    assert found.reports[0].source == "spectrum.fits"
    alone = open_object(fits.ImageHDU(np.ones((3, 4)), name="FLUX"))
    assert isinstance(alone, FitsFile) and alone.names == {"", "FLUX"}
    with pytest.raises(FormatError, match="FITS file of these HDUs is closed; read them while it is open"):
        closed = fits.open(path, lazy_load_hdus=True)
        closed.close()
        read(closed)


@pytest.mark.parametrize(
    "uncertainty, name, value, unit",
    [
        (StdDevUncertainty(np.full(N, 0.5)), "error", 0.5, FLAM),
        (VarianceUncertainty(np.full(N, 0.25) * FLAM**2), "variance", 0.25, FLAM**2),
        (InverseVariance(np.full(N, 4e34) * u.Unit("erg / (s cm2 Angstrom)") ** -2), "ivar", 4.0, FLAM**-2),
    ],
)
def test_a_spectrum_of_specutils_states_the_kind_of_its_uncertainty(uncertainty, name, value, unit):
    table = open_object(specutils_spectrum(uncertainty))
    assert isinstance(table, Table) and list(table.columns) == ["wavelength", "flux", name]
    np.testing.assert_allclose(table.columns[name], value)
    assert u.Unit(table.units[name]) == unit and table.units["wavelength"] == "nm"
    assert np.isnan(table.columns["flux"][:4]).all() and table.columns["flux"][4] == FLUX[4]
    assert table.meta == {"Z": 0.15}


def test_spectra_of_specutils_that_cannot_be_told_are_refused():
    from specutils import Spectrum

    with pytest.raises(FormatError, match="make it a StdDevUncertainty"):
        open_object(specutils_spectrum(UnknownUncertainty(np.ones(N))))
    with pytest.raises(FormatError, match="spectral axis is in km / s"):
        open_object(Spectrum(flux=FLUX * u.Jy, spectral_axis=np.linspace(-100, 100, N) * u.km / u.s))
    with pytest.raises(FormatError, match=r"shape \(2, 3, 400\); take one spectrum of the cube"):
        open_object(Spectrum(flux=np.ones((2, 3, N)) * u.Jy, spectral_axis=NANOMETERS * u.nm))
    rows = open_object(Spectrum(flux=np.ones((2, N)) * u.Jy, spectral_axis=NANOMETERS * u.nm, redshift=0.2))
    assert (
        isinstance(rows, Records)
        and len(rows.items) == 2
        and rows.items[1].values["wavelength"].shape == (N,)
    )


def test_tables_in_memory_keep_names_units_meanings_and_ids():
    table = AstropyTable(
        {"Z": [1.0], "z": [2.0], "id": [4295806720123456789], "at": SkyCoord([10.0], [2.0], unit="deg")}
    )
    table["Z"].unit, table["Z"].description, table["Z"].meta["ucd"] = "Jy", "the flux", "phot.flux"
    found = open_object(table)
    assert (
        list(found.columns) == ["z", "z_2", "id", "ra", "dec"]
        and found.columns["id"][0] == 4295806720123456789
    )
    assert (found.units["z"], found.descriptions["z"], found.ucds["z"], found.units["ra"]) == (
        "Jy",
        "the flux",
        "phot.flux",
        "deg",
    )
    row = open_object(table[0])
    assert len(row) == 1 and row.columns["ra"][0] == 10.0
    frame = pd.DataFrame({"FLUX_G": [1.0, None]}, index=pd.Index([4295806720123456789, 5], name="source_id"))
    found = open_object(frame)
    assert (
        list(found.columns) == ["flux_g", "source_id"]
        and found.columns["source_id"][0] == 4295806720123456789
    )
    assert np.isnan(found.columns["flux_g"][1])
    series = open_object(pd.Series({"source_id": 4295806720123456789, "FLUX_G": 1.0}, dtype=object))
    assert series.items[0].values == {"source_id": 4295806720123456789, "flux_g": 1.0}
    assert list(open_object(np.array([(1, 2.0)], dtype=[("A", int), ("a", float)])).columns) == ["a", "a_2"]


def test_mappings_hold_quantities_masked_arrays_and_nested_names():
    item = open_object(
        {
            "Wave": NANOMETERS * u.nm,
            "wave": 1,
            "flux": np.ma.MaskedArray([1.0, 2.0], mask=[False, True]),
            "other": Masked([1.0, 2.0] * u.Jy, mask=[True, False]),
            "spectrum": {"error": [1, None]},
            "ra": 10 * u.deg,
        }
    ).items[0]
    assert item.units == {"wave": "nm", "other": "Jy", "ra": "deg"} and item.values["wave_2"] == 1
    np.testing.assert_array_equal(item.values["flux"], [1.0, np.nan])
    np.testing.assert_array_equal(item.values["other"], [np.nan, 2.0])
    np.testing.assert_array_equal(item.values["spectrum_error"], [1.0, np.nan])
    assert item.values["ra"] == 10.0 and type(item.values["wave"]) is np.ndarray


def csv_text() -> str:
    return "wave,flux\n" + "\n".join(f"{4000 + 20 * i},1.5" for i in range(200))


def test_files_are_read_as_bytes_text_paths_and_streams(tmp_path):
    path = tmp_path / "spectrum.csv"
    path.write_text(csv_text())
    with path.open("rb") as binary, path.open() as text:
        for one in (
            path,
            str(path),
            binary,
            text,
            path.read_bytes(),
            bytearray(path.read_bytes()),
            io.StringIO(csv_text()),
        ):
            assert len(read(one)) == 1
        with pytest.raises(FormatError, match=r"read to its end before; go back to its start with seek\(0\)"):
            read(binary)
    with pytest.raises(FormatError, match="is an address; download the file first"):
        read("https://example.org/spectrum.fits")


@pytest.mark.parametrize(
    "thing", [None, 3, 2.5, object(), object, len, np, {1, 2}, np.float64(3), SimpleNamespace(_flux=1)]
)
def test_anything_else_is_refused_with_what_can_be_read(thing):
    with pytest.raises(
        FormatError, match=r"a \w+ cannot be read; give a path, bytes, an open file, a table of astropy"
    ):
        read(thing)
    objects, unread = read_many([thing])
    assert objects == [] and "cannot be read" in unread[0].why


@pytest.mark.parametrize(
    "arrays, message",
    [
        ((NANOMETERS, FLUX), "2 arrays or numbers do not say which is the wavelength"),
        ([NANOMETERS * u.nm, FLUX, FLUX], "3 arrays or numbers do not say"),
        ([1.0, 2.0], "2 arrays or numbers do not say"),
        ([], "no file was given"),
        (np.ones((2, 300)), r"array of shape \(2, 300\) does not say what it holds; give a mapping"),
        (FLUX * u.Jy, r"array of shape \(400,\) does not say"),
        ({}, "the record is empty"),
        (AstropyTable({"a": []}), "the table has no rows"),
    ],
)
def test_bare_arrays_and_empty_things_are_refused(arrays, message):
    with pytest.raises(FormatError, match=message):
        read(arrays)


def test_what_was_read_before_is_not_read_again():
    (found,) = read(astropy_table())
    with pytest.raises(FormatError, match="SkyObject has been read already"):
        read(found)
    with pytest.raises(
        FormatError,
        match=r"\w*Spectrum is a modality already",
    ):
        read(found.modalities[0])
