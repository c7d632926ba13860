"""How to get the same analysis again without the pages: as Python, as a command, as a notebook; and whether
it would be the same."""

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from aion.errors import InputError, WeightsMismatchError
from aion.explorer.figures import Shown
from aion.explorer.redshift.prior import Prior
from aion.explorer.results import ModelInfo
from aion.io import Overrides
from aion.plain_text import as_text


@dataclass(frozen=True)
class Recipe:
    """What an analysis was made of."""

    id: str
    """Of the object."""
    files: tuple[str, ...]
    """Paths or names; none for an object of a catalog."""
    weights: str
    """SHA-256 of the weights that gave the numbers."""
    sha256: Mapping[str, str] = field(default_factory=dict)
    """One of ``files`` -> SHA-256 of its bytes, which is looked at before it is read."""
    overrides: Overrides = field(default_factory=Overrides)
    use: tuple[str, ...] | None = None
    """Token keys that the model may read; None = all."""
    prior: Prior | None = None
    shown: Shown = field(default_factory=Shown)
    """How the figures are looked at."""
    place: tuple[str, str] | None = None
    """Option of ``aion analyze`` and its value, ``("at", "150.10083 +2.20000")``, where the archives give the
    files; they are asked for them unless ``sha256`` says which files these are."""
    recalibration: str | None = None
    """``"no"`` or the file that p(z) is corrected with; None: that of the weights, if they have one."""

    def python(self) -> str:
        """A script that prints p(z) in words and draws the figures."""
        return f"{self._analysis()}\n{self._figures()}"

    def command(self) -> str:
        """One line for a shell."""
        words = ["python", "-m", "aion", "analyze", "--json", "--id", self.id]
        for text in self.overrides.texts:
            words += ["--set", text]
        words += ["--use", ",".join(self.use)] if self.use is not None else []
        words += ["--prior", self.prior.text] if self.prior is not None else []
        words += ["--recalibration", self.recalibration] if self.recalibration is not None else []
        if self._is_fetched():
            assert self.place is not None
            return shlex.join([*words, f"--{self.place[0]}", self.place[1]])
        return shlex.join([*words, *self.files])

    def notebook(self, note: str = "") -> str:
        """The same as `python`, as a Jupyter notebook (nbformat 4) with the hashes of the files, and
        ``note``, in its first cell."""
        files = (
            "\n".join(f"- {as_text(name)}, SHA-256 `{digest}`" for name, digest in self.sha256.items())
            or "- an object of a catalog"
        )
        parts = [
            f"# {as_text(self.id)}",
            "Made from:",
            files,
            f"with weights of SHA-256 `{self.weights}`.",
            *([note] if note else []),
        ]
        text = "\n\n".join(parts)
        sources = (("markdown", text), ("code", self._analysis()), ("code", self._figures()))
        cells = [_cell(f"cell-{number}", kind, source) for number, (kind, source) in enumerate(sources)]
        about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        return (
            json.dumps(
                {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5},
                indent=1,
                ensure_ascii=False,
            )
            + "\n"
        )

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.id,
            "files": dict(self.sha256),
            "overrides": self.overrides.set_fields(),
            "use": self.use,
            "prior": None if self.prior is None else self.prior.text,
            "recalibration": self.recalibration,
            "weights": self.weights,
            "figures": json.loads(json.dumps(asdict(self.shown), default=sorted)),  # sets as lists
        }

    def _analysis(self) -> str:
        use = "" if self.use is None else f", use={list(self.use)}"
        lines = [
            "from aion.explorer.engine import Engine",
            *(
                [f"from aion.explorer.redshift.prior import {type(self.prior).__name__}, with_prior"]
                if self.prior
                else []
            ),
            "from aion.explorer.export.reproduce import "
            f"{'check_files, ' if self.sha256 else ''}check_weights",
            "from aion.explorer.settings import Settings",
            *(["from dataclasses import replace"] if self.recalibration else []),
            *self._imports(),
            "",
            *([f"check_files({dict(self.sha256)!r})"] if self.sha256 else []),
            f"engine = Engine({self._settings()})",
            f"check_weights(engine.info, {self.weights!r})",
            self._target(),
            f"analysis = engine.analyze(target{use})",
            *([f"analysis = with_prior(analysis, {self.prior!r})"] if self.prior else []),
            "print(analysis.redshift.summary())",
        ]
        return "\n".join(lines) + "\n"

    def _settings(self) -> str:
        settings = "Settings.from_environment()"
        return (
            f"replace({settings}, recalibration={self.recalibration!r})" if self.recalibration else settings
        )

    def _is_fetched(self) -> bool:
        return self.place is not None and not self.sha256

    def _imports(self) -> list[str]:
        """Of what gives the object."""
        if self._is_fetched():
            return ["from aion.commands.fetch import objects_at", "from aion.io import Overrides"]
        if not self.files:
            return []
        return [f"from aion.io import {'Overrides, ' if self.overrides.set_fields() else ''}read"]

    def _target(self) -> str:
        if not self.files:
            return f"target = engine.catalog.entry({self.id!r})"
        if self._is_fetched():
            assert self.place is not None
            text = f"TARGETID {self.place[1]}" if self.place[0] == "targetid" else self.place[1]
            given = ", ".join(f"{name}={value!r}" for name, value in self.overrides.set_fields().items())
            found = f"objects_at({text!r}, Overrides({given}), strict=False)"
            return f"target = next(one for one in {found} if one.id == {self.id!r})"
        given = ", ".join(f"{name}={value!r}" for name, value in self.overrides.set_fields().items())
        overrides = f", overrides=Overrides({given})" if given else ""
        return f"target = next(one for one in read({list(self.files)}{overrides}) if one.id == {self.id!r})"

    def _figures(self) -> str:
        return (
            "from aion.explorer.figures import ImageView, Shown, ShownImage, View, on_page\n"
            "from aion.lines import Line, LineSet\n\n"
            f"shown = {self.shown!r}\n"
            "for figure in on_page(analysis, shown).values():\n    figure.show()\n"
        )


def check_files(sha256: Mapping[str, str]) -> None:
    """Whether these files are those that the numbers were made from: path -> SHA-256.

    Raises:
        InputError: one is not there, or is another.
    """
    for name, expected in sha256.items():
        if not Path(name).is_file():
            raise InputError(
                f"there is no file {name} here; the numbers were made from one with SHA-256 {expected}"
            )
        found = hashlib.sha256(Path(name).read_bytes()).hexdigest()
        if found != expected:
            raise InputError(
                f"{name} is not the file that the numbers were made from: its SHA-256 is {found}, not "
                f"{expected}"
            )


def check_weights(model: ModelInfo, expected: str) -> None:
    """Whether these weights are those that gave the numbers, by their SHA-256.

    Raises:
        WeightsMismatchError: they are others.
    """
    if model.sha256 != expected:
        raise WeightsMismatchError(
            f"{model.title} are not the weights that gave the numbers: their SHA-256 is {model.sha256}, not "
            f"{expected}; set AION_MODEL to the folder or Hub id of those"
        )


def _cell(name: str, kind: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    return cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []}
