"""What is found in a catalog: objects with how similar each is, and which of them may be an answer."""

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


@dataclass(frozen=True)
class Cone:
    """A circle on the sky."""

    ra: float
    """Degrees, ICRS."""
    dec: float
    radius: float
    """Arcsec."""


@dataclass(frozen=True)
class Filters:
    """Which objects may be an answer; an empty field admits all.
    They take part in a search, which so gives as many as were asked."""

    classes: tuple[str, ...] = ()
    surveys: tuple[str, ...] = ()
    z: tuple[float, float] | None = None
    """Lowest and highest redshift; objects without one do not pass."""
    mag_r: tuple[float, float] | None = None
    """Brightest and faintest r magnitude, AB."""
    cone: Cone | None = None
    """Where on the sky; objects without a position do not pass."""

    def keep(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """(n,) True = passes; a column that the table lacks filters nothing."""
        keep = np.ones(len(table), dtype=bool)
        for column, chosen in (("class", self.classes), ("survey", self.surveys)):
            if chosen and column in table:
                keep &= table[column].isin(chosen).to_numpy()
        for column, bounds in (("z", self.z), ("mag_r", self.mag_r)):
            if bounds is not None and column in table:
                keep &= table[column].between(*bounds).to_numpy()
        if self.cone is not None and has_positions(table):
            dec = table["dec"].to_numpy(float)
            near = np.flatnonzero(np.abs(dec - self.cone.dec) <= self.cone.radius / 3600 + 1e-9)
            inside = separations(table.iloc[near], (self.cone.ra, self.cone.dec)) <= self.cone.radius
            in_cone = np.zeros(len(table), dtype=bool)
            in_cone[near[inside]] = True
            keep &= in_cone
        return keep


def has_positions(table: pd.DataFrame) -> bool:
    """Whether any object of a catalog has one."""
    return {"ra", "dec"} <= set(table) and bool((table["ra"].notna() & table["dec"].notna()).any())


def separations(table: pd.DataFrame, position: tuple[float, float]) -> NDArray[np.floating[Any]]:
    """(n,) arcsec from each object of a table that has positions to one in degrees; NaN where it has none."""
    return separation(table["ra"].to_numpy(float), table["dec"].to_numpy(float), *position)
