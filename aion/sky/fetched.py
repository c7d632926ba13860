"""A file from an archive with where it is from."""

from dataclasses import dataclass
from typing import Self

from aion.io import ArchiveFile, Provenance
from aion.sky.cache import Answer
from aion.sky.services import SERVICE_NAMES


@dataclass(frozen=True)
class Fetched:
    """What `aion.io.read` reads, and where it is from."""

    name: str
    """No two files of one place have the same; it says what the file is."""
    data: bytes
    provenance: Provenance
    ra: float
    """Degrees, ICRS: of what is in the file."""
    dec: float

    @classmethod
    def of(
        cls, answer: Answer, name: str, survey: str, position: tuple[float, float], *,
        service: str, data: bytes | None = None, note: str = "",
    ) -> Self:  # fmt: skip
        """Of an answer of a service (a field of `Services`) as it came; `data` where it is changed, with a
        `note` that says how."""
        provenance = Provenance(
            answer.url, answer.time, answer.sha256, survey, None, note, SERVICE_NAMES[service]
        )
        return cls(name, answer.data if data is None else data, provenance, *position)

    def open(self) -> ArchiveFile:
        """To be read."""
        return ArchiveFile(self.data, self.name, self.provenance)
