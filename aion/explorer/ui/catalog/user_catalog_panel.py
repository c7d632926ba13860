"""The part of the Catalog page that makes a catalog of a person's own objects: files, progress, result."""

import time
from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from aion.explorer.catalogs import user_catalog
from aion.explorer.catalogs.user_catalog import KEPT_DAYS, CatalogJob, CatalogJobResult
from aion.explorer.plain_text import as_text
from aion.explorer.ui.catalog.list_form import go_on, list_form
from aion.explorer.ui.shared import layout, server
from aion.explorer.ui.shared.active_catalog import UserCatalogState, user_catalog_state
from aion.explorer.ui.shared.server import engine

MOST_NAMES = 3
"""Files that are named where there are more."""
FILES, LIST = "Files", "A list of positions, names or ids"
"""The ways in."""
EVERY = 0.5
"""Seconds between two looks at how far the work is."""
FORMATS_HELP = (
    "Tables of photometry, an object in each row (FLUX_G, FLUX_R ..., as in Tractor, sweep, HSC or Gaia "
    "tables; a z and a class are kept for comparison), and files of spectra or images, many at once: FITS, "
    "Parquet, HDF5, npz, VOTable, ECSV, CSV. What several files say of one object is joined by its id, where "
    "a file without one has its name, and by its position."
)


def take_over_result() -> None:
    """Take over what work that is over has made, before anything of the page is drawn."""
    state = user_catalog_state()
    if state.job is None or state.job.is_running:
        return
    done, state.job = state.job, None
    state.problem = done.problem
    if done.result is not None:
        state.take(done.result)


def user_catalog_panel() -> None:
    """The way in, how far it is, or what there is."""
    state = user_catalog_state()
    if state.job is not None:
        with st.container(border=True):
            _progress(state.job)
    elif state.result is not None:
        with st.container(border=True):
            _summary(state, state.result)
    else:
        # it failed, or was cancelled before anything was embedded
        is_expanded = state.problem is not None or state.again is not None
        with st.expander(
            "Use your own objects", icon=":material/upload_file:", expanded=is_expanded, key="own-objects"
        ):
            if server.archive() is None:
                _upload_form(state)
            else:
                _either_way(state)


def _either_way(state: UserCatalogState) -> None:
    """Files, or a list of targets to be fetched."""
    way = st.segmented_control(
        "From", [FILES, LIST], default=FILES, required=True, key="own-way", persist_state="session"
    )
    if way == FILES:
        _upload_form(state)
    else:
        list_form(state)


def _upload_form(state: UserCatalogState) -> None:
    key = f"own-{state.inputs}"
    files = st.file_uploader(
        "Tables of photometry, spectra, images: as many files as you have",
        accept_multiple_files=True,
        key=key,
        help=FORMATS_HELP,
    )
    if state.problem is not None:
        layout.refuse(state.problem)
    if state.files and not files:
        names = [str(file.name) for file in state.files]
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        st.caption(f"Still here from before: {as_text(', '.join(names[:MOST_NAMES]))}{more}.")
    chosen_files = files or state.files
    st.button(
        "Make a catalog of them" if len(chosen_files) != 1 else "Make a catalog of it",
        type="primary",
        disabled=not chosen_files,
        on_click=lambda: _start(state, st.session_state[key] or state.files),
        icon=":material/play_arrow:",
        key="own-start",
    )
    st.caption(
        "The model embeds every object; then this page and the search look into yours as into the reference "
        "catalog. It is kept on the computer that runs this application, where only the same files find it "
        f"again, until you delete it or nobody asked for it for {KEPT_DAYS} days."
    )


def _start(state: UserCatalogState, files: Sequence[user_catalog.File]) -> None:
    if state.job is not None and state.job.is_running:  # the button was pressed twice
        return
    state.files = tuple(files)
    state.begin(lambda: CatalogJob(state.files, engine(), engine().settings.own))


@st.fragment(run_every=EVERY)
def _progress(job: CatalogJob) -> None:
    if not job.is_running:
        st.rerun(scope="app")
    progress = job.progress
    st.progress(progress.done / progress.total if progress.total else 0.0, text=as_text(_progress_text(job)))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            "Cancel", key="own-cancel", on_click=job.stop, disabled=job.is_stopping, icon=":material/close:"
        )
        st.caption(
            "Stopping after these objects."
            if job.is_stopping
            else f"You can look at other pages meanwhile. What is {_kept(job)} stays."
        )


def _kept(job: CatalogJob) -> str:
    return "fetched" if job.progress.unit == "targets" else "embedded"


def _progress_text(job: CatalogJob) -> str:
    """``Embedding: 16 of 30 objects, about 12 s left``; ``Fetching: 16 of 200 targets, 40 a minute, …``."""
    progress = job.progress
    if not progress.total:
        return progress.step
    text = f"{progress.step}: {progress.done:,} of {progress.total:,} {progress.unit}"
    pace = progress.pace
    if pace:
        text += f", {60 / pace:,.0f} a minute"
    elif job.embedded:
        pace = (time.monotonic() - job.since) / job.embedded
    if pace and progress.done < progress.total:
        left = pace * (progress.total - progress.done)
        text += f", about {left:.0f} s left" if left < 90 else f", about {left / 60:.0f} min left"
    return text


def _summary(state: UserCatalogState, result: CatalogJobResult) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        total = "" if result.complete else f" of {result.total:,}"
        objects = "object" if result.total == 1 else "objects"
        st.markdown(
            f"**Your catalog: {len(result.catalog):,}{total} {objects} "
            f"embedded{', then cancelled' if total else ''}**"
        )
        if not result.complete:
            st.button(
                "Go on",
                key="own-go-on",
                type="primary",
                on_click=go_on,
                args=(state,),
                icon=":material/play_arrow:",
            )
        elif state.again is not None and any(one.may_pass for one in result.problems):
            st.button(
                "Ask again",
                key="own-ask-again",
                on_click=go_on,
                args=(state,),
                icon=":material/refresh:",
                help="The archives that did not answer, for what is missing; nothing else is asked for again",
            )
        st.download_button(
            "Download (zip)",
            partial(user_catalog.zip_folder, result.catalog),
            file_name="catalog.zip",
            mime="application/zip",
            on_click="ignore",
            icon=":material/download:",
            help="Unpacked, it opens again when `AION_CATALOG` names the folder.",
        )
        st.button(
            "Other files",
            key="own-other",
            on_click=state.drop,
            icon=":material/upload_file:",
            help="The catalog of these stays kept",
        )
        st.button(
            "Delete",
            key="own-delete",
            on_click=_delete,
            args=(state, result),
            icon=":material/delete:",
            help="From this computer too",
        )
    if state.problem is not None:
        layout.refuse(state.problem)
    if result.problems:
        with st.expander(f"What was left out, and why ({len(result.problems):,})", icon=":material/report:"):
            rows = [(one.what, one.why) for one in result.problems]
            table = pd.DataFrame(rows, columns=["File or object", "Why"])
            st.dataframe(
                table, hide_index=True, column_config={"Why": st.column_config.TextColumn(width="large")}
            )


def _delete(state: UserCatalogState, result: CatalogJobResult) -> None:
    user_catalog.forget(result.catalog)
    state.drop()
