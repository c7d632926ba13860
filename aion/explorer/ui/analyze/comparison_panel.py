"""The open result beside that of a session bundle, which other weights gave for the same files."""

from functools import partial

import pandas as pd
import streamlit as st

from aion.errors import InputError
from aion.explorer import figures
from aion.explorer.export.bundle_reading import read_bundle, saved_result
from aion.explorer.export.comparison import comparison_sentences, decoded_rows, result_rows
from aion.explorer.results import Analysis
from aion.explorer.results.comparison import ResultComparison, SavedResult, compare_results
from aion.explorer.ui.analyze import reproduce
from aion.explorer.ui.shared import active_catalog, labels, layout
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.session import current_session
from aion.explorer.ui.shared.theme import on_phone, theme
from aion.plain_text import as_text

EXPLANATION = (
    "Analyze the same files on a server that has other weights, take its session bundle (under Download) and "
    "drop it here. Or one of these weights, with other settings. `aion compare` gives the same numbers."
)
OPEN = "open here"


def comparison_panel(analysis: Analysis) -> None:
    """A fold with an upload box, then numbers and figures."""
    layout.fold(
        "Compare with a result of other weights",
        partial(_compared, analysis),
        icon=":material/compare:",
        key="compare-weights",
    )


def _compared(analysis: Analysis) -> None:
    session = current_session()
    target = session.target
    assert target is not None
    st.caption(EXPLANATION)
    key = f"bundle-{session.opened}-{session.row}"
    st.file_uploader("Session bundle (zip)", type="zip", key=key, on_change=_take, args=(key,))
    upload = session.compared  # stays while another page is looked at, unlike what is in the box
    if upload is None:
        return
    here = saved_result(
        analysis, reproduce.recipe(analysis, session), target.reports, active_catalog.catalog()
    )
    try:
        comparison = compare_results(here, read_bundle(upload, upload.name))
    except InputError as exc:
        layout.refuse(str(exc))
        return
    _show(comparison, upload.name, analysis.id)


def _take(key: str) -> None:
    current_session().compared = st.session_state[key]


def _show(comparison: ResultComparison, file: str, object_id: str) -> None:
    first, second = comparison.first, comparison.second
    names = (_name(first, OPEN), _name(second, file))
    st.markdown("\n".join(f"- {as_text(sentence)}" for sentence in comparison_sentences(comparison)))
    _table(result_rows(comparison), names)
    figure(
        figures.compared_densities(comparison, names, theme=theme()),
        key="compared-densities",
        alt="The two probability densities over redshift, with the best redshift of each",
        object_id=object_id,
    )
    for number, spectra in enumerate(comparison.spectra):
        survey = next(one.survey for one in spectra if one is not None)
        layout.section(f"{survey} spectrum, decoded by both")
        figure(
            figures.compared_spectra(*spectra, names, theme=theme()),
            key=f"compared-spectrum-{number}",
            alt=f"{survey} spectrum, what both results decoded, and both residuals",
            object_id=object_id,
        )
    for number, images in enumerate(comparison.images):
        survey = next(one.survey for one in images if one is not None)
        layout.section(f"{survey} image, decoded by both")
        figure(
            figures.compared_images(*images, names, stacked=on_phone(), theme=theme()),
            key=f"compared-image-{number}",
            alt=f"{survey} image: the original, and what both results decoded",
            object_id=object_id,
        )
    if rows := decoded_rows(comparison):
        layout.section("Decoded data", "How far what was decoded is from what was given.")
        _table(rows, names)


def _table(rows: list[tuple[str, str, str]], names: tuple[str, str]) -> None:
    words = [[as_text(word) for word in row] for row in rows]
    table = pd.DataFrame(words, columns=["", *map(as_text, names)])
    st.table(table, border="horizontal", hide_index=True)


def _name(one: SavedResult, where: str) -> str:
    return f"{labels.weights_name(one.title)}, {where}"
