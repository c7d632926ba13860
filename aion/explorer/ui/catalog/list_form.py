"""The way to a catalog of targets of which only a position, a name or an id is known: they are fetched."""

import io

import streamlit as st

from aion.errors import AIONError
from aion.explorer.catalogs.sky_list import ListJob
from aion.explorer.ui.shared import layout, server
from aion.explorer.ui.shared.active_catalog import UserCatalogState
from aion.io.targets import read_targets
from aion.sky.services import KINDS, PACE

KIND_LABELS = dict(zip(KINDS, ("Legacy Surveys image", "HSC image", "Photometry", "Spectra"), strict=True))
REQUESTS = {"image": 1, "hsc": 1, "photometry": 1, "spectrum": 2}
"""Of each kind for one target, at least; those of the first three go to one service."""


def list_form(state: UserCatalogState) -> None:
    """The table or the lines, what to fetch, how long that takes, and the button."""
    upload = st.file_uploader(
        "A table with RA and DEC, TARGETID, specObjID or NAME in each row",
        key=f"own-list-{state.inputs}",
        help="CSV, ECSV, VOTable, FITS or Parquet; positions in degrees or as 10:00:24.5 +02:12:21.",
    )
    lines = st.text_area(
        "Or one on each line",
        key=f"own-lines-{state.inputs}",
        placeholder="150.1021 +2.2058\nNGC 4151\n266-51630-53",
        disabled=upload is not None,
        persist_state="session",
    )
    kinds = st.pills(
        "To be fetched",
        list(KIND_LABELS),
        selection_mode="multi",
        default=list(KIND_LABELS),
        format_func=lambda kind: KIND_LABELS[kind],
        key="own-kinds",
        persist_state="session",
    )
    if state.problem is not None:
        layout.refuse(state.problem)
    if state.again is not None and not state.files:
        st.button(
            "Go on with the list from before",
            key="own-list-go-on",
            on_click=go_on,
            args=(state,),
            icon=":material/play_arrow:",
            help="What was fetched is not asked for again",
        )
    table = upload if upload is not None else _as_file(lines)
    count = _count(table)
    if count and kinds:
        st.caption(_duration(count, kinds))
    st.button(
        "Fetch them and make a catalog",
        type="primary",
        disabled=not count or not kinds,
        on_click=_start,
        args=(state, table, tuple(kinds)),
        icon=":material/play_arrow:",
        key="own-fetch",
    )
    st.caption(
        "The archives are asked one question after the other, as they wish it. What is fetched stays on the "
        "computer that runs this application, and the same list goes on where it was."
    )


def go_on(state: UserCatalogState) -> None:
    """Do the last work again; what it kept is not done twice."""
    if state.again is not None and (state.job is None or not state.job.is_running):
        state.begin(state.again)


def _as_file(lines: str) -> io.BytesIO | None:
    if not lines.strip():
        return None
    file = io.BytesIO(lines.encode())
    file.name = "lines.txt"
    return file


def _count(table: io.BytesIO | None) -> int:
    """Targets of the list; says why where there are none."""
    if table is None:
        return 0
    table.seek(0)
    try:
        return len(read_targets(table))
    except AIONError as exc:
        layout.refuse(str(exc))
        return 0
    finally:
        table.seek(0)


def _duration(count: int, kinds: list[str]) -> str:
    """``200 targets: about 5 min at the pace of the archives.``"""
    of_viewer = sum(REQUESTS[kind] for kind in kinds if kind != "spectrum") * PACE["viewer"]
    of_sparcl = ("spectrum" in kinds) * REQUESTS["spectrum"] * PACE["sparcl"]
    minutes = count * max(of_viewer, of_sparcl, 0.5) / 60
    took = f"about {minutes:.0f} min" if minutes >= 1 else "less than a minute"
    targets = f"{count:,} target{'s' if count > 1 else ''}"
    return f"{targets}: {took} at the pace of the archives, or more where they are slow."


def _start(state: UserCatalogState, table: io.BytesIO, kinds: tuple[str, ...]) -> None:
    archive, engine = server.archive(), server.engine()
    if archive is None or (state.job is not None and state.job.is_running):
        return
    state.files = ()
    state.begin(lambda: ListJob(table, kinds, engine, engine.settings.own, archive))
