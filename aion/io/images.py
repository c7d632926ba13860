"""Image planes, as a file stores them -> a LegacySurveyImage (nanomaggies) or HSCImage (zero-point 27), with position and pixel scale."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales
from numpy.typing import NDArray

from aion.bands import DES_BANDS, HSC_BANDS, band_names
from aion.constants import CODEC_FIELD, HSC_ZERO_POINT, NANOMAGGY_ZERO_POINT
from aion.errors import FormatError, ModalityError
from aion.io.objects import IMAGE_SURVEYS, Entry, ImageFrame, Overrides
from aion.io.registry import Found, PositionNeededError
from aion.modalities import HSCImage, Image, LegacySurveyImage

MAX_FIELD_PIXELS = 3000
"""Largest side that is taken whole, the most the Legacy Survey viewer gives; larger images need a position."""
FIELD_PIXELS = 256
"""Side of the field that is kept around a position."""
SCALE_TOLERANCE = 0.02
"""Relative difference of the pixel scale from the survey's that is worth a note."""
NORTH_OF = 32.375
"""Degrees; north of it the Legacy Survey is BASS and MzLS (Dey et al. 2019)."""
_CLASSES: dict[str, type[Image]] = {"Legacy Survey": LegacySurveyImage, "HSC": HSCImage}
_BANDS = {"Legacy Survey": DES_BANDS, "HSC": HSC_BANDS}
_ZERO_POINT = {"Legacy Survey": NANOMAGGY_ZERO_POINT, "HSC": HSC_ZERO_POINT}
_UNIT_ZERO_POINT = {
    "nanomaggy": 22.5,
    "nanomaggies": 22.5,
    "nmgy": 22.5,
    "maggy": 0.0,
    "jy": 8.9,
    "mjy": 16.4,
    "ujy": 23.9,
    "njy": 31.4,
}
_NORTHERN = {"DES-G": "BASS-G", "DES-R": "BASS-R", "DES-Z": "MZLS-Z"}
_WCS_CARDS = (
    "CTYPE",
    "CRVAL",
    "CRPIX",
    "CUNIT",
    "CDELT",
    "CD",
    "PC",
    "CROTA",
    "PV",
    "RADESYS",
    "EQUINOX",
    "LONPOLE",
    "LATPOLE",
)


@dataclass(frozen=True)
class ImageArrays:
    """One image as stored."""

    planes: NDArray[Any]
    """(bands, height, width)."""
    bands: tuple[str, ...] | None = None
    """As stored; None: the file does not say."""
    header: Mapping[str, Any] = field(default_factory=dict)
    """FITS cards, the WCS among them."""
    ivar: NDArray[Any] | None = None
    """As `planes`, in the stored unit to the power -2."""
    mask: NDArray[Any] | None = None
    """(height, width) or as `planes`; for display only."""
    survey: str | None = None
    """Whose data model it is; None: unknown."""
    pixel_scale: float | None = None
    """Arcsec; for files without a WCS."""
    north: bool | None = None
    """Whether a Legacy Survey image is from BASS and MzLS; None: unknown."""


def build_image(arrays: ImageArrays, overrides: Overrides) -> Found:
    """The modality, what was decided on the way, position, pixel scale and what is for display.

    Raises:
        ModalityError: bands and planes do not fit, every pixel is missing, or the position is not in the image.
        PositionNeededError: the image is too large to be taken whole.
    """
    if arrays.planes.ndim != 3 or arrays.planes.dtype.kind not in "biuf":
        raise ModalityError(f"the image has shape {arrays.planes.shape}; (bands, height, width) is expected")
    wcs = celestial(arrays.header)
    scale, scale_entries = _pixel_scale(arrays, wcs, overrides)
    survey, survey_entry = _survey(arrays, scale, overrides)
    scale_entries = (*scale_entries, *_unusual_scale(scale, survey))
    arrays, band_entries = _known_bands(arrays, survey, overrides)
    if overrides.position is None:
        (ra, dec), field_entries = _whole(arrays, wcs)
    else:
        ra, dec = overrides.position
        arrays, wcs, field_entries = _around(arrays, wcs, (ra, dec))
    factor, unit_entry = _flux_factor(arrays.header, survey, overrides)
    bands = list(arrays.bands or ())
    if survey == "Legacy Survey" and _is_north(arrays, ra, dec):
        bands = [_NORTHERN.get(band, band) for band in bands]
    flux = arrays.planes.astype(np.float32) * np.float32(factor)
    modality = _CLASSES[survey](flux=flux, bands=bands)
    proxies = tuple(
        Entry("survey proxy", "BASS/MzLS read as DECam", "detected", sentence)
        for sentence in modality.proxies
    )
    entries = (
        survey_entry,
        *band_entries,
        unit_entry,
        *scale_entries,
        *proxies,
        *field_entries,
        *_holes(flux),
    )
    frame = _frame(arrays, scale, factor, wcs)
    return Found(None, (modality,), entries, ra, dec, frames={modality.token_key: frame})


