"""What was read from the files, where it came from, what was left out, and the values to set instead."""

from functools import partial

import streamlit as st

from aion.explorer.export.origins import origins
from aion.explorer.ui.analyze.overriding import override_form
from aion.explorer.ui.shared import labels, layout
from aion.explorer.ui.shared.session import current_session
from aion.io import Report, SkyObject
from aion.modalities import Image, Spectrum
from aion.plain_text import as_text

HOW = (
    "header: the file says so · detected: it follows from the data · assumed: nothing says so · "
    "you set: in place of that"
)
UNUSED_ROWS = 5
"""Of what was not used, that are seen at once; each is 35 pixels high."""


def inspector() -> None:
    """What was detected, assumed and dropped in the object's files, and the values to set instead."""
    upload = current_session().upload
    if upload is not None:
        layout.fold(
            as_text(labels.inspection_title(upload)),
            partial(_inspection, upload),
            icon=":material/fact_check:",
            key="inspector",
        )


def _inspection(target: SkyObject) -> None:
    session = current_session()
    for report in target.reports:
        _report(report)
    st.caption(HOW)
    is_image, is_spectrum = (
        any(isinstance(modality, kind) for modality in target.modalities) for kind in (Image, Spectrum)
    )
    if session.files and (is_image or is_spectrum):
        override_form(
            session.given, is_image=is_image, is_spectrum=is_spectrum, key=f"overrides-{session.opened}"
        )


def _report(report: Report) -> None:
    st.markdown(f"**{as_text(report.source)}** · {as_text(report.format)}")
    for origin in origins([report]):
        st.caption(f":material/cloud_download: {as_text(origin)}.")
    st.table(labels.decisions(report), border="horizontal", hide_index=True)
    unused = labels.unused(report)
    if len(unused):
        st.dataframe(unused, hide_index=True, height=35 * (min(len(unused), UNUSED_ROWS) + 1) + 3)
