"""Catalogs: folders of objects known to the model as tokens, with redshifts, previews and embeddings.
The one place that knows them.

The reference catalog is made by ``aion.training``, a user catalog by ``aion.explorer``;
both are written, read and searched here.
"""

from aion.catalog.catalog import Catalog, Previews
from aion.catalog.filters import Cone, Filters
from aion.catalog.manifest import VERSION, Manifest
from aion.catalog.neighbors import SAME_OBJECT, Neighbor, SmallSpectrum, has_positions, separations
from aion.catalog.views import ALL, EmbeddedObject, Tokens, Vector, vectors_of, views_of

__all__ = [
    "ALL",
    "SAME_OBJECT",
    "VERSION",
    "Catalog",
    "Cone",
    "EmbeddedObject",
    "Filters",
    "Manifest",
    "Neighbor",
    "Previews",
    "SmallSpectrum",
    "Tokens",
    "Vector",
    "has_positions",
    "separations",
    "vectors_of",
    "views_of",
]
