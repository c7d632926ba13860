"""Our index beside plain FAISS and scikit-learn: `python -m benchmarks.neighbors --vectors 1000000`.

Vectors have 768 numbers in half precision and lie in an .npy file. Of two kinds:

- clustered: objects of the shipped catalog, each moved at random within the span of its ten nearest ones,
  which fills the room between objects as densely as they lie; turned from 128 into 768 dimensions by a
  random orthogonal map; with noise of length 0.1 over all of these. The nearest of 100,000 has a median
  cosine of 0.98.
- isotropic: no clusters, the worst case of every index.

Queries are further vectors of the same kind, asked one at a time. The filter keeps the twentieth of the
objects that is in the middle of the catalog's redshifts, or a random twentieth of isotropic vectors.
Recall is the share of the ten nearest, found by comparing all. Every index has a process of its own,
whose whole memory is told: after the queries, and at most.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import faiss
import numpy as np
from numpy.typing import NDArray

from aion.resources import resource
from aion.search import Index

D, K, QUERIES, NOISE, KEPT = 768, 10, 300, 0.1, 0.05
ROWS_AT_ONCE = 20_000
Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Search = Callable[[Floats, Flags | None], Sequence[int]]
"""(D,) of length 1, and which rows may be an answer -> rows of the ``K`` nearest."""
Save = Callable[[Path], None]


@dataclass(frozen=True)
class Contender:
    """A way to find neighbors."""

    label: str
    build: Callable[[Path], tuple[Search, Save | None]]
    """Of an .npy file: how it is asked, and how what it needs is written, if it can be."""
    reads_file: bool = False
    """Whether it needs the vectors beside what it writes."""
    most: int = 1_000_000
    """Vectors that are not too many for it."""
    filters: bool = True


def ours(path: Path) -> tuple[Search, Save | None]:
    """The vectors stay in their file."""
    n = len(np.load(path, mmap_mode="r"))
    index = Index.build(path, [f"object {row}" for row in range(n)])
    return lambda query, keep: [match.row for match in index.query(query, K, keep)], index.save


def flat(path: Path) -> tuple[Search, Save | None]:
    """Every vector is compared."""
    return _plain(faiss.IndexFlatIP(D), path, faiss.SearchParameters)


def graph(path: Path) -> tuple[Search, Save | None]:
    """With the beams that our index had before, when it was one."""
    engine = faiss.IndexHNSWFlat(D, 32, faiss.METRIC_INNER_PRODUCT)
    engine.hnsw.efConstruction = 200
    return _plain(engine, path, partial(faiss.SearchParametersHNSW, efSearch=256))


def scikit(path: Path) -> tuple[Search, Save | None]:
    """Every vector is compared."""
    from sklearn.neighbors import NearestNeighbors

    engine = NearestNeighbors(n_neighbors=K, metric="cosine").fit(np.load(path).astype(np.float32))
    return lambda query, keep: engine.kneighbors(query[None], return_distance=False)[0], None


CONTENDERS = {
    "ours": Contender("aion.search.Index", ours, reads_file=True),
    "flat": Contender("FAISS Flat", flat),
    "graph": Contender("FAISS HNSW32, beams of 200 and 256", graph, most=100_000),
    "scikit": Contender("scikit-learn NearestNeighbors", scikit, most=100_000, filters=False),
}


def main() -> None:
    """Print one table for each kind of vectors."""
    parser = argparse.ArgumentParser(description="Our index beside plain FAISS and scikit-learn.")
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--kinds", nargs="+", choices=MAKERS, default=list(MAKERS))
    parser.add_argument("--measure", nargs=2, metavar=("CONTENDER", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        name, folder = options.measure
        print(json.dumps(measured(CONTENDERS[name], Path(folder))))
        return
    for kind in options.kinds:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), options.vectors, MAKERS[kind])
            print(f"\n{options.vectors:,} {kind} vectors\n\n{HEADER}", flush=True)
            for name, contender in CONTENDERS.items():
                print(_line(name, contender, folder, options.vectors), flush=True)


COLUMNS = ("index", "build s (CPU)", "ms (CPU)", "recall@10", "ms filtered (CPU)", "recall@10 filtered",
           "memory MB", "most MB", "disk MB")  # fmt: skip
HEADER = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


def _line(name: str, contender: Contender, folder: str, n: int) -> str:
    if n > contender.most:
        return f"| {contender.label} | not measured: too many for it |"
    if name == "scikit" and not find_spec("sklearn"):
        return f"| {contender.label} | not measured: it is not installed (requirements-map.txt brings it) |"
    command = [sys.executable, "-m", "benchmarks.neighbors", "--measure", name, folder]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    return f"| {contender.label} | {' | '.join(json.loads(answer))} |"


def measured(contender: Contender, folder: Path) -> list[str]:
    """The cells of its line; its process does nothing else."""
    vectors, queries = folder / "vectors.npy", np.load(folder / "queries.npy")
    keep, nearest = np.load(folder / "keep.npy"), np.load(folder / "nearest.npz")
    start, cpu = perf_counter(), process_time()
    search, save = contender.build(vectors)
    cells = [f"{perf_counter() - start:.0f} ({process_time() - cpu:.0f})"]
    cells += _timings(search, queries, None, nearest["all"])
    cells += _timings(search, queries, keep, nearest["kept"]) if contender.filters else ["no filter", ""]
    cells += [f"{_memory(name):.0f}" for name in ("VmRSS", "VmHWM")]
    if save is None:
        return [*cells, "no file"]
    save(folder / "index")
    files = [folder / "index", *([vectors] if contender.reads_file else [])]
    return [*cells, " + ".join(f"{path.stat().st_size / 1e6:.0f}" for path in files)]


def _timings(search: Search, queries: Floats, keep: Flags | None, nearest: NDArray[np.int64]) -> list[str]:
    """Milliseconds, median, and recall."""
    search(queries[0], keep)
    walls, cpus, shares = [], [], []
    for query, expected in zip(queries, nearest, strict=True):
        start, cpu = perf_counter(), process_time()
        answer = search(query, keep)
        walls.append(perf_counter() - start)
        cpus.append(process_time() - cpu)
        shares.append(len(set(answer) & set(expected)) / K)
    return [f"{1e3 * median(walls):.1f} ({1e3 * median(cpus):.1f})", f"{np.mean(shares):.3f}"]


def _memory(name: str) -> float:
    """MB of this process, of a line of Linux's account of it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _plain(engine: faiss.Index, path: Path, parameters: Callable[..., object]) -> tuple[Search, Save]:
    for _, rows in _pieces(path):
        engine.add(rows)

    def search(query: Floats, keep: Flags | None) -> Sequence[int]:
        selector = None if keep is None else faiss.IDSelectorBitmap(np.packbits(keep, bitorder="little"))
        return engine.search(query[None], K, params=parameters(sel=selector))[1][0]

    return search, lambda target: faiss.write_index(engine, str(target))


