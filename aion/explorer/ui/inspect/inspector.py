"""The bench: one object of a queue on the screen, inspected by keyboard.

One component owns keys, plots and what was decided; see inspector.js. It fetches screens, which are made
ahead, from this server by itself, and reports decisions with where it is: a run of this fragment keeps them.
What comes twice is kept once, and a decision stays in the browser until it is confirmed.
"""

from pathlib import Path
from typing import Any

import streamlit as st

from aion.explorer.redshift.inspection.decisions import ISSUES, KINDS, QUALITIES, Decision
from aion.explorer.redshift.inspection.queues import Queue
from aion.explorer.ui.inspect.inspection_state import inspection_session, screens
from aion.explorer.ui.shared.own_lines import own_lines
from aion.explorer.ui.shared.people import store
from aion.explorer.ui.shared.theme import theme
from aion.lines import ATMOSPHERE, LINES

KEY = "inspector"
AHEAD = 6
"""Screens made at once when a queue is opened."""
UNDO = 100
"""Steps that the browser has at hand; each report brings those before them."""


@st.fragment
def bench(queue: Queue, person: str, order: list[int]) -> None:
    """The places of the queue in this order, inspected by one person."""
    kept = store().decisions(queue.id, person)
    places = {one.id: place for place, one in enumerate(queue.objects)}
    decisions = {places[one.object_id]: _plain(one) for one in kept if one.object_id in places}
    done = {place for place, one in decisions.items() if one["quality"] is not None}
    start = next((place for place in order if place not in done), order[0])
    maker, address = screens().maker, screens().address
    session = inspection_session()
    if session.looked_at != (queue.id, person):
        session.looked_at = (queue.id, person)
        at = order.index(start)
        maker.look_at(queue, order[at : at + AHEAD])

    def take_report() -> None:
        report = st.session_state[KEY]["report"]
        _record(queue, person, report["decisions"])
        maker.look_at(queue, [int(place) for place in report["next"]])

    _component()(
        key=KEY,
        data={
            "queue": queue.id,
            "person": person,
            "ids": [one.id for one in queue.objects],
            "order": order,
            "start": start,
            "decisions": decisions,
            "undo": [
                {"key": step.key, "place": places[step.before.object_id], "before": _plain(step.before)}
                for step in store().undo_steps(queue.id, person, UNDO)
                if step.before.object_id in places
            ],
            "saved": list(session.saved),
            "said": _decisions_by_place(queue, places),
            "screens": f"{address}{queue.id}/",
            "lines": drawn_lines(),
            "atmosphere": [(region.low, region.high) for region in ATMOSPHERE],
            "colors": _colors(),
            "qualities": {str(quality): text for quality, text in QUALITIES.items()},
            "issues": ISSUES,
            "kinds": list(KINDS),
        },
        on_report_change=take_report,
    )


def drawn_lines() -> list[dict[str, Any]]:
    """The table of lines and the person's own, by wavelength."""
    return [
        {"name": one.name, "rest": one.rest, "feature": one.feature, "major": one.major}
        for one in sorted((*LINES, *own_lines()), key=lambda line: line.rest)
    ]


def _record(queue: Queue, person: str, reported: list[dict[str, Any]]) -> None:
    decisions = [
        Decision(
            queue.objects[int(one["place"])].id,
            person,
            None if one["decision"]["z"] is None else float(one["decision"]["z"]),
            None if one["decision"]["quality"] is None else int(one["decision"]["quality"]),
            str(one["decision"]["kind"]),
            str(one["decision"]["issues"]),
            str(one["decision"]["comment"]),
            str(one["time"]),
        )
        for one in reported
    ]
    keys = [str(one["key"]) for one in reported]
    undoes = {str(one["key"]): str(one["undoes"]) for one in reported if one.get("undoes")}
    store().record(queue.id, decisions, keys, undoes)
    if keys:
        inspection_session().saved = tuple(keys)


def _plain(one: Decision) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("z", "quality", "kind", "issues", "comment")}


def _decisions_by_place(queue: Queue, places: dict[str, int]) -> dict[int, list[dict[str, Any]]]:
    """What people decided in the queue whose disagreements these are; elsewhere nobody sees the others."""
    said: dict[int, list[dict[str, Any]]] = {}
    for one in store().decisions(queue.parent) if queue.parent else ():
        if one.object_id in places and one.is_inspected:
            said.setdefault(places[one.object_id], []).append({"person": one.person, **_plain(one)})
    return said


def _colors() -> dict[str, str]:
    look = theme()
    return {
        "paper": look.paper,
        "ink": look.ink,
        "faint": look.faint,
        "grid": look.grid,
        "shade": look.shade,
        "error": look.error,
        "decoded": look.decoded,
        "accent": look.accent,
        "soft": look.accent_soft,
        "reference": look.reference,
        "emission": look.emission,
        "absorption": look.absorption,
        "own": look.reference,
        "cursor": look.quasar,
    }


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    here = Path(__file__).parent
    script = "\n".join((here / name).read_text() for name in ("drawing.js", "keeping.js", "inspector.js"))
    css = (here / "inspector.css").read_text()
    return st.components.v2.component(
        "aion_inspector",
        html='<div class="aion-inspect-place"></div>',
        css=css,
        js=script,
        isolate_styles=False,
    )
