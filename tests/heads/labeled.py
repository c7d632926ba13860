"""Objects whose labels follow from their vectors by a known law, as a catalog."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from aion.catalog import Catalog
from aion.catalog.rows import RowsInMemory
from tests.made_catalog import catalog_of

N, WIDTH = 240, 16
NOISE = 0.05
"""Of the numbers, whose scatter is about 1."""
SDSS, DESI = ("tok_spectrum_sdss",), ("tok_spectrum_desi",)


def law(width: int = WIDTH) -> np.ndarray:
    """(D,) that the numbers are a product with."""
    return 4 * np.linspace(-1, 1, width)


def labeled_table(vectors: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """Every second row is the object of the row before, seen again 0.4 arcsec away."""
    generator = np.random.default_rng(seed)
    n = len(vectors)
    mass = vectors @ law(vectors.shape[1]) + generator.normal(0, NOISE, n)
    place = np.arange(n) // 2
    return pd.DataFrame(
        {
            "id": [f"object {row}" for row in range(n)],
            "ra": 10.0 + place + np.where(np.arange(n) % 2, 0.4 / 3600, 0.0),
            "dec": 0.0,
            "z": 0.1,
            "class": np.where(mass > 0.8, "heavy", np.where(mass < -0.8, "light", "middle")),
            "mass": mass,
            "night": place // 4,
            "luck": generator.normal(0, 1, n // 2)[place],  # one number of each object, that no vector tells
            "FLUX_R": 10 ** (0.4 * (mass + generator.normal(0, 1, n))),
        }
    )


def labeled_vectors(n: int = N, width: int = WIDTH, seed: int = 0) -> np.ndarray:
    """(n, D) of length 1; two of an object are nearly one."""
    generator = np.random.default_rng(seed)
    drawn = np.repeat(generator.normal(0, 1, (n // 2, width)), 2, axis=0) + generator.normal(
        0, 0.01, (n, width)
    )
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def labeled_catalog(
    folder: Path,
    *,
    sha256: str = "0" * 64,
    width: int = WIDTH,
    streams: tuple[tuple[str, ...], ...] = (SDSS,),
) -> Catalog:
    """Of `N` rows, with vectors of everything and of spectra."""
    vectors = labeled_vectors(width=width)
    catalog = catalog_of(folder, labeled_table(vectors), {"all": vectors, "spectrum": vectors}, label="made")
    assert isinstance(catalog._rows, RowsInMemory)
    return Catalog(folder, replace(catalog.manifest, model_sha256=sha256, stream_sets=streams), catalog._rows)
