"""Image planes, as a file stores them -> a LegacySurveyImage (nanomaggies) or an HSCImage (zero-point 27)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from astropy.wcs import WCS
from numpy.typing import NDArray

from aion.bands import band_names
from aion.constants import CODEC_FIELD, HSC_ZERO_POINT, NANOMAGGY_ZERO_POINT
from aion.errors import ChoiceNeededError, FormatError, ModalityError
from aion.io.filters import camera_of, parse_filter
from aion.io.objects import IMAGE_SURVEYS, Entry, ImageFrame, Overrides
from aion.io.registry import Found, PositionNeededError
from aion.io.sky_grid import celestial, center_of, pixel_scale_of
from aion.io.source import NO_FLUXES
from aion.io.zero_points import image_flux_factor
from aion.modalities import HSCImage, Image, LegacySurveyImage

MAX_FIELD_PIXELS = 3000
"""Largest side that is taken whole, the most of the Legacy Survey viewer; larger images need a position."""
FIELD_PIXELS = 256
"""Side of the field that is kept around a position."""
SCALE_TOLERANCE = 0.02
"""Relative difference of the pixel scale from the survey's that is worth a note."""
NORTH_OF = 32.375
"""Degrees; north of it the Legacy Survey is BASS and MzLS (Dey et al. 2019)."""
MOST_BANDS = 9
"""Planes of a cube that can be bands; more are wavelengths."""
_CLASSES: dict[str, type[Image]] = {"Legacy Survey": LegacySurveyImage, "HSC": HSCImage}
_ZERO_POINT = {"Legacy Survey": NANOMAGGY_ZERO_POINT, "HSC": HSC_ZERO_POINT}
_DEFINED = {"Legacy Survey": "images of the Legacy Survey are in nanomaggies"}
"""https://www.legacysurvey.org/dr10/files/#image-stacks-south-coadd ; their cards do not say it."""
_USUAL_BANDS = {"Legacy Survey": {3: "grz", 4: "griz"}, "HSC": {4: "griz", 5: "grizy"}}
"""Number of planes that do not say their bands -> what they are taken for."""
_OTHER_ORDERS = {3: ("g,r,i", "z,r,g", "i,r,g"), 4: ("z,i,r,g",), 5: ("y,z,i,r,g",)}
_SURVEY_OF_CAMERA = {"HSC": "HSC", "DECam": "Legacy Survey", "BASS/MzLS": "Legacy Survey"}
_NORTHERN = {"DES-G": "BASS-G", "DES-R": "BASS-R", "DES-Z": "MZLS-Z"}
_ALL = slice(None)
_SCALE_CARDS = ("PIXSCALE", "PIXSCAL1", "SECPIX", "PIXEL_SCALE", "IMAGE_SCALE")


@dataclass(frozen=True)
class ImageArrays:
    """One image as stored."""

    planes: NDArray[Any]
    """(bands, height, width), in proportion to the flux."""
    bands: tuple[str, ...] | None = None
    """As stored; None: the file does not say."""
    header: Mapping[str, Any] = field(default_factory=dict)
    """FITS cards, the WCS among them."""
    plane_headers: tuple[Mapping[str, Any], ...] = ()
    """Of each plane, where they come from HDUs of their own."""
    ivar: NDArray[Any] | None = None
    """As `planes`, in the stored unit to the power -2."""
    mask: NDArray[Any] | None = None
    """(height, width) or as `planes`; for display only."""
    survey: str | None = None
    """Whose data model it is; None: unknown."""
    bands_source: str = ""
    """The card or name that the bands are from."""
    entries: tuple[Entry, ...] = ()
    """What was decided before: axes, scaling, HDUs that are not used."""

    def part(self, *where: Any) -> Self:
        """What indices of planes, rows and columns pick, of the inverse variance and the mask too."""
        ivar, mask = (one if one is None else one[where[-one.ndim :]] for one in (self.ivar, self.mask))
        return replace(self, planes=self.planes[where], ivar=ivar, mask=mask)


