"""Vectors (n, D) -> points (n, 2) to look at. Distances on a map are not distances of the vectors;
neighbors are searched elsewhere."""

from importlib.util import find_spec

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAPS = ("umap", "pca")
"""Names of the maps, the more telling one first."""
UMAP_NEIGHBORS, UMAP_MIN_DISTANCE = 30, 0.1
"""Neighbors whose distances UMAP keeps (more: the large scale counts more), and how tight points are."""
UMAP_FROM = 300
"""Vectors from which UMAP draws too: it first takes half a minute to compile,
and fewer have no neighborhoods to speak of."""
SEED = 0


def columns(vectors: ArrayLike) -> dict[str, NDArray[np.float32]]:
    """``umap_1``, ``umap_2``, ``pca_1``, ``pca_2``, (n,) each, of unit vectors (n, D);
    without UMAP where umap-learn is not installed, or for fewer than `UMAP_FROM`."""
    made = {"umap": umap(vectors)} if has_umap() and len(np.asarray(vectors)) >= UMAP_FROM else {}
    made["pca"] = pca(vectors)
    return {f"{name}_{axis + 1}": points[:, axis] for name, points in made.items() for axis in (0, 1)}


def pca(vectors: ArrayLike) -> NDArray[np.float32]:
    """(n, 2) the two directions in which (n, D) vectors differ most, largest first;
    signs are such that the largest entry is positive."""
    rows = np.asarray(vectors, dtype=np.float64)
    _, _, directions = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    axes = np.zeros((2, rows.shape[1]))
    axes[: len(directions[:2])] = directions[:2]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    points: NDArray[np.float64] = (rows - rows.mean(axis=0)) @ (axes * np.where(largest < 0, -1, 1)).T
    return points.astype(np.float32)


def has_umap() -> bool:
    """Whether umap-learn is installed (``requirements-map.txt``)."""
    return find_spec("umap") is not None


def umap(vectors: ArrayLike) -> NDArray[np.float32]:
    """(n, 2) points whose neighborhoods are those of unit vectors (n, D) by cosine;
    the same for the same vectors. Needs umap-learn."""
    from umap import UMAP

    # one thread, as umap-learn does by itself where a seed is given: the same map every time
    maker = UMAP(
        n_neighbors=UMAP_NEIGHBORS, min_dist=UMAP_MIN_DISTANCE, metric="cosine", random_state=SEED, n_jobs=1
    )
    points: NDArray[np.float32] = maker.fit_transform(np.asarray(vectors, np.float32)).astype(np.float32)
    return points
