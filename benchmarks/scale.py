"""What grows with the number of objects, as tables of Markdown:

    python -m benchmarks.scale runners FOLDER [--rows 20000] [--workers 1 2 4]
    python -m benchmarks.scale index FOLDER [--vectors 100000 1000000]
    python -m benchmarks.scale survey

``runners`` makes a catalog of rows of the Multimodal Universe in this process and by workers of Dask, and
tells if the files have the same bytes. The model is a tiny one with random weights, so that two cores are
enough: what is measured is all but the transformer. ``index`` builds each index of clustered vectors of 128
numbers and asks it. ``survey`` computes what a survey of many objects takes: docs/survey.md has the formula.
Processor time counts what the process and its children did, whatever else the machine does meanwhile.
"""

import argparse
import hashlib
import resource
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from aion.catalog import healpix
from aion.explorer.engine import Engine
from aion.explorer.settings import Settings
from aion.explorer.survey.dask_runner import Dask
from aion.explorer.survey.opening import open_source
from aion.explorer.survey.run import Here, Runner, run
from aion.ids import Ids
from aion.lance_index import VECTOR, LanceIndex
from aion.search import Index

PIXELS, BLUE, STEP = 7781, 3600.0, 0.8
"""Of a spectrum of DESI: how many, Å of the first, and Å between two."""
D, CLUMPS, K, QUERIES, KEPT = 128, 400, 10, 50, 0.05
PIECE = 100_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    runners = commands.add_parser("runners")
    runners.add_argument("folder", type=Path)
    runners.add_argument("--rows", type=int, default=20_000)
    runners.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    runners.set_defaults(do=compare_runners)
    index = commands.add_parser("index")
    index.add_argument("folder", type=Path)
    index.add_argument("--vectors", type=int, nargs="+", default=[100_000, 1_000_000])
    index.set_defaults(do=compare_indexes)
    commands.add_parser("survey").set_defaults(do=compute_surveys)
    options = parser.parse_args()
    options.do(options)


def compare_runners(options: argparse.Namespace) -> None:
    """A line for each runner."""
    from tests.tiny import write_tiny

    place = options.folder / f"rows-{options.rows}"
    if not (place / "hats.properties").is_file():
        write_spectra(place, options.rows)
    if not (options.folder / "tiny").is_dir():
        write_tiny(options.folder / "tiny")
    settings = Settings(
        model=str(options.folder / "tiny"), device="cpu", precision="float32", catalog=Path("none")
    )
    engine = Engine(settings)
    ways: dict[str, Runner] = {"here": Here(engine)}
    ways |= {f"dask, workers: {count}": Dask(settings, count) for count in options.workers}
    print("| runner | objects | s | objects a second | processor ms an object | same bytes |")
    print("|---|---|---|---|---|---|")
    first = ""
    for name, runner in ways.items():
        out = options.folder / f"out-{options.rows}"
        shutil.rmtree(out, ignore_errors=True)
        began, spent = time.perf_counter(), _processor_seconds()
        result = run(open_source([place]), out, runner, engine)
        seconds, spent = time.perf_counter() - began, _processor_seconds() - spent
        bytes_now = _digest(out)
        first = first or bytes_now
        cells = (
            name,
            f"{result.rows:,}",
            f"{seconds:.0f}",
            f"{result.rows / seconds:.0f}",
            f"{1000 * spent / result.rows:.1f}",
            "yes" if bytes_now == first else "NO",
        )
        print(f"| {' | '.join(cells)} |", flush=True)
    engine.close()