def build_image(arrays: ImageArrays, overrides: Overrides) -> Found:
    """The modality, what was decided on the way, position, pixel scale and what is for display.

    Raises:
        ModalityError: bands and planes do not fit, every pixel is missing, or the position is outside.
        PositionNeededError: the image is too large to be taken whole.
    """
    wcs = celestial(arrays.header)
    scale, scale_entry = _pixel_scale(arrays.header, wcs, overrides)
    survey, survey_entry = _survey(arrays, scale, overrides)
    arrays, band_entries = _known_bands(arrays, survey, overrides)
    if overrides.position is None:
        (ra, dec), field_entry = _whole(arrays, wcs, scale)
    else:
        ra, dec = overrides.position
        arrays, wcs, field_entry = _around(arrays, wcs, (ra, dec))
    factors, unit_entries = _flux_factors(arrays, survey, scale, overrides)
    bands = list(arrays.bands or ())
    if survey == "Legacy Survey" and _is_north(arrays.header, ra, dec):
        bands = [_NORTHERN.get(band, band) for band in bands]
    flux = (arrays.planes * factors).astype(np.float32)
    modality = _CLASSES[survey](flux=flux, bands=bands)
    proxy = Entry("survey proxy", "BASS/MzLS read as DECam", "detected")
    entries = [survey_entry, *band_entries, *unit_entries, scale_entry, *_unusual_scale(scale, survey)]
    entries += [replace(proxy, note=sentence) for sentence in modality.proxies]
    entries += [field_entry, *_holes(flux), *arrays.entries]
    ivar = None if arrays.ivar is None else (arrays.ivar / factors**2).astype(np.float32)
    frame = ImageFrame(scale, {} if wcs is None else dict(wcs.to_header(relax=True)), ivar, arrays.mask)
    return Found(None, (modality,), tuple(entries), ra, dec, frames={modality.token_key: frame})


def _refuse_others(pixels: NDArray[Any], what: str) -> None:
    """Raises FormatError for pixels that are no bands of the sky: a picture, or a cube of spectra."""
    size = "x".join(map(str, pixels.shape))
    if pixels.dtype == np.uint8 and pixels.ndim > 1:
        raise FormatError(f"{what} ({size}, 8-bit) is a picture; {NO_FLUXES}")
    if pixels.ndim == 3 and min(pixels.shape) > MOST_BANDS:
        raise FormatError(
            f"{what} is a cube of {size}, more planes than there are bands: a cube of spectra; "
            "extract the spectrum of an aperture first, as wavelength, flux and error"
        )


def bands_first(cube: NDArray[Any], what: str) -> tuple[NDArray[Any], tuple[Entry, ...]]:
    """(bands, height, width) of an image with bands last or axes of length 1 before it; and what was done.

    Raises:
        FormatError: a picture, or a cube of spectra.
        ModalityError: images of several objects in one array.
    """
    shape = f"({', '.join(map(str, cube.shape))})"
    while cube.ndim > 3 and cube.shape[0] == 1:
        cube = cube[0]
    _refuse_others(cube, what)
    if cube.ndim == 2:
        return cube[None], ()
    if cube.ndim != 3:
        raise ModalityError(
            f"{what} has shape {shape}; one object is expected: save each one by itself, "
            "(bands, height, width)"
        )
    if cube.shape[-1] <= MOST_BANDS < min(cube.shape[:2]):
        note = "read as (height, width, bands), as only the last axis is short enough for bands"
        return np.moveaxis(cube, -1, 0), (Entry("axes", shape, "detected", f"{what}: {note}"),)
    if shape.count(",") == 2:
        return cube, ()
    note = f"read as {'x'.join(map(str, cube.shape))}, without the axes of length 1"
    return cube, (Entry("axes", shape, "detected", f"{what}: {note}"),)


def _pixel_scale(
    header: Mapping[str, Any], wcs: WCS | None, overrides: Overrides
) -> tuple[float | None, Entry]:
    if overrides.pixel_scale:
        return overrides.pixel_scale, Entry("pixel scale", f'{overrides.pixel_scale:.3f}"', "you set")
    stated = {card: header[card] for card in _SCALE_CARDS if isinstance(header.get(card), (int, float))}
    if wcs is not None:
        stated = {"the WCS": pixel_scale_of(wcs)}
    card, scale = next(iter(stated.items()), ("", 0.0))
    if not 0.001 < scale < 100:
        note = "the file has no WCS; the survey's own scale is taken for granted"
        return None, Entry("pixel scale", "unknown", "assumed", note)
    return float(scale), Entry("pixel scale", f'{scale:.3f}"', "header", f"from {card}")


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
        return arrays.survey, Entry("survey", arrays.survey, "header", "from its layout and cards")
    filters = [parse_filter(band) for band in (overrides.bands or arrays.bands or ())]
    camera = next((one.camera for one in filters if one.camera), camera_of(arrays.header))
    survey = _SURVEY_OF_CAMERA.get(camera or "")
    if survey:
        return survey, Entry("survey", survey, "header", f"the filters are of {camera}")
    if any(one.letter == "y" or one.text.upper().startswith("NB") for one in filters):
        return "HSC", Entry("survey", "HSC", "detected", "it has a y band, which the Legacy Survey has not")
    if scale is not None:
        survey = "HSC" if scale < 0.21 else "Legacy Survey"  # half way between 0.168 and 0.262
        return survey, Entry("survey", survey, "detected", f'from its pixels of {scale:.3f}"')
    decides = bool(filters) or len(arrays.planes) in _USUAL_BANDS["HSC"]
    choices = tuple(f"survey={one}" for one in (IMAGE_SURVEYS if decides else IMAGE_SURVEYS[:1]))
    return "Legacy Survey", Entry("survey", "Legacy Survey", "assumed", "the file does not say", choices)


