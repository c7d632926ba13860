"""`aion embed` and `aion redshift`: a row of one table for each object of the files, every file by itself."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aion.commands.files import add_files, read_files
from aion.commands.outcome import Outcome
from aion.commands.weights import add_recalibration, add_weights, start_engine
from aion.errors import AIONError, ConfigError

if TYPE_CHECKING:
    from aion.io import SkyObject

ENDINGS = ("csv", "ecsv", "fits", "vot")
"""Of a table of redshifts."""
COLUMNS = ("id", "ra", "dec", "class", "z", "snr")
"""What surveys say of an object, before what the model and the lines say."""


def add_embed(commands: Any) -> None:
    """The command ``aion embed``, with its options."""
    parser = commands.add_parser("embed", help="one unit vector per object; every file is taken by itself")
    parser.add_argument("--out", type=Path, metavar="FILE", required=True, help="Parquet file to write")
    add_files(parser)
    add_weights(parser)
    parser.set_defaults(run=embed_files)


def add_redshift(commands: Any) -> None:
    """The command ``aion redshift``, with its options."""
    parser = commands.add_parser(
        "redshift", help="one row per object: p(z) in numbers, and the exact redshift of its lines"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"file to write, ending in {', '.join(ENDINGS)} (default: CSV to standard output)",
    )
    add_files(parser)
    add_recalibration(parser)
    add_weights(parser)
    parser.set_defaults(run=measure_files)


def embed_files(options: argparse.Namespace) -> Outcome:
    """Unit vectors as Parquet."""
    from aion.explorer.export.analysis import EmbeddingRow, embeddings_parquet

    outcome = Outcome()
    objects = _objects(options, outcome)
    if not objects:
        return outcome
    engine, rows = start_engine(options), []
    for target, answer in zip(objects, engine.embed_objects(objects), strict=True):
        if isinstance(answer, AIONError):
            outcome.leave_out(target.id, answer)
        else:
            rows.append(EmbeddingRow(target.id, answer.embedding, answer.used, target.reports))
            outcome.count += 1
    if rows:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_bytes(embeddings_parquet(rows, engine.info))
        print(f"aion: {outcome.count} embedding(s) are in {options.out}", file=sys.stderr)
    return outcome


def measure_files(options: argparse.Namespace) -> Outcome:
    """Redshifts with their uncertainty, exact where the lines hold one, as in the table of a batch.

    Raises:
        ConfigError: a file of a kind that is not written.
    """
    from aion.catalog.columns import REDSHIFT
    from aion.explorer.export.tables import table_file
    from aion.explorer.survey.contract import Contract
    from aion.explorer.survey.partition import embed

    ending = "csv" if options.out is None else options.out.suffix.removeprefix(".").lower()
    if ending not in ENDINGS:
        raise ConfigError(
            f"{options.out.name} ends in {ending or 'nothing'}; {', '.join(ENDINGS)} can be written"
        )
    outcome = Outcome()
    objects = _objects(options, outcome)
    if not objects:
        return outcome
    engine = start_engine(options)
    table, failures = embed(objects, engine, Contract(engine.width))
    for failure in failures:
        outcome.leave_out(failure.id, failure.why)
    outcome.count = len(table)
    known = [name for name in (*COLUMNS, *REDSHIFT) if table[name].null_count < len(table)]
    frame = table.select(known).to_pandas()
    if "flags" in frame:
        frame["flags"] = ["; ".join(flags) for flags in frame["flags"]]
    written = table_file(frame, ending, {"weights_sha256": engine.info.sha256}) if len(frame) else b""
    if options.out is None:
        print(written.decode(), end="")
    elif written:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_bytes(written)
        print(f"aion: {outcome.count} redshift(s) are in {options.out}", file=sys.stderr)
    return outcome


def _objects(options: argparse.Namespace, outcome: Outcome) -> "list[SkyObject]":
    """Those of all files that can be read."""
    from aion.io import Overrides

    overrides = Overrides.parse(options.set)
    objects: list[SkyObject] = []
    for file in options.files:
        try:
            objects += read_files([file], overrides, strict=options.strict)
        except (AIONError, OSError) as exc:
            outcome.leave_out(file, exc)
    return objects
