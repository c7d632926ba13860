"""One class per physical quantity of the model: validated torch tensors with a batch dimension.

After construction every field is a native tensor with B objects first: image flux (B, bands, height, width),
spectra (B, n), scalars (B,). Arguments may be numpy arrays of any byte order, tensors or lists, batched or
single, and are never changed. Knows units and surveys; knows nothing of files, tokens' values or networks.
"""

import copy
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

from aion.arrays import as_tensor
from aion.bands import DES_BANDS, HSC_BANDS, band_names
from aion.errors import AssumptionWarning, ModalityError, ModalityTypeError
from aion.scalars import (
    HSCAG,
    HSCAI,
    HSCAR,
    HSCAY,
    HSCAZ,
    MODALITIES,
    Dec,
    GaiaFluxBp,
    GaiaFluxG,
    GaiaFluxRp,
    GaiaParallax,
    GaiaXpBp,
    GaiaXpRp,
    HSCMagG,
    HSCMagI,
    HSCMagR,
    HSCMagY,
    HSCMagZ,
    HSCShape11,
    HSCShape12,
    HSCShape22,
    LegacySurveyEBV,
    LegacySurveyFluxG,
    LegacySurveyFluxI,
    LegacySurveyFluxR,
    LegacySurveyFluxW1,
    LegacySurveyFluxW2,
    LegacySurveyFluxW3,
    LegacySurveyFluxW4,
    LegacySurveyFluxZ,
    LegacySurveyShapeE1,
    LegacySurveyShapeE2,
    LegacySurveyShapeR,
    Modality,
    Ra,
    Scalar,
    ScalarModalities,
    Z,
)

__all__ = [
    "BaseModality",
    "Dec",
    "DESISpectrum",
    "GaiaFluxBp",
    "GaiaFluxG",
    "GaiaFluxRp",
    "GaiaParallax",
    "GaiaXpBp",
    "GaiaXpRp",
    "HSCAG",
    "HSCAI",
    "HSCAR",
    "HSCAY",
    "HSCAZ",
    "HSCImage",
    "HSCMagG",
    "HSCMagI",
    "HSCMagR",
    "HSCMagY",
    "HSCMagZ",
    "HSCShape11",
    "HSCShape12",
    "HSCShape22",
    "Image",
    "LegacySurveyCatalog",
    "LegacySurveyEBV",
    "LegacySurveyFluxG",
    "LegacySurveyFluxI",
    "LegacySurveyFluxR",
    "LegacySurveyFluxW1",
    "LegacySurveyFluxW2",
    "LegacySurveyFluxW3",
    "LegacySurveyFluxW4",
    "LegacySurveyFluxZ",
    "LegacySurveyImage",
    "LegacySurveySegmentationMap",
    "LegacySurveyShapeE1",
    "LegacySurveyShapeE2",
    "LegacySurveyShapeR",
    "MODALITIES",
    "Modality",
    "ModalityType",
    "concatenate",
    "PADDING_WAVELENGTH",
    "Ra",
    "Scalar",
    "ScalarModalities",
    "SDSSSpectrum",
    "Spectrum",
    "Z",
]

PADDING_WAVELENGTH = 99999.0
"""Å; the wavelength of pixels that only fill up a row."""

