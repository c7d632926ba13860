"""Two results of the same files, by two weights or with two settings: how far their p(z), their decoded data
and their neighbors agree. Knows neither files nor figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from aion.catalog import Neighbor
from aion.errors import InputError
from aion.explorer.results import ImageResult, ScalarResult, SpectrumResult
from aion.redshift import RedshiftPDF

Floats = NDArray[np.floating[Any]]
Named = TypeVar("Named")

NOT_SET = "as detected"
"""Of what a person may set of a file."""


@dataclass(frozen=True)
class BestRedshift:
    """The redshift that a result is best known by."""

    z: float
    low: float
    high: float
    """One sigma, or the central 68 % of the best peak."""
    is_exact: bool
    """Whether it is of the lines, or else the top of the best peak of p(z)."""

    def __str__(self) -> str:
        error = (self.high - self.low) / 2
        return f"{self.z:.6f} ± {error:.6f}" if self.is_exact else f"{self.z:.4f} ± {error:.4f}"


@dataclass(frozen=True)
class CatalogIdentity:
    """Which objects neighbors were searched among."""

    label: str
    objects: int
    ids_sha256: str
    """See `aion.catalog.Catalog.ids_sha256`."""

    def __str__(self) -> str:
        return f"{self.label}, {self.objects:,} objects"


@dataclass(frozen=True, eq=False)
class SavedResult:
    """One analysis, as a session bundle keeps it."""

    id: str
    """Of the object."""
    title: str
    """Of the weights, for people."""
    weights: str
    """Their SHA-256."""
    files: Mapping[str, str]
    """SHA-256 of each file that the object came from -> its name."""
    settings: Mapping[str, str]
    """What was asked for -> in words."""
    redshift: RedshiftPDF
    best: BestRedshift
    spectra: tuple[SpectrumResult, ...]
    images: tuple[ImageResult, ...]
    """Without the originals where they are of a bundle."""
    scalars: tuple[ScalarResult, ...]
    neighbors: tuple[Neighbor, ...]
    catalog: CatalogIdentity | None
    """That the neighbors are of; None where there was none, or an old bundle does not say."""


@dataclass(frozen=True)
class SharedNeighbors:
    """Of the nearest ``k`` of each result, those that both have."""

    k: int
    ids: tuple[str, ...]
    """In the order of the first result."""


@dataclass(frozen=True, eq=False)
class ResultComparison:
    """Two results of the same object of the same files."""

    first: SavedResult
    second: SavedResult

    @property
    def has_same_weights(self) -> bool:
        return self.first.weights == self.second.weights

    @property
    def setting_differences(self) -> dict[str, tuple[str, str]]:
        """Setting -> what it was in the first and in the second."""
        one, other = self.first.settings, self.second.settings
        pairs = {name: (one.get(name, NOT_SET), other.get(name, NOT_SET)) for name in {**one, **other}}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    @property
    def overlap(self) -> float:
        """Probability that both densities share: 1 where they are the same, 0 where they exclude each
        other."""
        width, one, other = self._densities()
        return float(width @ np.minimum(one, other))

    @property
    def divergence(self) -> float:
        """Jensen and Shannon's, in bits: 0 where both are the same, 1 where they exclude each other. Of
        Kullback and Leibler's two, one is infinite wherever a density is 0."""
        width, one, other = self._densities()
        both = one + other
        return max((_information(width, one, both) + _information(width, other, both)) / 2 + 1, 0.0)

    @property
    def shift(self) -> float:
        """Δz / (1 + z) of the second best redshift from the first."""
        one, other = self.first.best.z, self.second.best.z
        return (other - one) / (1 + one)

    @property
    def spectra(self) -> list[tuple[SpectrumResult | None, SpectrumResult | None]]:
        """Those of one survey, of each result."""
        return _pairs(self.first.spectra, self.second.spectra, "survey")

    @property
    def images(self) -> list[tuple[ImageResult | None, ImageResult | None]]:
        """Those of one survey, of each result."""
        return _pairs(self.first.images, self.second.images, "survey")

    @property
    def scalars(self) -> list[tuple[ScalarResult | None, ScalarResult | None]]:
        """Those of one name, of each result."""
        return _pairs(self.first.scalars, self.second.scalars, "name")

    @property
    def neighbors(self) -> SharedNeighbors | str:
        """What both have, or why that cannot be said."""
        for one in (self.first, self.second):
            if not one.neighbors:
                return f"the result of {one.title} has no neighbors"
            if one.catalog is None:
                return f"the bundle of {one.title} does not say which catalog its neighbors are of"
        assert self.first.catalog is not None and self.second.catalog is not None
        if self.first.catalog.ids_sha256 != self.second.catalog.ids_sha256:
            return f"they are of catalogs of other objects: {self.first.catalog}; {self.second.catalog}"
        k = min(len(self.first.neighbors), len(self.second.neighbors))
        other = {neighbor.id for neighbor in self.second.neighbors[:k]}
        ids = (neighbor.id for neighbor in self.first.neighbors[:k])
        return SharedNeighbors(k, tuple(id for id in ids if id in other))

    def _densities(self) -> tuple[Floats, Floats, Floats]:
        """Width of each stretch in which both densities are constant, and both of them, exactly."""
        pair = (self.first.redshift, self.second.redshift)
        edges = np.unique(np.concatenate([pdf.edges for pdf in pair]))
        middles = (edges[1:] + edges[:-1]) / 2
        one, other = (_density_at(pdf, middles) for pdf in pair)
        return np.diff(edges), one, other