def celestial(header: Mapping[str, Any]) -> WCS | None:
    """The sky part of the WCS; None where the header has none."""
    if not any(
        str(header.get(f"CTYPE{axis}", "")).upper().startswith(("RA", "DEC", "GLON")) for axis in (1, 2)
    ):
        return None
    wanted = fits.Header(
        {key: value for key, value in header.items() if key.startswith(_WCS_CARDS) and not key.endswith("3")}
    )
    wcs = WCS(wanted, naxis=2)
    return wcs if wcs.has_celestial else None


def center_of(shape: tuple[int, ...], wcs: WCS | None) -> tuple[float, float] | tuple[None, None]:
    """RA and Dec, degrees, of the middle of an image (..., height, width)."""
    if wcs is None:
        return None, None
    sky = wcs.pixel_to_world((shape[-1] - 1) / 2, (shape[-2] - 1) / 2).icrs
    ra, dec = float(sky.ra.deg), float(sky.dec.deg)
    return (ra, dec) if np.isfinite(ra) and np.isfinite(dec) else (None, None)


def _pixel_scale(
    arrays: ImageArrays, wcs: WCS | None, overrides: Overrides
) -> tuple[float | None, tuple[Entry, ...]]:
    if overrides.pixel_scale:
        return overrides.pixel_scale, (Entry("pixel scale", f'{overrides.pixel_scale:.3f}"', "you set"),)
    scale = float(np.mean(proj_plane_pixel_scales(wcs))) * 3600 if wcs is not None else arrays.pixel_scale
    if scale is None or not 0.001 < scale < 100:
        return None, (
            Entry(
                "pixel scale",
                "unknown",
                "assumed",
                "the file has no WCS; the survey's own scale is taken for granted",
            ),
        )
    return scale, (Entry("pixel scale", f'{scale:.3f}"', "header", "" if wcs is None else "from the WCS"),)


def _unusual_scale(scale: float | None, survey: str) -> tuple[Entry, ...]:
    expected = _CLASSES[survey].pixel_scale
    if scale is None or abs(scale / expected - 1) <= SCALE_TOLERANCE:
        return ()
    field_size = f'{CODEC_FIELD} pixels are {CODEC_FIELD * scale:.1f}"'
    note = f'the codec was trained on {survey} pixels of {expected}"; not resampled, so {field_size}'
    return (Entry("pixel scale differs", f"{100 * (scale / expected - 1):+.0f} %", "detected", note),)


def _survey(arrays: ImageArrays, scale: float | None, overrides: Overrides) -> tuple[str, Entry]:
    if overrides.survey in IMAGE_SURVEYS:
        return overrides.survey, Entry("survey", overrides.survey, "you set")
    if arrays.survey:
        return arrays.survey, Entry("survey", arrays.survey, "header")
    bands = [band.upper() for band in (overrides.bands or arrays.bands or ())]
    if any(band.startswith("HSC") for band in bands):
        return "HSC", Entry("survey", "HSC", "header", "from the names of its bands")
    if any(band.startswith(("DES", "DECAM", "BASS", "MZLS")) for band in bands):
        return "Legacy Survey", Entry("survey", "Legacy Survey", "header", "from the names of its bands")
    if any(band in ("Y", "NB") for band in bands):
        return "HSC", Entry("survey", "HSC", "detected", "it has a y band, which the Legacy Survey has not")
    if scale is not None:
        survey = "HSC" if scale < 0.21 else "Legacy Survey"  # half way between 0.168 and 0.262
        return survey, Entry("survey", survey, "detected", f'from its pixels of {scale:.3f}"')
    return "Legacy Survey", Entry("survey", "Legacy Survey", "assumed", "the file does not say")


