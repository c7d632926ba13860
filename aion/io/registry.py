"""The table of readers. A reader says which content it is for, recognises it by looking, and turns it into
`Found` objects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aion.errors import FormatError
from aion.io.objects import Entry, ImageFrame, Overrides

if TYPE_CHECKING:
    from aion.modalities import Modality


@dataclass(frozen=True)
class Found:
    """One object in one file; fields as in `SkyObject`. `id` None: the file does not name it."""

    id: str | None
    modalities: "tuple[Modality, ...]" = ()
    entries: tuple[Entry, ...] = ()
    ra: float | None = None
    dec: float | None = None
    z_reference: float | None = None
    kind: str = ""
    snr: float | None = None
    frames: Mapping[str, ImageFrame] = field(default_factory=dict)


ROWS, ROWS_WITHOUT_PHOTOMETRY = "rows", "rows without photometry"
"""`Entry.what` for rows of a file that gave no object."""
MAX_OBJECTS = 20_000
"""Most objects that one file may give; larger catalogs are to be cut."""


def check_count(count: int) -> None:
    """Raises FormatError for more objects than MAX_OBJECTS."""
    if count > MAX_OBJECTS:
        raise FormatError(
            f"the file holds {count:,} objects; up to {MAX_OBJECTS:,} are read: choose the ones you need"
        )


class PositionNeededError(FormatError):
    """An image that is too large to be taken whole, and nothing says where the object is."""


Read = Callable[[Any, Overrides], list[Found]]


@dataclass(frozen=True)
class Reader:
    """How one format is recognised and read."""

    format: str
    content: type
    """Class of `aion.io.content` that the reader looks at."""
    matches: Callable[[Any], bool]
    read: Read


READERS: list[Reader] = []
"""In the order they are asked; the first that matches reads."""


def reader(format: str, content: type, *, matches: Callable[[Any], bool]) -> Callable[[Read], Read]:
    """Registers a function as the reader of `format`: ``@reader("SDSS spec", FitsFile, matches=lambda
    file: ...)``."""

    def register(function: Read) -> Read:
        READERS.append(Reader(format, content, matches, function))
        return function

    return register
