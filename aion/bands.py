"""Names of photometric bands: any spelling -> the one the image codec was trained with. Knows no pixels."""

from collections.abc import Sequence

from aion.errors import ModalityError

DES_BANDS = ("DES-G", "DES-R", "DES-I", "DES-Z")
"""Bands of the Legacy Survey (DECam), in the order of the published examples."""
HSC_BANDS = ("HSC-G", "HSC-R", "HSC-I", "HSC-Z", "HSC-Y")
"""Bands of Hyper Suprime-Cam."""

_CAMERAS = {"DES": "DES", "DECAM": "DES", "DECALS": "DES", "LS": "DES", "HSC": "HSC"}
# HSC changed its r and i filters in 2016; the survey's coadds mix both
_REPLACED_FILTERS = {"HSC-R2": "HSC-R", "HSC-I2": "HSC-I"}
_NORTH = {
    "BASS-G": "DES-G",
    "BASS-R": "DES-R",
    "90PRIME-G": "DES-G",
    "90PRIME-R": "DES-R",
    "MZLS-Z": "DES-Z",
    "MOSAIC-Z": "DES-Z",
}


def band_names(bands: Sequence[str], allowed: Sequence[str]) -> tuple[list[str], list[str]]:
    """Canonical names of `bands` and a sentence for each that only stands in for the one the codec knows.

    Case and separators do not matter; a bare letter is a band of the survey where
    `allowed` has only one survey.

    Raises:
        ModalityError: no bands, a band that is not among `allowed`, or one that is named twice.
    """
    if isinstance(bands, str) or not bands:
        raise ModalityError(
            f"bands is {bands!r}; a list of names such as {list(allowed)} is expected, one for each channel"
        )
    names, proxies = [], []
    for band in bands:
        name = _canonical(band, allowed)
        if name not in allowed:
            raise ModalityError(f"{band!r} is not a band of this survey; it has {', '.join(allowed)}")
        north = _spelled(band) in _NORTH
        if north:
            proxies.append(f"{band} is read as {name}: the codec was not trained on the northern survey")
        names.append(name)
    if len(set(names)) < len(names):
        raise ModalityError(f"a band is named twice in {list(bands)}; each channel needs a band of its own")
    return names, proxies


def _spelled(band: str) -> str:
    return str(band).strip().upper().replace("_", "-").replace(".", "-").replace(" ", "-")


def _canonical(band: str, allowed: Sequence[str]) -> str:
    name = _NORTH.get(_spelled(band), _spelled(band))
    surveys = {known.split("-")[0] for known in allowed}
    if "-" not in name and len(surveys) == 1:
        name = f"{next(iter(surveys))}-{name}"
    camera, _, letter = name.rpartition("-")
    name = f"{_CAMERAS.get(camera, camera)}-{letter}"
    return _REPLACED_FILTERS.get(name, name)
