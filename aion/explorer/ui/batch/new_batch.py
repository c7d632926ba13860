"""The way in to a batch: files, or a list of targets that are fetched first; what will be done with them."""

import io
from collections.abc import Callable, Sequence

import streamlit as st

from aion.errors import AIONError
from aion.explorer.catalogs.batch_folder import KEPT_DAYS, File, batch_label
from aion.explorer.ui.batch.batch_state import batch_state, open_batch, size_text
from aion.explorer.ui.shared import layout, server
from aion.explorer.ui.shared.examples import example_spectra
from aion.io.targets import read_targets
from aion.plain_text import as_text
from aion.sky.services import KINDS, PACE

FILES, LIST = "Files", "A list of positions, names or ids"
"""The ways in."""
KIND_LABELS = dict(zip(KINDS, ("Legacy Surveys image", "HSC image", "Photometry", "Spectra"), strict=True))
REQUESTS = {"image": 1, "hsc": 1, "photometry": 1, "spectrum": 2}
"""Of each kind for one target, at least; those of the first three go to one service."""
FORMATS_HELP = (
    "Spectra, images and tables of photometry (FLUX_G, FLUX_R ..., as in Tractor, sweep, HSC or Gaia tables; "
    "a z and a class are kept for comparison): FITS, Parquet, HDF5, npz, VOTable, ECSV, CSV, and zip "
    "with such files in it. What several files say of one object is joined by its id, where a file without "
    "one has its name, and by its position."
)
OUTCOME = (
    "Of each object you get a redshift with its uncertainty and flags, p(z), the classes of its neighbors, "
    "and a catalog that can be searched. It goes on when this tab is closed."
)


def batch_form() -> None:
    """What is to be done, and the button that begins it."""
    st.caption(OUTCOME)
    if server.archive() is None:
        _files_form()
        return
    way = st.segmented_control(
        "From", [FILES, LIST], default=FILES, required=True, key="batch-way", persist_state="session"
    )
    if way == FILES:
        _files_form()
    else:
        _list_form()


def _files_form() -> None:
    state = batch_state()
    key = f"batch-files-{state.inputs}"
    files = st.file_uploader(
        "Spectra, images, tables of photometry, or a zip: as many files as you have",
        accept_multiple_files=True,
        key=key,
        help=FORMATS_HELP,
    )
    with st.expander("Settings for all files", icon=":material/tune:"):
        overrides = st.text_input(
            "Instead of what is detected",
            key="batch-overrides",
            placeholder="medium=air",
            help="As `--set` of the command line: NAME=VALUE, several with spaces between them.",
            persist_state="session",
        )
    if state.problem:
        layout.refuse(state.problem)
    if files:
        st.caption(f"{as_text(_describe(files))}.")
    with st.container(horizontal=True):
        st.button(
            "Begin",
            type="primary",
            disabled=not files,
            on_click=lambda: _begin(
                lambda: server.batches().add_files(st.session_state[key], (overrides or "").split())
            ),
            icon=":material/play_arrow:",
            key="batch-begin",
        )
        if not files and (shown := example_spectra()):
            st.button(
                "Try it with example spectra",
                type="tertiary",
                on_click=lambda: _begin(lambda: server.batches().add_files(shown)),
                icon=":material/science:",
                key="batch-examples",
            )
    st.caption(
        "All is kept on the computer that runs this application, where the same files or the address of the "
        f"batch find it again, until you delete it or nobody asked for it for {KEPT_DAYS} days."
    )


def _describe(files: Sequence[io.BytesIO]) -> str:
    """``12 files, 3.4 MB: a.fits and 11 more``"""
    size = sum(file.getbuffer().nbytes for file in files)
    many = f"{len(files):,} files" if len(files) > 1 else "1 file"
    names = sorted(str(getattr(file, "name", "")) for file in files)
    return f"{many}, {size_text(size)}: {batch_label(names)}"


def _list_form() -> None:
    """The table or the lines, what to fetch, how long that takes, and the button."""
    state = batch_state()
    upload = st.file_uploader(
        "A table with RA and DEC, TARGETID, specObjID or NAME in each row",
        key=f"batch-list-{state.inputs}",
        help="CSV, ECSV, VOTable, FITS or Parquet; positions in degrees or as 10:00:24.5 +02:12:21.",
    )
    lines = st.text_area(
        "Or one on each line",
        key=f"batch-lines-{state.inputs}",
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
        key="batch-kinds",
        persist_state="session",
    )
    if state.problem:
        layout.refuse(state.problem)
    table = upload if upload is not None else _as_file(lines)
    count = _count(table)
    if count and kinds:
        st.caption(_duration(count, kinds))
    st.button(
        "Fetch them and begin",
        type="primary",
        disabled=not count or not kinds,
        on_click=lambda: _begin(lambda: server.batches().add_list(_present(table), tuple(kinds))),
        icon=":material/play_arrow:",
        key="batch-fetch",
    )
    st.caption(
        "The archives are asked one question after the other, as they wish it. What is fetched stays on the "
        "computer that runs this application, and the same list goes on where it was."
    )


def _begin(add: Callable[[], str]) -> None:
    """Go to the new batch, or say why there is none."""
    state = batch_state()
    try:
        key = add()
    except (AIONError, OSError) as exc:
        state.problem = str(exc)
        return
    state.remember(key)
    open_batch(key)


def _as_file(lines: str) -> io.BytesIO | None:
    if not lines.strip():
        return None
    file = io.BytesIO(lines.encode())
    file.name = "lines.txt"
    return file


def _present(table: File | None) -> File:
    assert table is not None  # the button is off without one
    return table


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
