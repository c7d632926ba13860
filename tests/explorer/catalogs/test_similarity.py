"""Searches by several objects, by parts and across them, outliers, and the measure of how well they work."""

import numpy as np
import pandas as pd
import pytest

from aion.catalog import Filters
from aion.errors import InputError, SearchError
from aion.explorer.catalogs import similarity
from aion.explorer.catalogs.similarity import COMPARISONS, QueryPart, Searches
from tests.made_catalog import catalog_of

N, D = 400, 16
KINDS = np.array(["galaxy", "quasar", "star"])


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def searches(tmp_path_factory) -> Searches:
    """Three clouds, one per class. The spectrum's vectors are the image's, turned and shifted:
    linked, but far apart."""
    generator = np.random.default_rng(0)
    kind = np.arange(N) % 3
    image = unit(np.eye(D)[kind] + generator.normal(0, 0.12, (N, D)))
    turn = np.linalg.qr(generator.normal(size=(D, D)))[0]
    spectrum = unit(image @ turn + 2 * np.eye(D)[7])
    table = pd.DataFrame(
        {
            "id": [f"o{i}" for i in range(N)],
            "class": KINDS[kind],
            "z": kind + generator.normal(0, 0.01, N),
            "mag_r": 18.0,
        }
    )
    table.loc[5, "z"] = np.nan
    vectors = {"all": unit(image + spectrum), "image": image, "spectrum": spectrum}
    return Searches(catalog_of(tmp_path_factory.mktemp("none"), table, vectors))


def ids(found):
    return [neighbor.id for neighbor in found]


def test_only_comparisons_that_the_catalog_has_views_for_are_offered(searches):
    assert list(searches.comparisons) == [
        "all",
        "spectrum",
        "image",
        "mix",
        "image-to-spectrum",
        "spectrum-to-image",
    ]
    assert "photometry" in COMPARISONS


def test_one_object_finds_what_the_index_finds_without_itself(searches):
    found = searches.search([searches.example("o7")], "image", k=5)
    best = searches.catalog.indexes["image"].query(searches.example("o7").vectors["image"], 6)
    assert ids(found) == [match.id for match in best[1:]]
    assert found[0].similarity == pytest.approx(best[1].similarity, abs=1e-6)


def test_a_mix_weighs_the_two_cosines_and_its_ends_are_the_parts(searches):
    example = [searches.example("o7")]
    spectra, images = (searches.search(example, view, k=N) for view in ("spectrum", "image"))
    assert ids(searches.search(example, "mix", image_share=1.0, k=9)) == ids(images[:9])
    assert ids(searches.search(example, "mix", image_share=0.0, k=9)) == ids(spectra[:9])
    mixed = searches.search(example, "mix", image_share=0.25, k=1)[0]
    cosines = [next(found.similarity for found in part if found.id == mixed.id) for part in (spectra, images)]
    assert mixed.similarity == pytest.approx(0.75 * cosines[0] + 0.25 * cosines[1], abs=1e-5)


def test_several_objects_are_weighted_and_a_negative_weight_leads_away(searches):
    galaxy, quasar = searches.example("o0"), searches.example("o1")
    both = searches.search([galaxy, quasar], "image", k=60)
    assert {found.kind for found in both} == {"galaxy", "quasar"} and not {"o0", "o1"} & set(ids(both))
    away = searches.search([galaxy, QueryPart("o1", -1.0, quasar.vectors)], "image", k=N)
    assert {found.kind for found in away[:100]} == {"galaxy"}
    assert {found.kind for found in away[-100:]} == {"quasar"}
    with pytest.raises(SearchError, match="cancel"):
        searches.search([galaxy, QueryPart("x", -1.0, galaxy.vectors)], k=3)


def test_the_least_similar_come_worst_first(searches):
    example = [searches.example("o7")]
    everything, least = searches.search(example, k=N), searches.search(example, k=4, least=True)
    assert [round(found.similarity, 5) for found in least] == [
        round(found.similarity, 5) for found in everything[::-1][:4]
    ]


def test_filters_are_part_of_every_search(searches):
    stars = Filters(classes=("star",))
    for found in (
        searches.search([searches.example("o0")], k=7, filters=stars),
        searches.search([searches.example("o0")], k=7, filters=stars, least=True),
        searches.outliers(k=7, filters=stars),
    ):
        assert len(found) == 7 and {neighbor.kind for neighbor in found} == {"star"}


