"""What is said of a catalog as a whole, and the file that says it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from aion.errors import InputError

MANIFEST = "catalog.json"
VERSION = 3
"""Of the files; a folder of another is refused."""


@dataclass(frozen=True)
class Manifest:
    """What is said of a catalog as a whole. Who builds one in memory states the first four fields;
    the others follow from its rows."""

    label: str
    """What its objects are, for people: ``"simulated"``."""
    model_sha256: str
    """Of the weights that made tokens and vectors."""
    simulated: bool = False
    """Whether its objects, and so their redshifts, come from a simulation."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Of who made it, as plain values."""
    rows: int = 0
    """Objects."""
    widths: Mapping[str, int] = field(default_factory=dict)
    """Token key -> tokens of an object that has any."""
    dimensions: Mapping[str, int] = field(default_factory=dict)
    """View -> numbers of a vector. Only views that every object has: those can be searched."""
    stream_sets: Sequence[Sequence[str]] = ()
    """The different sets of token keys that objects have, each sorted."""
    wavelength: Sequence[float] = ()
    """Å, of the pixels of small spectra."""
    version: int = VERSION

    @classmethod
    def read(cls, folder: Path) -> Self:
        """That of a catalog's folder.

        Raises:
            InputError: it is missing, damaged or of another version.
        """
        try:
            stated = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            if stated.get("version") != VERSION:
                raise InputError(
                    f"the catalog in {folder} was written by another version of this program; "
                    "make it again with this one"
                )
            sets, wavelength = (tuple(stated.pop(name, ())) for name in ("stream_sets", "wavelength"))
            return cls(**stated, stream_sets=tuple(tuple(held) for held in sets), wavelength=wavelength)
        except (OSError, ValueError, AttributeError, TypeError) as exc:
            if isinstance(exc, InputError):
                raise
            raise InputError(f"{folder} is not a catalog: {exc}") from exc

    def write(self, folder: Path) -> None:
        """Into a folder, there whole or not at all: it is the sign that everything else is there."""
        beside = folder / f".{MANIFEST}"
        beside.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.replace(folder / MANIFEST)