def _known_bands(
    arrays: ImageArrays, survey: str, overrides: Overrides
) -> tuple[ImageArrays, tuple[Entry, ...]]:
    """The planes whose band the codec knows and that hold anything, under their full names."""
    given, entry = _given_bands(arrays, survey, overrides)
    by_person = overrides.bands is not None
    camera = None if by_person or arrays.survey else camera_of(arrays.header)
    names: dict[int, str] = {}
    entries = [entry]
    for i, band in enumerate(given):
        is_cousins = {"B", "V"} & set(given) and band in ("R", "I")  # Johnson and Cousins, not Sloan
        name, owner = (None, None) if is_cousins else _band(band, survey, camera)
        plane = arrays.planes[i]
        if name is None:
            known = ", ".join(_CLASSES[survey].survey_bands)
            note = f"no band that the codec reads ({known}); set bands to read it as one of them"
            entries.append(Entry("band", band, "dropped", note))
        elif not np.isfinite(plane).any() or not np.nan_to_num(plane).any():
            entries.append(Entry("band", name, "dropped", "every pixel is zero or missing: not observed"))
        else:
            names[i] = name
            if owner and not by_person:
                note = f"read as {name}, which the codec was trained on; the filters are alike, not the same"
                entries.append(Entry("band", f"{owner} {name[-1].lower()}", "assumed", note))
    if not names:
        reasons = "; ".join(f"{one.value}: {one.note}" for one in entries if one.how == "dropped")
        raise ModalityError(f"no plane of the image can be used: {reasons}")
    headers = tuple(header for i, header in enumerate(arrays.plane_headers) if i in names)
    picked = replace(arrays.part(list(names), _ALL, _ALL), bands=tuple(names.values()), plane_headers=headers)
    return picked, tuple(entries)


def _given_bands(arrays: ImageArrays, survey: str, overrides: Overrides) -> tuple[Sequence[str], Entry]:
    """A name for each plane: set by a person, stored, or the usual ones."""
    count = len(arrays.planes)
    given = overrides.bands or arrays.bands
    if given is None:
        usual = _USUAL_BANDS[survey].get(count)
        if usual is None:
            if count == 1:
                possible = tuple(f"bands={band[-1].lower()}" for band in _CLASSES[survey].survey_bands)
                raise ChoiceNeededError("the image has 1 plane and does not say which band it is", possible)
            raise ModalityError(
                f"the image has {count} planes and does not say which bands they are; "
                "set bands, such as g,r,z"
            )
        note = f"the file does not name its {count} planes"
        choices = tuple(f"bands={order}" for order in (",".join(usual), *_OTHER_ORDERS[count]))
        return tuple(usual), Entry("bands", ", ".join(usual), "assumed", note, choices)
    if len(given) != count:
        raise ModalityError(
            f"{len(given)} bands ({', '.join(given)}) for an image of {count} planes; "
            "name one band for each plane"
        )
    if overrides.bands:
        return given, Entry("bands", ", ".join(given), "you set")
    source = f"from {arrays.bands_source}" if arrays.bands_source else ""
    return given, Entry("bands", ", ".join(given), "header", source)


def _band(text: str, survey: str, camera: str | None) -> tuple[str | None, str | None]:
    """The codec's name of a band (None: no band of the survey), and whose filter it is if another's."""
    bands = _CLASSES[survey].survey_bands
    try:
        (name,), _ = band_names([text], bands)
        return name, camera
    except ModalityError:
        stored = parse_filter(text)
    name = f"{bands[0].split('-')[0]}-{(stored.letter or '').upper()}"
    return (name if name in bands else None), (camera or stored.camera or stored.text)


