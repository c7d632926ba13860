"""The reference catalog, where these weights made the one that is there."""

from pathlib import Path

from aion.catalog import Catalog
from aion.errors import IndexMismatchError

OTHER_CATALOG = (
    "No neighbors: the reference catalog was made by other weights than these, and vectors of different "
    "weights cannot be compared. A catalog made by these is named with `AION_CATALOG` when the application "
    "starts."
)


def reference_catalog(folder: Path, sha256: str) -> tuple[Catalog | None, str | None]:
    """The catalog in a folder, if there is one that these weights made, and else why it cannot be used."""
    try:
        return (Catalog.load(folder, model_sha256=sha256) if Catalog.is_in(folder) else None), None
    except IndexMismatchError:
        return None, OTHER_CATALOG
