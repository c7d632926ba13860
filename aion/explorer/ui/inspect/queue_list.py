"""How a queue begins: from files, from objects that are marked in the catalog, or one that is there."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import streamlit as st

from aion.errors import AIONError
from aion.explorer.redshift.inspection.queues import queue_of_catalog, queue_of_files, why_unread
from aion.explorer.ui.inspect.inspection_state import QUEUE, go_to, inspection_session
from aion.explorer.ui.shared import active_catalog, layout, server
from aion.explorer.ui.shared.examples import example_spectra
from aion.explorer.ui.shared.people import store
from aion.explorer.ui.shared.selection import current_selection
from aion.plain_text import as_text, sentence

BATCH = "batch"
"""In the address: the batch of which a queue is made."""
FILES = "files"
"""Folder of uploads, beside the store."""


def queue_list() -> None:
    """All ways to a queue."""
    session = inspection_session()
    st.title("Inspect", anchor=False)
    st.caption(
        "Redshifts, qualities and classes of many spectra, one after the other, by keyboard. Every key is "
        "saved. Several people can inspect one queue; where they disagree becomes a queue of its own."
    )
    if session.note:
        layout.refuse(session.note)
        session.note = ""
    new, marked = st.columns([3, 2], gap="medium")
    with new:
        st.file_uploader(
            "A new queue: upload spectra, with their images and photometry if there are any",
            accept_multiple_files=True,
            key=f"inspect-upload-{session.inputs}",
            on_change=_take_upload,
        )
        if shown := example_spectra():
            st.button(
                "Try it with example spectra",
                type="tertiary",
                on_click=lambda: _new_queue("Example spectra", shown),
                icon=":material/science:",
                key="inspect-examples",
            )
    with marked:
        _marked_objects()
    _known_queues()


def keep_files(files: Iterable[tuple[str, bytes]]) -> list[Path]:
    """Files that stay, each in a folder named after its content, under its own name."""
    kept = []
    for name, data in files:
        folder = store().folder / FILES / hashlib.sha256(data).hexdigest()[:16]
        path = folder / Path(name).name
        if not path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        kept.append(path)
    return kept


def follow_batch() -> None:
    """Make the queue of the batch that the address names, from its files, which are kept here."""
    key = st.query_params.pop(BATCH, None)
    if key is None:
        return
    session, batch = inspection_session(), server.batches().get(key)
    if batch is None:
        session.note = f"there is no batch {key!r} on this server"
        return
    fetched = sorted(batch.folder.targets.rglob("*.fits")) if batch.record.kind == "list" else []
    files = fetched or batch.folder.input_files(batch.record)
    try:
        with st.spinner("Reading the files of the batch"):
            kept = keep_files((file.name, file.read_bytes()) for file in files)
            queue, unread = queue_of_files(batch.record.label, kept, batch.record.overrides)
        session.unread = tuple(map(why_unread, unread))
        go_to(queue)
    except (AIONError, OSError) as exc:
        session.note = str(exc)


def _take_upload() -> None:
    session = inspection_session()
    files = st.session_state[f"inspect-upload-{session.inputs}"]
    if not files:
        return
    session.inputs += 1
    label = files[0].name if len(files) == 1 else f"{len(files)} files, {files[0].name} …"
    _new_queue(label, keep_files((file.name, file.getvalue()) for file in files))


def _new_queue(label: str, files: Sequence[Path]) -> None:
    """Go to the queue of these files, which stay where they are, or say why there is none."""
    session = inspection_session()
    try:
        queue, unread = queue_of_files(label, files)
        session.unread = tuple(map(why_unread, unread))
        go_to(queue)
    except AIONError as exc:
        session.note = str(exc)


def _marked_objects() -> None:
    catalog, marked = active_catalog.catalog(), current_selection().ids
    if catalog is None:
        return
    if not marked:
        st.caption("Or mark objects on the Catalog page: they become a queue here.")
        st.page_link("pages/catalog.py", label="Open the catalog", icon=":material/grid_view:")
        return
    if st.button(f"Inspect the {len(marked):,} marked objects of the catalog", icon=":material/checklist:"):
        rows = current_selection().among(catalog.table)
        label = f"{len(rows)} objects of the catalog {catalog.manifest.label}"
        go_to(queue_of_catalog(label, catalog, rows["id"].tolist()))
        st.rerun()


def _known_queues() -> None:
    queues = store().queues()
    if not queues:
        return
    layout.section("Queues")
    for one in queues:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.button(
                f"**{as_text(one.label)}**",
                key=f"queue-{one.id}",
                on_click=_open,
                args=(one.id,),
                type="tertiary",
                icon=":material/fact_check:",
            )
            people = ", ".join(f"{as_text(name)} {count}" for name, count in one.inspected.items())
            st.caption(
                f"{one.objects} objects · {people or 'nobody yet'} · {one.made[:16].replace('T', ' ')}"
            )


def _open(id: str) -> None:
    st.query_params[QUEUE] = id


def unread_note() -> None:
    """What of the files of this queue could not be read, once."""
    session = inspection_session()
    if session.unread:
        listed = "\n".join(f"- {as_text(sentence(one))}" for one in session.unread[:10])
        more = f"\n- and {len(session.unread) - 10} more" if len(session.unread) > 10 else ""
        st.warning(f"Not in this queue:\n{listed}{more}", icon=":material/warning:")
        if st.button("Understood", type="tertiary"):
            session.unread = ()
            st.rerun()
