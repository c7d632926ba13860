"""Above the bench: who inspects, which objects of the queue, files, disagreements and own lines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from aion.explorer.redshift.inspection.decisions import ISSUES, QUALITIES, Decision
from aion.explorer.redshift.inspection.merging import REDSHIFTS_APART
from aion.explorer.redshift.inspection.queues import Queue, QueueObject
from aion.explorer.ui.inspect import decision_files, disagreements
from aion.explorer.ui.inspect.inspection_state import go_to
from aion.explorer.ui.shared import layout
from aion.explorer.ui.shared.own_lines import edit_own_lines
from aion.explorer.ui.shared.people import name_field, store
from aion.plain_text import as_text

ALL, OPEN, DONE = "All", "Not inspected", "Inspected"


@dataclass(frozen=True)
class QueueFilter:
    """Which objects of a queue are seen."""

    show: str = ALL
    qualities: frozenset[int] = frozenset()
    """Empty: any."""
    issues: frozenset[str] = field(default=frozenset())
    """With one of these flags; empty: any."""
    lowest_snr: float = 0.0
    disagrees: bool = False
    """Only where the accepted redshift, or else the model's, is not the catalog's."""

    def passes(self, known: QueueObject, decision: Decision | None) -> bool:
        """Whether an object is seen, with what this person decided of it."""
        quality = None if decision is None else decision.quality
        if self.show != ALL and (quality is not None) != (self.show == DONE):
            return False
        if self.qualities and quality not in self.qualities:
            return False
        if self.issues and not (decision and self.issues & set(decision.issues)):
            return False
        if self.lowest_snr and not (known.snr is not None and known.snr >= self.lowest_snr):
            return False
        return not self.disagrees or _disagrees(known, decision)


def toolbar(queue: Queue) -> tuple[str, list[int]]:
    """Who inspects, empty until it is said; and the places of the queue that are seen, in order."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="inspect-tools"):
        st.button("Queues", icon=":material/arrow_back:", on_click=go_to, args=(None,), type="tertiary")
        st.markdown(f"**{as_text(queue.label)}**", width="stretch")
        person = name_field("Who inspects", is_labeled=False)
        latest = {one.object_id: one for one in store().decisions(queue.id, person)} if person else {}
        with st.popover("Filter", icon=":material/filter_alt:"):
            chosen = _filter(queue)
        _tools(queue, person)
    return person, seen(queue, latest, chosen)


def seen(queue: Queue, latest: Mapping[str, Decision], chosen: QueueFilter) -> list[int]:
    """Places of the queue that pass."""
    pairs = enumerate(queue.objects)
    return [place for place, one in pairs if chosen.passes(one, latest.get(one.id))]


@st.fragment
def _tools(queue: Queue, person: str) -> None:
    """Each is made when a person opens it, with all that was decided by then."""
    tools: dict[str, tuple[str, Callable[[], None]]] = {
        "Files": (":material/download:", partial(decision_files.files, queue, person)),
        "Merge": (":material/merge:", partial(disagreements.disagreements, queue)),
    }
    if person:
        tools["Lines"] = (":material/edit:", _lines)
    with st.container(horizontal=True, gap="small", key="inspect-toolset"):
        for title, (icon, content) in tools.items():
            key = f"inspect-{title.lower()}-{queue.id}"  # closed in another queue
            with st.popover(title, icon=icon, key=key, on_change="rerun") as panel:
                if panel.open:
                    content()


def _disagrees(known: QueueObject, decision: Decision | None) -> bool:
    z = known.z_model if decision is None or decision.z is None else decision.z
    if z is None or known.z_catalog is None:
        return False
    return abs(z - known.z_catalog) / (1 + known.z_catalog) >= REDSHIFTS_APART


def _lines() -> None:
    if edit_own_lines(asks_name=False):
        st.rerun()  # the bench draws others


def _filter(queue: Queue) -> QueueFilter:
    show = st.segmented_control("Show", [ALL, OPEN, DONE], default=ALL, required=True, key="inspect-show")
    qualities = st.pills("Quality", sorted(QUALITIES), selection_mode="multi", key="inspect-quality")
    issues = st.pills(
        "Flags",
        list(ISSUES),
        selection_mode="multi",
        format_func=lambda letter: ISSUES[letter],
        key="inspect-flags",
    )
    lowest = st.number_input("S/N at least", 0.0, value=0.0, step=1.0, key="inspect-snr")
    disagrees = st.toggle(
        "Not the redshift of the catalog",
        key="inspect-disagrees",
        help=f"|Δz| / (1 + z) ≥ {REDSHIFTS_APART}, of what you accepted, or else of the model's best peak.",
    )
    unknown = sum(one.z_model is None for one in queue.objects)
    if disagrees and unknown:
        layout.empty(f"The model has not read {unknown} objects yet; it goes on while you inspect.")
    return QueueFilter(show, frozenset(qualities), frozenset(issues), float(lowest), disagrees)
