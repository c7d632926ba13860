"""Files of every layout that is read, made by code, with the right answer and the source of its definition.

`@layout` registers a builder; tests/io/test_layouts.py reads what it builds and compares. Importing a module
of this folder registers its layouts.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits

from aion.io.units import air_to_vacuum


@dataclass(frozen=True)
class Expected:
    """What reading must give; None and empty: not looked at. Of the first object, where there are several."""

    wavelength: tuple[float, float] | None = None
    """First and last, vacuum Å, within 0.02."""
    flux: float | None = None
    """Median over the good pixels, 1e-17 erg/s/cm2/Å, within 1 %."""
    error: float | None = None
    """Median of 1/sqrt(ivar) over the good pixels, same unit, within 1 %; ``inf``: the file has none."""
    good: int | None = None
    """Pixels whose mask is not set."""
    noisy: int | None = None
    """Good pixels whose error is more than twice the median one."""
    snr: float | None = None
    """Median per good pixel, within 0.05."""
    ra: float | None = None
    dec: float | None = None
    z: float | None = None
    none: str = ""
    """``"z"`` or ``"ra"``: the object has none."""
    id: str | None = None
    kind: str | None = None
    """Class that the survey states."""
    objects: int = 1
    bands: tuple[str, ...] | None = None
    maximum: float | None = None
    """Of the last band of the image, in the unit of its modality, within 1e-3."""
    missing: int | None = None
    """Pixels of the image that are not finite."""
    values: tuple[tuple[str, float], ...] = ()
    """All the scalars by their published names, each within 1e-4 of its value."""
    says: tuple[str, ...] = ()
    """Regular expressions, each found in a sentence of the report."""
    asks: tuple[str, ...] = ()
    """Choices of the `ChoiceNeededError` that is raised instead."""
    refused: str = ""
    """Regular expression that the message of the `FormatError` or `ModalityError` raised instead holds.

    Beside `wavelength` or `bands`: to be read as they say is as right."""


@dataclass(frozen=True)
class Layout:
    """One kind of input."""

    name: str
    subject: str
    """What the layout is an example of: ``"units"``, ``"uncertainty"``, ``"mask sense"`` ..."""
    source: str
    """Where it is defined or was seen."""
    file: str
    build: Callable[[], Any]
    """-> bytes of the file, or an object in memory."""
    expected: Expected
    settings: tuple[str, ...] = ()
    """Given to `Overrides.parse`."""
    case: str = ""
    """The file of the development cases that this is the small twin of."""


LAYOUTS: list[Layout] = []


def layout(
    subject: str,
    source: str,
    *,
    ending: str = "fits",
    settings: tuple[str, ...] = (),
    case: str = "",
    **expected: Any,
) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Registers a builder under its own name; keywords as in `Expected`."""

    def register(build: Callable[[], Any]) -> Callable[[], Any]:
        name = build.__name__
        here = Layout(name, subject, source, f"{name}.{ending}", build, Expected(**expected), settings, case)
        assert name not in {known.name for known in LAYOUTS}, f"two layouts are called {name}"
        LAYOUTS.append(here)
        return build

    return register


PIXELS = 500
WAVELENGTH = np.linspace(3700.0, 9200.0, PIXELS)
"""Å; vacuum where a layout says nothing else."""
FLUX = 8.0 + 2.0 * np.sin(WAVELENGTH / 300.0)
"""1e-17 erg/s/cm2/Å; its median is MEDIAN_FLUX."""
MEDIAN_FLUX = float(np.median(FLUX))
ERROR = np.full(PIXELS, 0.4)
BAD = np.arange(PIXELS) % 10 == 3
"""Every tenth pixel, where a layout has a mask; GOOD are left."""
GOOD = int((~BAD).sum())


def in_vacuum(air: float) -> float:
    """Vacuum Å of a wavelength in air."""
    return float(air_to_vacuum(np.array([air]))[0])


def fits_bytes(*hdus: Any) -> bytes:
    """The bytes of a FITS file of these HDUs; a primary HDU is put before a first one that is none."""
    first = [] if isinstance(hdus[0], fits.PrimaryHDU) else [fits.PrimaryHDU()]
    stream = io.BytesIO()
    fits.HDUList([*first, *hdus]).writeto(stream)
    return stream.getvalue()


def table_hdu(name: str = "", cards: dict[str, Any] | None = None, **columns: Any) -> fits.BinTableHDU:
    """A table; a column is an array or ``(array, unit)``; one of (rows, n) holds a spectrum in each row."""
    made = []
    for title, given in columns.items():
        values, unit = given if isinstance(given, tuple) else (given, None)
        values = np.asarray(values)
        letter = {"f8": "D", "f4": "E", "i8": "K", "i4": "J", "i2": "I", "u1": "B", "b1": "L"}.get(
            values.dtype.str[1:]
        )
        size = "" if values.ndim == 1 else str(values.shape[1])
        code = f"{values.dtype.itemsize // 4}A" if values.dtype.kind == "U" else f"{size}{letter}"
        made.append(fits.Column(title, code, array=values, unit=unit))
    hdu = fits.BinTableHDU.from_columns(made, name=name)
    hdu.header.update(cards or {})
    return hdu