def _known_bands(
    arrays: ImageArrays, survey: str, overrides: Overrides
) -> tuple[ImageArrays, tuple[Entry, ...]]:
    """The planes whose band the codec knows and that hold anything, under their full names."""
    given, count = overrides.bands or arrays.bands, len(arrays.planes)
    usual = {3: ("g", "r", "z"), 4: ("g", "r", "i", "z"), 5: ("g", "r", "i", "z", "y")}.get(count)
    entry = Entry("bands", ", ".join(given or ()), "you set" if overrides.bands else "header")
    if given is None:
        given = (
            usual
            if usual
            and not (survey == "Legacy Survey" and count == 5)
            and not (survey == "HSC" and count == 3)
            else None
        )
        if given is None:
            planes = (
                "1 plane and does not say which band it is"
                if count == 1
                else f"{count} planes and does not say which bands they are"
            )
            raise ModalityError(f"the image has {planes}; set bands, such as g,r,z")
        entry = Entry("bands", ", ".join(given), "assumed", f"the file does not name its {count} planes")
    if len(given) != count:
        raise ModalityError(
            f"{len(given)} bands ({', '.join(given)}) for an image of {count} planes; name one band for each plane"
        )
    keep: list[int] = []
    names: list[str] = []
    dropped: list[Entry] = []
    for i, band in enumerate(given):
        try:
            (name,), _ = band_names([band], _BANDS[survey])
        except ModalityError:
            dropped.append(Entry("band", band, "dropped", f"the codec reads {', '.join(_BANDS[survey])}"))
            continue
        plane = arrays.planes[i]
        if not np.isfinite(plane).any() or not np.nan_to_num(plane).any():
            dropped.append(Entry("band", name, "dropped", "every pixel is zero or missing: not observed"))
            continue
        keep.append(i)
        names.append(name)
    if not keep:
        raise ModalityError(
            f"no plane of the image can be used: {'; '.join(f'{entry.value}: {entry.note}' for entry in dropped)}"
        )
    picked = replace(
        arrays,
        planes=arrays.planes[keep],
        bands=tuple(names),
        ivar=arrays.ivar[keep] if arrays.ivar is not None else None,
        mask=arrays.mask[keep] if arrays.mask is not None and arrays.mask.ndim == 3 else arrays.mask,
    )
    return picked, (entry, *dropped)


def _whole(arrays: ImageArrays, wcs: WCS | None) -> tuple[tuple[Any, Any], tuple[Entry, ...]]:
    """Position of the middle of an image that is taken as it is."""
    height, width = arrays.planes.shape[1:]
    if max(height, width) > MAX_FIELD_PIXELS:
        raise PositionNeededError(
            f"the image has {height}x{width} pixels, more than the field of one object ({MAX_FIELD_PIXELS}); "
            "set the position (RA, Dec) of the object"
        )
    ra, dec = center_of(arrays.planes.shape, wcs)
    note = (
        f"centre of the {height}x{width} field; the codec reads the {CODEC_FIELD}x{CODEC_FIELD} pixels there"
    )
    if min(height, width) < CODEC_FIELD:
        note = f"centre of the {height}x{width} field, which is too small for the codec: it reads {CODEC_FIELD}x{CODEC_FIELD} pixels"
    value = f"{ra:.5f}, {dec:+.5f}" if ra is not None and dec is not None else "unknown"
    return (ra, dec), (Entry("position", value, "assumed" if ra is None else "detected", note),)


