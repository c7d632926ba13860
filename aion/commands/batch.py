"""The commands ``aion batch``, files, tables and catalogs of any number -> the folder of a catalog, and
``aion catalog``, what can be done with such folders."""

import argparse
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aion.commands import fetch
from aion.commands.files import add_files
from aion.commands.outcome import Outcome
from aion.commands.weights import add_recalibration, add_weights, start_engine
from aion.errors import ConfigError, InputError

if TYPE_CHECKING:
    from aion.explorer.engine import Engine
    from aion.explorer.survey.run import Runner, RunProgress, RunResult
    from aion.explorer.survey.sources import SurveySource

ENDINGS = ("parquet", "csv", "ecsv", "fits", "vot")
RUNNERS = ("here", "dask", "rank")
TOLD_EVERY = 5.0
"""Seconds between two lines of progress where they cannot be written over one another."""


def add_batch(commands: Any) -> None:
    """The command ``aion batch``, with its options."""
    batch = commands.add_parser(
        "batch", help="a catalog of any number of objects, with vectors and redshifts"
    )
    batch.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        required=True,
        help="folder of the catalog; named again, it goes on",
    )
    _add_runners(batch)
    fetch.add_list(batch)
    batch.add_argument("--label", default="survey", metavar="TEXT", help="what its objects are, for people")
    batch.add_argument(
        "--p-z", action="store_true", help="keep p(z) of each object, and not only its summary"
    )
    add_files(batch, may_be_none=True)
    add_recalibration(batch)
    add_weights(batch)
    batch.set_defaults(run=make_catalog)


def _add_runners(command: argparse.ArgumentParser) -> None:
    """Who does the work."""
    command.add_argument(
        "--runner",
        choices=RUNNERS,
        default="here",
        help="who does the work: this process, Dask, or processes that SLURM or torchrun started together",
    )
    command.add_argument(
        "--workers", type=int, default=2, metavar="N", help="processes of Dask on this machine"
    )
    command.add_argument(
        "--scheduler", metavar="URL", help="of Dask where it runs already, as tcp://host:8786"
    )


def make_catalog(options: argparse.Namespace) -> Outcome:
    """What the options say; Ctrl-C ends it after the present partition.

    Raises:
        AIONError: nothing can be done.
    """
    from aion.explorer.survey.opening import open_source
    from aion.explorer.survey.target_source import open_targets
    from aion.io import Overrides

    overrides = Overrides.parse(options.set)
    if bool(options.files) == bool(options.list):
        raise InputError("name files, folders or a catalog, or else a list of targets with --list")
    if options.list:
        fetched = fetch.fetch_listed(options.list, options.out / "targets")
        source = open_targets(fetched, overrides, strict=options.strict)
    else:
        source = open_source(options.files, overrides=overrides, strict=options.strict)
    return _run(source, options, start_engine(options), options.label, with_p_z=options.p_z)


def build_catalog(options: argparse.Namespace) -> Outcome:
    """A catalog of a sample of public ones, as the options of ``aion catalog build`` say.

    Raises:
        AIONError: nothing can be done.
    """
    from aion.explorer.survey.opening import open_source
    from aion.explorer.survey.sample import SamplePlan, take_sample

    plan = SamplePlan(tuple(options.folders), tuple(options.kinds.split(",")), options.size, options.seed)
    engine = start_engine(options)  # weights that are missing are known before anything is copied
    sample, name = take_sample(plan, options.out, _Teller())
    return _run(open_source([sample]), options, engine, options.label or name)


def _run(
    source: "SurveySource",
    options: argparse.Namespace,
    engine: "Engine",
    label: str,
    *,
    with_p_z: bool = False,
) -> Outcome:
    from aion.explorer.survey.run import run

    _share_cores(engine)
    stop = threading.Event()
    with _stopping_gently(stop):
        result = run(
            source,
            options.out,
            _runner(options, engine),
            engine,
            label=label,
            with_p_z=with_p_z,
            progress=_Teller().of_run,
            stop=stop,
        )
    print(f"aion: {_summary(result, options.out)}", file=sys.stderr)
    return Outcome(result.rows, [f"{one.id or one.source}: {one.why}" for one in result.failures])


def _runner(options: argparse.Namespace, engine: "Engine") -> "Runner":
    from aion.explorer.settings import process_share
    from aion.explorer.survey.dask_runner import Dask
    from aion.explorer.survey.rank_runner import Rank
    from aion.explorer.survey.run import Here

    if options.runner == "dask":
        return Dask(engine.settings, options.workers, options.scheduler)
    return Rank(engine, *process_share()) if options.runner == "rank" else Here(engine)


def _summary(result: "RunResult", out: Path) -> str:
    """For people.

    Raises:
        InputError: there is no catalog yet.
    """
    left_out = f", {len(result.failures):,} left out" if result.failures else ""
    counted = f"{result.rows:,} objects{left_out}"
    if not result.is_complete and not result.is_stopped:
        return f"the share of this process is done: with the others', {counted} so far"
    if not result.is_complete:
        raise InputError(
            f"stopped after {counted}; they are kept, and the same command goes on with the rest"
        )
    again = (
        f"; {result.may_pass:,} of these may go better with the same command again" if result.may_pass else ""
    )
    return f"the catalog in {out} has {counted}{again}"


