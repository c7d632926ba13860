"""How long a search in a catalog of 10,000 objects takes in the engine's process, median of 20;
the embeddings are random."""

import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from aion.catalog import ALL, Catalog, Filters, Manifest
from aion.explorer.catalogs.similarity import Searches

N, D, K = 10_000, 192, 100


def main() -> None:
    """Print one line per kind of search."""
    generator = np.random.default_rng(0)
    table = pd.DataFrame(
        {"id": [f"o{i}" for i in range(N)], "class": np.array(["galaxy", "quasar"])[np.arange(N) % 2]}
    )
    table["z"], table["mag_r"] = generator.uniform(0, 3, N), generator.uniform(14, 23, N)
    vectors = {view: generator.normal(size=(N, D)) for view in ("all", "spectrum", "image")}
    catalog = Catalog(Path(), Manifest("random", ""), table, {}, vectors)
    searches, vector = Searches(catalog), catalog.index.vector(0)
    example, some = [searches.example("o0")], Filters(classes=("quasar",), z=(0.5, 1.5))
    _report("neighbors of an analysis", lambda: catalog.neighbors({ALL: vector}, K))
    _report("the same among a sixth", lambda: catalog.neighbors({ALL: vector}, K, some))
    _report("spectrum and image, mixed", lambda: searches.search(example, "mix", k=K))
    searches.search(example, "image-to-spectrum", k=K)
    _report("image to spectra", lambda: searches.search(example, "image-to-spectrum", k=K))
    start = perf_counter()
    searches.outliers(k=K)
    print(f"outliers, once per catalog and view: {perf_counter() - start:.2f} s")
    start = perf_counter()
    searches.quality()
    print(f"retrieval quality, once per catalog: {perf_counter() - start:.2f} s")


def _report(what: str, search: Callable[[], object]) -> None:
    took = []
    for _ in range(20):
        start = perf_counter()
        search()
        took.append(perf_counter() - start)
    print(f"{what}: {1e3 * statistics.median(took):.1f} ms")


if __name__ == "__main__":
    main()
