"""Text tables arrive with the names, units, cards and values that they state, and nothing else."""

import io

import numpy as np
import pyarrow as pa
import pytest
from astropy import units as u
from astropy.table import MaskedColumn
from astropy.table import Table as AstropyTable

from aion.errors import FormatError
from aion.io.content import lower_names
from aion.io.text_cells import name_and_unit, typed
from tests.io.contents import content_of, parquet, table_of, values

FLUX = "1e-17 erg/s/cm2/angstrom"


@pytest.mark.parametrize(
    "text, names, units",
    [
        ("# wave flux e_flux mask\n1 2 3 0\n4 5 6 1\n", ["wave", "flux", "e_flux", "mask"], {}),
        ("# made in 2020\n#lambda, flux, err\n1 2 3\n4 5 6\n", ["lambda", "flux", "err"], {}),
        ("# lambda flux err\n# angstroms 1e-17erg/s/cm2/A -\n1 2 3\n4 5 6\n", ["lambda", "flux", "err"],
         {"lambda": "angstroms", "flux": "1e-17erg/s/cm2/A"}),
        ("#wave\tflux\n#nm\tJy\n1\t2\n3\t4\n", ["wave", "flux"], {"wave": "nm", "flux": "Jy"}),
        ("# wave [nm] flux (erg / s / cm2 / A)\n1 2\n3 4\n", ["wave", "flux"],
         {"wave": "nm", "flux": "erg / s / cm2 / A"}),
        ("wave,flux\nnm,Jy\n1,2\n3,4\n", ["wave", "flux"], {"wave": "nm", "flux": "Jy"}),
        ("wave flux\nAngstrom Jy\n1 2\n3 4\n", ["wave", "flux"], {"wave": "Angstrom", "flux": "Jy"}),
        ("wave(nm),flux [Jy]\n1,2\n3,4\n", ["wave", "flux"], {"wave": "nm", "flux": "Jy"}),
        ("wavelength/nm flux_density/Jy\n1 2\n3 4\n", ["wavelength", "flux_density"],
         {"wavelength": "nm", "flux_density": "Jy"}),
        ("wave,flux\nfloat,double\n1,2\n3,4\n", ["wave", "flux"], {}),
        ("# Column 1: wavelength (nm)\n# Column 2: flux (Jy)\n1 2\n3 4\n", ["wavelength", "flux"],
         {"wavelength": "nm", "flux": "Jy"}),
        ("#   1 NUMBER  Running\n#   2 FLUX_APER  Fluxes [count]\n#   4 X_IMAGE  [pixel]\n1 2 3 4\n2 3 4 5\n",
         ["number", "flux_aper", "flux_aper_1", "x_image"],
         {"flux_aper": "ct", "flux_aper_1": "ct", "x_image": "pix"}),
        ("% wave flux\n! note\n1 2\n3 4\n", ["wave", "flux"], {}),
        ("id#,S/N,E(B-V),log(flux)\n1,2,3,4\n", ["id#", "s/n", "e(b-v)", "log(flux)"], {}),
        ('"wave, rest",flux\n1,2\n', ["wave, rest", "flux"], {}),
        ("|wave|flux|\n|---:|---:|\n|1|2|\n|3|4|\n", ["wave", "flux"], {}),
        ("wave,flux,\n1,2,\n3,4,\n", ["wave", "flux"], {}),
        ("wave;flux\n1;2;\n3;4;\n", ["wave", "flux"], {}),
        (",wave,flux\n0,1,2\n1,3,4\n", ["column_1", "wave", "flux"], {}),
        ("wave, flux, err\n1 2 3\n4 5 6\n", ["wave", "flux", "err"], {}),
        ("wave flux\n1,2\n3,4\n", ["wave", "flux"], {}),
        ("# Columns are: flux, wave\n1 2\n3 4\n", ["flux", "wave"], {}),
        ("; wave flux\n1 2\n3 4\n", ["wave", "flux"], {}),
        ("z,Z,z\n1,2,3\n", ["z", "z_2", "z_3"], {}),
    ],
)  # fmt: skip
def test_names_and_units_are_taken_from_where_they_stand(text, names, units):
    table = table_of(text)
    assert list(table.columns) == names and dict(table.units) == units
    assert len(table) == sum(
        line[:1].strip("|").isdigit() or line[1:2].isdigit() for line in text.splitlines()
    )
    assert all(column.dtype.kind in "if" for column in table.columns.values())