def _whole(arrays: ImageArrays, wcs: WCS | None, scale: float | None) -> tuple[tuple[Any, Any], Entry]:
    """Position of the middle of an image that is taken as it is."""
    height, width = arrays.planes.shape[1:]
    if max(height, width) > MAX_FIELD_PIXELS:
        raise PositionNeededError(
            f"the image has {height}x{width} pixels, more than the field of one object ({MAX_FIELD_PIXELS}); "
            "set the position (RA, Dec) of the object"
        )
    ra, dec = center_of(arrays.planes.shape, wcs)
    size = f"{CODEC_FIELD}x{CODEC_FIELD} pixels" + (f' ({CODEC_FIELD * scale:.1f}")' if scale else "")
    note = f"center of the {height}x{width} field; the codec reads the {size} there"
    if min(height, width) < CODEC_FIELD:
        note = f"center of the {height}x{width} field, which is too small for the codec: it reads {size}"
    if ra is None or dec is None:
        return (ra, dec), Entry("position", "unknown", "assumed", f"the file has no WCS; {note}")
    return (ra, dec), Entry("position", f"{ra:.5f}, {dec:+.5f}", "detected", f"from the WCS, {note}")


def _around(
    arrays: ImageArrays, wcs: WCS | None, position: tuple[float, float]
) -> tuple[ImageArrays, WCS, Entry]:
    """The part of an image that has `position` in its middle."""
    if wcs is None:
        raise ModalityError(
            "a position was set, but the image has no WCS to find it with; "
            "cut the image around the object instead"
        )
    height, width = arrays.planes.shape[1:]
    ra, dec = position
    x, y = (float(np.nan_to_num(value, nan=-1e9)) for value in wcs.all_world2pix(ra, dec, 0, quiet=True))
    half = min(FIELD_PIXELS // 2, int(x + 0.5), int(y + 0.5), width - int(x + 0.5), height - int(y + 0.5))
    if half < CODEC_FIELD // 2:
        raise ModalityError(
            f"the position {ra:.5f}, {dec:+.5f} is at pixel ({x:.0f}, {y:.0f}) of an image of "
            f"{height}x{width}; {CODEC_FIELD // 2} pixels on each side of it are needed"
        )
    rows, columns = (slice(int(value + 0.5) - half, int(value + 0.5) + half) for value in (y, x))
    cut = arrays.part(_ALL, rows, columns)
    if not np.isfinite(cut.planes).reshape(len(cut.planes), -1).any(1).all():
        raise ModalityError(
            f"a band of the image has no data around {ra:.5f}, {dec:+.5f}; "
            "choose another position or leave that band out"
        )
    note = f"{2 * half}x{2 * half} of {height}x{width} pixels, around it"
    return cut, wcs[rows, columns], Entry("position", f"{ra:.5f}, {dec:+.5f}", "you set", note)


def _flux_factors(
    arrays: ImageArrays, survey: str, scale: float | None, overrides: Overrides
) -> tuple[NDArray[np.float64], tuple[Entry, ...]]:
    """What the pixels of each plane are multiplied by to have the zero-point of the survey, (bands, 1, 1)."""
    count, unit = len(arrays.planes), _CLASSES[survey].unit
    if overrides.image_flux_scale:
        note = f"stored pixels times {overrides.image_flux_scale:g}"
        entry = Entry("flux unit", unit, "you set", note)
        return np.full((count, 1, 1), overrides.image_flux_scale), (entry,)
    headers = arrays.plane_headers or (arrays.header,)
    defined = _DEFINED.get(survey, "") if arrays.survey == survey else ""
    target = _ZERO_POINT[survey]
    of_planes = [
        image_flux_factor(one, arrays.planes, target=target, unit=unit, pixel_scale=scale, defined=defined)
        for one in headers
    ]
    factors = np.broadcast_to([factor for factor, _ in of_planes], count).reshape(-1, 1, 1)
    entries: dict[Entry, list[str]] = {}
    for (_, entry), band in zip(of_planes, arrays.bands or (), strict=False):
        entries.setdefault(entry, []).append(band)
    if len(entries) == 1:
        return factors, tuple(entries)
    notes = {entry: f"{', '.join(names)}: {entry.note}" for entry, names in entries.items()}
    return factors, tuple(replace(entry, note=note, choices=()) for entry, note in notes.items())


def _is_north(header: Mapping[str, Any], ra: float | None, dec: float | None) -> bool:
    """BASS and MzLS observed north of NORTH_OF, in the northern galactic cap, at these right ascensions."""
    stated = "".join(str(header.get(card, "")) for card in ("SURVEY", "VERSION", "TELESCOP")).lower()
    if camera_of(header) not in (None, "BASS/MzLS"):
        return False
    if "north" in stated or "south" in stated:
        return "north" in stated
    return ra is not None and dec is not None and dec > NORTH_OF and 90 < ra < 300


def _holes(flux: NDArray[np.float32]) -> tuple[Entry, ...]:
    missing = float((~np.isfinite(flux)).mean())
    if not missing:
        return ()
    return (Entry("missing pixels", f"{100 * missing:.2f} %", "detected", "the codec fills them in"),)
