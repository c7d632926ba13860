"""Questions about a file, the choices, and what each would give, in words: Markdown for people, no widget."""

import math
from collections.abc import Sequence

from aion.constants import HSC_ZERO_POINT, NANOMAGGY_ZERO_POINT
from aion.explorer.ui.shared.labels import band_letter
from aion.io import Entry
from aion.io.alternatives import Alternative
from aion.modalities import HSCImage
from aion.plain_text import as_text, sentence

_QUESTIONS = {
    "wavelength_unit": ("wavelength unit", "Wavelength unit"),
    "medium": ("air or vacuum", "Wavelengths are in"),
    "mask_sense": ("mask", "The mask marks"),
    "spectrum_flux_scale": ("flux unit", "Flux unit in erg/s/cm²/Å"),
    "image_flux_scale": ("zero-point", "Zero-point of the image"),
    "bands": ("bands", "Bands of the image, in order"),
    "survey": ("survey", "Read as data of"),
}
"""Setting -> what is open, and the label of its choices."""
_UNITS = {"Angstrom": "Å", "um": "µm", "log10(Angstrom)": "log₁₀ Å", "ln(Angstrom)": "ln Å"}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_OF_IMAGES = ("image_flux_scale", "bands", "survey=Legacy Survey", "survey=HSC")


def choices_title(entries: Sequence[Entry], *, files: int) -> str:
    """``The file leaves open: mask, air or vacuum``."""
    names = ", ".join(dict.fromkeys(_QUESTIONS[_setting(entry)][0] for entry in entries))
    return f"The {'files leave' if files > 1 else 'file leaves'} open: {names}"


def choices_label(entry: Entry) -> str:
    """Over its buttons: ``Wavelength unit``."""
    return _QUESTIONS[_setting(entry)][1]


def reason(entry: Entry) -> str:
    """Why there is a choice, if more can be said than that the file does not say."""
    note = entry.note.partition("; set ")[0]  # which the buttons do
    more = note.removeprefix("the file does not say").lstrip("; ")
    return as_text(sentence(more)) if more else ""


def choice_name(entry: Entry, choice: str) -> str:
    """On its button: ``nm``, ``good pixels``, ``25.0`` for a zero-point, ``10⁻¹⁶`` for a flux unit."""
    setting, _, value = choice.partition("=")
    if setting == "spectrum_flux_scale":
        return _power(1e-17 * float(value))
    if setting == "image_flux_scale":
        target = HSC_ZERO_POINT if entry.value == HSCImage.unit else NANOMAGGY_ZERO_POINT
        return f"{target - 2.5 * math.log10(float(value)):.4g}"
    if setting == "mask_sense":
        return f"{value} pixels"
    return _UNITS.get(value, value.replace(",", " "))


def outcomes(entry: Entry, found: Sequence[Alternative]) -> str:
    """A line for each choice with that in which it differs from the others; empty where none does."""
    told = {one.choice: _facts(one, entry) for one in found if not one.refused}
    shared = set.intersection(*map(set, told.values())) if len(told) > 1 else set()
    lines = []
    for one in found:
        own = " · ".join(fact for fact in told.get(one.choice, ()) if fact not in shared)
        what = f"cannot be read: {as_text(_first_clause(one.refused))}" if one.refused else own
        if what:
            lines.append(f"**{as_text(choice_name(entry, one.choice))}**: {what}")
    return "  \n".join(lines)


def _facts(one: Alternative, entry: Entry) -> list[str]:
    if entry.choices[0].startswith(_OF_IMAGES):
        by_band = {band_letter(band): magnitude for band, magnitude in one.magnitudes.items()}
        ordered = sorted(by_band.items(), key=lambda item: "grizy".index(item[0]))
        return [" · ".join(f"{band} {_digits(magnitude)}" for band, magnitude in ordered) + " AB"]
    if one.wavelength is None or one.snr is None or one.flux is None:
        return []
    low, high = one.wavelength
    feature = (
        "no narrow feature stands out"
        if one.feature is None
        else f"strongest feature: {one.feature.kind} at {one.feature.wavelength:.1f} Å"
    )
    return [
        f"{low:.0f}–{high:.0f} Å",
        f"{one.good:,} good pixels",
        f"S/N {one.snr:.1f}",
        f"median flux {one.flux:.3g}".replace("-", "−"),
        feature,
    ]


def _digits(magnitude: float) -> str:
    return f"{magnitude:.2f}" if math.isfinite(magnitude) else "–"


def _setting(entry: Entry) -> str:
    return entry.choices[0].partition("=")[0]


def _power(value: float) -> str:
    """``10⁻¹⁷``; other numbers as ``2.5 × 10⁻¹⁷``."""
    exponent = math.floor(math.log10(value) + 1e-9)
    times = value / 10.0**exponent
    power = f"10{str(exponent).translate(_SUPERSCRIPTS)}" if exponent else "1"
    return power if abs(times - 1) < 1e-3 else f"{times:.3g} × {power}"


def _first_clause(reason: str) -> str:
    return reason.split("; ")[0].split(". ")[0]
