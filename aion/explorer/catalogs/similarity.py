"""Searches in the catalog beyond one vector: several objects at once, by part of what is known of them, from
one part to another; what is like nothing else; and how well each search works. Similarities are cosines, -1
to 1. What would compare every object with every other is taken from samples where the catalog is large.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aion.catalog import ALL, Catalog, Filters, Neighbor
from aion.errors import SearchError
from aion.explorer.catalogs.bridge import Bridge, unit
from aion.explorer.results import Retrieval

Vector = NDArray[np.float32]
Rows = NDArray[np.int64]

NEIGHBORHOOD = 10
"""Nearest objects that say how lonely an object is, and that retrieval is measured with."""
QUERIES = 400
"""Objects that retrieval is measured with at most, drawn with seed 0; up to a fifth of the catalog."""
MEASURED = 20_000
"""Objects at most that retrieval is measured among and bridges are fitted on, drawn with seed 0: what lies
between them in a larger catalog only makes neighbors closer."""
OUTLIERS_AMONG = 2_000
"""Objects that outliers of a larger catalog are sought among, drawn with seed 0: their percentiles are good
to about 1 %."""
SAME_REDSHIFT = 0.05
"""|Δz| / (1 + z) up to which two redshifts agree."""
RECALL_AT = (1, 10, 100)


@dataclass(frozen=True)
class Comparison:
    """What of the query is compared with what of the catalog."""

    label: str
    parts: tuple[tuple[str, str], ...]
    """View of the query, view of the catalog."""
    meaning: str
    """One sentence for people."""

    @property
    def crosses(self) -> bool:
        """Whether one kind of data is compared with another."""
        return any(query_view != catalog_view for query_view, catalog_view in self.parts)


def _within(label: str, view: str, what: str) -> Comparison:
    return Comparison(
        label,
        ((view, view),),
        f"The embedding made from {what} is compared with those of the catalog made likewise.",
    )


_BRIDGE_MEANING = (
    "The model was never trained to put an image near its own spectrum, so a linear map, fitted on the "
    "objects of the catalog, carries one embedding to the other first. See below how often that finds the "
    "right object."
)
COMPARISONS: dict[str, Comparison] = {
    ALL: _within("Everything", ALL, "all that is known of an object"),
    "spectrum": _within("Spectra", "spectrum", "the spectrum alone"),
    "image": _within("Images", "image", "the image alone"),
    "photometry": _within("Catalog numbers", "photometry", "fluxes, magnitudes and shapes alone"),
    "mix": Comparison(
        "Spectrum and image",
        (("spectrum", "spectrum"), ("image", "image")),
        "Two cosines, of the spectra and of the images, weighted.",
    ),
    "image-to-spectrum": Comparison("Image → spectra", (("image", "spectrum"),), _BRIDGE_MEANING),
    "spectrum-to-image": Comparison("Spectrum → images", (("spectrum", "image"),), _BRIDGE_MEANING),
}


@dataclass(frozen=True)
class QueryPart:
    """One object of a query."""

    id: str
    weight: float
    """How much answers should be like it; negative: unlike it."""
    vectors: Mapping[str, Vector]
    """View -> (D,) unit vector; only the views it has."""
    row: int | None = None
    """Where it is in the catalog; None for any other."""


class Searches:
    """All searches in one catalog; keeps what takes long to compute. Safe to use from several threads."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._isolation: dict[str, dict[int, float]] = {}
        self._bridges: dict[tuple[str, str], Bridge] = {}
        self._quality: tuple[Retrieval, ...] | None = None

    @property
    def comparisons(self) -> dict[str, Comparison]:
        """Those that this catalog has the views for."""
        held = self.catalog.indexes
        return {
            name: way
            for name, way in COMPARISONS.items()
            if all(view in held for part in way.parts for view in part)
        }

    def example(self, id: str, weight: float = 1.0) -> QueryPart:
        """An object of the catalog as part of a query. Raises InputError: no such object."""
        row = self.catalog.row(id)
        return QueryPart(
            id, weight, {view: index.vector(row) for view, index in self.catalog.indexes.items()}, row
        )

    def search(
        self,
        examples: Sequence[QueryPart],
        comparison: str = ALL,
        *,
        k: int,
        filters: Filters = Filters(),
        image_share: float = 0.5,
        least: bool = False,
    ) -> tuple[Neighbor, ...]:
        """The ``k`` objects most similar to all examples together, best first, without the examples.

        Args:
            comparison: One of `comparisons`.
            image_share: 0 to 1, weight of the image where spectra and images are compared.
            least: The least similar ones instead, worst first.

        Raises:
            SearchError: no example, or one that lacks what is compared, or weights that cancel.
        """
        way = self.comparisons[comparison]
        shares = (1 - image_share, image_share) if len(way.parts) == 2 else (1.0,)
        parts = [(part, share) for part, share in zip(way.parts, shares, strict=True) if share > 0]
        exclude = [example.row for example in examples if example.row is not None]
        where = self.catalog.where(filters, exclude)
        if way.crosses:
            [((query_view, catalog_view), _)] = parts
            bridge = self._bridge(query_view, catalog_view)
            index, query = self.catalog.indexes[catalog_view], _query_vector(examples, query_view)
            rows, cosines = bridge.search(index, query, k, where, least=least)
            return self.catalog.as_neighbors(rows.tolist(), cosines.tolist())
        if len(parts) == 1:
            [((view, _), _)] = parts
            sign = -1 if least else 1  # the least similar are nearest to the opposite
            found = self.catalog.indexes[view].query(sign * _query_vector(examples, view), k, where)
            return self.catalog.as_neighbors(
                [one.row for one in found], [sign * one.similarity for one in found]
            )
        weighted = [(view, _query_vector(examples, view), share) for (view, _), share in parts]
        return self.catalog.nearest_together(weighted, k, where, least=least)

    def outliers(self, view: str = ALL, *, k: int, filters: Filters = Filters()) -> tuple[Neighbor, ...]:
        """The ``k`` objects least like their own nearest ones, loneliest first; ``similarity`` is the mean
        cosine with those. Of a large catalog they are the loneliest of `OUTLIERS_AMONG` objects drawn at
        random among those that pass, each compared with the whole catalog."""
        passing = np.flatnonzero(filters.keep(self.catalog.table))
        rows = passing if self.is_compared_whole else _drawn(passing, OUTLIERS_AMONG)
        if not len(rows):
            return ()
        closeness = self._closeness(view, rows)
        order = np.argsort(closeness, kind="stable")[:k]
        return self.catalog.as_neighbors(rows[order].tolist(), closeness[order].tolist())

    @property
    def is_compared_whole(self) -> bool:
        """Whether outliers are sought among all objects, and not among some that are drawn."""
        return len(self.catalog) <= MEASURED

    def _closeness(self, view: str, rows: Rows) -> Vector:
        """(m,) mean cosine of objects with their nearest; what was computed is kept."""
        kept = self._isolation.setdefault(view, {})
        missing = np.array([row for row in rows.tolist() if row not in kept], dtype=np.int64)
        if len(missing):
            nearest = min(NEIGHBORHOOD, len(self.catalog) - 1)
            cosines = self.catalog.indexes[view].nearest(nearest, missing)[1].mean(axis=1)
            kept.update(zip(missing.tolist(), cosines.tolist(), strict=True))
        return np.array([kept[row] for row in rows.tolist()], dtype=np.float32)

    def quality(self) -> tuple[Retrieval, ...]:
        """How well each comparison works, measured on the catalog itself, beside the same with classes and
        redshifts shuffled."""
        if self._quality is None:
            self._quality = tuple(self._measure(way) for way in self.comparisons.values())
        return self._quality

    def _bridge(self, query_view: str, catalog_view: str) -> "Bridge":
        if (query_view, catalog_view) not in self._bridges:
            views = self._views(query_view, catalog_view)
            self._bridges[query_view, catalog_view] = Bridge.fit(*views)
        return self._bridges[query_view, catalog_view]

    def _views(self, query_view: str, catalog_view: str) -> tuple[Vector, Vector]:
        """Vectors of the same objects, (n, D) each: of those that bridges are fitted on."""
        indexes = self.catalog.indexes
        return indexes[query_view].vectors(self._measured), indexes[catalog_view].vectors(self._measured)

    @cached_property
    def _measured(self) -> Rows:
        """(n,) rows of the objects that bridges are fitted on and searches are measured among."""
        return _drawn(np.arange(len(self.catalog)), MEASURED)

    def _measure(self, way: Comparison) -> Retrieval:
        """Queries are objects that a bridge was not fitted on."""
        generator = np.random.default_rng(0)
        n = len(self._measured)
        queries = np.sort(generator.choice(n, min(QUERIES, max(n // 5, 1)), replace=False))
        rest = np.setdiff1d(np.arange(n), queries)
        scores = np.zeros((len(queries), n), dtype=np.float32)
        for query_view, catalog_view in way.parts:
            sources, entries = self._views(query_view, catalog_view)
            if query_view == catalog_view:
                cosines = sources[queries] @ entries.T
            else:
                cosines = Bridge.fit(sources[rest], entries[rest]).cosines(sources[queries], entries)
            scores += cosines / len(way.parts)
        own = scores[np.arange(len(queries)), queries]
        ranks = (scores > own[:, None]).sum(axis=1)
        scores[np.arange(len(queries)), queries] = -np.inf
        k = min(NEIGHBORHOOD, n - 1)
        nearest = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        shuffled = generator.permutation(n)
        table = self.catalog.table.iloc[self._measured]
        kinds = table["class"].astype(object).fillna("").to_numpy(str)
        z = table["z"].to_numpy(dtype=float)
        return Retrieval(
            comparison=way.label,
            queries=len(queries),
            among=n,
            purity=_purity(kinds[queries], kinds[nearest]),
            purity_shuffled=_purity(kinds[queries], kinds[shuffled][nearest]),
            redshift=_agreement(z[queries], z[nearest]),
            redshift_shuffled=_agreement(z[queries], z[shuffled][nearest]),
            recall={k: float((ranks < k).mean()) for k in RECALL_AT if k < n} if way.crosses else {},
            recall_shuffled={k: k / n for k in RECALL_AT if k < n} if way.crosses else {},
        )


def _query_vector(examples: Sequence[QueryPart], view: str) -> Vector:
    """(D,) the weighted sum of the examples, length 1."""
    if not examples:
        raise SearchError("there is no object to search by; choose one")
    for example in examples:
        if view not in example.vectors:
            what = {"photometry": "catalog numbers", ALL: "data"}.get(view, view)
            raise SearchError(
                f"{example.id} has no {what} that the model reads, so it cannot be compared in that way"
            )
    total: Vector = np.sum(
        [example.weight * example.vectors[view] for example in examples], axis=0, dtype=np.float32
    )
    if not np.linalg.norm(total) > 1e-6:
        raise SearchError("the weights of these objects cancel; change one of them")
    return unit(total)


def _drawn(rows: Rows, count: int) -> Rows:
    """(count,) of rows, in their order; all where there are fewer."""
    if len(rows) <= count:
        return rows
    return np.sort(np.random.default_rng(0).choice(rows, count, replace=False))


def _purity(query: NDArray[np.str_], neighbors: NDArray[np.str_]) -> float:
    """Share of neighbors (q, k) of the query's class (q,), averaged over classes, so that a frequent class
    does not decide; NaN where no class is known."""
    same = (neighbors == query[:, None]).mean(axis=1)
    known = np.unique(query[query != ""])
    return float(np.mean([same[query == kind].mean() for kind in known])) if len(known) else float("nan")


def _agreement(query: NDArray[np.float64], neighbors: NDArray[np.float64]) -> float:
    """Share of neighbors (q, k) at the redshift of the query (q,), where both are known."""
    apart = np.abs(neighbors - query[:, None]) / (1 + query[:, None])
    known = np.isfinite(apart)
    return float((apart[known] <= SAME_REDSHIFT).mean()) if known.any() else float("nan")
