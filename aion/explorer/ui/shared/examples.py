"""One-click examples: folders of files as a person would upload them, listed in
``assets/examples/examples.json``.

The list holds ``{"slug": folder, "title": ..., "files": [names in the folder], "see": what to look for}``.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from aion.resources import resource

FOLDER = resource("assets/examples")


@dataclass(frozen=True)
class Example:
    """Files of one object, and why it is worth a look."""

    slug: str
    title: str
    files: tuple[Path, ...]
    see: str


def examples(folder: Path | None = None) -> tuple[Example, ...]:
    """Those whose files are there, in the order of the list; none when there is no list. ``folder`` is
    ``FOLDER`` by default."""
    folder = folder or FOLDER
    path = folder / "examples.json"
    if not path.is_file():
        return ()
    listed = (
        Example(
            row["slug"],
            row["title"],
            tuple(folder / row["slug"] / name for name in row["files"]),
            row.get("see", ""),
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    )
    return tuple(example for example in listed if all(file.is_file() for file in example.files))


def example_spectra() -> list[Path]:
    """The spectra among the files of the examples, one for each object that has any."""
    return [file for example in examples() for file in example.files if file.stem == "spectrum"]
