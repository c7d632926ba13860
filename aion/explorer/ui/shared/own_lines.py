"""Lines that a person adds to those that are drawn: for as long as the tab is open, or kept under a name."""

import pandas as pd
import streamlit as st

from aion.explorer.ui.shared.people import name_field, person, store
from aion.explorer.ui.shared.session import current_session
from aion.lines import Line, own_line

LOWEST, HIGHEST = 500.0, 30_000.0
"""Å, of a rest wavelength."""
EXPLANATION = (
    "Your own lines, with their wavelengths at rest in vacuum, on the Analyze and Inspect pages. They are "
    "drawn in green and can be named where you mark a feature. Rows can be pasted from a spreadsheet."
)
INCOMPLETE = "Row {} lacks a name or a wavelength: give both, or delete the row."


def own_lines() -> tuple[Line, ...]:
    """Those that are kept under the name that was given, and those of this tab, by wavelength."""
    kept = store().lines(person()) if person() else []
    return tuple(own_line(*line) for line in sorted({*kept, *current_session().own_lines}, key=_wavelength))


def edit_own_lines(*, asks_name: bool) -> bool:
    """The table of own lines, to change and to save: whether they were just changed.

    Args:
        asks_name: whether a field asks under which name they are kept; elsewhere on the page, one does.
    """
    st.caption(EXPLANATION)
    if asks_name:
        name_field("Your name, to keep them")
    lines = [(line.name, line.rest) for line in own_lines()]
    edited = st.data_editor(
        pd.DataFrame(lines, columns=["Name", "Wavelength"]).astype({"Name": str, "Wavelength": float}),
        num_rows="dynamic",
        hide_index=True,
        key=f"own-lines-{person()}-{hash(tuple(lines))}",  # what is kept is edited afresh
        column_config={
            "Name": st.column_config.TextColumn(max_chars=30),
            "Wavelength": st.column_config.NumberColumn(
                "Wavelength (Å, vacuum)", min_value=LOWEST, max_value=HIGHEST, format="%.2f"
            ),
        },
    )
    rows = [(str(name or "").strip(), rest) for name, rest in edited.itertuples(index=False)]
    incomplete = [number for number, (name, rest) in enumerate(rows, 1) if not name or pd.isna(rest)]
    if incomplete:
        st.warning(INCOMPLETE.format(incomplete[0]), icon=":material/edit:")
    return st.button(
        "Save the lines" if person() else "Draw these lines",
        icon=":material/save:" if person() else ":material/edit:",
        disabled=bool(incomplete),
        on_click=_take,
        args=(rows,),
    )


def _take(rows: list[tuple[str, float]]) -> None:
    if person():
        store().keep_lines(person(), rows)
    current_session().own_lines = () if person() else tuple(rows)


def _wavelength(line: tuple[str, float]) -> tuple[float, str]:
    return line[1], line[0]
