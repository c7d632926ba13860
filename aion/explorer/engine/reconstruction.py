"""What the tokens kept: an object beside what its tokens decode to, as results. Shapes: a batch of one in,
arrays of one object out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.constants import CODEC_FIELD, HSC_COUNTS_PER_NANOMAGGY
from aion.errors import InputError, WeightsNotFoundError
from aion.explorer.engine.encoding import EncodedObject
from aion.explorer.engine.networks import Networks
from aion.explorer.results import ImageResult, ScalarResult, SpectrumResult
from aion.io import ImageFrame, SkyObject
from aion.io.sky_grid import pixel_positions
from aion.modalities import MODALITIES, PADDING_WAVELENGTH, Image, Modality, Scalar, Spectrum

SURVEYS = {
    "tok_image": "Legacy Survey",
    "tok_image_hsc": "HSC",
    "tok_spectrum_sdss": "SDSS",
    "tok_spectrum_desi": "DESI",
}
_RANGES = {"tok_spectrum_sdss": (3800.0, 9200.0), "tok_spectrum_desi": (3600.0, 9824.0)}
"""Å that a spectrum of the survey covers: SDSS spectrographs, DESI's three arms."""

_CARDS = ("CTYPE", "CRVAL", "CRPIX", "CUNIT", "CDELT", "CD", "PC", "RADESYS", "EQUINOX", "LONPOLE", "LATPOLE")
_DISTORTIONS = ("A_", "B_", "AP_", "BP_", "PV")
"""Beginnings of the names of the celestial cards of a WCS, and of those of SIP and TPV."""


def reconstructions(
    networks: Networks, target: SkyObject, encoding: EncodedObject
) -> tuple[tuple[ImageResult, ...], tuple[SpectrumResult, ...], tuple[ScalarResult, ...]]:
    """Every image, spectrum and number beside what its tokens kept of it; a note where one has no codec."""
    originals = {modality.token_key: modality for modality in reversed(target.modalities)}
    images: list[ImageResult] = []
    spectra: list[SpectrumResult] = []
    scalars: list[ScalarResult] = []
    for key, tokens in encoding.tokens.items():
        cls, original = MODALITIES[key], originals.get(key)
        if not (issubclass(cls, (Image, Spectrum)) or (issubclass(cls, Scalar) and cls.num_tokens == 1)):
            continue  # maps, catalogs and rows of coefficients have no picture here
        try:
            decoded: Any = networks.decode(tokens, cls, **decode_options(cls, original))
        except (InputError, WeightsNotFoundError) as exc:
            encoding.notes.append(f"{cls.name} could not be decoded: {exc}")
            continue
        if issubclass(cls, Image):
            images.append(image_result(original, decoded, target.frames.get(key)))  # type: ignore[arg-type]
        elif issubclass(cls, Spectrum):
            spectra.append(spectrum_result(original, decoded))  # type: ignore[arg-type]
        else:
            scalars.append(scalar_result(original, decoded))  # type: ignore[arg-type]
    return tuple(images), tuple(spectra), tuple(scalars)


def decode_options(cls: type[Modality], original: Modality | None) -> dict[str, Any]:
    """What ``CodecManager.decode`` must be told so that its answer lies on the pixels of the original."""
    if issubclass(cls, Image):
        return {"bands": list(original.bands if isinstance(original, Image) else cls.survey_bands)}
    if isinstance(original, Spectrum):
        return {"wavelength": original.wavelength}
    return {}


