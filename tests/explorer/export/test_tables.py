"""Tables of catalog objects come back from every format with the same numbers, ids as text,
units and provenance."""

import io

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.io.votable import parse
from astropy.table import Table

from aion.explorer.export import tables
from aion.io.write import text_of_fits


@pytest.fixture(scope="module")
def rows(catalog):
    return tables.neighbor_rows(catalog, catalog.as_neighbors([7, 2, 3], [0.9, 0.5, -0.25]))


@pytest.fixture(scope="module")
def about(catalog, engine):
    return tables.provenance(catalog, engine.info, compared="Images", query={"object 1": 1.0})


def test_answers_are_ranked_and_carry_their_row_of_the_catalog(rows):
    assert list(rows["rank"]) == [1, 2, 3] and list(rows["id"]) == ["object 7", "object 2", "object 3"]
    assert rows["similarity"].tolist() == [0.9, 0.5, -0.25] and {"z", "class", "mag_r", "survey"} <= set(rows)


def test_separations_are_a_column_in_arcsec_where_positions_are_known(catalog, monkeypatch, about):
    found, here = catalog.as_neighbors([7, 2], [0.9, 0.5]), (10.0, 60.0)
    assert "separation" not in tables.neighbor_rows(catalog, found, here)
    monkeypatch.setattr(catalog, "table", catalog.table.assign(ra=10 + np.arange(12) / 3600, dec=60.0))
    assert "separation" not in tables.neighbor_rows(catalog, found)
    rows = tables.neighbor_rows(catalog, found, here)
    read = Table.read(tables.table_file(rows, "ecsv", about).decode(), format="ascii.ecsv")
    np.testing.assert_allclose(read["separation"], [3.5, 1.0], rtol=1e-6)
    assert str(read["separation"].unit) == "arcsec" and str(read["ra"].unit) == "deg"


@pytest.mark.parametrize("ending", tables.MIME)
def test_a_table_comes_back_from_every_format(rows, about, ending, engine):
    made = tables.table_file(rows, ending, about)
    content = io.BytesIO(made)
    read = {
        "csv": lambda: Table.from_pandas(pd.read_csv(content, dtype={"id": str})),
        "ecsv": lambda: Table.read(content.getvalue().decode(), format="ascii.ecsv"),
        "vot": lambda: Table.read(content, format="votable"),
        "fits": lambda: Table.read(content, format="fits"),
    }[ending]()
    assert [str(id) for id in read["id"]] == ["object 7", "object 2", "object 3"]
    np.testing.assert_allclose(read["similarity"], [0.9, 0.5, -0.25])
    z = np.ma.filled(np.ma.asarray(read["z"], dtype=float), np.nan)
    np.testing.assert_allclose(z, rows["z"], rtol=1e-6)
    assert all(name == name.lower() for name in read.colnames)
    if ending == "fits":
        with fits.open(io.BytesIO(made)) as hdus:
            assert [hdus[1].columns[name].unit for name in ("mag_r", "flux_r", "z")] == [
                "mag",
                "nanomaggy",
                None,
            ]
    elif ending != "csv":
        assert str(read["mag_r"].unit) == "mag" and str(read["flux_r"].unit) == "nmgy"


def test_a_votable_is_not_written_by_the_writer_that_overruns_its_buffer(rows, about):
    made = tables.table_file(rows, "vot", about)
    assert b"<BINARY2>" in made and b"<TABLEDATA>" not in made


def test_provenance_is_in_every_header(rows, about, engine):
    ecsv = Table.read(tables.table_file(rows, "ecsv", about).decode(), format="ascii.ecsv")
    assert ecsv.meta["sha256"] == engine.info.sha256 and ecsv.meta["query"] == {"object 1": 1.0}
    infos = {
        info.name: info.value
        for info in parse(io.BytesIO(tables.table_file(rows, "vot", about))).resources[0].infos
    }
    assert infos["sha256"] == engine.info.sha256 and infos["compared"] == "Images"
    with fits.open(io.BytesIO(tables.table_file(rows, "fits", about))) as hdus:
        assert engine.info.sha256[:40] in str(hdus[0].header["HISTORY"]).replace("\n", "")


