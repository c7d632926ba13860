"""A report: the bars, what was measured, and tables by title. As JSON beside the weights, and as Markdown."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from aion.training.evaluate.bars import judge
from aion.training.metrics import Row

Table = dict[str, Row]
"""Sample -> quantities."""
Report = dict[str, Table]
"""Title -> table."""
Document = dict[str, Any]
"""What ``metrics.json`` holds: ``bars`` (a list of rows), ``about`` (one row), then the tables."""
METRICS = "metrics.json"
_HEADS = ("bars", "about")
_MARKS = {True: "✓ met", False: "✗ not met", None: "not measured"}


def document(measured: Report, about: Row, known: Mapping[str, Any]) -> Document:
    """The bars first; tables of ``known``, an older document, stay if of the same weights and objects."""
    old = known if known.get("about") == about else {}
    tables: Report = {title: table for title, table in old.items() if title not in _HEADS} | measured
    return {"bars": judge(tables), "about": about} | dict(sorted(tables.items()))


def read(folder: Path) -> Document:
    """What lies beside the weights; empty when nothing does."""
    path = folder / METRICS
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write(found: Document, folder: Path) -> None:
    """``metrics.json`` beside the weights."""
    text = json.dumps(found, indent=1, allow_nan=False, ensure_ascii=False)
    (folder / METRICS).write_text(text + "\n", encoding="utf-8")


def to_markdown(found: Mapping[str, Any]) -> str:
    """The bars and every table."""
    marked = [{**row, "met": _MARKS[row["met"]]} for row in found["bars"]]
    parts = ["### bars\n\n" + _markdown(marked), "### about\n\n" + _markdown([found["about"]])]
    for title, table in found.items():
        if title not in _HEADS:
            parts.append(f"### {title}\n\n{markdown_table(table)}")
    return "\n".join(parts)


def markdown_table(table: Mapping[str, Row]) -> str:
    """One row for each sample."""
    return _markdown([{"sample": name, **row} for name, row in table.items()])


def _markdown(rows: Iterable[Row]) -> str:
    rows = list(rows)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [
        columns,
        ["---"] * len(columns),
        *([_shown(row.get(column, "")) for column in columns] for row in rows),
    ]
    return "".join(
        "| " + " | ".join(line) + " |\n"
        for line in (*([c.replace("|", "\\|") for c in line] for line in lines),)
    )


def _shown(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
