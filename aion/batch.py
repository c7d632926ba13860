"""The command ``aion batch``: files, tables and catalogs of any number -> the folder of a catalog."""

import argparse
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aion.errors import InputError

if TYPE_CHECKING:
    from aion.explorer.engine import Engine
    from aion.survey.run import Runner, RunProgress, RunResult

RUNNERS = ("here", "dask", "rank")
TOLD_EVERY = 5.0
"""Seconds between two lines of progress where they cannot be written over one another."""


def add_batch(batch: argparse.ArgumentParser) -> None:
    """Its options, but for those that other commands have as well."""
    batch.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        required=True,
        help="folder of the catalog; named again, it goes on",
    )
    batch.add_argument(
        "--runner",
        choices=RUNNERS,
        default="here",
        help="who does the work: this process, Dask, or processes that SLURM or torchrun started together",
    )
    batch.add_argument(
        "--workers", type=int, default=2, metavar="N", help="processes of Dask on this machine"
    )
    batch.add_argument("--scheduler", metavar="URL", help="of Dask where it runs already, as tcp://host:8786")
    batch.add_argument("--label", default="survey", metavar="TEXT", help="what its objects are, for people")
    batch.add_argument(
        "--p-z", action="store_true", help="keep p(z) of each object, and not only its summary"
    )


def make_catalog(options: argparse.Namespace, engine: "Callable[[], Engine]") -> "RunResult":
    """What the options say; Ctrl-C ends it after the present partition.

    Raises:
        AIONError: nothing can be done.
    """
    from aion.io import Overrides
    from aion.survey.opening import open_source
    from aion.survey.run import run

    source = open_source(options.files, overrides=Overrides.parse(options.set), strict=options.strict)
    loaded = engine()
    stop = threading.Event()
    with _stopping_gently(stop):
        return run(
            source,
            options.out,
            _runner(options, loaded),
            loaded,
            label=options.label,
            with_p_z=options.p_z,
            progress=_Teller(),
            stop=stop,
        )


def _runner(options: argparse.Namespace, engine: "Engine") -> "Runner":
    from aion.explorer.settings import process_share
    from aion.survey.dask_runner import Dask
    from aion.survey.rank_runner import Rank
    from aion.survey.run import Here

    if options.runner == "dask":
        return Dask(engine.settings, options.workers, options.scheduler)
    return Rank(engine, *process_share()) if options.runner == "rank" else Here(engine)


def summary(result: "RunResult", out: Path) -> str:
    """For people.

    Raises:
        InputError: there is no catalog yet.
    """
    left_out = f", {len(result.failures):,} left out" if result.failures else ""
    counted = f"{result.rows:,} objects{left_out}"
    if not result.is_complete:
        raise InputError(
            f"stopped after {counted}; they are kept, and the same command goes on with the rest"
        )
    again = (
        f"; {result.may_pass:,} of these may go better with the same command again" if result.may_pass else ""
    )
    return f"the catalog in {out} has {counted}{again}"


class _Teller:
    """Writes progress to standard error: on one line of a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._told = 0.0

    def __call__(self, progress: "RunProgress") -> None:
        is_last = progress.partitions == progress.total
        if sys.stderr.isatty():
            print(
                f"\r\x1b[Kaion: {progress.sentence()}",
                end="\n" if is_last else "",
                file=sys.stderr,
                flush=True,
            )
        elif is_last or time.monotonic() - self._told > TOLD_EVERY:
            self._told = time.monotonic()
            print(f"aion: {progress.sentence()}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _stopping_gently(stop: threading.Event) -> Iterator[None]:
    """The first Ctrl-C sets ``stop``, the second ends the process as ever."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def handle(number: int, frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)
        print("\naion: ending after the present partition; Ctrl-C again ends at once", file=sys.stderr)

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