def compare_results(first: SavedResult, second: SavedResult) -> ResultComparison:
    """Raises InputError: they are not of the same object of the same files."""
    for one in (first, second):
        if not one.files:
            raise InputError(
                f"the result of {one.title} is of an object of a catalog, not of files; two results are "
                "compared where both are of the same files"
            )
    if first.files.keys() != second.files.keys():
        raise InputError(
            f"the two results are of different files: {_only(first, second)}; {_only(second, first)}. Give "
            "two bundles that were made from the same files"
        )
    if first.id != second.id:
        raise InputError(
            f"the two results are of different objects of the same files, {first.id!r} and {second.id!r}; "
            "open the same object with both weights"
        )
    return ResultComparison(first, second)


def decoded_difference(one: SpectrumResult, other: SpectrumResult) -> float | None:
    """Root mean square of the difference of what was decoded, over the noise of the data; None where the
    pixels are not the same or have no noise."""
    if one.sigma is None or not np.array_equal(one.wavelength, other.wavelength):
        return None
    ratio = ((one.decoded - other.decoded) / one.sigma)[~one.bad]
    ratio = ratio[np.isfinite(ratio)]
    return float(np.sqrt(np.mean(ratio**2))) if ratio.size else None


def _only(one: SavedResult, other: SavedResult) -> str:
    """The files that only one of two results is of."""
    names = [f"{name} (SHA-256 {digest[:12]})" for digest, name in one.files.items()]
    extra = [text for text, digest in zip(names, one.files, strict=True) if digest not in other.files]
    return f"only of {one.title}: {', '.join(extra) or 'none'}"


def _information(width: Floats, density: Floats, total: Floats) -> float:
    """Of a density, with the base 2 logarithm of its share of a total."""
    some = density > 0
    return float((width * density)[some] @ np.log2(density[some] / total[some]))


def _density_at(pdf: RedshiftPDF, z: Floats) -> Floats:
    """0 outside of its grid."""
    place = np.searchsorted(pdf.edges, z) - 1
    inside = (place >= 0) & (place < len(pdf.density))
    return np.where(inside, pdf.density[np.clip(place, 0, len(pdf.density) - 1)], 0.0)


def _pairs(
    first: Sequence[Named], second: Sequence[Named], name: str
) -> list[tuple[Named | None, Named | None]]:
    """What is called the same, in the order of the first and then of the second."""
    one, other = ({getattr(each, name): each for each in group} for group in (first, second))
    return [(one.get(key), other.get(key)) for key in {**one, **other}]