@pytest.mark.parametrize(
    "text",
    [
        "wave\tflux\r\n1.5\t2.5\r\n3.5\t4.5\r\n",
        "wave\tflux\r\n8N\t8N\r\n1.5\t2.5\r\n3.5\t4.5\r\n",
        "\ufeffwave,flux\n1.5,2.5\n3.5,4.5\n",
        "wave flux\n1.5   2.5\n3.5\t4.5\n",
        "wave flux\n1.5\t2.5\n3.5\t4.5\n",
        "wave\t\tflux\n1.5\t\t2.5\n3.5\t\t4.5\n",
        "wave, flux\n1.5, 2.5\n3.5, 4.5\n",
        "wave flux\n1.5D0 2.5d+00\n0.35D1 4.5\n",
        "wave;flux\n1,5;2,5\n3,5;4,5\n",
        "wave\tflux\n1,5\t2,5\n3,5\t4,5\n",
        "wave flux\n1,5 2,5\n3,5 4,5\n",
        '"wave" "flux"\n"1.5" 2.5\n3.5 4.5\n',
        "==== ====\nwave flux\n==== ====\n1.5  2.5\n3.5  4.5\n==== ====\n",
    ],
)
def test_every_way_of_setting_cells_apart_gives_the_same_table(text):
    for encoding in ("utf-8", "utf-16"):
        if encoding == "utf-8" or not text.startswith("\ufeff"):
            assert values(table_of(text.encode(encoding))) == {"wave": [1.5, 3.5], "flux": [2.5, 4.5]}


def test_decimal_commas_are_said_and_thousands_are_never_guessed_at():
    named = table_of("wavelength;flux\n3700,000;10,7379\n3702,000;11,5E-1\n")
    assert values(named) == {"wavelength": [3700, 3702], "flux": [10.7379, 1.15]}
    assert named.meta["DECIMAL_COMMAS"] is True
    unnamed = table_of("3700,000;10,7379;0,400\n3702,000;11,5194;0,400\n")
    assert (
        values(unnamed)["error"] == [0.4, 0.4] and unnamed.meta["NAMES_ASSUMED"] == "wavelength, flux, error"
    )
    blanks = table_of("3700,25 10,7\n3702,25 11,5\n")
    assert values(blanks) == {"wavelength": [3700.25, 3702.25], "flux": [10.7, 11.5]}
    for text in (
        "wave;flux\n3,700;1\n3,702;2\n",
        "wave;flux\n3,700;1.5\n3,702;2.5\n",
        "wave;flux\n3,700.5;1,5\n3,702.5;2,5\n",
    ):
        kept = table_of(text)
        assert kept.columns["wave"].dtype.kind == "U" and "DECIMAL_COMMAS" not in kept.meta


def test_missing_values_are_what_the_cells_or_the_comments_say():
    cells = ["", "nan", "NULL", "None", "--", "n/a", "INDEF"]
    table = table_of("\n".join(["flux,wave", *(f"{cell},{i}" for i, cell in enumerate(cells)), "2.5,9"]))
    assert np.isnan(table.columns["flux"][:-1]).all() and table.columns["flux"][-1] == 2.5
    unsaid, said, also = (
        table_of(f"{comment}flux,wave\n-9999,1\n2,-9999\n")
        for comment in ("", "# missing values are -9999\n", "# -9999.0 means no data\n")
    )
    assert values(unsaid) == {"flux": [-9999, 2], "wave": [1, -9999]}
    for table in (said, also):
        np.testing.assert_array_equal(table.columns["flux"], [np.nan, 2])


def test_ids_keep_all_their_digits():
    assert typed(["4295806720123456789", "1"]).tolist() == [4295806720123456789, 1]
    assert typed(["14295806720123456789", "1"]).dtype == np.uint64
    assert typed(["4295806720123456789", ""]).tolist() == ["4295806720123456789", ""]
    assert typed(["1237648720693755", "--"]).tolist() == ["1237648720693755", ""]
    assert typed(["0042", "0043"]).tolist() == ["0042", "0043"]
    assert typed(["2020_1", "2020_2"]).tolist() == ["2020_1", "2020_2"]
    gaps = table_of(
        parquet(pa.table({"ID": pa.array([4295806720123456789, None]), "n": pa.array([1, None])}))
    )
    assert gaps.columns["id"].tolist() == ["4295806720123456789", ""]
    np.testing.assert_array_equal(gaps.columns["n"], [1, np.nan])


