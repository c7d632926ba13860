"""Names of filters, as cameras and surveys write them -> whose filter it is and its band. Knows no pixels."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WHEELS = ("FILTNAM", "FILTNAM1", "FILTER01", "FILTER1", "FILTER2")
_FILTER = ("BAND", "FILTER", "FPA.FILTERID", "FPA.FILTER", *_WHEELS, "INSFLNAM", "BANDS")
"""FPA.FILTERID is Pan-STARRS, FILTNAM1 WFPC2, FILTER01 HSC, FILTER1 and FILTER2 wheels of ACS and GMOS."""
_EMPTY = re.compile(r"(|CLEAR\w*|OPEN[\w-]*|NONE|EMPTY|AIR|FREE|N/?A|UNKNOWN)", re.IGNORECASE)
_CAMERAS = {  # the first that is named counts: DECam's own names say SDSS too
    "DECam": {"DECAM", "DES", "DECALS"},
    "HSC": {"HSC"},
    "BASS/MzLS": {"BASS", "MZLS", "90PRIME", "MOSAIC3"},
    "Pan-STARRS": {"PS1", "PS2", "GPC1", "GPC2", "PANSTARRS"},
    "VST": {"OCAM", "OMEGACAM", "VST"},
    "GMOS": {"GMOS", "GMOS-N", "GMOS-S"},
    "MegaCam": {"MEGACAM", "MEGAPRIME", "CFHT"},
    "Suprime-Cam": {"SUPRIMECAM"},
    "VISTA": {"VISTA", "VIRCAM"},
    "UKIRT": {"UKIRT", "UKIDSS", "WFCAM"},
    "Euclid": {"EUCLID", "NISP"},
    "WFI": {"WFI"},
    "LSST": {"LSST", "LSSTCAM", "LSSTCOMCAM"},
    "ZTF": {"ZTF"},
    "SDSS": {"SDSS", "SLOAN"},
}
_ORIGIN_CARDS = ("INSTRUME", "DETECTOR", "TELESCOP", "SURVEY", "ORIGIN")
_IMAGE_WORDS = {"IMAGE", "SCI", "BAND", "FILTER", "COADD", "CUTOUT"}
_OTHER_SYSTEMS = re.compile(r"bess?ell?|johnson|cousins|harris|kron|washington|str[oö]mgren", re.IGNORECASE)
_LETTER = re.compile(r"([grizy])(?:2|p|')?", re.IGNORECASE)  # HSC-R2; Sloan g' and gp


@dataclass(frozen=True)
class Filter:
    """What a name of a filter says."""

    text: str
    """As stored."""
    camera: str | None
    """Whose filter it is, such as ``"SDSS"``; None: the name does not say."""
    letter: str | None
    """One of g, r, i, z, y; None: no band of that kind."""


def parse_filter(text: str) -> Filter:
    """Of ``"g DECam SDSS c0001 4720.0 1520.0"``, ``"HSC-R2"``, ``"g.00000"``, ``"r.MP9602"``, ``"F814W"``."""
    words = _words(text)
    camera = _camera(words)
    if camera is None and re.search(r"\bMP\d{4}\b", text):
        camera = "MegaCam"  # CFHT numbers its MegaCam filters MP9xxx
    if camera is None and re.fullmatch(r"[grizy]\.00000", text.strip()):
        camera = "Pan-STARRS"
    letters = [match[1].lower() for match in map(_LETTER.fullmatch, words) if match]
    letter = letters[0] if letters and not _OTHER_SYSTEMS.search(text) else None
    return Filter(text.strip(), camera, letter)


def names_a_band(text: str) -> bool:
    """Whether the name of an HDU or array is a band: ``"g"`` and ``"IMAGE_R"`` are; ``"R_FLUX"`` is not."""
    rest = [word for word in _words(text) if not _LETTER.fullmatch(word) and word.upper() not in _IMAGE_WORDS]
    stated = parse_filter(text)
    return stated.letter is not None and all(_camera([word]) for word in rest)


def filter_of(header: Mapping[str, Any]) -> tuple[str, str] | None:
    """Text and card of the filter that was in the beam; wheels that are empty say nothing."""
    for card in _FILTER:
        text = str(header.get(card) or "").strip()
        if not _EMPTY.fullmatch(text):
            return text, card
    return None


def camera_of(header: Mapping[str, Any]) -> str | None:
    """Whose image it is, by the cards of telescope, instrument and origin; None where they do not say."""
    if "FPA.ZP" in header:
        return "Pan-STARRS"
    texts = [str(header.get(card) or "") for card in _ORIGIN_CARDS]
    return _camera([word for text in texts for word in (*re.split(r"[^\w]+|_", text), text)])


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[^\w']+|_", text.strip()) if word]


def _camera(words: list[str]) -> str | None:
    upper = {word.upper().replace("-", "") for word in words} | {word.upper() for word in words}
    return next((camera for camera, names in _CAMERAS.items() if upper & names), None)