def test_neighbors_come_with_the_object_whose_they_are(catalog, engine):
    from tests.explorer.conftest import sky_object

    analysis = engine.analyze(sky_object(1, id="Å 1/1"), k=5)
    read = Table.read(tables.neighbors_file(catalog, analysis, "ecsv").decode(), format="ascii.ecsv")
    assert list(read["id"]) == [neighbor.id for neighbor in analysis.neighbors]
    assert list(read["rank"]) == [
        1,
        2,
        3,
        4,
        5,
    ]
    np.testing.assert_allclose(read["similarity"], [neighbor.similarity for neighbor in analysis.neighbors])
    assert read.meta["object"] == "Å 1/1" and read.meta["sha256"] == engine.info.sha256


def test_the_file_of_neighbors_has_their_separations(catalog, engine, monkeypatch):
    from tests.explorer.conftest import sky_object

    analysis = engine.analyze(sky_object(1), k=5)
    monkeypatch.setattr(catalog, "table", catalog.table.assign(ra=10 + np.arange(12) / 3600, dec=60.0))
    data = tables.neighbors_file(catalog, analysis, "ecsv", (10.0, 60.0)).decode()
    read = Table.read(data, format="ascii.ecsv")
    expected = [0.5 * catalog.row(neighbor.id) for neighbor in analysis.neighbors]
    np.testing.assert_allclose(read["separation"], expected, atol=1e-6)
    assert "separation" not in tables.neighbors_file(catalog, analysis, "csv").decode()


def test_an_empty_selection_is_still_a_table(catalog, about):
    for ending in tables.MIME:
        assert tables.table_file(tables.neighbor_rows(catalog, ()), ending, about)


@pytest.mark.parametrize("ending", tables.MIME)
def test_letters_that_fits_lacks_are_written_all_the_same(ending):
    rows = pd.DataFrame({"id": ["1", "2"], "notes": ["wavelength in Å", "naïve"], "mass (M☉)": [1.0, np.nan]})
    made = tables.table_file(rows, ending, {}, {"mass (M☉)": ("M☉", "by the head é")})
    if ending != "fits":
        kind = {"csv": "ascii.csv", "ecsv": "ascii.ecsv", "vot": "votable"}[ending]
        assert Table.read(io.BytesIO(made), format=kind)["notes"].tolist() == rows["notes"].tolist()
        return
    with fits.open(io.BytesIO(made)) as hdus:
        assert hdus[1].data["notes"].tolist() == [r"wavelength in \xc5", r"na\xefve"]
        assert hdus[1].columns[2].name == "mass (m?)" and hdus[1].columns[2].unit == "M?"


def test_an_exact_redshift_says_what_it_is_and_what_its_error_is():
    rows = pd.DataFrame({"z_exact": [0.25], "z_exact_error": [1e-5]})
    read = Table.read(tables.table_file(rows, "ecsv", {}).decode(), format="ascii.ecsv")
    assert "lines of the spectrum" in read["z_exact"].description
    assert "1 sigma" in read["z_exact_error"].description


@pytest.mark.parametrize("ending", tables.MIME)
def test_names_that_differ_in_capitals_alone_are_two_columns(ending):
    rows = pd.DataFrame({"id": ["a"], "z": [0.25], "Z": [0.75], "note": ["Zoë ✓"]})
    made = tables.table_file(rows, ending, {"by": "Zoë\n✓"})
    content = made.decode() if ending in ("csv", "ecsv") else io.BytesIO(made)
    kind = {"csv": "ascii.csv", "ecsv": "ascii.ecsv", "vot": "votable", "fits": "fits"}[ending]
    read = Table.read(content, format=kind)
    assert (read["z"][0], read["z_2"][0]) == (0.25, 0.75)
    assert text_of_fits(str(read["note"].astype(str)[0])) == "Zoë ✓"