def image_result(original: Image | None, decoded: Image, frame: ImageFrame | None = None) -> ImageResult:
    """Both on the field of 96 x 96 pixels, nanomaggies per pixel; ``frame``: what the original came with."""
    frame = frame or ImageFrame()
    scale = 1 / HSC_COUNTS_PER_NANOMAGGY if decoded.token_key == "tok_image_hsc" else 1.0
    kept = _array(decoded.flux) * scale
    bands, survey = tuple(decoded.bands), SURVEYS[decoded.token_key]
    if original is None:
        return ImageResult(survey, bands, None, kept, decoded.pixel_scale, None, None)
    whole = _array(original.flux) * scale
    top, left = ((size - CODEC_FIELD) // 2 for size in whole.shape[-2:])
    given = whole[:, top : top + CODEC_FIELD, left : left + CODEC_FIELD]
    known = np.isfinite(given)
    bands_of_both = [(g[good], k[good]) for g, k, good in zip(given, kept, known, strict=True)]
    rms = tuple(float(np.sqrt(np.mean((k - g) ** 2))) for g, k in bands_of_both)
    ratio = tuple(_ratio(float(k.sum()), float(g.sum())) for g, k in bands_of_both)
    sigma = _sigma(frame.ivar, whole.shape, top, left, scale)
    around = whole if whole.shape != given.shape else None
    wcs = _move_wcs(frame.header, left, top)
    sky = pixel_positions(wcs, CODEC_FIELD)
    return ImageResult(survey, bands, given, kept, frame.pixel_scale, rms, ratio, sigma, around, sky, wcs)


def image_noise(image: ImageResult) -> NDArray[Any]:
    """Of the pixels: as given, or else from the differences of neighbors, of which most are sky."""
    assert image.original is not None
    if image.sigma is not None:
        return image.sigma
    steps = np.diff(image.original, axis=-1).reshape(len(image.original), -1)
    spread = 1.4826 * np.nanmedian(np.abs(steps), axis=1) / np.sqrt(2)
    return np.asarray(spread[:, None, None])


def spectrum_result(original: Spectrum | None, decoded: Spectrum) -> SpectrumResult:
    """Both on the pixels of the original; without one, on the codec's pixels in the range of the survey."""
    survey = SURVEYS[decoded.token_key]
    # NaN outside the range of the codec, whose mask is a guess at what was masked in the input
    kept = _array(decoded.flux)
    if original is None:
        wavelength = _array(decoded.wavelength)
        low, high = _RANGES[decoded.token_key]
        inside = (wavelength >= low) & (wavelength <= high)
        nothing_bad = np.zeros(int(inside.sum()), dtype=bool)
        return SpectrumResult(survey, wavelength[inside], None, None, nothing_bad, kept[inside], None, None)
    kept = kept[_array(original.wavelength) < PADDING_WAVELENGTH]
    wavelength, flux, ivar, bad = observed_pixels(original)
    known = np.isfinite(ivar) & (ivar > 0)
    sigma = np.where(known, 1 / np.sqrt(np.where(known, ivar, 1)), np.nan)
    residual = np.where(bad, np.nan, (flux - kept) / sigma)
    usable = np.isfinite(residual)
    chi2 = float(np.mean(residual[usable] ** 2)) if usable.any() else None
    return SpectrumResult(survey, wavelength, flux, sigma, bad, kept, residual, chi2)


def observed_pixels(
    spectrum: Spectrum,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
    """Wavelength, flux, inverse variance and whether it is masked, (n,) each, without padding."""
    wavelength, flux, ivar, bad = map(
        _array, (spectrum.wavelength, spectrum.flux, spectrum.ivar, spectrum.mask)
    )
    real = wavelength < PADDING_WAVELENGTH
    return wavelength[real], flux[real], ivar[real], bad[real].astype(bool)


def scalar_result(original: Scalar | None, decoded: Scalar) -> ScalarResult:
    """One number and the one its token stands for."""
    given = None if original is None else float(original.value[0])
    return ScalarResult(decoded.name, decoded.unit, given, float(decoded.value[0]))


def coverage(spectrum: Spectrum) -> float:
    """Share of the survey's wavelength range that good pixels cover, 0 to 1."""
    low, high = _RANGES[spectrum.token_key]
    wavelength = _array(spectrum.wavelength).astype(np.float64)
    inside = (wavelength >= low) & (wavelength <= high)
    good = ~_array(spectrum.mask).astype(bool) & (_array(spectrum.ivar) > 0) & inside
    if good.sum() < 2:
        return 0.0
    return float(min(np.gradient(wavelength)[good].sum() / (high - low), 1.0))


def _sigma(ivar: Any, shape: tuple[int, ...], top: int, left: int, scale: float) -> NDArray[Any] | None:
    """1/sqrt(ivar) on the field, in nanomaggies; None where there is none for every band."""
    if ivar is None or np.shape(ivar) != shape:
        return None
    field = np.asarray(ivar, dtype=np.float64)[:, top : top + CODEC_FIELD, left : left + CODEC_FIELD]
    known = np.isfinite(field) & (field > 0)
    sigma: NDArray[Any] = np.where(known, scale / np.sqrt(np.where(known, field, 1.0)), np.nan)
    return sigma


def _move_wcs(header: Mapping[str, Any], left: int, top: int) -> dict[str, Any]:
    """The celestial cards of a WCS, for the field that begins at pixel (left, top)."""
    cards = {name: value for name, value in header.items() if name.startswith(_CARDS + _DISTORTIONS)}
    if "CRPIX1" in cards and "CRPIX2" in cards:
        cards["CRPIX1"], cards["CRPIX2"] = cards["CRPIX1"] - left, cards["CRPIX2"] - top
    return cards


def _array(values: Any) -> NDArray[Any]:
    """The only object of a batch, in numpy; float64 so that sums and squares of many pixels stay exact."""
    array: NDArray[Any] = values[0].detach().cpu().numpy()
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
