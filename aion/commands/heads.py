"""The command ``aion head``: a head on a column of a person's own, trained on embeddings and compared with
photometry alone and shuffled labels; and what it says of other objects."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aion.commands.files import add_files, read_files
from aion.commands.outcome import Outcome
from aion.commands.temporary_catalog import temporary_catalog
from aion.commands.weights import add_weights, start_engine
from aion.errors import AIONError, ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from aion.catalog import Catalog
    from aion.explorer.engine import Engine
    from aion.heads import Head
    from aion.heads.report import HeadReport
    from aion.io import SkyObject

ENDINGS = ("csv", "ecsv", "fits", "vot")
VIEWS = ("all", "spectrum", "image", "photometry")


def add_head(commands: Any) -> None:
    """The command, with its actions."""
    head = commands.add_parser("head", help="learn a column of your own from embeddings, and apply it")
    actions = head.add_subparsers(title="actions", required=True, dest="action")
    train = actions.add_parser("train", help="learn a column of a catalog or of a table with the same ids")
    train.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="folder of a catalog, or any input of aion batch, which the model then reads",
    )
    train.add_argument("--label", metavar="COLUMN", required=True, help="numbers or classes, such as M_STAR")
    train.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="another table that has that column (Parquet, CSV, FITS ...)",
    )
    train.add_argument("--id", metavar="COLUMN", help="its column of ids (default: id, targetid ...)")
    train.add_argument(
        "--view", choices=VIEWS, default="all", help="of which data the embeddings are (default: all)"
    )
    train.add_argument("--as", dest="kind", choices=("number", "class"), help="in place of what is detected")
    train.add_argument("--log10", action="store_true", help="learn the logarithm of the numbers")
    train.add_argument("--unit", default="", metavar="TEXT", help="of the numbers")
    train.add_argument(
        "--group",
        metavar="COLUMN",
        help="equal for what is one object (default: positions within 1 arcsec, else ids)",
    )
    train.add_argument("--out", type=Path, required=True, metavar="FILE", help="the head, .safetensors")
    apply = actions.add_parser("apply", help="what a head says of the objects of files or of a catalog")
    apply.add_argument("head", type=Path, metavar="HEAD", help="file that aion head train wrote")
    apply.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"file to write, ending in {', '.join(ENDINGS)} (default: CSV to standard output)",
    )
    add_files(apply)
    for action, run in ((train, train_files), (apply, apply_head)):
        add_weights(action)
        action.set_defaults(run=run)


def train_files(options: argparse.Namespace) -> Outcome:
    """A head of what the options say; prints how good it is.

    Raises:
        AIONError: nothing can be learned.
    """
    from aion.catalog.label_tables import read_table
    from aion.heads.samples import LabelChoice, label_objects
    from aion.heads.training import train_head

    other = None if options.labels is None else read_table(options.labels)
    choice = LabelChoice(
        options.label,
        options.kind,
        options.log10,
        options.unit,
        options.view,
        options.id,
        options.group,
    )
    with _catalog(options) as catalog:
        objects = label_objects(catalog, choice, other)
    report = train_head(objects, lambda step, share: print(f"aion: {step}, {share:.0%}", file=sys.stderr))
    print("\n".join(report.sentences()))
    print(report.table().to_string(index=False))
    print(_curve(report))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(report.head.to_bytes())
    print(
        f"aion: the head is in {options.out}; use it with aion head apply {options.out} FILES",
        file=sys.stderr,
    )
    return Outcome(len(objects))


def _curve(report: "HeadReport") -> str:
    """One line for each kind of data."""
    lines = []
    for data in dict.fromkeys(point.data for point in report.curve):
        points = [one for one in report.curve if one.data == data and one.method == "linear"]
        lines.append(f"{data}: " + ", ".join(f"{one.mean:.3f} of {one.n:,}" for one in points))
    return f"Learning curve, {report.main_score} of labels: " + "; ".join(lines)


def apply_head(options: argparse.Namespace) -> Outcome:
    """What a head says of files or of a catalog, as a table.

    Raises:
        AIONError: the head cannot be used.
    """
    from aion.catalog import Catalog
    from aion.explorer.export.tables import table_file
    from aion.heads import Head, apply_to_catalog
    from aion.heads.applying import column_meanings, why_some_are_empty

    ending = "csv" if options.out is None else options.out.suffix.removeprefix(".").lower()
    if ending not in ENDINGS:
        raise ConfigError(
            f"{options.out.name} ends in {ending or 'nothing'}; {', '.join(ENDINGS)} can be written"
        )
    head, outcome = Head.read(options.head), Outcome()
    if len(options.files) == 1 and Catalog.is_in(Path(options.files[0])):
        catalog = Catalog.load(options.files[0])
        found = apply_to_catalog(head, catalog)
        outcome.count = int(found[head.facts.title].notna().sum())
        for note in why_some_are_empty(head, catalog):
            print(f"aion: {note}", file=sys.stderr)
    else:
        found = _of_files(head, options, start_engine(options), outcome)
    if len(found):
        about = {"head": head.facts.title, "head sha256": head.digest, "weights_sha256": head.facts.sha256}
        written = table_file(found, ending, about, column_meanings(head))
        if options.out is None:
            print(written.decode(), end="")
        else:
            options.out.parent.mkdir(parents=True, exist_ok=True)
            options.out.write_bytes(written)
            print(f"aion: {outcome.count:,} value(s) are in {options.out}", file=sys.stderr)
    return outcome


def _of_files(
    head: "Head", options: argparse.Namespace, engine: "Engine", outcome: Outcome
) -> "pd.DataFrame":
    """A row for each object that the head says something of."""
    import pandas as pd

    from aion.heads import predictions_table, views_for
    from aion.heads.applying import predict_one
    from aion.io import Overrides

    head.refuse_others(engine.info.sha256)
    overrides, objects = Overrides.parse(options.set), list["SkyObject"]()
    for file in options.files:
        try:
            objects += read_files([file], overrides, strict=options.strict)
        except (AIONError, OSError) as exc:
            outcome.leave_out(file, exc)
    answers, views, rows = engine.embed_objects(objects), views_for([head]), []
    for target, answer in zip(objects, answers, strict=True):
        if isinstance(answer, AIONError):
            outcome.leave_out(target.id, answer)
            continue
        [vectors] = engine.vectors([answer], views, can_wait=True)
        found = predict_one(head, answer.used, vectors)
        if found is None:
            outcome.leave_out(target.id, head.why_not(engine.info.sha256, answer.used) or "")
            continue
        rows.append(predictions_table(head, [target.id], found))
        outcome.count += 1
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


@contextmanager
def _catalog(options: argparse.Namespace) -> "Iterator[Catalog]":
    from aion.catalog import Catalog

    if len(options.files) == 1 and Catalog.is_in(Path(options.files[0])):
        yield Catalog.load(options.files[0])
    else:
        with temporary_catalog(options.files, start_engine(options)) as folder:
            yield Catalog.load(folder)