def _around(
    arrays: ImageArrays, wcs: WCS | None, position: tuple[float, float]
) -> tuple[ImageArrays, WCS, tuple[Entry, ...]]:
    """The part of an image that has `position` in its middle."""
    if wcs is None:
        raise ModalityError(
            "a position was set, but the image has no WCS to find it with; cut the image around the object instead"
        )
    height, width = arrays.planes.shape[1:]
    ra, dec = position
    x, y = (float(np.nan_to_num(value, nan=-1e9)) for value in wcs.all_world2pix(ra, dec, 0, quiet=True))
    half = min(FIELD_PIXELS // 2, int(x + 0.5), int(y + 0.5), width - int(x + 0.5), height - int(y + 0.5))
    if half < CODEC_FIELD // 2:
        raise ModalityError(
            f"the position {ra:.5f}, {dec:+.5f} is at pixel ({x:.0f}, {y:.0f}) of an image of {height}x{width}; "
            f"{CODEC_FIELD // 2} pixels on each side of it are needed"
        )
    rows, columns = (slice(int(value + 0.5) - half, int(value + 0.5) + half) for value in (y, x))
    cut = replace(
        arrays,
        planes=arrays.planes[:, rows, columns],
        ivar=arrays.ivar[..., rows, columns] if arrays.ivar is not None else None,
        mask=arrays.mask[..., rows, columns] if arrays.mask is not None else None,
    )
    if not np.isfinite(cut.planes).reshape(len(cut.planes), -1).any(1).all():
        raise ModalityError(
            f"a band of the image has no data around {ra:.5f}, {dec:+.5f}; choose another position or leave that band out"
        )
    note = f"{2 * half}x{2 * half} of {height}x{width} pixels, around it"
    return cut, wcs[rows, columns], (Entry("position", f"{ra:.5f}, {dec:+.5f}", "you set", note),)


def _flux_factor(header: Mapping[str, Any], survey: str, overrides: Overrides) -> tuple[float, Entry]:
    """What pixels are multiplied by to have the zero-point of the survey."""
    target, unit = _ZERO_POINT[survey], _CLASSES[survey].unit
    if overrides.image_flux_scale:
        return overrides.image_flux_scale, Entry(
            "flux unit", unit, "you set", f"stored pixels times {overrides.image_flux_scale:g}"
        )
    stated = _zero_point(header)
    if stated is None:
        return 1.0, Entry("flux unit", unit, "assumed", f"the file does not say; zero-point {target}")
    zero_point, where = stated
    same = abs(zero_point - target) < 0.002
    note = f"{where}, zero-point {zero_point:.3f}" + ("" if same else f", scaled to {target}")
    return (1.0 if same else 10 ** ((target - zero_point) / 2.5)), Entry("flux unit", unit, "header", note)


def _zero_point(header: Mapping[str, Any]) -> tuple[float, str] | None:
    """AB magnitude of one stored unit, and the card that says so."""
    unit = str(header.get("BUNIT", "")).strip().lower()
    if unit in _UNIT_ZERO_POINT:
        return _UNIT_ZERO_POINT[unit], f"BUNIT = {header['BUNIT']}"
    fluxmag0 = header.get("FLUXMAG0")
    if isinstance(fluxmag0, (int, float)) and 0 < fluxmag0 < 1e30:
        return float(2.5 * np.log10(fluxmag0)), f"FLUXMAG0 = {fluxmag0:g}"
    for card in ("MAGZERO", "MAGZPT", "ZEROPNT", "ZP", "MAGZP"):
        value = header.get(card)
        if isinstance(value, (int, float)) and 10 < value < 40:
            return float(value), f"{card} = {value:g}"
    return None


def _is_north(arrays: ImageArrays, ra: float | None, dec: float | None) -> bool:
    """BASS and MzLS observed north of NORTH_OF, in the northern galactic cap, which lies at these right ascensions."""
    stated = (
        str(arrays.header.get("SURVEY", ""))
        + str(arrays.header.get("VERSION", ""))
        + str(arrays.header.get("TELESCOP", ""))
    )
    if arrays.north is not None:
        return arrays.north
    if "north" in stated.lower() or "south" in stated.lower():
        return "north" in stated.lower()
    return ra is not None and dec is not None and dec > NORTH_OF and 90 < ra < 300


def _holes(flux: NDArray[np.float32]) -> tuple[Entry, ...]:
    missing = float((~np.isfinite(flux)).mean())
    return (
        (Entry("missing pixels", f"{100 * missing:.2f} %", "detected", "the codec fills them in"),)
        if missing
        else ()
    )


def _frame(arrays: ImageArrays, scale: float | None, factor: float, wcs: WCS | None) -> ImageFrame:
    ivar = None if arrays.ivar is None else (arrays.ivar / factor**2).astype(np.float32)
    return ImageFrame(scale, {} if wcs is None else dict(wcs.to_header(relax=True)), ivar, arrays.mask)


def stack(planes: list[NDArray[Any]], names: list[str]) -> NDArray[Any]:
    """(height, width) planes -> (bands, height, width).

    Raises:
        FormatError: their sizes differ.
    """
    shapes = {plane.shape for plane in planes}
    if len(shapes) > 1 or len(next(iter(shapes))) != 2:
        sizes = ", ".join(
            f"{name} {'x'.join(map(str, plane.shape))}" for name, plane in zip(names, planes, strict=True)
        )
        raise FormatError(f"the bands do not have one size ({sizes}); cut them to the same field")
    return np.stack(planes)
