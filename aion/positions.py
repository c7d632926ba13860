"""A position on the sky as people write it -> degrees, ICRS. Of the names of objects it knows those that are
positions themselves (``SDSS J100024.50+021221.0``), and no catalog."""

import re

from aion.errors import InputError

_SEXAGESIMAL = r"[+-]?\s*\d{1,3}\s*[h:d°\s]\s*\d{1,2}\s*[m:'′\s]\s*\d{1,2}(?:\.\d*)?\s*[s\"″]?"
_DECIMAL = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_DEGREES = re.compile(rf"({_DECIMAL})\s*(?:°|d|deg)?(?:\s*[,;]\s*|\s+)({_DECIMAL})\s*(?:°|d|deg)?", re.I)
_PAIR = re.compile(rf"({_SEXAGESIMAL})(?:\s*[,;]\s*|\s+|(?=[+-]))({_SEXAGESIMAL})", re.I)
_SURVEY = r"(?:[\w.-]+\s+)*[\w.-]*J\s*"
_NAME = re.compile(rf"{_SURVEY}(\d\d)(\d\d)(\d\d)(?:\.?(\d+))?([+-]\d\d)(\d\d)(\d\d)(?:\.?(\d+))?", re.I)
"""Right ascension and declination of an IAU name; 2MASS leaves out the decimal points.
https://cds.unistra.fr/Dic/iau-spec.html"""
_DESI_NAME = re.compile(rf"{_SURVEY}(\d{{3}}\.\d+)([+-]\d\d\.\d+)", re.I)
"""``DESI JXXX.XXXX±YY.YYYY``, decimal degrees: https://data.desi.lbl.gov/doc/acknowledgments/"""


def parse_position(text: str) -> tuple[float, float] | None:
    """RA (0 to 360) and Dec (-90 to 90) in degrees; None where the text is no position.

    Read are decimal degrees (``150.1 2.2``, ``150.1, 2.2``), hours or degrees with minutes and seconds
    (``10:00:24.5 +02:12:21``, ``10h00m24.5s +02d12m21s``, ``10 00 24.5 +02 12 21``), names of the IAU with or
    without a survey before them (``SDSS J100024.50+021221.0``), and those of DESI, whose digits are degrees
    (``DESI J150.1021+02.2058``). A right ascension with minutes is in hours unless a ``d`` or ``°`` follows
    its first number.

    Raises:
        InputError: minutes or seconds of 60 and more, or no place on the sky.
    """
    written = text.strip().replace("−", "-")
    name = _NAME.fullmatch(written)
    if name:
        parts = [*name.groups("0")]
        ra, dec = (":".join(half[:3]) + f".{half[3]}" for half in (parts[:4], parts[4:]))
        return _checked(written, parse_angle(ra, hour=15.0), parse_angle(dec))
    degrees = _DEGREES.fullmatch(written) or _DESI_NAME.fullmatch(written)
    if degrees:
        return _checked(written, float(degrees[1]), float(degrees[2]))
    pair = _PAIR.fullmatch(written)
    return _checked(written, parse_angle(pair[1], hour=15.0), parse_angle(pair[2])) if pair else None


def parse_angle(text: str, *, hour: float = 1.0) -> float | None:
    """Degrees of ``10:00:24.5``, ``10h00m24.5s`` or ``10 00 24.5``, whose first number counts `hour` degrees
    (15 in a right ascension) unless a ``d`` or ``°`` follows it; None for other text and for minutes or
    seconds of 60 and more."""
    written = text.strip()
    if not re.fullmatch(_SEXAGESIMAL, written, re.I):
        return None
    first, minutes, seconds = (float(part) for part in re.findall(r"\d+(?:\.\d*)?", written))
    if minutes >= 60 or seconds >= 60:
        return None
    size = first + minutes / 60 + seconds / 3600
    unit = 1.0 if re.match(r"[+-]?\s*\d+\s*[d°]", written, re.I) else hour
    return -unit * size if written.startswith("-") else unit * size


def _checked(text: str, ra: float | None, dec: float | None) -> tuple[float, float]:
    """Raises InputError: no place on the sky."""
    if ra is None or dec is None:
        raise InputError(f"the minutes and seconds of {text!r} must be below 60")
    if not 0 <= ra <= 360:
        raise InputError(
            f"the right ascension of {text!r} is {ra:g} degrees; it must lie between 0 and 360 degrees, "
            "or between 0 and 24 hours with minutes and seconds"
        )
    if not -90 <= dec <= 90:
        raise InputError(
            f"the declination of {text!r} is {dec:g} degrees; it must lie between -90 and 90 degrees"
        )
    return ra % 360, dec
