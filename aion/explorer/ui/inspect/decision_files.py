"""Decisions of a queue as files, and decisions of files into a queue."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import streamlit as st

from aion.errors import AIONError
from aion.explorer.redshift.inspection.queues import Queue
from aion.explorer.redshift.inspection.tables import (
    ENDINGS,
    InspectionRow,
    Names,
    read_decisions,
    write_decisions,
)
from aion.explorer.ui.inspect.inspection_state import inspection_session
from aion.explorer.ui.shared.downloads import file_button, stem
from aion.explorer.ui.shared.people import store
from aion.plain_text import as_text, sentence

NAMES: dict[str, Names] = {"AION": "aion", "prospect": "prospect", "Marz": "marz"}
TYPES = {"csv": "text/csv", "ecsv": "text/plain", "fits": "application/fits", "mz": "text/plain"}
EVERYBODY, MINE = "Everybody", "Only mine"


def files(queue: Queue, person: str) -> None:
    """Downloads, and a box for the files of others."""
    names = NAMES[
        st.segmented_control("Columns of", list(NAMES), default="AION", required=True, key="columns")
    ]
    whose = st.segmented_control(
        "Decisions of", [EVERYBODY, MINE], default=EVERYBODY, required=True, key="whose"
    )
    by = person if whose == MINE else None
    name = stem(queue.label if by is None else f"{queue.label}_{by}")
    with st.container(horizontal=True):
        for ending in ENDINGS[names]:
            make = partial(decisions_file, queue, by, names, ending)
            file_button(f".{ending}", make, f"{name}.{ending}", TYPES[ending], key=f"decisions-{ending}")
    session = inspection_session()
    key = f"decisions-upload-{session.inputs}"
    st.file_uploader(
        "Read decisions of another person, or your own",
        accept_multiple_files=True,
        key=key,
        on_change=_take,
        args=(queue, key),
        help="CSV, ECSV or FITS with the columns of this page or of prospect, or results of Marz (.mz).",
    )
    if session.note:
        st.info(as_text(session.note), icon=":material/info:")
        session.note = ""


def decisions_file(queue: Queue, person: str | None, names: Names, ending: str) -> bytes:
    """Of one person, or of all, in the order of the queue."""
    fresh = store().queue(queue.id)
    places = {one.id: place for place, one in enumerate(fresh.objects)}
    kept = [one for one in store().decisions(queue.id, person) if one.object_id in places]
    kept.sort(key=lambda one: (places[one.object_id], one.person))
    rows = [
        InspectionRow(one, fresh.objects[places[one.object_id]], places[one.object_id] + 1) for one in kept
    ]
    return write_decisions(rows, names, ending, queue.label)


def _take(queue: Queue, key: str) -> None:
    session = inspection_session()
    session.inputs += 1
    told = []
    for file in st.session_state[key]:
        try:
            told.append(_read(queue, file.getvalue(), file.name))
        except AIONError as exc:
            told.append(sentence(str(exc)))
    session.note = " ".join(told)


def _read(queue: Queue, data: bytes, name: str) -> str:
    """What became of the decisions of a file, in a sentence."""
    ids = {one.id for one in queue.objects}
    found = read_decisions(data, name=name)
    unnamed = Path(name).stem
    mine = [replace(one, person=one.person or unnamed) for one in found if one.object_id in ids]
    store().record(queue.id, mine)
    people = sorted({one.person for one in mine})
    others = len(found) - len(mine)
    left_out = f"; left out, as their objects are not in this queue: {others}" if others else ""
    by = f" of {', '.join(people)}" if people else ""
    different = len({(one.object_id, one.person) for one in mine})
    again = f"; {len(mine) - different} of one person on one object, of which the last counts"
    on = f"on {len({one.object_id for one in mine})} of {len(queue.objects)} objects"
    return f"Read from {name}: decisions{by} {on}{left_out}{again if different < len(mine) else ''}."
