"""The reference catalog: its table, entries and thumbnails, and folders that are refused."""

import io
import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from aion.catalog import Catalog, Filters
from aion.errors import IndexMismatchError, InputError
from aion.explorer.catalogs.similarity import QueryPart, Searches


def test_the_table_has_the_names_people_read(catalog):
    assert len(catalog) == 12 and {"id", "class", "z", "mag_r", "survey"} <= set(catalog.table.columns)
    assert catalog.table["mag_r"].iloc[0] == pytest.approx(22.5 - 2.5 * np.log10(9))
    assert np.isnan(catalog.table["mag_r"].iloc[1])
    assert catalog.manifest.label == "simulated" and list(catalog.index.ids) == list(catalog.table["id"])


def test_an_entry_has_only_the_streams_of_its_object(catalog):
    with_spectrum, without = catalog.entry("object 1"), catalog.entry("object 2")
    assert "tok_spectrum_sdss" in with_spectrum.tokens and "tok_spectrum_sdss" not in without.tokens
    assert with_spectrum.tokens["tok_image"].dtype == np.int64 and with_spectrum.kind == "star"
    assert catalog.entry("object 3").z_reference is None and without.z_reference == pytest.approx(4 / 11)
    assert not without.modalities


def test_pictures_and_small_spectra_are_found_by_id(catalog):
    picture = Image.open(io.BytesIO(catalog.picture("object 7")))
    assert picture.size == (96, 96) and picture.getpixel((5, 5)) == (70, 70, 70)
    small = catalog.small_spectrum("object 7")
    assert small.wavelength[0] == 3700
    assert small.flux.tolist() == pytest.approx((7 + np.linspace(0, 1, 40)).tolist(), abs=0.01)
    assert catalog.picture("object 4") is None and catalog.small_spectrum("object 6") is None


def test_filters_take_part_in_the_search_so_it_gives_as_many_as_were_asked_for(catalog):
    vectors = {"all": catalog.index.vector(0)}
    everything = catalog.neighbors(vectors, 12)
    stars = catalog.neighbors(vectors, 4, Filters(classes=("star",)), exclude=1)
    assert [found.id for found in stars] == [
        found.id for found in everything if found.kind == "star" and found.id != "object 1"
    ]
    assert len(stars) == 3
    far = catalog.neighbors(vectors, 3, Filters(z=(1.0, 2.0), mag_r=(20.0, 21.0)))
    assert len(far) == 3 and all(found.z >= 1 and catalog.row(found.id) % 2 == 0 for found in far)
    assert catalog.neighbors(vectors, 3, Filters(surveys=("HSC",))) == ()


def test_objects_without_a_value_do_not_pass_a_range_of_it(catalog):
    assert not Filters(z=(0.0, 9.0)).keep(catalog.table)[3] and Filters().keep(catalog.table).all()
    assert Filters(z=(0.0, 9.0)).keep(catalog.table).sum() == 11
    assert Filters(mag_r=(0.0, 99.0)).keep(catalog.table.drop(columns="mag_r")).all()


def test_an_unknown_object_is_refused_by_name(catalog):
    with pytest.raises(InputError, match="no object 'nothing'"):
        catalog.entry("nothing")


def test_folders_that_are_no_catalog_are_refused(settings, tmp_path):
    with pytest.raises(InputError, match="is not a catalog"):
        Catalog.load(tmp_path)
    broken = shutil.copytree(settings.catalog, tmp_path / "broken")
    with pytest.raises(
        IndexMismatchError, match=r"made by weights .* these are 000000000000…; build it again"
    ):
        Catalog.load(broken, model_sha256="0" * 64)
    (broken / "unplaced.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="is not a catalog"):
        Catalog.load(broken)
    (broken / "catalog.json").write_text(json.dumps({"label": "simulated", "views": ["all"]}))
    with pytest.raises(InputError, match="was written by another version of this program; make it again"):
        Catalog.load(broken)
    shorter = shutil.copytree(settings.catalog, tmp_path / "shorter")
    pq.write_table(pq.read_table(shorter / "unplaced.parquet").slice(6), shorter / "unplaced.parquet")
    with pytest.raises(InputError, match="different objects"):
        Catalog.load(shorter)
    (shorter / "unplaced.parquet").unlink()
    with pytest.raises(InputError, match="it has no rows"):
        Catalog.load(shorter)


def test_a_query_is_compared_with_what_is_made_from_the_same(catalog):
    image, both = (
        ["tok_image", "tok_flux_g", "tok_flux_r"],
        ["tok_image", "tok_spectrum_sdss", "tok_flux_g", "tok_flux_r"],
    )
    assert catalog.searched(image) == {"all": image} and catalog.searched(both) == {"all": both}, (
        "objects have all of these"
    )
    assert catalog.searched(["tok_image", "tok_flux_z"]) == {"image": ["tok_image"]}, (
        "no object has these two"
    )
    assert catalog.searched(["tok_flux_g"]) == {"all": ["tok_flux_g"]}, (
        "this catalog has no view of catalog numbers"
    )


def test_several_parts_count_alike_and_filters_take_part(catalog):
    vectors = {view: index.vector(3) for view, index in catalog.indexes.items()}
    mean = np.mean([index.similarities(vectors[view]) for view, index in catalog.indexes.items()], axis=0)
    found = catalog.neighbors(vectors, 3, Filters(classes=("star",)), exclude=1)
    stars = sorted((row for row in (4, 7, 10)), key=lambda row: -mean[row])
    assert [one.id for one in found] == [f"object {row}" for row in stars]
    assert [one.similarity for one in found] == pytest.approx(mean[stars].tolist())


def test_an_upload_with_the_id_of_another_object_hides_no_neighbor(engine, make_object):
    other = make_object(5, id="object 1")
    assert "object 1" in {one.id for one in engine.analyze(other, k=12).neighbors}
    for itself in (make_object(1), engine.catalog.entry("object 1")):
        neighbors = engine.analyze(itself, k=12).neighbors
        assert len(neighbors) == 11 and "object 1" not in {one.id for one in neighbors}
    searches = Searches(engine.catalog)
    [vectors] = engine.vectors([engine.analyze(other)], engine.catalog.views_of)
    assert len(searches.search([QueryPart("object 1", 1.0, vectors)], k=12)) == 12
    assert len(searches.search([searches.example("object 1")], k=12)) == 11


def test_neighbors_are_searched_with_a_vector_made_from_what_the_catalog_has_too(engine, make_object):
    target, catalog = make_object(1), engine.catalog
    partly = engine.analyze(target, use=["tok_image", "tok_spectrum_sdss", "tok_flux_g"], k=5)
    image = engine.embed([target], use=["tok_image"])[0]
    expected = catalog.neighbors({"image": image}, 5, exclude=1)
    assert [one.id for one in partly.neighbors] == [one.id for one in expected]
    assert list(partly.compared) == ["image"]
    assert [one.similarity for one in partly.neighbors] == pytest.approx(
        [one.similarity for one in expected], abs=1e-5
    )
    whole = engine.analyze(target)
    assert list(whole.compared) == ["all"] and np.array_equal(whole.compared["all"], whole.embedding)
