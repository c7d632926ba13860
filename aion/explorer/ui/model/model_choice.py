"""Other weights instead of those in use: where they are, what they need, fetching them, and the switch, for everybody on this server."""

import pandas as pd
import streamlit as st

from aion.download import Repository, cache_folder, free_space, repository
from aion.errors import AIONError
from aion.explorer import memory, weights
from aion.explorer.ui.shared import labels, layout
from aion.explorer.ui.shared import server as resources
from aion.explorer.weights import Choice, Download, Held, State

WHAT_IT_DOES = (
    "A switch is for everybody who uses this server. The weights in use answer until the others are loaded, and stay if those cannot be; "
    "after a restart, those of `AION_MODEL` answer again. The reference catalog holds vectors of the weights that made it: with others "
    "there are no neighbors."
)
KEPT = "Files that arrived whole are kept and not fetched again; one that broke off begins anew."
FIXED = (
    "The weights of this server are fixed: whoever runs it chose those of `AION_MODEL` for everybody (`AION_SWITCH` is `no`), so none "
    "can be fetched or switched to here."
)
ANOTHER = "Another repository of the Hub"
_LOOKED_UP = "hub-answer"
"""Key of what the Hub said last in this session: what was asked and the answer or the reason why there is none."""


def panel() -> None:
    """Everything about other weights."""
    layout.section("Other weights", "The embedded weights, those in the download cache of Hugging Face, and those on its Hub.")
    server = resources.server()
    can_switch = server.settings.switch == "yes"
    st.caption(WHAT_IT_DOES if can_switch else FIXED)
    offered = weights.choices(server.settings)
    device = _device()
    st.dataframe(
        pd.DataFrame(
            {
                "Weights": [_name(choice) for choice in offered],
                "Where": [choice.held.value for choice in offered],
                "Size": [_about(choice) for choice in offered],
                "Fits in memory": [_fit(choice.size, device) for choice in offered],
                "": ["in use" if (choice.id, choice.revision) == _in_use() else "" for choice in offered],
            }
        ),
        hide_index=True,
        height="content",
    )
    if can_switch:
        _choose(offered, device)


def _choose(offered: tuple[Choice, ...], device: str) -> None:
    """One of them, or any of the Hub; the button that uses it, or what fetches it."""
    left, right = st.columns([3, 2])
    named = {_name(choice): choice for choice in offered}
    with left:
        chosen = st.selectbox("Weights", [*named, ANOTHER], key="weights-choice", persist_state="session")
        typed = (
            st.text_input("Hub id", key="hub-id", persist_state="session", placeholder="owner/name").strip() if chosen == ANOTHER else ""
        )
    choice = named.get(chosen) or Choice(typed, None, Held.HUB, None)
    with right:
        revision = st.text_input(
            "Revision", choice.revision or "", key=f"revision-{chosen}", placeholder="main", disabled=choice.held is Held.FOLDER,
            help="A commit, a branch or a tag of the repository", persist_state="session",
        ).strip()  # fmt: skip
    if choice.is_ready and revision == (choice.revision or ""):
        _use(choice, device)
    elif choice.id:
        _from_the_hub(choice, revision or None, device)


def under_way() -> None:
    """The download and the loading, or how they ended; whatever else is on the page, it is drawn anew when they end."""
    server = resources.server()
    download, loading = server.download, server.next
    if (download is not None and download.state is State.RUNNING) or (loading is not None and loading.running):
        _renewed()
        return
    if download is not None and download.state is State.FAILED:
        st.error(f"**The download ended.** {labels.sentence(download.problem)} {KEPT}", icon=":material/error:")
    elif download is not None and download.state is State.CANCELED:
        st.info(f"The download of {download.repository.id} was canceled at {download.share:.0%}. {KEPT}", icon=":material/pause_circle:")
    if loading is not None and loading.problem:
        st.error(
            f"**{labels.weights_name(loading.settings.model)} cannot be used.** {labels.sentence(loading.problem)}", icon=":material/error:"
        )


def taken() -> None:
    """What the weights take, what the whole process takes, and what is left."""
    engine = resources.engine()
    rows = [("Weights and codecs", _gigabytes(engine.size)), ("The whole process", _gigabytes(memory.of_process()))]
    rows.append((f"Left on {engine.info.device}", _gigabytes(memory.available(engine.info.device))))
    st.table(pd.DataFrame(rows, columns=["", " "]), border="horizontal", hide_index=True, hide_header=True)


def _use(choice: Choice, device: str) -> None:
    server = resources.server()
    too_large = memory.fits(choice.size or 0, device) is False
    if too_large:
        st.warning(f"{_name(choice)} would not fit. {_needs(choice.size or 0, device)}", icon=":material/memory:")
    busy = server.next is not None and server.next.running
    st.button(
        "Use for everybody on this server",
        key="use-weights",
        type="primary",
        icon=":material/swap_horiz:",
        disabled=too_large or busy or (choice.id, choice.revision) == _in_use(),
        on_click=server.switch,
        args=(choice.settings(server.settings),),
    )