@pytest.mark.parametrize(
    "text, ra",
    [
        ("name,ra,dec\nA,10:00:00.1,+02:12:00\nB,10:00:01.1,-02:12:00\n", "10:00:00.1"),
        ("name\tra\tdec\nA\t10 00 00.1\t+02 12 00\nB\t10 00 01.1\t-02 12 00\n", "10 00 00.1"),
        ("# name ra dec\nA 10h00m00s +02d12m00s\nB 10h00m01s -02d12m00s\n", "10h00m00s"),
        ("name ra dec\nA 10:00:00.1 +02:12:00\n", "10:00:00.1"),
    ],
)
def test_sexagesimal_positions_arrive_as_text(text, ra):
    table = table_of(text)
    assert list(table.columns) == ["name", "ra", "dec"]
    assert table.columns["ra"][0] == ra and table.columns["name"][0] == "A"


def test_columns_without_names_are_assumed_only_where_they_can_be_a_spectrum():
    assert table_of("1 2\n3 4\n").meta["NAMES_ASSUMED"] == "wavelength, flux"
    four = table_of("1 2 3 0\n2 2 3 0\n")
    assert list(four.columns) == ["wavelength", "flux", "error", "column_4"]
    for text in ("1 2 3\n9 2 3\n4 5 6\n", "-1 2 3\n0 2 3\n", "A1 150.1 2.2\nA2 150.2 2.3\n"):
        catalog = table_of(text)
        assert (
            list(catalog.columns) == ["column_1", "column_2", "column_3"]
            and "NAMES_ASSUMED" not in catalog.meta
        )
    assert len(table_of("A1 150.1 2.2\nA2 150.2 2.3\n")) == 2


def test_comments_are_cards():
    meta = table_of(
        "# RA = 150.1 / degrees\n# VACUUM: T\n#REDSHIFT 0.15\n# UNIT = erg/s/cm2/A\n# OBJECT = 'M 31'\n"
        "# mjd=5, fiber=7\n# reduced by nobody\n1 2\n3 4\n"
    ).meta
    expected = {
        "RA": "150.1",
        "VACUUM": "T",
        "REDSHIFT": "0.15",
        "UNIT": "erg/s/cm2/A",
        "OBJECT": "M 31",
        "MJD": "5",
        "FIBER": "7",
    }
    assert {name: meta[name] for name in expected} == expected
    assert "reduced by nobody" in meta["COMMENTS"] and meta["NAMES_ASSUMED"] == "wavelength, flux"


VIZIER = (
    "#RESOURCE=yCat\n#Name: J/A+A/1\n#Column\tlambda\t(F8.2)\tWavelength in vacuum\t[ucd=em.wl]\n"
    "#Column\tFlux\t(E10.4)\tFlux\nlambda\tFlux\tName\n0.1nm\t10-20W/m2/nm\t \n--------\t----------\t------\n"
    " 3700.00\t   10.7\tNGC 1\n 3702.00\t       \tNGC 2\n"
)


def test_vizier_tables_keep_units_descriptions_and_blank_cells():
    table = table_of(VIZIER)
    assert dict(table.units) == {"lambda": "0.1nm", "flux": "10-20W/m2/nm"}
    assert table.descriptions["lambda"] == "Wavelength in vacuum" and table.ucds == {"lambda": "em.wl"}
    np.testing.assert_array_equal(table.columns["flux"], [10.7, np.nan])
    assert table.columns["name"].tolist() == ["NGC 1", "NGC 2"] and table.meta["NAME"] == "J/A+A/1"
    marked = table_of("#RESOURCE=yCat\nlambda;Flux\nnm;mW/m2/nm\n-----;-----\n370.0;1.5\n371.0; \n")
    assert dict(marked.units) == {"lambda": "nm", "flux": "mW/m2/nm"} and marked.columns["flux"][0] == 1.5
    aligned = table_of(
        "lambda Flux Name \n0.1nm  Jy        \n------ ---- -----\n3700.0      NGC 1\n3702.0 10.8 NGC 2\n"
    )
    assert dict(aligned.units) == {"lambda": "0.1nm", "flux": "Jy"}
    np.testing.assert_array_equal(aligned.columns["flux"], [np.nan, 10.8])
    assert aligned.columns["name"].tolist() == ["NGC 1", "NGC 2"]


def test_several_tables_in_one_text_are_refused():
    with pytest.raises(
        FormatError, match=r"several tables, the second from row 3 on; save each one by itself"
    ):
        content_of("a\tb\n--\t--\n1\t2\n3\t4\na\tb\n--\t--\n5\t6\n")
    with pytest.raises(
        FormatError, match=r"first line names 2 columns \(wave, flux\), but row 2 has 1; write nan"
    ):
        content_of("wave flux\n1 2\n3\n")


