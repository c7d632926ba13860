"""Searches that need several cosines of an object, where a catalog is too large to look at all of it:
they find what a look at all finds."""

import numpy as np
import pandas as pd
import pytest

from aion import search, unit_vectors
from aion.catalog import ALL, Catalog, Filters, threshold
from aion.explorer.catalogs import bridge
from aion.explorer.catalogs.similarity import Searches
from tests.made_catalog import catalog_of

N, D, CLUMPS, K = 4_000, 24, 30, 20
VIEWS = (ALL, "spectrum", "image")


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory) -> tuple[Catalog, Catalog]:
    """The same objects twice: every vector compared, and by indexes that are asked for a part. All views lie
    around a direction of their own, as embeddings do, and say nearly the same of an object."""
    generator = np.random.default_rng(0)
    latent = generator.normal(size=(CLUMPS, D))[generator.integers(0, CLUMPS, N)]
    latent = latent + 0.6 * generator.normal(size=(N, D))
    vectors = {}
    for view in VIEWS:
        turned = latent @ np.linalg.qr(generator.normal(size=(D, D)))[0]
        rows = turned + 0.3 * generator.normal(size=(N, D)) + 4 * generator.normal(size=D) / D**0.5
        vectors[view] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    table = pd.DataFrame({"id": [f"o{row:04d}" for row in range(N)], "z": generator.uniform(0, 1, N)})
    place = tmp_path_factory.mktemp("catalogs")
    catalog_of(place / "one", table, vectors).save(place / "one")
    exact = Catalog.load(place / "one")
    assert all(exact.indexes[view].is_exact for view in VIEWS)
    catalog_of(place / "other", table, vectors).save(place / "other")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "EXACT_BELOW", 100)
        patch.setattr(search, "FEWEST", 400)
        large = Catalog.load(place / "other")
        assert not any(large.indexes[view].is_exact for view in VIEWS)
    return exact, large


@pytest.fixture(autouse=True)
def few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threshold, "FIRST", 150)
    monkeypatch.setattr(bridge, "CANDIDATES", 400)


def shared(exact: Catalog, large: Catalog, comparison: str, **options: object) -> float:
    """Share of the objects that both find, over some queries."""
    both = Searches(exact), Searches(large)
    shares = []
    for row in range(0, N, 400):
        found = [
            {one.id for one in each.search([each.example(f"o{row:04d}")], comparison, k=K, **options)}
            for each in both
        ]
        assert f"o{row:04d}" not in found[1] and len(found[1]) == K
        shares.append(len(found[0] & found[1]) / K)
    return float(np.mean(shares))


@pytest.mark.parametrize("comparison", ["mix", "image-to-spectrum", "spectrum-to-image"])
@pytest.mark.parametrize(
    "options", [{}, {"filters": Filters(z=(0.2, 0.4))}, {"least": True}], ids=["all", "filtered", "least"]
)
def test_a_large_catalog_gives_what_a_look_at_all_gives(catalogs, comparison, options):
    assert shared(*catalogs, comparison, **options) > 0.97


def test_cosines_are_those_of_a_look_at_all(catalogs):
    for comparison in ("mix", "image-to-spectrum"):
        one, other = (
            Searches(each).search([Searches(each).example("o0007")], comparison, k=5, image_share=0.3)
            for each in catalogs
        )
        known = {each.id: each.similarity for each in one}
        assert [each.similarity for each in other] == sorted(
            (each.similarity for each in other), reverse=True
        )
        assert all(
            each.similarity == pytest.approx(known[each.id], abs=2e-3) for each in other if each.id in known
        )


def test_neighbors_by_several_views_do_not_look_at_all(catalogs, monkeypatch):
    exact, large = catalogs
    vectors = {view: exact.indexes[view].vector(11) for view in ("spectrum", "image")}
    expected = [one.id for one in exact.neighbors(vectors, K, exclude=11)]
    monkeypatch.delattr(unit_vectors.UnitVectorFile, "pieces")
    assert [one.id for one in large.neighbors(vectors, K, exclude=11)] == expected


def test_what_cannot_be_told_from_some_is_told_from_all(catalogs, monkeypatch):
    """Weights that pull to different sides: no object is near in both views."""
    exact, large = catalogs
    monkeypatch.setattr(threshold, "MOST", 200)
    vectors = {"spectrum": exact.indexes["spectrum"].vector(1), "image": exact.indexes["image"].vector(2)}
    assert [one.id for one in large.neighbors(vectors, K)] == [one.id for one in exact.neighbors(vectors, K)]
