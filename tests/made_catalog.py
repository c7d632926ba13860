"""A catalog in memory of vectors and a table, without a model, tokens or previews."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from aion.catalog import Catalog, Manifest
from aion.catalog.rows import RowsInMemory
from aion.catalog.table import tabulate


def catalog_of(
    folder: Path, table: pd.DataFrame, vectors: Mapping[str, np.ndarray], label: str = "random"
) -> Catalog:
    """Of n objects; ``vectors`` is view -> (n, D)."""
    n = len(table)
    rows = tabulate(table, [{}] * n, {}, vectors, [None] * n, np.full((n, 1), np.nan))
    dimensions = {view: matrix.shape[1] for view, matrix in vectors.items()}
    return Catalog(
        folder, replace(Manifest(label, "0" * 64), rows=n, dimensions=dimensions), RowsInMemory(rows)
    )
