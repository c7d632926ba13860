"""The columns of a catalog: what each is called and of which type its values are, null where unknown.

Positions and redshifts are double, other numbers float32. What is not listed here, a column of the input
that was kept, has the type that it came with.
"""

from collections.abc import Mapping

import pyarrow as pa

from aion.scalars import ScalarModalities


def list_of(kind: pa.DataType) -> pa.DataType:
    """Any number of values, whose field has the name that Parquet gives it."""
    return pa.list_(pa.field("element", kind))


HEALPIX = "_healpix_29"
"""int64; where on the sky a row is, HEALPix of order 29, nested: HATS' spatial index. Only rows with a
position have it."""
OBJECT: Mapping[str, pa.DataType] = {
    "id": pa.string(),
    "ra": pa.float64(),
    "dec": pa.float64(),
    "class": pa.string(),
    "subtype": pa.string(),
    "survey": pa.string(),
    "spectrograph": pa.string(),
    "z": pa.float64(),
    "snr": pa.float32(),
    "mag_r": pa.float32(),
    "g_r": pa.float32(),
}
"""What surveys say of an object: degrees (ICRS), classes, who took its image and its spectrum, their
redshift, which the model is never given, and AB magnitudes."""
SCALARS: Mapping[str, pa.DataType] = {
    name: pa.float32()
    for name, modality in ScalarModalities.items()
    if modality.num_tokens == 1 and name not in OBJECT
}
"""Every other quantity that is one number, in its own unit."""
REDSHIFT: Mapping[str, pa.DataType] = {
    **dict.fromkeys(
        ("z_best", "z_mode", "z_median", "z_mean", "z_lo68", "z_hi68", "z_lo95", "z_hi95"), pa.float32()
    ),
    "n_peaks": pa.int32(),
    **dict.fromkeys(("p_best", "z_2", "p_2"), pa.float32()),
    **dict.fromkeys(("z_exact", "z_exact_error"), pa.float64()),
    "exact_lines": pa.int32(),
    "not_refined": pa.string(),
    "flags": list_of(pa.string()),
    "coverage": pa.float32(),
    "votes": pa.string(),
}
"""What the model says of the redshift: the best one, summaries of p(z) with the ends of its central 68 and
95 %, its two highest peaks with what each holds; of the lines within the highest, the exact one, its error
and how many lines it rests on, or why there is none; what to beware of, the share of the spectrum that is
covered; and the classes of the neighbors, JSON of class -> share, null where no catalog was asked."""
RECORD: Mapping[str, pa.DataType] = dict.fromkeys(("notes", "sources", "sha256"), list_of(pa.string()))
"""What was assumed or left out, from which files a row is, and the SHA-256 of each."""

PICTURE, SPECTRUM, P_Z = "picture", "spectrum", "p_z"
"""A small WebP (binary), a small spectrum and p(z) (fixed lists of half-precision numbers)."""
TOKENS, VECTOR = "tok_", "vector_"
"""What columns of tokens, named like their stream, and of unit vectors of a view begin with."""


def vector_column(view: str) -> str:
    """Name of the column of a view's vectors."""
    return f"{VECTOR}{view}"


def token_type(count: int) -> pa.DataType:
    """Of a stream of so many tokens, as aion-hats writes it."""
    return pa.int32() if count == 1 else pa.struct([pa.field("token", list_of(pa.int32()))])


def halves(count: int) -> pa.DataType:
    """Of so many half-precision numbers: unit vectors (D,), small spectra (m,) and p(z) (bins,)."""
    return pa.list_(pa.field("element", pa.float16()), count)


def is_light(name: str, kind: pa.DataType) -> bool:
    """Whether a column is read when a catalog is opened: one value of a row that is not looked at alone."""
    heavy = (HEALPIX, PICTURE, SPECTRUM, P_Z, "votes")
    return not (pa.types.is_nested(kind) or name in heavy or name.startswith((TOKENS, VECTOR)))
