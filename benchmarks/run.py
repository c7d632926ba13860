"""Speed and memory, every ratio measured in one run:
`make benchmark`, or `python benchmarks/run.py --only published import`.

Seconds move with the machine, ratios less so: the two sides of a ratio take turns.
Nothing here is asserted in tests.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from application import cold_start, warm_analysis

ROOT = Path(__file__).resolve().parents[1]
UPSTREAM = ROOT / ".cache" / "upstream"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    ours: str
    beside: str = ""
    ratio: str = ""
    bar: str = ""


def published(size: str, repeats: int) -> Iterator[Row]:
    """One object through ours and through the published package, in turns; random weights of one size."""
    if not (UPSTREAM / "aion" / "model.py").is_file():
        yield Row(
            "beside the published package",
            "not measured: it is not in .cache/upstream (make benchmark puts it there)",
        )
        return
    folders = {"ours": ROOT, "float32": ROOT, "published": UPSTREAM}
    sides = {name: _start(name, folder, size) for name, folder in folders.items()}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    peaks: dict[str, float] = {}
    for _ in range(repeats + 1):
        for name, process in sides.items():
            answer = _ask(process)
            runs[name].append(answer["seconds"])
            peaks[name] = answer["peak"]
    for process in sides.values():
        process.communicate()
    for step in runs["ours"][0]:
        # the first run warms up
        ours, float32, theirs = (median(run[step] for run in runs[name][1:]) for name in sides)
        steps = "arrays to embedding, redshift, reconstructions" if step == "all" else step
        for name, seconds, bar in (("", ours, "≥ 4×"), (", all in float32", float32, "≥ 2.5×")):
            yield Row(
                f"one object ({size} size): {steps}{name}",
                f"{seconds:.2f} s",
                f"{theirs:.2f} s",
                f"{theirs / seconds:.2f}× faster",
                bar if step == "all" else "",
            )
    ours, theirs = peaks["ours"], peaks["published"]
    yield Row(
        f"peak memory of that ({size} size)",
        f"{ours / 1e9:.2f} GB",
        f"{theirs / 1e9:.2f} GB",
        f"{ours / theirs:.2f}×",
        "≤ 1×",
    )


def importing(size: str, repeats: int) -> Iterator[Row]:
    """`import aion`, and the names people use, beside `import torch`; a new process each time, in turns."""
    statements = ("import torch", "import aion", "from aion import AION, CodecManager")
    seconds: dict[str, list[float]] = {statement: [] for statement in statements}
    for _ in range(repeats + 1):
        for statement in statements:
            start = perf_counter()
            subprocess.run([sys.executable, "-c", statement], cwd=ROOT, check=True)
            seconds[statement].append(perf_counter() - start)
    torch = median(seconds["import torch"][1:])
    for statement in statements[1:]:
        ours = median(seconds[statement][1:])
        yield Row(f"`{statement}`", f"{ours:.2f} s", f"torch {torch:.2f} s", f"{ours / torch:.2f}×", "≤ 1.5×")


def embedded(size: str, repeats: int) -> Iterator[Row]:
    """Warm analysis of an image with its spectrum by the embedded model."""
    result = warm_analysis(repeats)
    if isinstance(result, str):
        yield Row("warm analysis, embedded model", f"not measured: {result}")
        return
    yield Row("warm analysis of image + spectrum, embedded model", f"{median(result):.2f} s", bar="≤ 0.7 s")


def application(size: str, repeats: int) -> Iterator[Row]:
    """From the command to a page in the browser that has answered,
    and the memory of the server after that."""
    result = cold_start()
    if isinstance(result, str):
        yield Row("cold start", f"not measured: {result}")
        return
    yield Row("cold start to usable page", f"{result.page:.1f} s", bar="≤ 15 s")
    yield Row("cold start to the first result on the page", f"{result.answer:.1f} s")
    yield Row("memory of the server after it (highest)", f"{result.memory / 1e9:.2f} GB", bar="≤ 1.5 GB")


PARTS: dict[str, Callable[[str, int], Iterator[Row]]] = {
    "published": published,
    "import": importing,
    "embedded": embedded,
    "application": application,
}


def _start(package: str, folder: Path, size: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(ROOT / "benchmarks" / "one_object.py"), package, size]
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _ask(process: "subprocess.Popen[str]") -> dict[str, dict[str, float]]:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("once more\n")
    process.stdin.flush()
    answer: dict[str, dict[str, float]] = json.loads(process.stdout.readline())
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--size",
        choices=("base", "tiny"),
        default="base",
        help="of the random weights beside the published package",
    )
    parser.add_argument("--repeats", type=int, default=5, help="runs that the medians are over")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    print("| what | ours | beside | ratio | bar |\n|---|---|---|---|---|")
    for name in options.only:
        for row in PARTS[name](options.size, options.repeats):
            print(f"| {row.what} | {row.ours} | {row.beside} | {row.ratio} | {row.bar} |", flush=True)


if __name__ == "__main__":
    main()
