"""Heads on labels of a person's own: a linear map from embeddings to one column of theirs, with errors,
measured by cross-validation, kept in a small file that belongs to one file of weights.

`head` is what is kept and applied, `samples` joins labels to the objects of a catalog, `training` learns and
compares, `applying` gives tables, `store` is the folder of those that are kept. Only `training` needs
scikit-learn.
"""

from aion.heads.applying import (
    AppliedHeads,
    apply_heads,
    apply_to_catalog,
    predictions_table,
    views_for,
    why_not_catalog,
)
from aion.heads.head import Head, HeadFacts, Predictions
from aion.heads.store import HeadFolder, KeptHead

__all__ = [
    "AppliedHeads",
    "Head",
    "HeadFacts",
    "HeadFolder",
    "KeptHead",
    "Predictions",
    "apply_heads",
    "apply_to_catalog",
    "predictions_table",
    "views_for",
    "why_not_catalog",
]
