"""Lines that a person adds to those that are drawn, and keeps."""

import pandas as pd
import streamlit as st

from aion.explorer.ui.inspect.inspection_state import inspection_session, store

LOWEST, HIGHEST = 500.0, 30_000.0
"""Å, of a rest wavelength."""


def own_lines(person: str) -> None:
    """The table of own lines, to change and to save."""
    session = inspection_session()
    st.caption(
        "Your own lines, with their wavelengths at rest in vacuum. They are drawn in green and can be put "
        "under the cursor."
    )
    kept = pd.DataFrame(store().lines(person), columns=["Name", "Wavelength"])
    edited = st.data_editor(
        kept.astype({"Name": str, "Wavelength": float}),
        num_rows="dynamic",
        hide_index=True,
        key=f"own-lines-{person}-{session.inputs}",
        column_config={
            "Name": st.column_config.TextColumn(required=True, max_chars=30),
            "Wavelength": st.column_config.NumberColumn(
                "Wavelength (Å, vacuum)", min_value=LOWEST, max_value=HIGHEST, required=True, format="%.2f"
            ),
        },
    )
    if st.button("Save the lines", icon=":material/save:"):
        rows = edited.dropna()
        lines = zip(rows["Name"].str.strip(), rows["Wavelength"], strict=True)
        store().keep_lines(person, [(str(name), float(rest)) for name, rest in lines if name])
        session.inputs += 1
        st.rerun()
