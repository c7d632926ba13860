"""How to get the same analysis again without the pages: as Python, as a command, as a notebook. Text only; nothing is run here."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aion.explorer.prior import Prior
from aion.io import Overrides


@dataclass(frozen=True)
class Recipe:
    """What an analysis was made of."""

    id: str
    """Of the object."""
    files: tuple[str, ...]
    """Paths or names; none for an object of the reference catalog."""
    weights: str
    """SHA-256 of the weights that gave the numbers."""
    sha256: Mapping[str, str] = field(default_factory=dict)
    """File name -> SHA-256 of its bytes."""
    overrides: Overrides = field(default_factory=Overrides)
    use: tuple[str, ...] | None = None
    """Token keys that the model may read; None = all."""
    prior: Prior | None = None
    z: float | None = None
    """Redshift of the lines; None = the best peak."""

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
        return shlex.join([*words, *self.files])

    def notebook(self) -> str:
        """The same as `python`, as a Jupyter notebook (nbformat 4) with the hashes of the files in its first cell."""
        files = (
            "\n".join(f"- `{name}`, SHA-256 `{digest}`" for name, digest in self.sha256.items()) or "- an object of the reference catalog"
        )
        text = f"# {self.id}\n\nMade from:\n\n{files}\n\nwith weights of SHA-256 `{self.weights}`."
        sources = (("markdown", text), ("code", self._analysis()), ("code", self._figures()))
        cells = [_cell(f"cell-{number}", kind, source) for number, (kind, source) in enumerate(sources)]
        about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        return json.dumps({"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}, indent=1, ensure_ascii=False) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.id,
            "files": dict(self.sha256),
            "overrides": self.overrides.set_fields(),
            "use": self.use,
            "prior": None if self.prior is None else self.prior.text,
            "z": self.z,
            "weights": self.weights,
        }

    def _analysis(self) -> str:
        use = "" if self.use is None else f", use={list(self.use)}"
        lines = [
            "from aion.explorer.engine import Engine",
            *([f"from aion.explorer.prior import {type(self.prior).__name__}, with_prior"] if self.prior else []),
            "from aion.explorer.settings import Settings",
            *([f"from aion.io import {'Overrides, ' if self.overrides.set_fields() else ''}read"] if self.files else []),
            "",
            f"engine = Engine(Settings.from_environment())  # weights {self.weights[:12]} gave these numbers",
            self._thing(),
            f"analysis = engine.analyze(thing{use})",
            *([f"analysis = with_prior(analysis, {self.prior!r})"] if self.prior else []),
            "print(analysis.redshift.summary())",
        ]
        return "\n".join(lines) + "\n"

    def _thing(self) -> str:
        if not self.files:
            return f"thing = engine.catalog.entry({self.id!r})"
        given = ", ".join(f"{name}={value!r}" for name, value in self.overrides.set_fields().items())
        overrides = f", overrides=Overrides({given})" if given else ""
        return f"thing = next(one for one in read({list(self.files)}{overrides}) if one.id == {self.id!r})"

    def _figures(self) -> str:
        z = "analysis.redshift.peaks[0].z" if self.z is None else f"{self.z!r}"
        return (
            "from aion.explorer import figures\n\n"
            f"z = {z}\n"
            "figures.redshift(analysis.redshift, z=z, reference=analysis.z_reference).show()\n"
            "for spectrum in analysis.spectra:\n    figures.spectrum(spectrum, z=z).show()\n"
            "for image in analysis.images:\n    figures.panels(image).show()\n"
        )


def _cell(name: str, kind: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    return cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []}
