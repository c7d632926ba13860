"""What a sample says of p(z): the table of groups, pictures, outliers, and a recalibration fitted on it."""

import json
from functools import partial
from typing import Any, get_args

import pandas as pd
import streamlit as st

from aion.errors import AIONError
from aion.explorer import figures
from aion.explorer.engine import Engine
from aion.explorer.redshift.calibration import Fitted, Measurement, Sample, fit_half, measure, write_p_z
from aion.explorer.redshift.calibration.report import (
    NUMBERS,
    measurement_dict,
    measurement_html,
    sentences,
    shown,
)
from aion.explorer.ui.calibrate.state import calibrate_state
from aion.explorer.ui.shared import layout
from aion.explorer.ui.shared.downloads import file_button
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.navigation import listed_objects
from aion.explorer.ui.shared.number_table import number_table
from aion.explorer.ui.shared.session import current_session
from aion.explorer.ui.shared.theme import theme
from aion.plain_text import as_text
from aion.recalibration import RECALIBRATION, Method
from aion.redshift_scores import Point

LIMITS = (0.003, 0.01, 0.05, 0.15)
"""|Δz|/(1+z) of an outlier that a person can choose."""
_KEPT: dict[str, Any] = {"required": True, "persist_state": "session"}
"""Of choices that stay while another page is looked at."""


def measured(sample: Sample) -> Measurement:
    """By the redshift and the limit that the person chooses; kept until any of it changes."""
    with st.container(horizontal=True):
        point: Point = st.segmented_control(
            "Redshift of p(z)",
            list(get_args(Point)),
            default="mode",
            required=True,
            key="calibrate-point",
            persist_state="session",
        )
        beyond = st.segmented_control(
            "Outliers beyond |Δz|/(1+z)",
            LIMITS,
            default=0.15,
            required=True,
            key="calibrate-beyond",
            persist_state="session",
        )
    state, about = calibrate_state(), (float(sample.truth.sum()), float(sample.probability[0].max()))
    key = (sample.origin, len(sample), about, point, beyond)
    if state.measured is None or state.key != key:
        with st.spinner("Measuring, with 100 resamples for each error"):
            state.measured, state.fitted = measure(sample, point=point, beyond=beyond), None
        state.key = key
    return state.measured


def groups_table(found: Measurement) -> None:
    """What was measured, and the numbers of each group."""
    for line in sentences(found):
        st.caption(as_text(line))
    layout.section("By groups", NUMBERS)
    _with_errors(found.table)
    fitted = calibrate_state().fitted
    files = (
        ("Report (HTML)", partial(measurement_html, found, fitted), "html", "text/html"),
        ("Numbers (JSON)", partial(_json, found, fitted), "json", "application/json"),
        ("Groups (CSV)", partial(found.table.to_csv, index=False), "csv", "text/csv"),
        ("p(z) with truths (HDF5 for qp)", partial(write_p_z, found.sample), "hdf5", "application/x-hdf5"),
    )
    with st.popover("Download", icon=":material/download:"):
        for label, content, ending, mime in files:
            file_button(label, content, f"calibration.{ending}", mime, key=f"calibration-{ending}")


def _with_errors(table: pd.DataFrame) -> None:
    texts = shown(table)
    number_table(texts, table[[name for name in table if name in texts]])


def pictures(found: Measurement) -> None:
    """PIT, coverage, and z against z."""
    left, right = st.columns(2, gap="medium")
    fitted = calibrate_state().fitted
    curves = {"all": found.found}
    if fitted is not None:
        curves = {"before": fitted.before.found, "recalibrated": fitted.after.found}
    with left:
        figure(
            figures.pit_histogram(found.found, theme=theme()),
            key="calibrate-pit",
            alt="Histogram of the probability below the true redshift; flat where p(z) is calibrated",
        )
    with right:
        figure(
            figures.coverage_curve(curves, theme=theme()),
            key="calibrate-coverage",
            alt="Share of true redshifts in the regions of each level, against the level",
        )
    table = found.sample.table
    classes = table["class"].astype(object).fillna("unknown").to_numpy() if "class" in table else None
    figure(
        figures.redshift_pairs(found.found, found.point, found.beyond, classes, theme=theme()),
        key="calibrate-pairs",
        alt="Redshifts of p(z) against true redshifts",
    )


def outliers(found: Measurement) -> None:
    """The farthest first; one of the catalog opens on the Analyze page when its row is chosen."""
    table = found.outliers
    layout.section(
        f"Outliers: {len(table):,} of {len(found.sample):,}",
        f"|Δz|/(1+z) > {found.beyond:g}, the farthest first. One that is of the catalog that the pages look "
        "into opens on the Analyze page when its row is chosen.",
    )
    if not len(table):
        return
    listed_objects(_rounded(table), key="calibrate-outliers")


def recalibration(found: Measurement, engine: Engine) -> None:
    """Fitted on a random half and judged on the other; to take away, or to use in this session."""
    layout.section(
        "Recalibration",
        "A smoothing along the grid, and a power of p(z) (temperature) or a map of its cumulative (PIT), by "
        "S/N where there are enough objects. Fitted on a random half, judged on the other. It belongs to "
        "these weights, and can be applied wherever p(z) is shown.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method: Method = st.segmented_control(
            "Method",
            list(get_args(Method)),
            default="temperature",
            required=True,
            key="calibrate-method",
            persist_state="session",
        )
        if st.button("Fit on half of these objects", icon=":material/tune:"):
            try:
                with st.spinner("Fitting"):
                    calibrate_state().fitted = fit_half(
                        found.sample, engine.info.sha256, method, point=found.point, beyond=found.beyond
                    )
                st.rerun()
            except AIONError as exc:
                layout.refuse(as_text(str(exc)))
    fitted = calibrate_state().fitted
    if fitted is None:
        return
    halves = (("before", fitted.before), ("after", fitted.after))
    rows = [half.table.head(1).assign(group=name) for name, half in halves]
    st.caption(f"The {len(fitted.before.sample):,} objects that it was not fitted on:")
    _with_errors(pd.concat(rows))
    session = current_session()
    with st.container(horizontal=True):
        text = fitted.recalibration.to_json
        file_button(f"Save {RECALIBRATION}", text, RECALIBRATION, "application/json", key="calibration-file")
        if session.own_recalibration == fitted.recalibration:
            st.button("Stop using it", on_click=_use, args=(None,), key="c-stop")
            st.caption("p(z) on the Analyze page is corrected with this in your session.")
        else:
            st.button("Use in this session", on_click=_use, args=(fitted,), type="primary", key="c-use")
    st.caption(
        "To use it always, start the application with `AION_RECALIBRATION=recalibration.json`, or give "
        "`--recalibration recalibration.json` to a command."
    )


def _use(fitted: Fitted | None) -> None:
    session = current_session()
    session.own_recalibration = None if fitted is None else fitted.recalibration
    session.is_raw = False


def _json(found: Measurement, fitted: Fitted | None) -> str:
    return json.dumps(measurement_dict(found, fitted), indent=1, ensure_ascii=False)


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    return table.map(lambda value: float(f"{value:.4g}") if isinstance(value, float) else value)