def write_spectra(place: Path, count: int) -> None:
    """A HATS catalog of noisy spectra with a line each, as the Multimodal Universe has those of DESI."""
    generator = np.random.default_rng(0)
    ra, dec = generator.uniform(0, 360, count), np.degrees(np.arcsin(generator.uniform(-1, 1, count)))
    wavelength = (BLUE + STEP * np.arange(PIXELS)).astype(np.float32)
    lines = []
    for order, pixel, rows in healpix.cut(healpix.healpix(ra, dec), 1_000):
        n = len(rows)
        middle = generator.uniform(4000, 9000, (n, 1))
        flux = 5 + 20 * np.exp(-(((wavelength - middle) / 6) ** 2)) + generator.normal(0, 1, (n, PIXELS))
        parts = {"flux": flux.astype(np.float32), "ivar": np.ones((n, PIXELS), np.float32)}
        parts["lambda"] = np.tile(wavelength, (n, 1))
        arrays = {name: _lists(values) for name, values in parts.items()}
        arrays["mask"] = _lists(np.zeros((n, PIXELS), bool))
        table = pa.table(
            {
                "object_id": [f"object {row}" for row in rows],
                "ra": ra[rows],
                "dec": dec[rows],
                "spectrum": pa.StructArray.from_arrays(list(arrays.values()), names=list(arrays)),
            }
        )
        path = place / f"dataset/Norder={order}/Dir={pixel // 10_000 * 10_000}/Npix={pixel}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, row_group_size=256, compression="zstd")
        lines.append(f"{order},{pixel},{n}")
    (place / "partition_info.csv").write_text("\n".join(["Norder,Npix,num_rows", *lines, ""]))
    (place / "hats.properties").write_text("obs_collection=spectra\nhats_col_ra=ra\nhats_col_dec=dec\n")


def compare_indexes(options: argparse.Namespace) -> None:
    """A line for each index and number of vectors."""
    print(
        "| index | vectors | build, processor s | on disk MB | query, processor ms | recall at 10 "
        f"| ms, filtered to {KEPT:.0%} | recall | memory at most MB |"
    )
    print(f"{'|---' * 9}|")
    for count in options.vectors:
        path = options.folder / f"{count}.npy"
        if not path.is_file():
            _write_vectors(path, count)
        ids = Ids(pa.array(np.arange(count)).cast(pa.string()))
        for name, build in INDEXES.items():
            began = _processor_seconds()
            index, size = build(path, ids)
            print(f"| {name} | {count:,} | {_processor_seconds() - began:.0f} | {size / 1e6:,.0f} | ", end="")
            questions = _clustered(np.random.default_rng(3), QUERIES)
            for where in (None, _First(count)):
                milliseconds, recall = _ask(index, path, questions, where)
                print(f"{milliseconds:.1f} | {recall:.3f} | ", end="")
            print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:,.0f} |", flush=True)


@dataclass(frozen=True)
class _First:
    """The first rows as a filter: as random as any, since the vectors are in no order."""

    count: int

    @cached_property
    def keep(self) -> NDArray[np.bool_]:
        return np.arange(self.count) < round(KEPT * self.count)

    def sql(self) -> str:
        return f"row < {round(KEPT * self.count)}"


OPERATIONS = 169e9
"""Multiplications and additions of the base model for an image and a spectrum, with p(z). Counted."""
PASSES, CODECS = 2.0, 0.54
"""Passes of all tokens, since each kind of data is embedded by itself as well; and what the codecs add, as a
share of a pass: measured on a processor (docs/speed.md)."""
CARD, SHARE, CORES = 989e12, 0.3, 16
"""Assumed: operations a second of an H100 in bfloat16, as its data sheet says, the share of them that is
reached, and cores beside each card."""
READING = 0.022
"""s of a core for an object: its file is read and its row made. Measured (docs/speed.md, Batches)."""
INPUT = 378e3
"""Bytes of three bands of 152 x 152 pixels and a spectrum of DESI, before compression. Computed."""
ROW, NUMBER, VIEWS, WIDTH = 3_580, 1.71, 4, 768
"""Bytes of a row without vectors, and of a number of a vector, as they lie in Parquet: measured on a million
rows. How many vectors a row has, and numbers a vector of the base model."""
LISTS, MEMORY = WIDTH + 8, 1_500
"""Bytes of a vector in an index beside two a number: computed. And in memory: measured at a million."""
BUILD, BUILT = 133.0, 1_000_000
"""s of a core to build an index of so many vectors of 768 numbers. Measured (docs/speed.md)."""


def compute_surveys(options: argparse.Namespace) -> None:
    """A line for each number of objects and of cards."""
    header = (
        *("objects", "cards", "model h", "reading h", "input TB", "catalog TB"),
        *("an index: disk TB", "memory TB", "core h"),
    )
    print(f"| {' | '.join(header)} |\n{'|---' * len(header)}|")
    for count in (10**7, 10**8, 10**9):
        for cards in (8, 64):
            operations = count * OPERATIONS * (PASSES + CODECS)
            cells = (
                f"{count:.0e}".replace("e+0", " x 10^"),
                f"{cards}",
                f"{operations / (cards * CARD * SHARE) / 3600:.2g}",
                f"{count * READING / (cards * CORES) / 3600:.2g}",
                f"{count * INPUT / 1e12:.2g}",
                f"{count * (ROW + VIEWS * WIDTH * NUMBER) / 1e12:.2g}",
                f"{count * (2 * WIDTH + LISTS) / 1e12:.2g}",
                f"{count * MEMORY / 1e12:.2g}",
                f"{BUILD * (count / BUILT) ** 1.5 / 3600:,.2g}",
            )
            print(f"| {' | '.join(cells)} |")