def as_text(format_name: str) -> tuple[AstropyTable, str]:
    table = AstropyTable(
        {
            "wave": [370.0, 370.5] * u.nm,
            "flux": MaskedColumn([1.5, 2.5], mask=[False, True], unit="Jy"),
            "Name": ["NGC 1", "NGC 2"],
        },
        meta={"comments": ["VACUUM = T"]} if format_name != "ascii.ecsv" else {"VACUUM": True},
    )
    stream = io.StringIO()
    table.write(stream, format=format_name)
    return table, stream.getvalue()


@pytest.mark.parametrize(
    "format_name", ["ascii.ecsv", "ascii.ipac", "ascii.mrt", "ascii.rdb", "ascii.fixed_width_two_line"]
)
@pytest.mark.filterwarnings("ignore")
def test_formats_that_declare_themselves_are_read_as_they_say(format_name):
    _, text = as_text(format_name)
    table = table_of(text)
    assert list(table.columns) == ["wave", "flux", "name"]
    assert table.columns["wave"].tolist() == [370.0, 370.5]
    assert table.columns["flux"][0] == 1.5 and table.columns["name"].tolist() == ["NGC 1", "NGC 2"]
    assert np.isnan(table.columns["flux"][1])
    if format_name not in ("ascii.rdb", "ascii.fixed_width_two_line"):
        assert dict(table.units) == {"wave": "nm", "flux": "Jy"}


def test_ecsv_of_the_gaia_archive_has_null_for_missing_values():
    head = "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n"
    columns = "".join(
        f"# - {{name: {name}, datatype: {kind}}}\n" for name, kind in (("id", "int64"), ("g", "float64"))
    )
    table = table_of(f"{head}{columns}id,g\n4295806720123456789,null\nnull,1.5\n5,\n")
    assert table.columns["id"].tolist() == ["4295806720123456789", "", "5"]
    np.testing.assert_array_equal(table.columns["g"], [np.nan, 1.5, np.nan])


@pytest.mark.parametrize("format_name", ["ascii.aastex", "ascii.latex"])
def test_tables_for_typesetting_are_refused(format_name):
    with pytest.raises(FormatError, match="LaTeX table; give the machine-readable table"):
        content_of(as_text(format_name)[1])


def test_an_ipac_table_has_its_null_values_and_keywords():
    table = table_of(
        "\\RA=150.1\n\\fixlen = T\n| wave  | flux  |\n| double| double|\n| um    | Jy    |\n"
        "| null  | -99   |\n  0.37    1.5   \n  0.38    -99   \n"
    )
    np.testing.assert_array_equal(table.columns["flux"], [1.5, np.nan])
    assert dict(table.units) == {"wave": "um", "flux": "Jy"} and str(table.meta["RA"]) == "150.1"


DAOPHOT = """#K FILTER     = R                       name        %-23s
#N ID    XCENTER   YCENTER   MAG         MERR          MSKY           NITER    \\
#U ##    pixels    pixels    magnitudes  magnitudes    counts         ##       \\
#F %-9d  %-10.3f   %-10.3f   %-12.3f     %-14.3f       %-15.7g        %-6d
#
#N         SHARPNESS   CHI         PIER  PERROR                                \\
#U         ##          ##          ##    perrors                               \\
#F         %-23.3f     %-12.3f     %-6d  %-13s
#
14       138.538     256.405   15.461      0.003         34.85955       4       \\
            -0.032      0.802       0     No_error
18       18.114      280.170   INDEF       0.206         30.12784       4       \\
            -2.544      1.104       0     No_error
"""


def test_a_daophot_table_has_rows_of_several_lines_and_keywords():
    table = table_of(DAOPHOT)
    assert list(table.columns)[:4] == ["id", "xcenter", "ycenter", "mag"] and len(table.columns) == 11
    np.testing.assert_array_equal(table.columns["mag"], [15.461, np.nan])
    assert table.columns["chi"].tolist() == [0.802, 1.104]
    assert table.units["xcenter"] == "pixels" and table.meta["FILTER"] == "R"


def test_names_that_differ_in_case_both_survive():
    assert lower_names(["z", "Z", "z_2", " "]) == ["z", "z_2", "z_2_2", "column_4"]
    assert name_and_unit("flux_(Jy)") == ("flux", "Jy") and name_and_unit("[OIII]") == ("[OIII]", None)
