"""What is found in a catalog: objects with how similar each is, and where they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aion.sphere import separation

SAME_OBJECT = 1.0
"""Arcsec; entries no farther from a position than this are the object that is there."""


@dataclass(frozen=True)
class Neighbor:
    """One object of a catalog near the query. Similarity is a cosine, not a probability."""

    id: str
    similarity: float
    z: float | None
    kind: str
    """Class in the catalog: ``"galaxy"``, ``"quasar"``, ``"star"``."""


@dataclass(frozen=True)
class SmallSpectrum:
    """A spectrum on a few pixels, to be recognized at a glance.
    Flux in 1e-17 erg/s/cm2/Å, vacuum Å, observed frame."""

    wavelength: NDArray[np.floating[Any]]
    """(n,) Å, increasing."""
    flux: NDArray[np.floating[Any]]
    """(n,) NaN where the spectrum does not reach or has no good pixel."""


def has_positions(table: pd.DataFrame) -> bool:
    """Whether any object of a catalog has one."""
    return {"ra", "dec"} <= set(table) and bool((table["ra"].notna() & table["dec"].notna()).any())


def separations(table: pd.DataFrame, position: tuple[float, float]) -> NDArray[np.floating[Any]]:
    """(n,) arcsec from each object of a table that has positions to one in degrees; NaN where it has none."""
    return separation(table["ra"].to_numpy(float), table["dec"].to_numpy(float), *position)