def _build_lists(path: Path, ids: Ids) -> tuple[Index, int]:
    index, file = Index.build(path, ids), path.with_suffix(".index")
    if not index.is_exact:
        index.save(file)
    return index, path.stat().st_size + (file.stat().st_size if file.is_file() else 0)


def _build_table(path: Path, ids: Ids) -> tuple[LanceIndex, int]:
    held, place = np.load(path, mmap_mode="r"), path.with_suffix(".tables")

    def batches() -> Iterator[pa.RecordBatch]:
        for first in range(0, len(held), PIECE):
            flat = pa.array(np.ravel(held[first : first + PIECE]))
            yield pa.record_batch({VECTOR: pa.FixedSizeListArray.from_arrays(flat, D)})

    index = LanceIndex.build(place, "all", batches(), ids)
    return index, sum(one.stat().st_size for one in _files(place))


INDEXES: dict[str, Callable[[Path, Ids], tuple[Any, int]]] = {
    "`aion.search.Index`": _build_lists,
    "`aion.lance_index.LanceIndex`": _build_table,
}


def _ask(index: Any, path: Path, questions: NDArray[Any], where: "_First | None") -> tuple[float, float]:
    """Median processor milliseconds of a query, and the share of the nearest that it finds."""
    nearest = _nearest(path, questions, where)
    took, shares = [], []
    for question, true in zip(questions, nearest, strict=True):
        began = _processor_seconds()
        found = index.query(question, K, where)
        took.append(1e3 * (_processor_seconds() - began))
        shares.append(len({one.row for one in found} & set(true.tolist())) / K)
    return statistics.median(took), float(np.mean(shares))


def _nearest(path: Path, questions: NDArray[Any], where: "_First | None") -> NDArray[np.int64]:
    """(q, K) rows, every vector compared."""
    held = np.load(path, mmap_mode="r")
    best = np.full((len(questions), K), -2.0), np.zeros((len(questions), K), np.int64)
    for first in range(0, len(held), PIECE):
        cosines = questions @ _unit(held[first : first + PIECE].astype(np.float32)).T
        if where is not None:
            cosines[:, ~where.keep[first : first + PIECE]] = -2
        scores = np.hstack([best[0], cosines])
        rows = np.hstack([best[1], np.tile(np.arange(first, first + cosines.shape[1]), (len(questions), 1))])
        order = np.argsort(-scores, axis=1)[:, :K]
        best = np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)
    return best[1]


def _write_vectors(path: Path, count: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(1)
    with path.open("wb") as file:
        header = {"descr": "<f2", "fortran_order": False, "shape": (count, D)}
        np.lib.format.write_array_header_1_0(file, header)
        for first in range(0, count, PIECE):
            piece = _clustered(generator, min(PIECE, count - first))
            file.write(piece.astype(np.float16).tobytes())


def _clustered(generator: np.random.Generator, count: int) -> NDArray[np.float32]:
    """(n, D) unit vectors in clumps that are the same for every generator."""
    centers = np.random.default_rng(0).normal(size=(CLUMPS, D))
    some = centers[generator.integers(0, CLUMPS, count)] + 0.7 * generator.normal(size=(count, D))
    return _unit(some.astype(np.float32))


def _unit(rows: NDArray[Any]) -> NDArray[Any]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _lists(values: NDArray[Any]) -> pa.Array:
    n, width = values.shape
    return pa.ListArray.from_arrays(
        pa.array(np.arange(n + 1, dtype=np.int32) * width), pa.array(values.ravel())
    )


def _digest(folder: Path) -> str:
    """SHA-256 of the names and bytes of all files."""
    total = hashlib.sha256()
    for path in _files(folder):
        total.update(str(path.relative_to(folder)).encode())
        with path.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _processor_seconds() -> float:
    """Of this process and of its children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


if __name__ == "__main__":
    main()
