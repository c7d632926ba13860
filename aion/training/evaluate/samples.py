"""Which objects a row of a table is about: class, survey and signal-to-noise. Empty rows are left out."""

from itertools import product

import numpy as np

from aion.redshift_scores import Array, Floats

SNR_BINS = ((0.0, 1.0), (1.0, 3.0), (3.0, 5.0), (5.0, 10.0), (10.0, np.inf))
MAG_BINS = ((14.0, 18.0), (18.0, 20.0), (20.0, 21.0), (21.0, 23.5))
BRIGHT = 3.0
"""Signal-to-noise from which a simulated spectrum is asked to be right."""
BOTH = "galaxies and quasars"
PLURALS = {"galaxy": "galaxies", "quasar": "quasars", "star": "stars"}


def by_class(kind: Array) -> dict[str, Array]:
    """Each class that occurs."""
    return {plural: kind == name for name, plural in PLURALS.items() if (kind == name).any()}


def by_magnitude(mag: Floats) -> dict[str, Array]:
    """Each bin of r that occurs."""
    return _present({f"r {low:g}-{high:g}": (mag >= low) & (mag < high) for low, high in MAG_BINS})


def by_spectrum(kind: Array, survey: Array, snr: Floats, bright: float) -> dict[str, Array]:
    """From the whole to the parts: galaxies and quasars bright enough, also by class and by survey;
    then class x survey x S/N bin."""
    objects = np.isin(kind, ("galaxy", "quasar"))
    enough, surveys = snr >= bright, sorted(set(survey.tolist()))
    bins = {_bin(low, high): (snr >= low) & (snr < high) for low, high in SNR_BINS}
    parts: dict[str, Array] = {
        f"{plural}, S/N >= {bright:g}": chosen & enough for plural, chosen in by_class(kind).items()
    }
    parts |= {f"{BOTH}, {name}, S/N >= {bright:g}": objects & enough & (survey == name) for name in surveys}
    parts |= {f"{BOTH}, {label}": objects & chosen for label, chosen in bins.items()}
    for (plural, of_class), name, (label, chosen) in product(by_class(kind).items(), surveys, bins.items()):
        parts[f"{plural}, {name}, {label}"] = of_class & (survey == name) & chosen
    return {f"{BOTH}, S/N >= {bright:g}": objects & enough} | _present(parts)


def _bin(low: float, high: float) -> str:
    if not low:
        return f"S/N < {high:g}"
    return f"S/N {low:g}-{high:g}" if np.isfinite(high) else f"S/N > {low:g}"


def _present(parts: dict[str, Array]) -> dict[str, Array]:
    return {label: chosen for label, chosen in parts.items() if chosen.any()}