M = TypeVar("M", bound=Modality)
BaseModality = Modality
ModalityType = Modality


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Image(Modality, name="image"):
    """Images in several bands; `LegacySurveyImage` or `HSCImage` say which survey.

    Attributes:
        flux: (B, bands, height, width) float32, in the unit of the survey, per pixel.
        bands: Name of each channel, such as ``"DES-G"``.
        proxies: Sentences for bands that stand in for the ones the codec knows, empty for most.
    """

    flux: Tensor
    bands: list[str]
    proxies: tuple[str, ...]
    survey_bands: ClassVar[tuple[str, ...]] = HSC_BANDS + DES_BANDS
    pixel_scale: ClassVar[float] = 0.0
    """Arcsec per pixel that the codec was trained on; 0 where it depends on the survey."""

    def __init__(self, flux: Any, bands: Sequence[str], proxies: Sequence[str] = ()) -> None:
        """Raises ModalityError: the shape is not (B, bands, height, width), the bands do not belong to the
        survey, repeat, or are not as many as the channels, or a whole band holds no finite pixel."""
        pixels = as_tensor(flux, torch.float32, what="image flux")
        pixels = pixels[None] if pixels.ndim == 3 else pixels
        names, notes = band_names(bands, type(self).survey_bands)
        if pixels.ndim != 4 or pixels.shape[1] != len(names):
            raise ModalityError(
                f"image flux has shape {tuple(pixels.shape)} and {len(names)} bands {names}; "
                "(batch, bands, height, width) is expected"
            )
        if not pixels.isfinite().flatten(2).any(-1).all():
            raise ModalityError("a band of the image has no finite pixel; leave that band out")
        self._set(flux=pixels, bands=names, proxies=(*proxies, *notes))


class LegacySurveyImage(Image, token_key="tok_image", num_tokens=576, unit="nanomaggies/pixel"):
    """Legacy Survey images in any of g, r, i, z: nanomaggies (zero-point 22.5), 0.262 arcsec/pixel.

    Bands of the northern survey (BASS g, r and MzLS z) are taken as the DES bands that they are closest to;
    `proxies` says so.
    """

    survey_bands = DES_BANDS
    pixel_scale = 0.262


class HSCImage(Image, token_key="tok_image_hsc", num_tokens=576, unit="counts/pixel, zero-point 27.0"):
    """Hyper Suprime-Cam coadds in any of g, r, i, z, y: counts (zero-point 27.0), 0.168 arcsec/pixel."""

    survey_bands = HSC_BANDS
    pixel_scale = 0.168


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Spectrum(Modality, name="spectrum", unit="1e-17 erg/s/cm2/Å"):
    """Spectra; `DESISpectrum` or `SDSSSpectrum` say which survey. Pixels are sorted by wavelength.

    Attributes:
        flux: (B, n) float32, 1e-17 erg/s/cm2/Å.
        ivar: (B, n) float32, inverse variance of the flux; 0 where nothing is known.
        mask: (B, n) bool, True = bad pixel.
        wavelength: (B, n) float32, vacuum Å, observed frame, increasing;
            99999 marks pixels that only fill up a row.
    """

    flux: Tensor
    ivar: Tensor
    mask: Tensor
    wavelength: Tensor
    padded_length: ClassVar[int] = 0
    """Pixels that spectra of this survey were padded to in training."""

    def __init__(self, flux: Any, ivar: Any, mask: Any, wavelength: Any) -> None:
        """Flux that looks like erg/s/cm2/Å is scaled to 1e-17 of it, with an AssumptionWarning.

        Raises:
            ModalityError: shapes differ, wavelengths are not in Å,
                or the mask marks the good pixels instead of the bad ones.
        """
        f, i, m, w = (
            _rows(as_tensor(values, dtype, what=f"spectrum {what}"), what)
            for what, values, dtype in (
                ("flux", flux, torch.float64),
                ("ivar", ivar, torch.float64),
                ("mask", mask, torch.bool),
                ("wavelength", wavelength, torch.float64),
            )
        )
        w = w.expand(f.shape[0], -1) if w.shape[0] == 1 else w
        if not f.shape == i.shape == m.shape == w.shape or f.shape[1] < 2:
            shapes = ", ".join(
                f"{n} {tuple(t.shape)}" for n, t in (("flux", f), ("ivar", i), ("mask", m), ("wavelength", w))
            )
            raise ModalityError(
                f"a spectrum needs arrays of one shape (batch, pixels), at least two pixels; given: {shapes}"
            )
        filling = ~w.isfinite() | (w <= 0) | (w >= PADDING_WAVELENGTH)
        _check_wavelength_unit(w, filling)
        _check_mask_sense(i, m, filling)
        f, i = _in_units_of_1e17(f, i, ~m & ~filling)
        w = w.masked_fill(filling, PADDING_WAVELENGTH).float()
        f, i, m = f.masked_fill(filling, 0).float(), i.masked_fill(filling, 0).float(), m | filling
        if (w.diff(dim=-1) < 0).any():
            order = w.argsort(dim=-1, stable=True)
            f, i, m, w = (values.gather(-1, order) for values in (f, i, m, w))
        self._set(flux=f, ivar=i, mask=m, wavelength=w)

    def padded(self, length: int) -> Self:
        """Filled up to `length` pixels with masked ones at 99999 Å; itself where it is as long already."""
        missing = length - self.flux.shape[1]
        if missing <= 0:
            return self
        fills = {"flux": 0.0, "ivar": 0.0, "mask": True, "wavelength": PADDING_WAVELENGTH}
        longer = copy.copy(self)
        longer._set(
            **{name: F.pad(getattr(self, name), (0, missing), value=fill) for name, fill in fills.items()}
        )
        return longer


