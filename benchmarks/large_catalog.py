"""A synthetic catalog of a million objects on disk, and how long the application takes with it.

    python -m benchmarks.large_catalog make FOLDER [ROWS]
    python -m benchmarks.large_catalog measure FOLDER

Vectors lie in clumps, as embeddings do; tokens, pictures and spectra are noise of the right size.
"""

import os
import resource
import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from aion.catalog import ALL, Catalog, Cone, Filters, Manifest, folder, healpix
from aion.catalog.columns import PICTURE, token_type
from aion.catalog.table import tabulate
from aion.explorer.catalogs.similarity import Searches

ROWS, D, CLUMPS, PIXELS, BYTES = 1_000_000, 128, 400, 160, 2_400
VIEWS = ("all", "spectrum", "image", "photometry")
WIDTHS = {"tok_image": 576, "tok_spectrum_desi": 273, "tok_flux_g": 1, "tok_flux_r": 1}
KINDS = np.array(["galaxy", "quasar", "star"])


def make(place: Path, count: int = ROWS, model_sha256: str = "0" * 64) -> None:
    """All over the sky, pixel by pixel, so that one file is in memory at a time."""
    generator = np.random.default_rng(0)
    ra, sine = generator.uniform(0, 360, count), generator.uniform(-1, 1, count)
    dec, done = np.degrees(np.arcsin(sine)), 0
    centers = generator.normal(size=(len(VIEWS), CLUMPS, D)).astype(np.float32)
    for order, pixel, rows in healpix.cut(healpix.healpix(ra, dec), 20_000):
        part = _part(generator, centers, ra[rows], dec[rows], rows)
        folder.write_rows(place / folder.partition_path(order, pixel), part)
        done += len(rows)
        print(f"\r{done:,} of {count:,}", end="", file=sys.stderr, flush=True)
    manifest = Manifest("synthetic", os.environ.get("AION_SHA256", model_sha256), simulated=True)
    folder.finish(
        place,
        replace(
            manifest,
            rows=count,
            widths=WIDTHS,
            dimensions=dict.fromkeys(VIEWS, D),
            stream_sets=(tuple(sorted(WIDTHS)),),
            wavelength=tuple(np.linspace(3600, 9800, PIXELS).tolist()),
        ),
    )


def _part(generator: np.random.Generator, centers: Any, ra: Any, dec: Any, rows: Any) -> pa.Table:
    n = len(rows)
    clump = generator.integers(0, CLUMPS, n)
    shift = generator.normal(size=(len(VIEWS), n, D)).astype(np.float32)
    vectors = {view: _unit(centers[i, clump] + 0.7 * shift[i]) for i, view in enumerate(VIEWS)}
    numbers = {f"FLUX_{band}": generator.lognormal(1, 1, n) for band in "GRIZ"}
    redshift = {name: generator.uniform(0, 3, n) for name in ("z_best", "z_lo68", "z_hi68", "p_best")}
    table = pd.DataFrame(
        {"id": [f"SYN-{row:09d}" for row in rows], "ra": ra, "dec": dec, "class": KINDS[clump % 3]}
        | {"survey": "Legacy Survey", "spectrograph": "DESI", "z": generator.gamma(2, 0.4, n)}
        | {"mag_r": generator.normal(20, 1.5, n), "g_r": generator.normal(0.8, 0.4, n)}
        | {"snr": generator.lognormal(1, 1, n)}
        | numbers
        | redshift
        | {"pca_1": vectors[ALL][:, 0], "pca_2": vectors[ALL][:, 1]}
    )
    light = tabulate(table, [{}] * n, {}, vectors, [None] * n, generator.normal(5, 1, (n, PIXELS)))
    light = light.set_column(light.column_names.index(PICTURE), PICTURE, _pictures(generator, n))
    for key, width in WIDTHS.items():
        light = light.append_column(key, _tokens(generator, n, width))
    return light


def _pictures(generator: np.random.Generator, n: int) -> pa.Array:
    ends = pa.array(np.arange(n + 1, dtype=np.int32) * BYTES)
    return pa.Array.from_buffers(
        pa.binary(), n, [None, ends.buffers()[1], pa.py_buffer(generator.bytes(n * BYTES))]
    )


def _tokens(generator: np.random.Generator, n: int, width: int) -> pa.Array:
    ids = pa.array(generator.integers(0, 200, n * width, dtype=np.int32))
    if width == 1:
        return ids
    kind = token_type(width)
    lists = pa.ListArray.from_arrays(
        pa.array(np.arange(n + 1, dtype=np.int32) * width), ids, type=kind.field(0).type
    )
    return pa.StructArray.from_arrays([lists], fields=[kind.field(0)])


def _unit(rows: Any) -> Any:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def measure(place: Path) -> None:
    """Print one line for each kind of work, median of 20 where it is repeated."""
    start = perf_counter()
    catalog = Catalog.load(place)
    print(f"opened: {perf_counter() - start:.2f} s, {_memory():.2f} GB")
    start = perf_counter()
    catalog.prepare(lambda step, share: print(f"  {step}, {perf_counter() - start:.0f} s", flush=True))
    print(f"indexes of all views made or found: {perf_counter() - start:.1f} s, {_memory():.2f} GB")
    start = perf_counter()
    vector = catalog.index.vector(0)
    print(f"the index of one view opened: {perf_counter() - start:.2f} s")
    some, cone = Filters(classes=("quasar",), z=(0.5, 0.6)), Filters(cone=Cone(150.0, 2.0, 3600.0))
    print(
        f"  the filter keeps {some.keep(catalog.table).mean():.1%}, the cone {cone.keep(catalog.table).sum()}"
    )
    _report("neighbors, k = 100", lambda: catalog.neighbors({ALL: vector}, 100))
    _report("the same, filtered", lambda: catalog.neighbors({ALL: vector}, 100, some))
    _report("the same, in a cone", lambda: catalog.neighbors({ALL: vector}, 100, cone))
    ids = iter(catalog.table["id"].sample(800, random_state=0))
    _report("24 tiles of objects anywhere", lambda: [_tile(catalog, next(ids)) for _ in range(24)])
    searches = Searches(catalog)
    example = [searches.example(str(catalog.table["id"].iloc[5]))]
    _report("search by everything", lambda: searches.search(example, k=24))
    _report("search by spectrum and image", lambda: searches.search(example, "mix", k=24), 3)
    _report("search from image to spectra", lambda: searches.search(example, "image-to-spectrum", k=24), 3)
    _report("outliers, the first time", lambda: searches.outliers(k=24), 1)
    _report("quality, the first time", searches.quality, 1)
    print(f"in the end: {_memory():.2f} GB at most")


def _tile(catalog: Catalog, id: str) -> object:
    return catalog.picture(id), catalog.small_spectrum(id)


def _report(what: str, work: Callable[[], object], times: int = 20) -> None:
    took, spent = [], []
    for _ in range(times):
        start, begun = perf_counter(), process_time()
        work()
        took.append(perf_counter() - start)
        spent.append(process_time() - begun)
    medians = [1e3 * statistics.median(times) for times in (took, spent)]
    print(f"{what}: {medians[0]:.0f} ms, {medians[1]:.0f} of processor time", flush=True)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    command, where, *rest = sys.argv[1:]
    make(Path(where), *map(int, rest)) if command == "make" else measure(Path(where))
