"""Objects in memory -> the table of a catalog, column by column, in the order of its folder; and the part of
it that people filter, draw and read."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from aion.catalog.columns import (
    HEALPIX,
    OBJECT,
    PICTURE,
    REDSHIFT,
    SCALARS,
    SPECTRUM,
    halves,
    token_type,
    vector_column,
)
from aion.catalog.folder import PARTITION
from aion.catalog.healpix import cut, healpix
from aion.catalog.views import Tokens, Vector
from aion.constants import NANOMAGGY_ZERO_POINT

SHARED = 1_000
"""Different texts of a column up to which each is kept once, with a small number for each row."""


def tabulate(
    stated: pd.DataFrame,
    tokens: Sequence[Tokens],
    widths: Mapping[str, int],
    vectors: Mapping[str, NDArray[Any]],
    pictures: Sequence[bytes | None],
    flux: NDArray[Any],
) -> pa.Table:
    """The table of n objects, sorted as a folder keeps them.

    Args:
        stated: What is said of each.
        vectors: View -> (n, D).
        flux: (n, m) small spectra, NaN where not covered.
    """
    columns = {name: _stated_column(name, stated[name]) for name in stated}
    columns |= {key: _token_column(tokens, key, widths[key]) for key in sorted(widths)}
    columns |= {vector_column(view): _halves(rows) for view, rows in vectors.items()}
    columns[PICTURE] = pa.array(pictures, pa.binary())
    columns[SPECTRUM] = _halves(flux, known=np.isfinite(flux).any(axis=1))
    order, pixels = _sky_order(stated)
    columns[HEALPIX] = pa.array(pixels, pa.int64(), mask=pixels < 0)
    return pa.table(columns).take(order)


def as_frame(light: pa.Table) -> pd.DataFrame:
    """The columns that are read whole, completed: ``class`` and ``z``, and where they can be known ``mag_r``
    and ``g_r``, of fluxes in nanomaggies or of HSC (AB). Texts that rows share are categories."""
    frame = light.to_pandas(split_blocks=True, self_destruct=True)
    texts = frame.select_dtypes(["object", "str", "category"]).columns.drop("id", errors="ignore")
    shared = {name: _as_category(frame[name]) for name in texts}
    return _completed(frame.assign(**shared))


def _as_category(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    """Sorted categories that all have a row, where rows share them."""
    held = texts.astype("category") if texts.dtype != "category" else texts.cat.remove_unused_categories()
    if len(held.cat.categories) > SHARED:
        return held.astype("str")
    return held.cat.reorder_categories(sorted(held.cat.categories))


def _completed(objects: pd.DataFrame) -> pd.DataFrame:
    def column(name: str) -> "pd.Series[Any]":
        return objects[name].astype(float) if name in objects else pd.Series(np.nan, objects.index)

    added: dict[str, Any] = {}
    if "mag_r" not in objects or "g_r" not in objects:
        g, r = (
            NANOMAGGY_ZERO_POINT - 2.5 * np.log10(flux.where(flux > 0))
            for flux in map(column, ("FLUX_G", "FLUX_R"))
        )
        hsc_g, hsc_r = map(column, ("g_cmodel_mag", "r_cmodel_mag"))
        measured = {"mag_r": r.fillna(hsc_r), "g_r": (g - r).fillna(hsc_g - hsc_r)}
        added |= {
            name: values.astype(np.float32)
            for name, values in measured.items()
            if name not in objects and values.notna().any()
        }
    if "class" not in objects:
        added["class"] = pd.Series(pd.Categorical([None] * len(objects), []), objects.index)
    return objects.assign(z=column("z"), **added)


def _sky_order(stated: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows (n,) in the order of a folder, and the (n,) pixels that they lie in, -1 without a position."""
    pixels = np.full(len(stated), -1)
    if {"ra", "dec"} <= set(stated):
        ra, dec = (stated[name].to_numpy(float, na_value=np.nan) for name in ("ra", "dec"))
        placed = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
        pixels[placed] = healpix(ra[placed], dec[placed])
    placed = np.flatnonzero(pixels >= 0)
    parts = cut(pixels[placed], PARTITION) if len(placed) else []
    return np.concatenate([*(placed[rows] for *_, rows in parts), np.flatnonzero(pixels < 0)]), pixels


def _stated_column(name: str, values: "pd.Series[Any]") -> pa.Array:
    """Of the type that a catalog has for it, else as it came."""
    kind = {**OBJECT, **SCALARS, **REDSHIFT}.get(name)
    column = pa.Array.from_pandas(values, type=kind)
    is_text = pa.types.is_large_string(column.type) or pa.types.is_dictionary(column.type)
    return column.cast(pa.string()) if is_text else column


def _token_column(tokens: Sequence[Tokens], key: str, width: int) -> pa.Array:
    """Null where an object has none."""
    held = [one.get(key) for one in tokens]
    return pa.array(
        [None if ids is None else ids[0] if width == 1 else {"token": ids} for ids in held],
        token_type(width),
    )


def _halves(rows: NDArray[Any], known: NDArray[np.bool_] | None = None) -> pa.Array:
    """(n, m) as lists of m; null where not ``known`` (n,)."""
    flat = pa.array(np.ascontiguousarray(rows, dtype=np.float16).ravel())
    mask = None if known is None else pa.array(~known)
    return pa.FixedSizeListArray.from_arrays(flat, type=halves(rows.shape[1]), mask=mask)


def stack_views(vectors: Sequence[Mapping[str, Vector]]) -> dict[str, NDArray[Any]]:
    """View -> (n, D), of the views that each of n objects has."""
    shared = [view for view in vectors[0] if all(view in held for held in vectors)]
    return {view: np.stack([held[view] for held in vectors]) for view in shared}
