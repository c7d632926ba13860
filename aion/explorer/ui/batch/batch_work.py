"""How far batches are: the one that is looked at, and all that a person may see."""

from datetime import datetime, timedelta, timezone

import streamlit as st

from aion.explorer.catalogs.batches import Batch, BatchProgress
from aion.explorer.ui.batch.batch_state import ADDRESS, batch_state, open_batch, size_text
from aion.explorer.ui.shared import layout, server
from aion.plain_text import as_text, sentence

EVERY = 0.5
"""Seconds between two looks at how far the work is."""
LISTED = 50
"""Batches in a list at most."""
_STATES = {"cancelled": "Cancelled", "failed": "Failed", "done": "Done"}


def chosen_batch() -> Batch | None:
    """The one that the address names; says so where there is none."""
    state = batch_state()
    key = st.query_params.get(ADDRESS) or state.current
    if not key:
        return None
    batch = server.batches().get(key)
    if batch is None:
        state.current = ""
        layout.refuse(
            "There is no batch of this address: it was deleted, nobody asked for it for a week, or it is on "
            "another computer"
        )
        return None
    state.remember(key)
    state.current = st.query_params[ADDRESS] = key
    return batch


def batch_header(batch: Batch) -> None:
    """What it is, and the way back."""
    record = batch.record
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        layout.section(as_text(record.label))
        st.button("New batch", key="batch-new", icon=":material/add:", on_click=open_batch, args=(None,))
    many = f"{len(record.inputs):,} files" if len(record.inputs) > 1 else "1 file"
    kind = "list of targets" if record.kind == "list" else many
    settings = f", with {' '.join(record.overrides)}" if record.overrides else ""
    st.caption(
        f"{kind.capitalize()}, {size_text(record.size)}{as_text(settings)}, begun {_when(record.begun)}. The "
        "address of this page finds it again."
    )


def waiting_for_weights(batch: Batch) -> None:
    """Why a batch that is not over does not go on here."""
    layout.empty(
        "This batch was begun with other weights or settings, or another version. It goes on when the "
        "application is started with those; the same files, given again, are done with these."
    )
    delete_button(batch)


@st.fragment(run_every=EVERY)
def batch_progress(key: str) -> None:
    """Bar, rate, time that remains and what is left out so far; renews itself."""
    batch = server.batches().get(key)
    if batch is None or not batch.is_active:
        st.rerun(scope="app")
    progress = batch.progress
    share = progress.done / progress.total if progress is not None and progress.total else 0.0
    st.progress(min(share, 1.0), text=as_text(describe_progress(batch)))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            "Cancel",
            key="batch-cancel",
            on_click=lambda: server.batches().cancel(key),
            icon=":material/close:",
            help="Ends after the objects that are begun. What is done stays, and can be gone on with.",
            disabled=not batch.is_open,
        )
        is_going_on = "You can close this tab, or look at other pages meanwhile."
        st.caption(is_going_on if batch.is_open else "Ending after the objects that are begun.")


def describe_progress(batch: Batch) -> str:
    """``Analyzing: 64 of 1,000 objects, 3.2 a second, about 5 min left, 2 left out``"""
    progress = batch.progress
    if progress is None:
        return f"Waiting: {batch.before} before it" if batch.before else "Waiting"
    if not progress.total:
        return progress.step
    failures = f", {progress.failures:,} left out" if progress.failures else ""
    counted = f"{progress.done:,} of {progress.total:,} {progress.unit}"
    return f"{progress.step}: {counted}{_pace(progress)}{failures}"


def batch_list() -> None:
    """All of this server for a person at its computer; else those that this tab knows."""
    batches, known = server.batches(), batch_state().begun
    is_all = server.is_on_this_computer()
    found = batches.all() if is_all else [one for key in known[::-1] if (one := batches.get(key))]
    if not found:
        return
    layout.section(
        "Batches of this server" if is_all else "Your batches",
        "All, as you are at its computer: others see those that they began or whose address they have."
        if is_all
        else "Those of this tab; others are found by their address.",
    )
    with st.container(border=True, gap="small"):
        for batch in found[:LISTED]:
            _entry(batch)
    if len(found) > LISTED:
        st.caption(f"The newest {LISTED} of {len(found):,}.")


def state_text(batch: Batch) -> str:
    """``Done: 60 objects, 2 left out``"""
    record = batch.record
    if batch.is_active:
        return describe_progress(batch)
    if record.state == "open":
        return "Begun with other weights or settings"
    if record.state == "failed":
        return "Failed"
    failures = f", {record.failures:,} left out" if record.failures else ""
    return f"{_STATES[record.state]}: {record.rows:,} object{'' if record.rows == 1 else 's'}{failures}"


def delete_button(batch: Batch) -> None:
    """All that is kept of it, once more asked for."""
    with st.popover("Delete", icon=":material/delete:"):
        st.caption("The files, what was fetched and the catalog go from this computer, for everybody.")
        st.button("Delete for good", key="batch-delete", type="primary", on_click=_delete, args=(batch.key,))


def failed(batch: Batch) -> None:
    """Why there is no catalog, and what can be done."""
    layout.refuse(batch.record.problem)
    with st.container(horizontal=True, gap="small"):
        go_on_button(batch, "Try again", ":material/refresh:", "What was done or fetched is not done again")
        delete_button(batch)


def go_on_button(batch: Batch, label: str, icon: str, help: str) -> None:
    """Do what is missing."""
    st.button(
        label,
        key="batch-go-on",
        type="primary",
        on_click=lambda: server.batches().go_on(batch.key),
        icon=icon,
        help=help,
        disabled=not batch.is_of_these_weights,
    )


def _entry(batch: Batch) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            as_text(batch.record.label),
            key=f"batch-open-{batch.key}",
            type="tertiary",
            on_click=open_batch,
            args=(batch.key,),
            icon=":material/folder_open:",
        )
        st.caption(f"{as_text(sentence(state_text(batch)))} {_when(batch.record.begun).capitalize()}.")


def _pace(progress: BatchProgress) -> str:
    """``, 3.2 a second, about 5 min left``"""
    if not progress.rate or progress.done >= progress.total:
        return ""
    rate = f"{progress.rate:.1f} a second" if progress.rate >= 1 else f"{60 * progress.rate:,.0f} a minute"
    left = progress.remaining
    if left is None:
        return f", {rate}"
    return f", {rate}, " + (f"about {left:.0f} s left" if left < 90 else f"about {left / 60:.0f} min left")


def _when(seconds: float) -> str:
    """In the time zone of the browser: ``today 14:05``, ``2026-11-25 09:30``"""
    offset = timedelta(minutes=-(st.context.timezone_offset or 0))
    zone = timezone(offset)
    when, today = datetime.fromtimestamp(seconds, zone), datetime.now(zone).date()
    return f"today {when:%H:%M}" if when.date() == today else f"{when:%Y-%m-%d %H:%M}"


def _delete(key: str) -> None:
    server.batches().delete(key)
    open_batch(None)
