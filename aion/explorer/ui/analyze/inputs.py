"""How an object gets in: upload, example, catalog; and what is said where it does not."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import streamlit as st

from aion.errors import AIONError, ChoiceNeededError, ConfigError, ModalityError
from aion.explorer.ui.analyze import sky_search
from aion.explorer.ui.analyze.overriding import override_form
from aion.explorer.ui.shared import layout
from aion.explorer.ui.shared.examples import Example, examples
from aion.explorer.ui.shared.session import File, Pending, Session, current_session
from aion.io import Entry, SkyObject, read
from aion.io.registry import PositionNeededError
from aion.plain_text import as_text, sentence

FORMATS_HELP = (
    "FITS (also compressed), Parquet, HDF5, npz, VOTable, ECSV or CSV. The content decides, not the name."
)
MENDABLE = (ModalityError, PositionNeededError, ConfigError, ChoiceNeededError)
"""Why files are refused that can be read with values that a person sets."""
TITLE = "From a spectrum or an image to redshift, reconstruction and neighbors"
WELCOME = (
    (
        ":material/show_chart:",
        "A spectrum",
        "SDSS or BOSS `spec`, DESI coadd, SPARCL, or a table of wavelength and flux.",
    ),
    (
        ":material/image:",
        "An image",
        "A Legacy Survey or HSC cutout in one or more bands, 96 pixels or larger.",
    ),
    (
        ":material/table_rows:",
        "Photometry",
        "A row of Tractor, sweep or HSC fluxes and magnitudes, in any table format.",
    ),
)


def choose() -> None:
    """The upload box and the list of examples; reads what was just given."""
    session = current_session()
    title = st.empty()
    sky_search.search_box()
    upload, example = st.columns([3, 2], gap="medium")
    with upload:
        st.file_uploader(
            "Upload the files of one object, together: spectrum, image, photometry",
            accept_multiple_files=True,
            key=f"upload-{session.inputs}",
            on_change=_take_upload,
            help=FORMATS_HELP,
        )
    with example:
        _example_list(session)
    _read_pending(session)
    if session.target is None:
        title.title(TITLE, anchor=False)
    if session.error:
        shown = f" Shown below: {session.label or session.target.id}." if session.target is not None else ""
        if session.question is not None and session.refused is not None:
            from aion.explorer.ui.analyze import choices

            choices.needed_choice(session.question, session.refused, session.error + shown)
        else:
            layout.refuse(session.error + shown)
    if session.refused is not None:
        with st.expander(
            "Say what the files do not, and read them again",
            icon=":material/edit_note:",
            expanded=session.question is None,
        ):
            override_form(session.refused, is_image=True, is_spectrum=True, key=f"refused-{session.inputs}")


def welcome() -> None:
    """What the page is for, while nothing is open."""
    st.space("small")
    for column, (icon, title, text) in zip(st.columns(3), WELCOME, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"{icon} **{title}**")
            st.caption(text)
    st.caption(
        "The model turns what you give into tokens and answers with a probability density over redshift, "
        "what the tokens kept of the data, and the most similar objects of a reference catalog. Files stay "
        "on the computer that runs this application."
    )
    shown = examples()
    if shown:
        st.subheader("Or start with an example", anchor=False)
        with st.grid(min_column_width=260) as grid:
            for example in shown:
                with grid.cell(), st.container(border=True, height="stretch"):
                    st.button(
                        f"**{example.title}**",
                        key=f"open-{example.slug}",
                        on_click=_pend_example,
                        args=(example,),
                        type="tertiary",
                        icon=":material/arrow_forward:",
                        icon_position="right",
                    )
                    st.caption(example.see)


def row_picker() -> None:
    """Which object of a file with many."""
    session = current_session()
    if len(session.targets) > 1:
        from aion.explorer.ui.shared import labels

        names = [labels.target_name(target) for target in session.targets]
        st.selectbox(
            f"{len(names)} objects in these files",
            range(len(names)),
            index=session.row,
            format_func=names.__getitem__,
            key=f"row-{session.opened}",
            on_change=lambda: session.look_at(st.session_state[f"row-{session.opened}"]),
        )
        for apart in labels.unjoined_files(session.targets):
            st.caption(f":material/call_split: {as_text(apart)}")


def _example_list(session: Session) -> None:
    shown = examples()
    if not shown:
        st.caption("Or take an object of the reference catalog")
        st.page_link("pages/catalog.py", label="Open the catalog", icon=":material/grid_view:")
        return
    key = f"example-{session.inputs}"
    st.selectbox(
        "Or take an example",
        shown,
        index=None,
        format_func=lambda example: example.title,
        placeholder=f"{len(shown)} examples",
        key=key,
        on_change=lambda: _pend_example(st.session_state[key]),
    )


def _take_upload() -> None:
    session = current_session()
    files = st.session_state[f"upload-{session.inputs}"]
    if files:
        session.pending = Pending(tuple(files), "upload", _names(files))
    elif session.origin == "upload":
        session.close()
    else:  # what could not be read is taken away again
        session.error = session.refused = session.question = None


def _pend_example(example: Example | None) -> None:
    if example is not None:
        current_session().pending = Pending(example.files, "example", example.title, example=example.slug)


def _read_pending(session: Session) -> None:
    """Read what a callback left, without the one file that cannot be read; what was open stays open when that
    fails."""
    pending, session.pending = session.pending, None
    if pending is None:
        return
    refused: AIONError | None = None
    with st.spinner("Reading the files"):
        try:
            given, targets = pending, _read(pending)
        except AIONError as exc:
            refused = exc
            given, targets = _without_one(pending)
    if targets:
        row = session.row if given.files == session.files and session.row < len(targets) else 0
        session.open(targets, origin=given.origin, label=given.label, given=given)
        session.look_at(row)
        session.apply_link()
    if refused is not None:
        session.error = sentence(str(refused))
        session.refused = pending if isinstance(refused, MENDABLE) else None
        session.question = (
            Entry("", "", "assumed", str(refused), refused.choices)
            if isinstance(refused, ChoiceNeededError)
            else None
        )


def _without_one(pending: Pending) -> tuple[Pending, list[SkyObject]]:
    """The files but the one that keeps the others from being read, and their objects; none without one."""
    for left_out in pending.files if pending.origin == "upload" else ():
        kept = tuple(file for file in pending.files if file is not left_out)
        rest = replace(pending, files=kept, label=_names(kept))
        with suppress(AIONError):
            if kept:
                return rest, _read(rest)
    return pending, []


def _read(pending: Pending) -> list[SkyObject]:
    for file in pending.files:
        if not isinstance(file, Path):
            file.seek(0)
    return read(list(pending.files), overrides=pending.overrides)


def _names(files: Sequence[File]) -> str:
    return ", ".join(Path(file.name).name for file in files)