def test_an_image_finds_its_spectrum_across_the_bridge_and_not_by_the_plain_cosine(searches):
    table = {row.comparison: row for row in searches.quality()}
    crossed = table["Image → spectra"]
    assert crossed.queries == 80 and crossed.recall[1] > 0.9
    assert crossed.recall_shuffled[1] == pytest.approx(1 / N)
    image, spectrum = (searches.catalog.indexes[view].vectors() for view in ("image", "spectrum"))
    assert ((image @ spectrum.T).argmax(axis=1) == np.arange(N)).mean() < 0.1
    found = searches.search([QueryPart("upload", 1.0, {"image": image[9]})], "image-to-spectrum", k=1)
    assert ids(found) == ["o9"]


def test_retrieval_is_measured_against_shuffled_classes_and_redshifts(searches):
    for row in searches.quality():
        assert row.purity > 0.95 and 0.2 < row.purity_shuffled < 0.45
        assert row.redshift > 0.95 and 0.2 < row.redshift_shuffled < 0.5
        assert bool(row.recall) == ("→" in row.comparison)
    assert searches.quality() is searches.quality()


def test_an_object_like_no_other_is_the_first_outlier(searches, tmp_path):
    catalog = searches.catalog
    rows = catalog.indexes["image"].vectors()
    rows[123] = unit(-rows.mean(axis=0)[None])[0]
    lonely = Searches(catalog_of(tmp_path, catalog.table, {"all": rows})).outliers(k=3)
    assert lonely[0].id == "o123" and lonely[0].similarity < lonely[1].similarity


def test_outliers_of_a_large_catalog_are_sought_among_a_sample(searches, monkeypatch):
    whole = searches.outliers(k=N)
    monkeypatch.setattr(similarity, "MEASURED", 100)
    monkeypatch.setattr(similarity, "OUTLIERS_AMONG", 50)
    some = Searches(searches.catalog)
    assert not some.is_compared_whole and searches.catalog
    found = some.outliers(k=N)
    assert len(found) == 50 and set(ids(found)) < set(ids(whole))
    assert [one.id for one in whole if one.id in ids(found)] == ids(found), (
        "each has the rank that it has among all"
    )
    stars = some.outliers(k=5, filters=Filters(classes=("star",)))
    assert {one.kind for one in stars} == {"star"} and len(stars) == 5


def test_quality_of_a_large_catalog_is_measured_among_a_sample(searches, monkeypatch):
    monkeypatch.setattr(similarity, "MEASURED", 200)
    for row in Searches(searches.catalog).quality():
        assert row.among == 200 and row.queries == 40 and row.purity > 0.9
        assert row.error == pytest.approx(0.5 / 40**0.5)
    assert searches.quality()[0].among == N


def test_the_least_similar_are_those_of_the_lowest_cosines(searches):
    cosines = searches.catalog.index.similarities(searches.example("o3").vectors["all"])
    found = searches.search([searches.example("o3")], k=4, least=True)
    assert [one.similarity for one in found] == pytest.approx(np.sort(cosines)[:4].tolist(), abs=1e-6)


def test_questions_without_an_answer_say_why(searches):
    with pytest.raises(SearchError, match="no object to search by"):
        searches.search([], k=3)
    with pytest.raises(SearchError, match="upload has no spectrum"):
        searches.search([QueryPart("upload", 1.0, {"image": np.ones(D, np.float32)})], "spectrum", k=3)
    with pytest.raises(InputError, match="no object 'nothing'"):
        searches.example("nothing")


def test_an_upload_has_the_views_of_what_can_be_read_of_it(engine, make_object):
    target = make_object(3)
    [views] = engine.vectors([engine.analyze(target)], engine.catalog.views_of)
    assert set(views) == {"all", "image"}, "the catalog of the tests has no other view"
    np.testing.assert_allclose(views["image"], engine.embed([target], use=["tok_image"])[0], atol=1e-6)
    found = Searches(engine.catalog).search([QueryPart("upload", 1.0, views)], "image", k=1)
    assert found[0].id == "object 3" and found[0].similarity == pytest.approx(1, abs=1e-4)
