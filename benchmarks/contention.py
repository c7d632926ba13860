"""What an analysis loses where others compute too: beside a program with two busy threads, on one processor,
and while a catalog is being made. Ratios of one run, to the same analysis alone.

    python benchmarks/contention.py [--repeats 20]
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.application import example_with  # noqa: E402

_BUSY = """
import torch
torch.set_num_threads(2)
matrix = torch.randn(1500, 1500)
print("busy", flush=True)
while True:
    matrix @ matrix
"""
_ANALYZE = """
import sys, threading, time
from aion.explorer.settings import Settings, share_processors
if sys.argv[1] == "shared":
    share_processors()
from aion.explorer.engine import Engine
from aion.io import read
engine = Engine(Settings.from_environment())
[target] = read(sys.argv[4:])
for _ in range(3):
    engine.analyze(target)
done = threading.Event()
def make_catalog():
    while not done.is_set():
        engine.embed_objects([target] * 32)
if sys.argv[2] == "catalog":
    threading.Thread(target=make_catalog, daemon=True).start()
    time.sleep(0.5)
for _ in range(int(sys.argv[3])):
    start = time.perf_counter()
    engine.analyze(target)
    print(time.perf_counter() - start, flush=True)
    time.sleep(0.05)
done.set()
"""


def seconds(
    repeats: int, *, threads: str, beside: str = "nothing", before: Sequence[str] = ()
) -> list[float]:
    """Of each analysis of a process of its own, increasing.

    Args:
        threads: ``"shared"``: as the application sets them; ``"default"``: as the libraries do.
        beside: ``"catalog"``: while the same engine embeds objects for a catalog.
        before: What the command begins with, such as ``taskset -c 0``.
    """
    files = map(str, example_with("image", "spectrum"))
    command = [*before, sys.executable, "-W", "ignore", "-c", _ANALYZE, threads, beside, str(repeats), *files]
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_", "KMP_"))
    }
    done = subprocess.run(
        command, cwd=ROOT, env=kept | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    return sorted(float(line) for line in done.stdout.split())


@contextmanager
def busy_program() -> Iterator[None]:
    """Another process that multiplies matrices with two threads."""
    program = subprocess.Popen([sys.executable, "-c", _BUSY], stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        program.stdout.readline()
        yield
    finally:
        program.terminate()
        program.wait()


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    repeats = parser.parse_args().repeats
    print(f"{'':42}{'median':>8}{'p95':>8}{'ratio of medians':>18}{'of p95':>8}")
    for threads in ("default", "shared"):
        alone = seconds(repeats, threads=threads)
        with busy_program():
            beside = seconds(repeats, threads=threads)
        rows = {"alone": alone, "beside two busy threads": beside}
        rows["on one processor"] = seconds(repeats, threads=threads, before=("taskset", "-c", "0"))
        rows["while a catalog is made"] = seconds(repeats, threads=threads, beside="catalog")
        for name, times in rows.items():
            ratios = [_median(times) / _median(alone), _p95(times) / _p95(alone)]
            print(
                f"{threads + ' threads, ' + name:42}{_median(times):8.3f}{_p95(times):8.3f}"
                f"{ratios[0]:18.2f}{ratios[1]:8.2f}",
                flush=True,
            )


def _median(times: list[float]) -> float:
    return times[len(times) // 2]


def _p95(times: list[float]) -> float:
    return times[min(len(times) - 1, int(0.95 * len(times)))]


if __name__ == "__main__":
    main()
