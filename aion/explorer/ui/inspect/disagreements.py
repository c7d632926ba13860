"""Where people who inspected the same queue disagree: a table, a queue of its own, and one answer for all."""

from functools import partial

import pandas as pd
import streamlit as st

from aion.explorer.redshift.inspection.decisions import Decision
from aion.explorer.redshift.inspection.merging import (
    QUALITIES_APART,
    REDSHIFTS_APART,
    ComparedObject,
    compare,
    merged_columns,
)
from aion.explorer.redshift.inspection.queues import Queue
from aion.explorer.ui.inspect.decision_files import TYPES
from aion.explorer.ui.inspect.inspection_state import go_to
from aion.explorer.ui.shared.downloads import file_button, stem
from aion.explorer.ui.shared.people import store
from aion.io.write import OutputTable, csv, ecsv, fits_bytes

ALONE = (
    "Fewer than two people have decisions here. Another person opens this address under their own name, or "
    "their file is read under Files."
)
RULE = (
    f"As in DESI: |Δz| / (1 + z) ≥ {REDSHIFTS_APART}, qualities {QUALITIES_APART} or more apart, or another "
    "class. Elsewhere the merged table has the mean redshift and quality."
)


def disagreements(queue: Queue) -> None:
    """The panel."""
    compared = compared_objects(queue)
    if not compared:
        st.caption(ALONE)
        return
    apart = [one for one in compared if one.reasons]
    st.markdown(f"Disagreements: **{len(apart)}** of {len(compared)} objects that two or more inspected")
    st.caption(RULE)
    if apart:
        st.dataframe(_table(apart), hide_index=True, height="content" if len(apart) < 9 else 300)
        if st.button("Inspect the disagreements", icon=":material/checklist:"):
            label = f"Disagreements: {queue.label}"
            go_to(queue.subset([one.object_id for one in apart], label))
            st.rerun()
    st.caption("The merged table; a disagreement has the answer of who inspects it in its own queue.")
    with st.container(horizontal=True):
        for ending in ("csv", "ecsv", "fits"):
            make = partial(merged_file, queue, ending)
            name = f"{stem(queue.label)}_merged.{ending}"
            file_button(f".{ending}", make, name, TYPES[ending], key=f"merged-{ending}")


def compared_objects(queue: Queue) -> list[ComparedObject]:
    """Objects that two people or more inspected."""
    return compare(store().decisions(queue.id), _kinds(queue))


def merged_file(queue: Queue, ending: str) -> bytes:
    """One row for each object that two people or more inspected."""
    columns = merged_columns(compared_objects(queue), _kinds(queue), _resolved(queue))
    if ending == "fits":
        return fits_bytes([OutputTable("MERGED", tuple(columns))], {}, history=[f"queue: {queue.label}"])
    return csv(columns) if ending == "csv" else ecsv(columns, {"queue": queue.label})


def _resolved(queue: Queue) -> dict[str, Decision]:
    """Object -> the latest decision in the queues of its disagreements."""
    children = [one.id for one in store().queues() if one.parent == queue.id]
    decisions = [one for child in children for one in store().decisions(child) if one.is_inspected]
    return {one.object_id: one for one in sorted(decisions, key=lambda one: one.time)}


def _kinds(queue: Queue) -> dict[str, str]:
    return {one.id: one.kind for one in queue.objects}


def _table(apart: list[ComparedObject]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Object": [one.object_id for one in apart],
            "Disagree in": ["; ".join(one.reasons) for one in apart],
            "Who": [", ".join(decision.person for decision in one.decisions) for one in apart],
        }
    )
