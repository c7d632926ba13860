"""The heads that are kept on this computer: what each is, its file, what it says of the catalog; and a box
for the files of others."""

from functools import partial

import streamlit as st

from aion.errors import AIONError
from aion.explorer.engine import Engine
from aion.explorer.ui.heads.heads_state import heads_state
from aion.explorer.ui.heads.label_source import VIEWS
from aion.explorer.ui.shared import active_catalog, layout, server
from aion.explorer.ui.shared.downloads import file_button, table_downloads
from aion.heads import Head, KeptHead, apply_to_catalog, why_not_catalog
from aion.heads.applying import column_meanings
from aion.plain_text import as_text


def kept_heads(engine: Engine) -> None:
    """One line for each, with what can be done with it."""
    layout.section(
        "Kept heads",
        "Each belongs to one file of weights. Those of these weights are shown for every object on Analyze, "
        "and in the table of a batch, that has the data that they read. Everybody who uses this application "
        "on this computer has them.",
    )
    kept = server.heads().heads()
    if not kept:
        layout.empty("None is kept yet. Train one above, or upload the file of one.")
    for one in kept:
        with st.container(border=True):
            _line(one, engine)
    _upload(engine)


def _line(one: KeptHead, engine: Engine) -> None:
    words, buttons = st.columns([3, 2], vertical_alignment="center")
    with words:
        if one.head is None:
            st.markdown(f"**{as_text(one.path.name)}**")
            st.caption(as_text(one.problem))
        else:
            _about(one.head, engine)
    with buttons, st.container(horizontal=True, horizontal_alignment="right"):
        if one.head is not None:
            key = f"kept-{one.path.stem}"
            file_button("File", one.head.to_bytes, one.path.name, "application/octet-stream", key=key)
            if one.head.facts.sha256 == engine.info.sha256:
                _apply(one.head, key)
        st.button(
            "Remove",
            key=f"remove-{one.path.stem}",
            icon=":material/delete:",
            type="tertiary",
            on_click=server.heads().remove,
            args=(one.path,),
        )


def _about(head: Head, engine: Engine) -> None:
    facts = head.facts
    what = f"{len(facts.classes)} classes" if facts.kind == "class" else facts.unit or "numbers"
    st.markdown(
        f"**{as_text(facts.title)}** · {as_text(what)} · {as_text(VIEWS.get(facts.view, facts.view))}"
    )
    about = [facts.main_score, facts.origin]
    if facts.sha256 != engine.info.sha256:
        about.append(f"not shown: {head.why_not(engine.info.sha256, ())}")
    st.caption(as_text(" · ".join(about)))


def _apply(head: Head, key: str) -> None:
    """Its values of all objects of the catalog that the pages look into, where it reads such data."""
    catalog = active_catalog.catalog()
    if catalog is None:
        return
    about = {"head": head.facts.title, "head sha256": head.digest, "weights_sha256": head.facts.sha256}
    which = "your catalog" if active_catalog.is_own() else "the reference catalog"
    if why_not_catalog(head, catalog) is None:
        apply = partial(apply_to_catalog, head, catalog)
        meanings = column_meanings(head)
        table_downloads(apply, about, name=key, label=f"Apply to {which}", meanings=meanings)


def _upload(engine: Engine) -> None:
    state = heads_state()
    upload = st.file_uploader(
        "File of a head (.safetensors)",
        key=f"heads-upload-{state.uploads}",
        help="Made on this page or by `aion head train`, with the same weights. Nothing in it is executed.",
    )
    if upload is None:
        return
    try:
        head = Head.from_bytes(upload.getvalue(), sha256=engine.info.sha256, origin=upload.name)
        server.heads().keep(head)
    except AIONError as exc:
        layout.refuse(str(exc))
        return
    state.uploads += 1
    st.rerun()