def add_catalog(commands: Any) -> None:
    """The command ``aion catalog``: what can be done with catalogs."""
    catalog = commands.add_parser(
        "catalog", help="what is in the folder of a catalog, and whether it is whole"
    )
    catalog.set_defaults(run=do_with_catalogs)
    actions = catalog.add_subparsers(title="actions", required=True, dest="action")
    _add_build(actions.add_parser("build", help="one of a sample of public HATS catalogs"))
    for name, text in (
        ("info", "what is in it"),
        ("check", "whether it is whole"),
        ("index", "make its indexes now, and not when it is first searched"),
        ("merge", "several as one"),
        ("export", "its table without tokens, vectors and pictures"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("folders", nargs="+" if name == "merge" else 1, type=Path, metavar="DIR")
        if name == "merge":
            action.add_argument(
                "--out", type=Path, metavar="DIR", required=True, help="folder of the new one"
            )
        if name == "index":
            action.add_argument(
                "--engine",
                choices=("faiss", "lance"),
                default="faiss",
                help="for one process (default), or tables of LanceDB for several and for more vectors",
            )
        if name == "export":
            action.add_argument(
                "--out", type=Path, metavar="FILE", required=True, help=f"ending in {', '.join(ENDINGS)}"
            )
            action.add_argument(
                "--head",
                type=Path,
                action="append",
                default=[],
                metavar="FILE",
                help="with what this head says of each object; may be given again",
            )


def _add_build(build: argparse.ArgumentParser) -> None:
    build.add_argument(
        "folders",
        nargs="+",
        metavar="CATALOG",
        help="folder or address (https://, hats://, hf://, s3://) of a HATS catalog, or of two whose objects "
        "are matched by position",
    )
    build.add_argument(
        "--with", dest="kinds", required=True, metavar="KINDS", help="what each object has: spectrum,image"
    )
    build.add_argument("--size", type=int, default=100_000, metavar="N", help="objects (default: 100000)")
    build.add_argument("--seed", type=int, default=0, metavar="N", help="of which objects (default: 0)")
    build.add_argument("--out", type=Path, metavar="DIR", required=True, help="folder of the new catalog")
    build.add_argument("--label", metavar="TEXT", help="what its objects are (default: the catalogs' names)")
    _add_runners(build)
    add_weights(build)
    build.set_defaults(run=build_catalog)


def do_with_catalogs(options: argparse.Namespace) -> Outcome:
    """One of the actions; prints what it did.

    Raises:
        AIONError: nothing can be done.
    """
    from aion.catalog import Catalog
    from aion.explorer.survey import catalogs

    folder = options.folders[0]
    if options.action == "info":
        print("\n".join(catalogs.read_facts(folder).sentences()))
    elif options.action == "check":
        problems = catalogs.find_problems(folder)
        if not problems:
            print(f"{folder}: {catalogs.read_facts(folder).manifest.rows:,} objects, all of it is there")
        return Outcome(1, problems)
    elif options.action == "index":
        catalog = Catalog.load(folder)
        (catalog.write_tables if options.engine == "lance" else catalog.prepare)(_Teller().of_share)
    elif options.action == "merge":
        merged = catalogs.merge(options.folders, options.out)
        print(f"the catalog in {options.out} has {merged.rows:,} objects")
    else:
        print(f"{options.out} has {_export(folder, options.out, options.head):,} rows")
    return Outcome(1)


def _export(folder: Path, out: Path, heads: Sequence[Path]) -> int:
    """The table of a catalog as a file of the kind that its ending says, with what heads say of its objects;
    how many rows it has."""
    from aion.catalog import Catalog
    from aion.explorer.export.catalog_file import catalog_file
    from aion.heads import Head, apply_heads

    ending = out.suffix.removeprefix(".").lower()
    if ending not in ENDINGS:
        raise ConfigError(f"{out.name} ends in {ending or 'nothing'}; {', '.join(ENDINGS)} can be written")
    catalog = Catalog.load(folder)
    applied = apply_heads([Head.read(path, sha256=catalog.manifest.model_sha256) for path in heads], catalog)
    for note in applied.notes:
        print(f"aion: {note}", file=sys.stderr)
    data = catalog_file(folder, ending, applied)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    return len(catalog)


def _share_cores(engine: "Engine") -> None:
    """Half of the threads for the model, where it computes on the processor: files are read and objects
    encoded meanwhile. The command owns its process."""
    import torch

    if engine.info.device == "cpu":
        torch.set_num_threads(max(1, torch.get_num_threads() // 2))


class _Teller:
    """Writes how far it is to standard error: on one line of a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._told = 0.0

    def __call__(self, sentence: str, *, is_last: bool = False) -> None:
        if sys.stderr.isatty():
            end = "\n" if is_last else ""
            print(f"\r\x1b[Kaion: {sentence}", end=end, file=sys.stderr, flush=True)
        elif is_last or time.monotonic() - self._told > TOLD_EVERY:
            self._told = time.monotonic()
            print(f"aion: {sentence}", file=sys.stderr, flush=True)

    def of_share(self, step: str, share: float) -> None:
        """Before each step of what takes long."""
        self(f"{step}, {share:.0%}")

    def of_run(self, progress: "RunProgress") -> None:
        """After each partition."""
        self(progress.sentence(), is_last=progress.partitions == progress.total)


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