def _from_the_hub(choice: Choice, revision: str | None, device: str) -> None:
    """Ask what the Hub has, and fetch it."""
    server = resources.server()
    token = weights.token_state(server.settings)
    cache = labels.weights_name(str(cache_folder()))
    st.caption(f"Token for gated repositories: {token}. Download cache: `{cache}`, {_gigabytes(free_space())} free on its disk.")
    if st.button("Ask the Hub", key="ask-hub", icon=":material/travel_explore:"):
        with st.spinner(f"Asking the Hub what {choice.id} has"):
            _ask(choice.id, revision)
    asked, answer = st.session_state.get(_LOOKED_UP, (None, None))
    if asked != (choice.id, revision) or answer is None:
        st.caption("Nothing is asked of the Hub before you do.")
    elif isinstance(answer, str):
        st.error(labels.sentence(answer), icon=":material/error:")
    else:
        _fetch(answer, token, device)


def _fetch(found: Repository, token: str, device: str) -> None:
    """What the repository has, and the button that brings it here."""
    server = resources.server()
    gate = "open to everybody" if not found.is_gated else f"gated: its owner must have let you in; token: {token}"
    left = sum(file.size for file in found.missing)
    st.markdown(
        f"**{found.id}** at `{found.revision[:12]}` · {gate} · {_gigabytes(found.size)} in {len(found.files)} files, "
        f"{_gigabytes(left)} of it still to be fetched"
    )
    if memory.fits(found.size, device) is False:
        st.warning(f"It would not fit in memory. {_needs(found.size, device)}", icon=":material/memory:")
    running = server.download is not None and server.download.state is State.RUNNING
    if found.missing:
        st.button("Download", key="download", type="primary", icon=":material/download:", disabled=running, on_click=_begin, args=(found,))
    else:
        _use(Choice(found.id, found.revision, Held.CACHE, found.size), device)


@st.fragment(run_every=1.0)
def _renewed() -> None:
    """How far the download and the loading are; the page is drawn anew when either ends."""
    server = resources.server()
    download, loading = server.download, server.next
    if download is not None and download.state is State.RUNNING:
        _bars(download)
    elif loading is not None and loading.running:
        st.progress(loading.progress.share, text=f"{labels.weights_name(loading.settings.model)}: {loading.progress.step}")
    else:
        st.rerun()


def _bars(download: Download) -> None:
    """Bytes of all files, and of each that is not whole."""
    found = download.repository
    st.progress(download.share, text=f"{found.id}: {_gigabytes(sum(download.received.values()))} of {_gigabytes(found.size)}")
    rows = [(file.path, download.received[file.path], file.size) for file in found.files if not file.is_cached]
    rows.sort(key=lambda row: (row[1] == row[2], row[1] == 0))  # what arrives now, what is to come, what is whole
    table = pd.DataFrame(
        {
            "File": [path for path, *_ in rows],
            "Bytes": [f"{here:,} of {size:,}" for _, here, size in rows],
            "Share": [here / max(size, 1) for _, here, size in rows],
        }
    )
    bar = st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)
    st.dataframe(table, hide_index=True, height=220, column_config={"Share": bar})
    st.button("Cancel", key="cancel-download", icon=":material/cancel:", on_click=download.cancel)


def _ask(id: str, revision: str | None) -> None:
    try:
        answer: Repository | str = repository(id, revision=revision, token=resources.server().settings.token)
    except AIONError as exc:
        answer = str(exc)
    st.session_state[_LOOKED_UP] = ((id, revision), answer)


def _begin(found: Repository) -> None:
    resources.server().fetch(found)
    st.session_state.pop(_LOOKED_UP)  # what is missing will not be true any more


def _in_use() -> tuple[str, str | None]:
    """Id and commit."""
    current = resources.server().current
    return (current.settings.model, current.engine.info.revision if current.engine else current.settings.revision)


def _device() -> str:
    engine = resources.server().current.engine
    return engine.info.device if engine else "cpu"


def _name(choice: Choice) -> str:
    name = labels.weights_name(choice.id)
    return f"{name} @ {choice.revision[:8]}" if choice.revision else name


def _about(choice: Choice) -> str:
    return "" if choice.size is None else f"{'about ' if choice.held is Held.HUB else ''}{_gigabytes(choice.size)}"


def _fit(size: int | None, device: str) -> str:
    return "" if size is None else {True: "✓ yes", False: "✗ no", None: "not known"}[memory.fits(size, device)]


def _needs(size: int, device: str) -> str:
    return (
        f"Loading it beside the weights in use takes {_gigabytes(size)} and answering up to {_gigabytes(memory.WORKING)} more; "
        f"{_gigabytes(memory.available(device))} are left on {device}."
    )


def _gigabytes(size: int | None) -> str:
    if size is None:
        return "not known"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
