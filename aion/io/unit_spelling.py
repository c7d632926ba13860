"""The text of a unit, however a survey, a pipeline or a person spells it -> an astropy unit. Knows no file.

Only spelling is ours: number in front, words, fractions. What the words then mean is for astropy's generic
format, which takes in what FITS, CDS, OGIP and VOUnit write.
https://docs.astropy.org/en/stable/units/format.html
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any, Literal

from astropy import units as u

from aion.constants import NANOMAGGY_IN_MICROJANSKY

Scale = Literal["linear", "log10", "ln"]
"""How numbers are stored: as they are, or as their logarithm."""

_MAGGY = u.Unit(1e9 * NANOMAGGY_IN_MICROJANSKY * u.uJy)
_FLAM = "erg s-1 cm-2 Angstrom-1"
_WORDS = {
    "Angstrom": "A Å ang angs angst angstroem angstroms ångström ångströms aa",
    "um": "micron microns micrometer micrometers micrometre micrometres mum",
    "nm": "nanometer nanometers nanometre nanometres nanom",
    "cm": "centimeter centimeters centimetre centimetres",
    "m": "meter meters metre metres",
    "s": "S sec secs second seconds",
    "erg": "ergs",
    "W": "w watt watts",
    "mW": "mw",
    "Jy": "jy jansky janskys janskies",
    "mJy": "millijansky millijanskys",
    "uJy": "ujy microjansky microjanskys",
    "nJy": "njy nanojansky nanojanskys",
    "MJy": "megajansky",
    "mgy": "maggy maggies",
    "nmgy": "nanomaggy nanomaggies",
    "mag": "mags magnitude magnitudes",
    "ph": "photon photons phot",
    "ct": "count counts cts",
    "adu": "adus",
    "dn": "dns du",
    "electron": "e electrons",
    "pix": "pixel pixels px spaxel spaxels fiber fibers fibre fibres",
    "Hz": "hz hertz",
    "kHz": "khz",
    "MHz": "mhz",
    "GHz": "ghz",
    "THz": "thz",
    "eV": "ev",
    "keV": "kev",
    "MeV": "mev",
    "deg": "° degree degrees",
    "arcmin": "arcmins arcminute arcminutes",
    "arcsec": "arcsecs arcsecond arcseconds",
    "rad": "radian radians",
    "sr": "steradian steradians",
    _FLAM: "flam f_lambda",
    "erg s-1 cm-2 Hz-1": "fnu f_nu",
    # and PHOTNU: https://synphot.readthedocs.io/en/latest/synphot/units.html
    "ph s-1 cm-2 Angstrom-1": "photlam",
    "ph s-1 cm-2 Hz-1": "photnu",
    "MJY": "MJY",  # mega or milli: nobody can say
}
"""As astropy writes it: other spellings; lower case here means any case. A is no ampere, S no siemens."""
_SPELLED = {spelling: name for name, spellings in _WORDS.items() for spelling in spellings.split()}
_MAGNITUDES = {"ab": u.ABmag, "st": u.STmag}
_LATEX = (
    (r"\\AA(?![A-Za-z])|\\angstrom|\\mathring\s*\{?A\}?", "Angstrom"),
    (r"\\mu\s*|μ", "u"),
    (r"\\times|\\cdot|[×⋅·]", " * "),
    (r"\\[A-Za-z]+|\\.|[~}]", " "),
    (r"[${'\"`]", ""),
)
_POWER_OF_TEN = r"10\s*(?:(?:\*\*|\^)\s*\(?\s*([+-]?\d+)\s*\)?|([+-]\d+))"
_SCALE = re.compile(
    rf"(?:(\d+\.?\d*|\.\d+)\s*[*x]\s*)?{_POWER_OF_TEN}|(\d+\.?\d*|\.\d+)(?:[eEdD]([+-]?\d+))?"
)
"""``1e-17``, ``1.0E-17``, ``10**(-17)``, ``1 x 10^-17``, and ``10-17`` and ``10+3`` as VizieR writes them."""
_LOGARITHM = re.compile(r"(log_?10|log|lg|dex|log_?e|ln)\s*[(\[ ]\s*(.+?)\s*[)\]]?", re.IGNORECASE)
_OF_WHAT = re.compile(r"(lambda|λ|wave(length)?|f(lux)?)\s*/\s*", re.IGNORECASE)


@lru_cache(maxsize=1024)
def parse_unit(text: str | None) -> Any:
    """An astropy unit, ``dex(unit)`` of a decimal logarithm; None where the text makes none or a natural one.

    ``[10-17cW/m2/nm]`` in square brackets is a logarithm, as CDS defines it:
    http://vizier.u-strasbg.fr/doc/catstd.htx, section 3.2
    """
    scale, inner = split_logarithm(text)
    if scale == "ln" or not inner:
        return None
    magnitude = re.fullmatch(r"(?:mags?)?[\s_(]*(ab|st)[\s_)]*(?:mags?)?", inner, re.IGNORECASE)
    if magnitude:
        return _MAGNITUDES[magnitude[1].lower()]
    unit = _linear_unit(inner)
    return u.dex(unit) if unit is not None and scale == "log10" else unit


def split_logarithm(text: str | None) -> tuple[Scale, str]:
    """``"log10(Angstrom)"`` -> ``("log10", "Angstrom")``; also ``"ln Å"``, ``"[0.1nm]"``."""
    clean = _without_typography(str(text or ""))
    if clean.startswith("[") and clean.endswith("]"):
        return "log10", clean[1:-1].strip()
    logarithm = _LOGARITHM.fullmatch(clean)
    if logarithm is None:
        return "linear", clean
    is_natural = logarithm[1].lower() in ("ln", "loge", "log_e")
    return "ln" if is_natural else "log10", _OF_WHAT.sub("", logarithm[2])


def _without_typography(text: str) -> str:
    """LaTeX, raised digits and quotes as plain text: ``10^{-17} \\AA^{-1}`` -> ``10^-17 Angstrom^-1``."""
    text = unicodedata.normalize("NFKC", text).translate({0x2212: "-", 0x2013: "-"})
    for pattern, plain in _LATEX:
        text = re.sub(pattern, plain, text)
    return re.sub(r"\s*(\^|\*\*)\s*", r"\1", " ".join(text.split())).rstrip(".")


def _linear_unit(text: str) -> Any:
    text = re.sub(r"\bflam(\d+)\b", rf"10^-\1 {_FLAM}", text, flags=re.IGNORECASE)  # FLAM16: 1e-16, KCWI
    text = re.sub(r"\bMJY(?=\s*/\s*SR\b)", "MJy", re.sub(r"\be-(?!\d)", "electron", text))
    scale, text = _split_scale(_without_parentheses(text))
    if re.fullmatch(r"(?:[A-Za-zÅ]+[-+]?\d*)+", text):  # Wm-2um-1, ergs-1cm-2A-1: an exponent ends a factor
        text = re.sub(r"^(erg|W|mW)(?=(?:s|cm|m)[-+]?\d)", r"\1 ", re.sub(r"(?<=\d)(?=[A-Za-zÅ])", " ", text))
    text = re.sub(r"f_lambda|f_nu|[^\W\d_]+|°", _word, text, flags=re.IGNORECASE)
    text = re.sub(r"^erg/(cm/s|s/cm)/Angstrom$", "erg/s/cm2/Angstrom", text)  # SDSS-I wrote cm for cm2
    text = _one_fraction(_without_parentheses(text))
    if not 0 < scale < float("inf"):
        return None
    try:
        unit = u.Unit(scale) * u.Unit(text or "")
    except (ValueError, TypeError, OverflowError):
        return None
    parts = unit.decompose()
    maggies = sum(power for base, power in zip(parts.bases, parts.powers, strict=True) if base == u.mgy)
    return parts * (_MAGGY / u.mgy) ** maggies if maggies else unit


def _word(match: re.Match[str]) -> str:
    word = match[0]
    name = _SPELLED.get(word) or _SPELLED.get(word.lower())
    if name:
        return name
    try:
        u.Unit(word)
    except ValueError:
        return word.lower()
    return word


def _split_scale(text: str) -> tuple[float, str]:
    """The number in front of a unit, or behind it after ``x`` or ``*``, and the unit."""
    found = _SCALE.match(text) or re.search(rf"(?<=[*x])\s*(?:{_SCALE.pattern})$", text)
    if found is None:
        return 1.0, text
    mantissa, power, cds_power, number, exponent = found.groups()
    power = power or cds_power or exponent or "0"
    rest = text[: found.start()] + text[found.end() :]
    return float(f"{mantissa or number or 1}e{power}"), re.sub(r"^\s*[*x.]?\s+|\s*[*x]\s*$|^\*", "", rest)


def _without_parentheses(text: str) -> str:
    """Without those that change nothing: around all, around a product in front, around a denominator."""
    text = text.strip()
    while re.fullmatch(r"\([^()]*(?:\([^()]*\)[^()]*)*\)", text):
        text = text[1:-1].strip()
    text = re.sub(r"/\s*\(([^()/]*)\)(?!\s*[\^*\d])", lambda group: "/" + "/".join(_factors(group[1])), text)
    return re.sub(r"^\(([^()]*)\)(?=\s*(?:/|$))", r"\1", text)


def _one_fraction(text: str) -> str:
    """``erg/s/cm2/Angstrom`` and ``erg/s cm2 Angstrom`` as ``erg / (s cm2 Angstrom)``, which has one meaning.

    Behind a slash a factor divides, unless its own exponent already says so.
    """
    text = re.sub(r"\bper\b", "/", text)
    over, *under = text.split("/")
    if not under or "(" in text:
        return text
    divided = [_factors(part) for part in under]
    below = [
        factor
        for part in divided
        for place, factor in enumerate(part)
        if not place or not re.search(r"-\d", factor)
    ]
    above = [factor for part in divided for factor in part[1:] if re.search(r"-\d", factor)]
    return f"{' '.join((*_factors(over), *above)) or '1'} / ({' '.join(below)})"


def _factors(product: str) -> list[str]:
    return [factor for factor in re.split(r"\s+|(?<!\*)\*(?!\*)|\.(?!\d)", product.strip()) if factor]