def _pieces(path: Path) -> Iterator[tuple[int, Floats]]:
    n = len(np.load(path, mmap_mode="r"))
    for start in range(0, n, ROWS_AT_ONCE):
        rows = np.load(path, mmap_mode="r")[start : start + ROWS_AT_ONCE]  # mapped anew, to be forgotten
        yield start, _unit(rows.astype(np.float32))


Make = Callable[[np.random.Generator, int], tuple[Floats, Flags]]
"""Generator and number of rows -> vectors (n, D) of length 1, and which of them the filter keeps."""


def clustered() -> Make:
    """See above."""
    from aion.catalog import Catalog  # the processes that are measured need none of it

    catalog = Catalog.load(resource("assets/catalog"))
    base, z = catalog.index.vectors(), catalog.table["z"].to_numpy(float)
    lowest, highest = np.nanquantile(z, [0.5 - KEPT / 2, 0.5 + KEPT / 2])
    near = catalog.index.nearest(10)[0]
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(D, base.shape[1])))[0].T

    def make(generator: np.random.Generator, n: int) -> tuple[Floats, Flags]:
        rows = generator.integers(len(base), size=n)
        weights = generator.normal(size=(n, 1, 10)) / np.sqrt(10)
        moved = base[rows] + (weights @ (base[near[rows]] - base[rows][:, None]))[:, 0]
        vectors = moved @ turn + NOISE / np.sqrt(D) * generator.normal(size=(n, D))
        return _unit(vectors), (z[rows] >= lowest) & (z[rows] <= highest)

    return make


def isotropic() -> Make:
    """See above."""
    return lambda generator, n: (_unit(generator.normal(size=(n, D))), generator.random(n) < KEPT)


MAKERS = {"clustered": clustered, "isotropic": isotropic}


def _unit(rows: NDArray[np.floating]) -> Floats:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def write(folder: Path, n: int, kind: Callable[[], Make]) -> None:
    """Vectors, queries, the filter, and the right answers."""
    make, generator = kind(), np.random.default_rng(0)
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float16, (n, D))
    keep = np.empty(n, dtype=bool)
    for start in range(0, n, ROWS_AT_ONCE):
        part = slice(start, min(start + ROWS_AT_ONCE, n))
        vectors[part], keep[part] = make(generator, part.stop - start)
    vectors.flush()
    queries, _ = make(generator, QUERIES)
    np.save(folder / "queries.npy", queries)
    np.save(folder / "keep.npy", keep)
    everything = _nearest(queries, folder / "vectors.npy", np.ones(n, dtype=bool))
    np.savez(folder / "nearest.npz", all=everything, kept=_nearest(queries, folder / "vectors.npy", keep))


def _nearest(queries: Floats, path: Path, keep: Flags) -> NDArray[np.int64]:
    """(QUERIES, K) rows."""
    rows, cosines = np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
    for start, piece in _pieces(path):
        kept = np.flatnonzero(keep[start : start + len(piece)])
        found, at = faiss.knn(queries, piece[kept], K, metric=faiss.METRIC_INNER_PRODUCT)
        rows, cosines = np.hstack([rows, start + kept[at]]), np.hstack([cosines, found])
        best = np.argsort(-cosines, axis=1)[:, :K]
        rows, cosines = np.take_along_axis(rows, best, 1), np.take_along_axis(cosines, best, 1)
    return rows


if __name__ == "__main__":
    main()
