"""Maps of vectors: the principal components of numpy, and UMAP where it is installed."""

import numpy as np
import pytest

from aion import maps


def clouds(n: int = 60, d: int = 12) -> np.ndarray:
    """Two clouds of unit vectors around two directions."""
    rows = np.random.default_rng(0).normal(0, 0.1, (n, d))
    rows[: n // 2, 0] += 1
    rows[n // 2 :, 1] += 1
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_the_first_principal_component_holds_the_largest_difference():
    rows = clouds()
    points = maps.pca(rows)
    assert points.shape == (60, 2) and points.dtype == np.float32
    first, second = points[:30, 0], points[30:, 0]
    assert first.max() < second.min() or second.max() < first.min()
    values = np.linalg.eigvalsh(np.cov(rows.T))[::-1]
    np.testing.assert_allclose(points.var(axis=0, ddof=1), values[:2], rtol=1e-4)


def test_a_map_does_not_depend_on_the_sign_that_the_decomposition_chose(monkeypatch):
    before = maps.pca(clouds())
    whole = np.linalg.svd

    def turned(*args, **options):
        u, s, directions = whole(*args, **options)
        return u, s, -directions

    monkeypatch.setattr(np.linalg, "svd", turned)
    np.testing.assert_allclose(maps.pca(clouds()), before, atol=1e-6)


def test_without_umap_there_is_the_pca_alone(monkeypatch):
    monkeypatch.setattr(maps, "has_umap", lambda: False)
    columns = maps.columns(clouds())
    assert list(columns) == ["pca_1", "pca_2"]
    np.testing.assert_array_equal(columns["pca_2"], maps.pca(clouds())[:, 1])


def test_vectors_in_one_direction_still_make_a_map():
    assert np.isfinite(maps.pca(np.ones((3, 1)))).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_umap_keeps_clouds_apart_and_is_the_same_twice():
    pytest.importorskip("umap", reason="umap-learn, of requirements-map.txt, is not installed")
    points = maps.umap(clouds())
    middles = points[:30].mean(axis=0), points[30:].mean(axis=0)
    spread = np.linalg.norm(points[:30] - middles[0], axis=1).mean()
    assert np.linalg.norm(middles[0] - middles[1]) > 2 * spread
    np.testing.assert_array_equal(points, maps.umap(clouds()))
