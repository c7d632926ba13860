"""The reference catalog, where these weights made the one that is there."""

from aion.catalog import Catalog
from aion.errors import IndexMismatchError
from aion.explorer.settings import Settings

OTHER_CATALOG = (
    "No neighbors: the reference catalog was made by other weights than these, and vectors of different "
    "weights cannot be compared. A catalog made by these is named with `AION_CATALOG` when the application "
    "starts."
)


def reference_catalog(settings: Settings, sha256: str) -> tuple[Catalog | None, str | None]:
    """The catalog in its folder, if there is one that these weights made, and else why it cannot be used."""
    try:
        if not Catalog.is_in(settings.catalog):
            return None, None
        return Catalog.load(settings.catalog, model_sha256=sha256, cache=settings.indexes), None
    except IndexMismatchError:
        return None, OTHER_CATALOG
