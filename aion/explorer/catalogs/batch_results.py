"""What a batch found, read from its catalog when it is asked for: a table of all objects, more of single
ones, what was left out, and the files that an object came from."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aion.catalog import Catalog
from aion.catalog.columns import P_Z
from aion.errors import AIONError
from aion.explorer.catalogs.batch_folder import BatchFolder, BatchRecord
from aion.explorer.survey.assembly import read_failures
from aion.explorer.survey.contract import Failure
from aion.explorer.survey.opening import list_files
from aion.io import Overrides, SkyObject, read
from aion.io.targets import read_targets
from aion.sky.lists import FetchedTarget

COLUMNS = (
    *("id", "z_best", "z_error", "p_best", "z_exact", "z_exact_error"),
    *("flags", "z", "snr", "mag_r", "class"),
)
"""Of the table, those that any object has: the most probable redshift, half of the central 68 % of p(z), what
the best peak holds, the redshift of its lines with its error, flags, and what the files say."""
READ_UP_TO = 64 * 2**20
"""Bytes of the files of an object up to which they are read anew to look at it."""


@dataclass(frozen=True)
class OpenedObject:
    """An object as its files have it, with all others of these files."""

    targets: tuple[SkyObject, ...]
    row: int
    files: tuple[io.BytesIO | Path, ...]
    """That can be read again; none of what archives gave."""
    overrides: Overrides


class BatchResults:
    """Of a catalog that was made of a batch."""

    def __init__(self, folder: BatchFolder, record: BatchRecord, catalog: Catalog) -> None:
        self._folder, self._record, self.catalog = folder, record, catalog

    @cached_property
    def table(self) -> pd.DataFrame:
        """`COLUMNS` in the order of the catalog."""
        flags = [", ".join(held or ()) for held in self.catalog.column("flags")]
        table = self.catalog.table.assign(flags=pd.Categorical(flags))
        table["z_error"] = (table["z_hi68"] - table["z_lo68"]) / 2
        return table[[name for name in COLUMNS if name in table and table[name].notna().any()]]

    @cached_property
    def flag_counts(self) -> dict[str, int]:
        """Flag -> objects that have it, most first."""
        held = pd.Series(
            [flag for flags in self.catalog.column("flags") for flag in flags or ()], dtype=object
        )
        return {str(flag): int(count) for flag, count in held.value_counts().items()}

    @cached_property
    def failures(self) -> list[Failure]:
        """What is not in the catalog."""
        return read_failures(self._folder.catalog)

    @property
    def redshift_edges(self) -> NDArray[np.float64]:
        """(bins + 1,) of p(z)."""
        return np.asarray(self.catalog.manifest.details["redshift_edges"])

    def probability(self, id: str) -> NDArray[np.float64]:
        """(bins,) of an object, in each bin of redshift."""
        return np.asarray(self.catalog.values(id, (P_Z,))[P_Z], float)

    def votes(self, id: str) -> str:
        """``galaxy 75 %, star 25 %``: classes of its neighbors in the reference catalog."""
        shares = json.loads(self.catalog.values(id, ("votes",)).get("votes") or "{}")
        return ", ".join(f"{kind} {share:.0%}" for kind, share in shares.items())

    def open_object(self, id: str) -> OpenedObject | None:
        """An object from the files that were handed in or fetched; None where they are too large, or are no
        longer what they were."""
        try:
            return self._of_list(id) if self._record.kind == "list" else self._of_files(id)
        except (AIONError, OSError, zipfile.BadZipFile):
            return None

    def _of_list(self, id: str) -> OpenedObject | None:
        [listed] = self._folder.input_files(self._record)
        for number, target in enumerate(read_targets(listed), start=1):
            if target.id == id:
                fetched = FetchedTarget.load(self._folder.targets / f"{number:05d}.json", target)
                return OpenedObject(tuple(fetched.objects()), 0, (), Overrides()) if fetched else None
        return None

    def _of_files(self, id: str) -> OpenedObject | None:
        sources = set(self.catalog.values(id, ("sources",))["sources"] or ())
        files = list_files(self._folder.input_files(self._record))
        files = [one for one in files if Path(one.name).name in sources]
        if not files or sum(one.size for one in files) > READ_UP_TO:
            return None
        opened: Sequence[io.BytesIO | Path] = [one.open() for one in files]
        overrides = Overrides.parse(self._record.overrides)
        targets = read(list(opened), overrides=overrides)
        rows = [row for row, target in enumerate(targets) if target.id == id]
        if len(targets) == 1:
            rows = [0]
        return OpenedObject(tuple(targets), rows[0], tuple(opened), overrides) if rows else None


def zip_catalog(folder: Path) -> bytes:
    """The folder of a catalog as one file; unpacked, ``AION_CATALOG`` may name it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(
        stream, "w", zipfile.ZIP_STORED
    ) as archive:  # nearly all of it is compressed already
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = path.relative_to(folder)
            if not name.parts[0].startswith("."):
                archive.write(path, Path("catalog") / name)
    return stream.getvalue()