class DESISpectrum(Spectrum, token_key="tok_spectrum_desi", num_tokens=273):
    """DESI spectra, 1e-17 erg/s/cm2/Å against vacuum Å; the arms joined, 3600-9824 Å in steps of 0.8 Å."""

    padded_length = 7808


class SDSSSpectrum(Spectrum, token_key="tok_spectrum_sdss", num_tokens=273):
    """SDSS and BOSS spectra, 1e-17 erg/s/cm2/Å against vacuum Å."""

    padded_length = 4800


@dataclass(frozen=True, eq=False, init=False, repr=False)
class LegacySurveyCatalog(Modality, name="catalog", token_key="catalog", num_tokens=50):
    """Legacy Survey catalog: the objects in the 96-pixel field, n per row; 9999 (or NaN) fills up the rows.

    Attributes:
        X, Y: (B, n) int64, pixel 0..95 in the field.
        SHAPE_E1, SHAPE_E2: (B, n) float32, ellipticity components.
        SHAPE_R: (B, n) float32, half-light radius, arcsec.
    """

    X: Tensor
    Y: Tensor
    SHAPE_E1: Tensor
    SHAPE_E2: Tensor
    SHAPE_R: Tensor

    def __init__(self, X: Any, Y: Any, SHAPE_E1: Any, SHAPE_E2: Any, SHAPE_R: Any) -> None:
        """Raises ModalityError: shapes differ, or X and Y are not whole pixels."""
        given = {"X": X, "Y": Y, "SHAPE_E1": SHAPE_E1, "SHAPE_E2": SHAPE_E2, "SHAPE_R": SHAPE_R}
        columns = {
            name: _rows(as_tensor(values, torch.float32, what=name), name).nan_to_num(9999.0)
            for name, values in given.items()
        }
        if len({values.shape for values in columns.values()}) > 1:
            raise ModalityError(
                "the catalog's columns differ in shape: "
                f"{ {name: tuple(v.shape) for name, v in columns.items()} }"
            )
        if any((columns[name] != columns[name].round()).any() for name in ("X", "Y")):
            raise ModalityError(
                "X and Y of the catalog are pixel numbers in the 96-pixel field; round them first"
            )
        self._set(**columns)
        self._set(X=columns["X"].long(), Y=columns["Y"].long())


