"""Anything array-like -> a native torch tensor. Knows dtypes and byte orders, nothing of physics."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from aion.errors import ModalityError


def as_tensor(values: Any, dtype: torch.dtype, *, what: str) -> Tensor:
    """A tensor of `dtype` with the same shape; a torch tensor may be shared with the
    caller, everything else is copied.

    Takes torch tensors, numpy arrays of any byte order and number type, masked arrays (masked
    entries become NaN, or True where `dtype` is bool), quantities with a unit (the unit is
    dropped), sequences and plain numbers.

    Raises:
        ModalityError: `values` are not numbers; `what` names them in the message.
    """
    if isinstance(values, Tensor):
        if values.is_complex():
            raise ModalityError(f"{what} holds complex numbers; real numbers are expected")
        return values.detach().to(torch.bool if dtype == torch.bool else dtype)
    if isinstance(values, (list, tuple)) and values and all(isinstance(item, Tensor) for item in values):
        return as_tensor(torch.stack(values), dtype, what=what)
    array = _native(values, what=what, fill=True if dtype == torch.bool else np.nan)
    return torch.from_numpy(array).to(dtype)


def _native(values: Any, *, what: str, fill: Any) -> np.ndarray[Any, Any]:
    """A fresh array in this machine's byte order and of a type that torch knows."""
    try:
        array = np.array(values)
        if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
            array = np.where(np.ma.getmaskarray(values), fill, array)
    except (TypeError, ValueError) as exc:
        raise ModalityError(f"{what} is not an array of numbers: {exc}") from exc
    if array.dtype.kind not in "biuf":
        raise ModalityError(f"{what} holds {array.dtype}, not numbers")
    if array.dtype.kind == "u" and array.dtype.itemsize > 1:
        return array.astype(np.int64)
    if array.dtype.itemsize > 8:
        return array.astype(np.float64)
    return array.astype(array.dtype.newbyteorder("="), copy=False)
