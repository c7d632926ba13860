"""Speed and memory, every ratio measured in one run:
`make benchmark`, or `python benchmarks/run.py --only published import`.

Seconds move with the machine, ratios less so: the sides of a ratio take turns. Beside the present code stand
the published package, where it does the same, and the commit of the last line of `history.csv`, checked out
beside; the limit is the time that matrix products and convolutions took within ours. What was measured with
a clean tree is added to `history.csv`, with the machine and the commit. Nothing here is asserted in tests.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from application import NotMeasuredError, cold_start, warm_analysis
from history import HISTORY, commit_of, machine, record, recorded_commit, unpack

ROOT = Path(__file__).resolve().parents[1]
UPSTREAM = ROOT / ".cache" / "upstream"
Roots = Mapping[str, Path]
"""``"now"``, and ``"before"`` where that commit could be had, -> the tree it lies in."""


@dataclass(frozen=True)
class Row:
    """One line of the table: lower is better, in ``unit``."""

    what: str
    now: float
    unit: str = "s"
    before: float | None = None
    peer: float | None = None
    limit: float | None = None
    bar: str = ""

    @property
    def cells(self) -> list[str]:
        """As they are printed."""
        values = [self._text(value) for value in (self.limit, self.peer, self.before, self.now)]
        return [self.what, *values, self._ratio(self.peer), self._ratio(self.before), self.bar]

    def _text(self, value: float | None) -> str:
        return "" if value is None else f"{value:.2f} {self.unit}"

    def _ratio(self, other: float | None) -> str:
        return "" if other is None else f"{other / self.now:.2f}×"


HEADER = ("what", "limit", "peer", "before", "now", "peer / now", "before / now", "bar")


def published(roots: Roots, size: str, repeats: int) -> Iterator[Row]:
    """One object through ours and through the published package, in turns; random weights of one size."""
    sides = {name: _start("ours", root, size) for name, root in roots.items()}
    sides["float32"] = _start("float32", ROOT, size)
    if (UPSTREAM / "aion" / "model.py").is_file():
        sides["peer"] = _start("published", UPSTREAM, size)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    peaks: dict[str, float] = {}
    for _ in range(repeats + 1):
        for name, process in sides.items():
            answer = _ask(process)
            runs[name].append(answer["seconds"])
            peaks[name] = answer["peak"] / 1e9
    limits = {name: _ask(sides[name], "products")["products"] for name in ("now", "float32")}
    for process in sides.values():
        process.communicate()
    # the first run warms up
    seconds = {
        name: {step: median(run[step] for run in of[1:]) for step in of[0]} for name, of in runs.items()
    }
    before, peer = seconds.get("before", {}), seconds.get("peer", {})
    for step in sorted(seconds["now"], key="all".__ne__):
        steps = "arrays to embedding, redshift, reconstructions" if step == "all" else step
        what, bars = f"one object ({size} size): {steps}", ("≥ 4×", "≥ 2.5×") if step == "all" else ("", "")
        yield Row(what, seconds["now"][step], before=before.get(step), peer=peer.get(step),
                  limit=limits["now"][step], bar=bars[0])  # fmt: skip
        yield Row(f"{what}, all in float32", seconds["float32"][step], peer=peer.get(step),
                  limit=limits["float32"][step], bar=bars[1])  # fmt: skip
    memory = f"peak memory of that ({size} size)"
    yield Row(memory, peaks["now"], "GB", peaks.get("before"), peaks.get("peer"), bar="≥ 1×")


def importing(roots: Roots, size: str, repeats: int) -> Iterator[Row]:
    """`import aion`, and the names people use, beside `import torch`; a new process each time, in turns."""
    statements = ("import torch", "import aion", "from aion import AION, CodecManager")
    seconds: dict[tuple[str, str], list[float]] = {}
    for _ in range(repeats + 1):
        for name, root in roots.items():
            for statement in statements:
                start = perf_counter()
                subprocess.run([sys.executable, "-c", statement], cwd=root, check=True)
                seconds.setdefault((name, statement), []).append(perf_counter() - start)
    medians = {key: median(times[1:]) for key, times in seconds.items()}
    for statement in statements[1:]:
        now, before = medians["now", statement], medians.get(("before", statement))
        torch = medians["now", "import torch"]
        yield Row(f"`{statement}`; peer: torch", now, before=before, peer=torch, bar="≥ 0.67×")


def embedded(roots: Roots, size: str, repeats: int) -> Iterator[Row]:
    """Warm analysis of an image with its spectrum by the embedded model."""
    seconds = {name: median(warm_analysis(root, repeats)) for name, root in roots.items()}
    what = "warm analysis of image + spectrum, embedded model"
    yield Row(what, seconds["now"], before=seconds.get("before"), bar="≤ 0.7 s")


def application(roots: Roots, size: str, repeats: int) -> Iterator[Row]:
    """From the command to a page in the browser that has answered, and the memory of the server after that;
    the second start counts, when files are in memory."""
    for root in roots.values():
        cold_start(root)
    starts = {name: cold_start(root) for name, root in roots.items()}
    now, before = starts["now"], starts.get("before")
    yield Row("start to usable page", now.page, before=before and before.page, bar="≤ 3 s")
    yield Row(
        "start to the first result on the page", now.answer, before=before and before.answer, bar="≤ 5 s"
    )
    yield Row("memory of the server after it (highest)", now.memory / 1e9, "GB",
              before and before.memory / 1e9, bar="≤ 1.5 GB")  # fmt: skip


PARTS: dict[str, Callable[[Roots, str, int], Iterator[Row]]] = {
    "published": published,
    "import": importing,
    "embedded": embedded,
    "application": application,
}


def _start(package: str, folder: Path, size: str) -> "subprocess.Popen[str]":
    environment = os.environ | {
        "PYTHONPATH": str(folder),
        "PYTHONWARNINGS": "ignore",
        "KINETO_LOG_LEVEL": "5",
    }
    command = [sys.executable, str(ROOT / "benchmarks" / "one_object.py"), package, size]
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _ask(process: "subprocess.Popen[str]", what: str = "once more") -> dict[str, dict[str, float]]:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"{what}\n")
    process.stdin.flush()
    answer: dict[str, dict[str, float]] = json.loads(process.stdout.readline())
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed and memory, every ratio measured in one run.")
    parser.add_argument(
        "--size",
        choices=("base", "tiny"),
        default="base",
        help="of the random weights beside the published package",
    )
    parser.add_argument("--repeats", type=int, default=5, help="runs that the medians are over")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    commit, earlier = commit_of(ROOT), recorded_commit()
    before = unpack(earlier, ROOT) if earlier else None
    roots = {"now": ROOT, **({"before": before} if before else {})}
    print(
        f"{machine()}\nnow: {commit or 'changed since its commit'}; before: {earlier if before else 'none'}\n"
    )
    print(f"| {' | '.join(HEADER)} |\n{'|---' * len(HEADER)}|")
    rows: list[Row] = []
    for name in options.only:
        try:
            for row in PARTS[name](roots, options.size, options.repeats):
                print(f"| {' | '.join(row.cells)} |", flush=True)
                rows.append(row)
        except NotMeasuredError as exc:
            print(f"| {name} | not measured: {exc} |", flush=True)
    if commit and options.size == "base":
        record([(row.what, *row.cells[5:7]) for row in rows], commit)
        print(f"\nThe ratios were added to {HISTORY.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