@dataclass(frozen=True, eq=False, init=False, repr=False)
class LegacySurveySegmentationMap(Modality, name="segmentation_map", token_key="tok_segmap", num_tokens=144):
    """Maps of where Legacy Survey detections are.

    Attributes:
        field: (B, height, width) float32, 0 (sky) to 1 (object).
    """

    field: Tensor

    def __init__(self, field: Any) -> None:
        """Raises ModalityError: the shape is not (B, height, width), or a value is not finite."""
        values = as_tensor(field, torch.float32, what="segmentation map")
        values = values[:, 0] if values.ndim == 4 and values.shape[1] == 1 else values
        values = values[None] if values.ndim == 2 else values
        if values.ndim != 3 or not values.isfinite().all():
            raise ModalityError(
                "a segmentation map needs finite values of shape (batch, height, width), "
                f"not {tuple(values.shape)}"
            )
        self._set(field=values)


def concatenate(parts: Sequence[M]) -> M:
    """One batch of all objects in `parts`, in order; spectra are filled up to the longest.

    Raises:
        ModalityTypeError: no parts, or parts of different classes.
        ModalityError: images that differ in bands or size, catalogs that differ in length.
    """
    kinds = {type(part) for part in parts}
    if len(kinds) != 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ModalityTypeError(f"a batch holds objects of one class; given: {names or 'nothing'}")
    longest = max(part.flux.shape[1] if isinstance(part, Spectrum) else 0 for part in parts)
    parts = [part.padded(longest) if isinstance(part, Spectrum) else part for part in parts]
    layouts = {
        (str(getattr(part, "bands", "")), *(tuple(values.shape[1:]) for values in part._tensors().values()))
        for part in parts
    }
    if len(layouts) > 1:
        raise ModalityError(
            f"objects of one batch must agree in bands and size; given: {', '.join(map(repr, parts))}"
        )
    joined = copy.copy(parts[0])
    joined._set(**{name: torch.cat([part._tensors()[name] for part in parts]) for name in joined._tensors()})
    if isinstance(joined, Image):
        joined._set(
            proxies=tuple(dict.fromkeys(note for part in parts for note in getattr(part, "proxies", ())))
        )
    return joined


def _rows(values: Tensor, what: str) -> Tensor:
    """(n,) or (B, n) -> (B, n)."""
    if values.ndim not in (1, 2):
        raise ModalityError(
            f"{what} has shape {tuple(values.shape)}; (pixels,) or (batch, pixels) is expected"
        )
    return values[None] if values.ndim == 1 else values


def _check_wavelength_unit(wavelength: Tensor, filling: Tensor) -> None:
    longest = float(wavelength.masked_fill(filling, 0).max())
    if longest < 2000:  # the bluest spectrograph here starts at 3500 Å
        limits = ((1e-3, "metres"), (2.5, "micrometres"), (6, "log10 of Å"), (2000, "nanometres"))
        unit = next(unit for limit, unit in limits if longest < limit)
        raise ModalityError(
            f"wavelengths reach {longest:g}, which looks like {unit}; Å in vacuum are expected"
        )


def _check_mask_sense(ivar: Tensor, mask: Tensor, filling: Tensor) -> None:
    known = (ivar > 0) & ~filling
    bad_and_known, good_and_known = int((mask & known).sum()), int((~mask & known).sum())
    if bad_and_known > 0 and good_and_known == 0 and bool((~mask & ~filling).any()):
        raise ModalityError(
            "the mask marks every pixel with ivar > 0 as bad and those without as good: it is inverted; "
            "True means bad"
        )


def _in_units_of_1e17(flux: Tensor, ivar: Tensor, good: Tensor) -> tuple[Tensor, Tensor]:
    """Flux and inverse variance in 1e-17 erg/s/cm2/Å, told apart from plain erg/s/cm2/Å
    by seven orders of magnitude."""
    sizes = flux[good & flux.isfinite() & (flux != 0)].abs()
    if len(sizes) == 0 or float(sizes.median()) > 1e-10:
        return flux, ivar
    warnings.warn(
        "the flux looks like erg/s/cm2/Å and was read as such; 1e-17 erg/s/cm2/Å is expected",
        AssumptionWarning,
        stacklevel=4,
    )
    return flux * 1e17, ivar * 1e-34
