"""Two results that were compared, in sentences and rows for people, and as plain values for JSON."""

import math
from typing import Any

from aion.constants import SPEED_OF_LIGHT
from aion.explorer.export.analysis import without_nan
from aion.explorer.results.comparison import (
    BestRedshift,
    ResultComparison,
    SavedResult,
    SharedNeighbors,
    decoded_difference,
)
from aion.redshift import Interval

NEARBY = 0.01
"""|Δz| / (1 + z) up to which it is said in km/s too."""
NONE = "–"


def comparison_sentences(comparison: ResultComparison) -> list[str]:
    """What both results have in common, and how far they agree."""
    weights = (
        "Both are of the same weights: what differs is of the settings, or of the processor."
        if comparison.has_same_weights
        else "They are of different weights."
    )
    shift = f"{comparison.shift:+.6f}".replace("-", "−")
    speed = f"{SPEED_OF_LIGHT * comparison.shift:+,.0f} km/s".replace("-", "−")
    nearby = f" ({speed})" if abs(comparison.shift) <= NEARBY else ""
    return [
        weights,
        f"From the first best redshift to the second, Δz / (1 + z) is {shift}{nearby}.",
        f"The two p(z) share {comparison.overlap:.1%} of their probability; their Jensen-Shannon divergence "
        f"is {comparison.divergence:.3f} bits, between 0 (the same) and 1 (they exclude each other).",
        *_spectra_sentences(comparison),
        _neighbors_sentence(comparison.neighbors),
    ]


def result_rows(comparison: ResultComparison) -> list[tuple[str, str, str]]:
    """Quantity, and what it is in the first and in the second result: weights, settings, redshifts."""
    pair = (comparison.first, comparison.second)
    return [
        _row("Weights (SHA-256)", *(one.weights[:12] for one in pair)),
        *(_row(name, *values) for name, values in comparison.setting_differences.items()),
        _row("Best redshift", *(one.best for one in pair)),
        _row("It is of", *(_kind(one.best) for one in pair)),
        _row("Median of p(z)", *(f"{one.redshift.median:.4f}" for one in pair)),
        _row("68 % region of p(z)", *(_intervals(one.redshift.ci68) for one in pair)),
    ]


def decoded_rows(comparison: ResultComparison) -> list[tuple[str, str, str]]:
    """The same of what was decoded."""
    rows = []
    for spectra in comparison.spectra:
        survey = next(one.survey for one in spectra if one is not None)
        chi2 = (None if one is None else one.reduced_chi2 for one in spectra)
        rows.append(_row(f"{survey} spectrum, reduced χ²", *map(_number, chi2)))
    for images in comparison.images:
        survey, bands = next((one.survey, one.bands) for one in images if one is not None)
        rms = [
            {}
            if one is None or one.residual_rms is None
            else dict(zip(one.bands, one.residual_rms, strict=True))
            for one in images
        ]
        for band in bands:
            values = (_number(kept.get(band)) for kept in rms)
            rows.append(_row(f"{survey} image, {band}, residual rms (nanomaggies)", *values))
    for scalars in comparison.scalars:
        name, unit, original = next((one.name, one.unit, one.original) for one in scalars if one is not None)
        given = "" if original is None else f", given {_number(original)}"
        decoded = (None if one is None else one.decoded for one in scalars)
        rows.append(_row(f"{name}{f' ({unit})' if unit else ''}{given}", *map(_number, decoded)))
    return rows


def comparison_dict(comparison: ResultComparison) -> dict[str, Any]:
    """As plain values; a pair is of the first and the second result. NaN becomes None."""
    neighbors = comparison.neighbors
    plain = {
        "id": comparison.first.id,
        "files": [{"source": name, "sha256": digest} for digest, name in comparison.first.files.items()],
        "results": [_result(one) for one in (comparison.first, comparison.second)],
        "same_weights": comparison.has_same_weights,
        "setting_differences": {name: list(pair) for name, pair in comparison.setting_differences.items()},
        "redshift": {
            "shift": comparison.shift,
            "overlap": comparison.overlap,
            "divergence_bits": comparison.divergence,
        },
        "spectra": [
            {
                "survey": next(one.survey for one in pair if one is not None),
                "reduced_chi2": [None if one is None else one.reduced_chi2 for one in pair],
                "decoded_difference_rms_sigma": None
                if pair[0] is None or pair[1] is None
                else decoded_difference(pair[0], pair[1]),
            }
            for pair in comparison.spectra
        ],
        "images": [
            {
                "survey": next(one.survey for one in pair if one is not None),
                "bands": [None if one is None else list(one.bands) for one in pair],
                "residual_rms_nanomaggies": [
                    None if one is None or one.residual_rms is None else list(one.residual_rms)
                    for one in pair
                ],
            }
            for pair in comparison.images
        ],
        "scalars": [
            {
                "name": next(one.name for one in pair if one is not None),
                "original": next(one.original for one in pair if one is not None),
                "decoded": [None if one is None else one.decoded for one in pair],
            }
            for pair in comparison.scalars
        ],
        "neighbors": {"not_compared": neighbors}
        if isinstance(neighbors, str)
        else {"k": neighbors.k, "shared": list(neighbors.ids)},
    }
    finite: dict[str, Any] = without_nan(plain)
    return finite


def _result(one: SavedResult) -> dict[str, Any]:
    best, pdf = one.best, one.redshift
    return {
        "title": one.title,
        "sha256": one.weights,
        "settings": dict(one.settings),
        "best": {"z": best.z, "low": best.low, "high": best.high, "exact": best.is_exact},
        "mode": pdf.mode,
        "median": pdf.median,
        "ci68": [list(interval) for interval in pdf.ci68],
    }


def _row(name: str, first: object, second: object) -> tuple[str, str, str]:
    return name, str(first), str(second)


def _spectra_sentences(comparison: ResultComparison) -> list[str]:
    pairs = [(one, other) for one, other in comparison.spectra if one is not None and other is not None]
    differences = {one.survey: decoded_difference(one, other) for one, other in pairs}
    return [
        f"The decoded {survey} spectra differ by {difference:.2f} σ of the data (root mean square)."
        for survey, difference in differences.items()
        if difference is not None
    ]


def _neighbors_sentence(neighbors: SharedNeighbors | str) -> str:
    if isinstance(neighbors, str):
        return f"Neighbors cannot be compared: {neighbors}."
    shared = f": {', '.join(neighbors.ids)}" if neighbors.ids else ""
    return f"Of the {neighbors.k} nearest neighbors of each, both have {len(neighbors.ids)}{shared}."


def _kind(best: BestRedshift) -> str:
    return "the lines of the spectrum" if best.is_exact else "the best peak of p(z)"


def _intervals(intervals: tuple[Interval, ...]) -> str:
    shown = ", ".join(f"{low:.4f} – {high:.4f}" for low, high in intervals[:3])
    return shown + (f" and {len(intervals) - 3} more" if len(intervals) > 3 else "")


def _number(value: float | None) -> str:
    return NONE if value is None or not math.isfinite(value) else f"{value:.4g}".replace("-", "−")
