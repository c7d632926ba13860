"""Targets of the sky for the command line: what is typed, or a list -> files and objects.

The same archives, and so the same files and numbers, as on the Analyze page.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aion.commands.outcome import Outcome
from aion.errors import AIONError, ConfigError, InputError
from aion.explorer.settings import Settings
from aion.sky.services import KINDS

if TYPE_CHECKING:
    from aion.io import Overrides, SkyObject
    from aion.sky.archive import Archive
    from aion.sky.gather import Finding
    from aion.sky.lists import FetchedTarget

SPELLINGS = {"at": "{}", "targetid": "TARGETID {}", "name": "{}"}
"""Option of ``aion analyze`` -> what is looked up."""


def add_targets(analyze: argparse.ArgumentParser) -> None:
    """The options of ``aion analyze`` that take a target of the sky in place of files."""
    analyze.add_argument("--at", metavar="POSITION", help='such as "150.1 2.2" or "10:00:24.5 +02:12:21"')
    analyze.add_argument("--targetid", metavar="ID", help="TARGETID of DESI, or specObjID of SDSS")
    analyze.add_argument("--name", metavar="NAME", help="such as NGC 4151; Sesame of the CDS is asked")
    add_list(analyze)


def add_fetch(commands: Any) -> None:
    """The command ``aion fetch``, with its options."""
    fetch = commands.add_parser("fetch", help="files of a place on the sky, from public archives")
    fetch.add_argument(
        "targets",
        nargs="*",
        metavar="TARGET",
        help='a position ("150.1 2.2"), a name, or the id of a spectrum',
    )
    fetch.add_argument("--out", type=Path, metavar="DIR", required=True, help="folder to write the files to")
    fetch.add_argument(
        "--kinds", metavar="KINDS", default=",".join(KINDS), help=f"of {','.join(KINDS)} (default: all)"
    )
    fetch.add_argument(
        "--record",
        type=Path,
        metavar="DIR",
        help="ask everything anew, and keep the answers as they came in this folder, for tests",
    )
    add_list(fetch)
    fetch.set_defaults(run=fetch_targets, wrong=fetch.error)


def add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--list", type=Path, metavar="FILE", help="a table with a target in each row, or one on each line"
    )


def fetch_targets(options: argparse.Namespace) -> Outcome:
    """The files of each target, whose paths are printed."""
    if not (options.targets or options.list):
        options.wrong('name a target, such as "10:00:24.5 +02:12:21", or a list of them with --list')
    outcome = Outcome()
    for text in options.targets:
        try:
            for path in fetch_one(text, options.out, options.kinds, options.record):
                print(path)
            outcome.count += 1
        except AIONError as exc:
            outcome.leave_out(text, exc)
    listed = (options.list, options.out, options.kinds, options.record)
    for target in fetch_listed(*listed) if options.list else ():
        for path in target.files:
            print(path)
        outcome.count += bool(target.files)
        outcome.failures += [] if target.files else [f"{target.target.id}: {'; '.join(target.missing)}"]
    return outcome


def typed_target(options: argparse.Namespace) -> str | None:
    """What is to be looked up of the options of ``aion analyze``; None where nothing is."""
    given = [text.format(value) for name, text in SPELLINGS.items() if (value := getattr(options, name))]
    if len(given) > 1:
        raise ConfigError("give one of --at, --targetid and --name")
    return given[0] if given else None


def objects_at(text: str, overrides: "Overrides", *, strict: bool) -> "list[SkyObject]":
    """The object there; what is missing is said on standard error."""
    from aion.io import read

    finding = _look_up(text, KINDS)
    return read([file.open() for file in finding.files()], overrides=overrides, strict=strict)


def fetch_one(text: str, folder: Path, kinds: str, record: Path | None = None) -> list[Path]:
    """Write the files of a target to a folder; their paths. The answers go to the folder `record`."""
    finding = _look_up(text, _kinds(kinds), record)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / file.name for file in finding.files()]
    for path, file in zip(paths, finding.files(), strict=True):
        path.write_bytes(file.data)
    return paths


def fetch_listed(
    table: Path, folder: Path, kinds: str = ",".join(KINDS), record: Path | None = None
) -> "list[FetchedTarget]":
    """Every target of a list; what was fetched before is not fetched again. The answers go to the folder
    `record`.

    Raises:
        InputError: stopped, or no service answers; what was fetched is kept.
    """
    from aion.io.targets import read_targets
    from aion.sky.lists import fetch_list
    from aion.sky.search_progress import SearchProgress

    targets, progress = read_targets(table), SearchProgress()

    def tell(count: int) -> None:
        print(f"\raion: {count} of {len(targets)} targets", end="", file=sys.stderr, flush=True)

    try:
        archive = archive_of_environment(record)
        return fetch_list(targets, folder, archive, progress, kinds=_kinds(kinds), done=tell)
    except KeyboardInterrupt:
        raise InputError("stopped; what was fetched is kept, and the same command goes on") from None
    finally:
        print(file=sys.stderr)


def archive_of_environment(record: Path | None = None) -> "Archive":
    """Asks the services that the environment names; keeps their answers in the folder `record`.

    Raises:
        ConfigError: the sky is switched off.
    """
    from aion.sky.archive import Archive
    from aion.sky.recorder import Recorder

    services = Settings.from_environment().sky
    if services is None:
        raise ConfigError("AION_SKY is no: archives are not asked; unset it to ask them")
    return Archive(services, recorder=None if record is None else Recorder(record))


def _look_up(text: str, kinds: tuple[str, ...], record: Path | None = None) -> "Finding":
    """What there is, told on standard error.

    Raises:
        InputError: nothing, or stopped.
    """
    from aion.sky.gather import gather
    from aion.sky.resolve import resolve

    asked = archive_of_environment(record)
    try:
        finding = gather(resolve(text, asked), asked, kinds=kinds)
    except KeyboardInterrupt:
        raise InputError(f"{text}: stopped") from None
    if not finding.files():
        raise InputError(f"{text}: nothing was found there: {'; '.join(finding.missing)}")
    for sentence in finding.missing:
        print(f"aion: {text}: {sentence}", file=sys.stderr)
    for acknowledgment in finding.acknowledgments():
        print(f"aion: {acknowledgment}", file=sys.stderr)
    return finding


def _kinds(text: str) -> tuple[str, ...]:
    kinds = tuple(text.split(","))
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ConfigError(
            f"--kinds: {', '.join(unknown)} is nothing that is fetched; it is of {', '.join(KINDS)}"
        )
    return kinds
