"""What is known of the weights in use without any table of a person's own: the evaluation that lies beside
them, and what their recalibration did to objects that it was not fitted on."""

import pandas as pd
import streamlit as st

from aion.explorer.engine import Engine
from aion.explorer.ui.shared import evaluation, labels, layout
from aion.plain_text import as_text
from aion.recalibration import Recalibration

TITLES = {
    "simulated: redshifts from spectra": "From spectra, simulated objects held out of training",
    "simulated: photometric redshifts": "From images and fluxes, simulated objects held out of training",
    "real spectra, all: redshifts": "From real spectra",
    "real spectra, development: redshifts": "From real spectra, the development half",
}
"""Tables of the evaluation that are about redshifts, and what they are called here."""


def of_weights(engine: Engine) -> None:
    """The numbers of the embedded model; of other weights, that there are none."""
    found = evaluation.read_evaluation(engine.info)
    layout.section(f"What is known of {as_text(labels.weights_name(engine.info.title))}")
    tables = {title: text for title, text in TITLES.items() if title in found}
    if not tables:
        layout.empty(
            "Nothing was measured with these weights. Choose a catalog or a file whose redshifts you know."
        )
    else:
        st.caption(
            "p(z) as the model gives it, without recalibration. The Model page has every other number; "
            "choose a catalog or a file above to measure p(z) on your own objects."
        )
    for title, text in tables.items():
        layout.section(text)
        st.dataframe(evaluation.details(found[title]), hide_index=True, height="content")
    if engine.recalibration is not None:
        _of_file(engine.recalibration)


def _of_file(recalibration: Recalibration) -> None:
    """Each correction in use, before and after."""
    layout.section(
        "The recalibration in use",
        "What it did to objects that it was not fitted on. A switch beside p(z) on the Analyze page turns it "
        "off.",
    )
    st.caption(f"Fitted on {as_text(recalibration.fitted_on)}; file {recalibration.digest[:12]}.")
    rows = [
        {
            "Data": " + ".join(one.data) or "any",
            "S/N": one.snr_range,
            "Smoothing": one.smoothing,
            "Power": round(one.power, 3),
            "Class": kind,
            "N": row["n"],
            **{name: f"{row['before'][name]:.3g} → {row['after'][name]:.3g}" for name in row["before"]},
        }
        for one in recalibration.corrections
        for kind, row in one.judged.items()
    ]
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True, height="content")
