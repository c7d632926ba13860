"""A measurement to take away: a page that needs no network, and the numbers as JSON or CSV."""

import json
import math
from html import escape
from typing import Any

import pandas as pd

from aion.error_text import with_error
from aion.explorer import figures
from aion.explorer.redshift.calibration.measuring import Fitted, Measurement

SHOWN_OUTLIERS = 200
NUMBERS = (
    "Δz = (z − z true) / (1 + z true). σ_NMAD = 1.4826 median |Δz − median Δz|. Errors are the scatter over "
    "100 bootstrap resamples. PIT: the probability below the truth, uniform when p(z) is calibrated; KS is "
    "its largest distance from that (by chance above 1.36/√N in one case of twenty), A² that of Anderson and "
    "Darling (above 2.49). CRPS: integral of the squared distance between the cumulative of p(z) and the "
    "step at the truth. CDE loss: ∫ p² dz − 2 p(truth), means over the objects. Regions are those of highest "
    "density."
)
_STYLE = (
    "body{font-family:sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem;color:#1c2733}"
    "table{border-collapse:collapse;font-size:.85rem;display:block;overflow-x:auto}"
    "td,th{padding:.25rem .6rem;border-bottom:1px solid #dde3ea;text-align:right;white-space:nowrap}"
    "td:first-child,th:first-child{text-align:left}"
)


def measurement_html(measured: Measurement, fitted: Fitted | None = None) -> str:
    """Facts, figures, the table of groups, what a recalibration moved, and the outliers."""
    sample, found = measured.sample, measured.found
    curves = {"all": found}
    if fitted is not None:
        curves = {"before": fitted.before.found, "recalibrated": fitted.after.found}
    classes = sample.table["class"].to_numpy() if "class" in sample.table else None
    drawings = {
        "PIT": figures.pit_histogram(found),
        "Coverage": figures.coverage_curve(curves),
        "Redshifts": figures.redshift_pairs(found, measured.point, measured.beyond, classes),
    }
    page = figures.html("Calibration of p(z)", drawings)
    facts = "".join(f"<p>{escape(line)}</p>" for line in sentences(measured))
    tables = f"<h2>By groups</h2>{_html(shown(measured.table))}<p>{escape(NUMBERS)}</p>"
    if fitted is not None:
        both = [half.table.head(1).assign(group=name) for name, half in _halves(fitted)]
        tables += f"<h2>Recalibration, on the half it was not fitted on</h2>{_html(shown(pd.concat(both)))}"
    outliers = measured.outliers
    tables += f"<h2>Outliers ({len(outliers):,})</h2>{_html(outliers.head(SHOWN_OUTLIERS))}"
    page = page.replace("</head>", f"<style>{_STYLE}</style></head>", 1)
    page = page.replace("</h1>", f"</h1>{facts}", 1)
    return page.replace("</body>", f"{tables}</body>", 1)


def measurement_dict(measured: Measurement, fitted: Fitted | None = None) -> dict[str, Any]:
    """The same numbers as plain values; NaN becomes None."""
    sample = measured.sample
    stated: dict[str, Any] = {
        "objects": sample.origin,
        "weights_sha256": sample.sha256,
        "recalibrated": sample.is_recalibrated,
        "left_out": list(sample.left_out),
        "point": measured.point,
        "outliers_beyond": measured.beyond,
        "groups": _rows(measured),
        "outliers": json.loads(measured.outliers.to_json(orient="records", double_precision=12)),
    }
    if fitted is not None:
        stated["recalibration"] = {
            "fitted_on": fitted.recalibration.fitted_on,
            **{name: _rows(half) for name, half in _halves(fitted)},
        }
    return stated


def sentences(measured: Measurement) -> list[str]:
    """What was measured, for people."""
    sample = measured.sample
    recalibrated = "recalibrated" if sample.is_recalibrated else "not recalibrated"
    return [
        f"{len(sample):,} objects with true redshifts: {sample.origin}; p(z) {recalibrated}."
        + (f" Left out: {', '.join(sample.left_out)}." if sample.left_out else ""),
        f"Redshifts are the {measured.point}s of p(z); outliers are those with |Δz| > {measured.beyond:g}.",
    ]


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Of `Measurement.table`, each number with its error as text."""
    names = [name for name in table.columns if f"{name} error" in table]
    texts = {
        name: [
            with_error(value, error) for value, error in zip(table[name], table[f"{name} error"], strict=True)
        ]
        for name in names
    }
    return pd.DataFrame({"Group": table["group"], "N": table["n"], **texts})


def _halves(fitted: Fitted) -> tuple[tuple[str, Measurement], ...]:
    return ("before", fitted.before), ("after", fitted.after)


def _rows(measured: Measurement) -> list[dict[str, Any]]:
    return [
        {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}
        for row in measured.table.to_dict("records")
    ]


def _html(table: pd.DataFrame) -> str:
    return str(table.to_html(index=False, border=0, float_format=lambda value: f"{value:.5g}"))
