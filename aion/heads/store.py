"""The folder of the heads that are kept on a computer, for all who use the application there."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4
from weakref import WeakKeyDictionary

from aion.catalog import Catalog
from aion.errors import AIONError, InputError
from aion.heads.applying import AppliedHeads, apply_heads
from aion.heads.head import Head


@dataclass(frozen=True, eq=False)
class KeptHead:
    """A file of the folder."""

    path: Path
    head: Head | None
    """None where it cannot be used."""
    problem: str = ""
    """Why."""


class HeadFolder:
    """Heads by the names of their files, each read once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[tuple[Path, int, int], KeptHead] = {}
        self._applied: WeakKeyDictionary[Catalog, tuple[Sequence[KeptHead], AppliedHeads]] = (
            WeakKeyDictionary()
        )

    def heads(self) -> Sequence[KeptHead]:
        """All, by name; those that cannot be read with the reason."""
        found = {}
        for path in sorted(self.path.glob("*.safetensors")):
            with suppress(FileNotFoundError):  # somebody else removed it
                about = path.stat()
                key = (path, about.st_mtime_ns, about.st_size)
                found[key] = self._read.get(key) or _kept(path)
        self._read = found
        return list(found.values())

    def apply(self, catalog: Catalog) -> AppliedHeads:
        """What all say of a catalog, from memory until another is kept or one removed; files that cannot be
        read are among the notes."""
        kept = self.heads()
        before = self._applied.get(catalog)
        if before is None or before[0] != kept:
            found = apply_heads([one.head for one in kept if one.head is not None], catalog)
            notes = (*found.notes, *(one.problem for one in kept if one.head is None))
            before = self._applied[catalog] = (kept, replace(found, notes=notes))
        return before[1]

    def keep(self, head: Head) -> Path:
        """Its file, there whole or not at all.

        Raises:
            InputError: the folder cannot be written to.
        """
        path = self.path / head.file_name
        beside = path.with_name(f".{path.name}.{uuid4().hex}")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(head.to_bytes())
            beside.replace(path)
        except OSError as exc:
            raise InputError(
                f"the head cannot be kept in {self.path}: {exc}; name another folder with AION_HEADS"
            ) from exc
        return path

    def remove(self, path: Path) -> None:
        """It is gone, also where somebody else removed it before."""
        (self.path / path.name).unlink(missing_ok=True)


def _kept(path: Path) -> KeptHead:
    try:
        return KeptHead(path, Head.read(path))
    except AIONError as exc:
        return KeptHead(path, None, str(exc))
