"""Names of many objects, in their order, and the row of each. Knows nothing of what they name."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, overload

import pyarrow as pa
import pyarrow.compute as pc

from aion.errors import InputError


class Ids(Sequence[str]):
    """They never change. A name is found by halving, so that a million take hardly more memory than their
    letters.

    Raises:
        InputError: one is given twice.
    """

    def __init__(self, names: Iterable[Any]) -> None:
        held = names if isinstance(names, (pa.Array, pa.ChunkedArray)) else pa.array(map(str, names))
        held = held.cast(pa.large_string())
        self._names = held.combine_chunks() if isinstance(held, pa.ChunkedArray) else held
        self._order = pc.sort_indices(self._names)
        ordered = self._names.take(self._order)
        twice = pc.index(pc.equal(ordered[1:], ordered[:-1]), True).as_py() if len(ordered) > 1 else -1
        if twice >= 0:
            raise InputError(f"id {ordered[twice].as_py()!r} is given twice; ids must be unique")

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        held = self._names[row]
        return held.to_pylist() if isinstance(row, slice) else str(held.as_py())

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.to_pylist())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.row(name) is not None

    @cached_property
    def sha256(self) -> str:
        """The same for the same names, whatever their order."""
        digest = hashlib.sha256()
        for first in range(0, len(self), 100_000):
            names = self._names.take(self._order[first : first + 100_000]).to_pylist()
            digest.update("".join(f"{name}\n" for name in names).encode())
        return digest.hexdigest()

    def row(self, name: str) -> int | None:
        """Where it is; None where it is not among them."""
        first, end = 0, len(self)
        while first < end:
            middle = (first + end) // 2
            row = self._order[middle].as_py()
            # as Arrow sorts: by bytes
            if (held := self._names[row].as_py().encode()) == name.encode():
                return int(row)
            first, end = (middle + 1, end) if held < name.encode() else (first, middle)
        return None
