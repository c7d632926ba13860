"""Which objects of the catalog may be shown or found: one row of widgets, the same on every page that has
them, kept in the address."""

from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
import streamlit as st

from aion.catalog import Catalog, Cone, Filters, has_positions, separations
from aion.errors import InputError
from aion.explorer.ui.shared import active_catalog, layout
from aion.plain_text import as_text
from aion.positions import parse_position
from aion.sphere import angle_text

Binding = Literal["query-params"] | None
UNITS = {"arcsec": 1.0, "arcmin": 60.0, "degrees": 3600.0}
"""Of the radius, each in arcsec."""


def filters(catalog: Catalog, problems: AbstractContextManager[object], *, name: str = "") -> Filters:
    """What a person set.

    Args:
        problems: where it is said why something filters nothing; the filters themselves may be folded.
        name: tells widgets apart that are remembered by themselves.
    """
    widget = active_catalog.widget(name)
    name, bind = widget["key"], widget["bind"]
    cone = _cone(catalog, problems, name, bind) if has_positions(catalog.table) else None
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        return Filters(
            classes=_among(catalog, "class", "Class", f"{name}class", bind),
            surveys=_among(catalog, "survey", "Survey", f"{name}survey", bind),
            z=_between(catalog, "z", "Redshift z", 0.01, f"{name}zrange", bind),
            mag_r=_between(catalog, "mag_r", "r (AB mag)", 0.1, f"{name}mag", bind),
            cone=cone,
        )


def as_plain(filters: Filters) -> dict[str, Any]:
    """The filters that are set, as plain values, for the header of a file."""
    values = {"class": filters.classes, "survey": filters.surveys, "z": filters.z, "mag_r": filters.mag_r}
    cone = {"cone": asdict(filters.cone) | {"unit": "deg, radius arcsec"}} if filters.cone else {}
    return {name: list(value) for name, value in values.items() if value} | cone


def _cone(
    catalog: Catalog, problems: AbstractContextManager[object], name: str, bind: Binding
) -> Cone | None:
    """None while nothing, or no position, is written."""
    text, radius = _circle(name, bind)
    position = _position(text, problems)
    if position is None:
        return None
    nearest = np.nanmin(separations(catalog.table, position))
    if nearest > radius:
        with problems:
            layout.empty(f"No object lies within this radius; the nearest is {angle_text(nearest)} away.")
    return Cone(*position, radius)


def _circle(name: str, bind: Binding) -> tuple[str, float]:
    """What is written for a position, and the radius in arcsec."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        text = st.text_input(
            "Near the position",
            key=f"{name}near",
            bind=bind,
            persist_state="session",
            placeholder="150.1021 +2.2058",
            help="RA and Dec, ICRS: degrees, 10:00:24.5 +02:12:21, 10h00m24.5s +02d12m21s, or the name of an "
            "object that is its position, such as SDSS J100024.50+021221.0",
            width=300,
        )
        unit = st.segmented_control(
            "Unit",
            list(UNITS),
            default="arcmin",
            required=True,
            key=f"{name}unit",
            bind=bind,
            persist_state="session",
        )
        radius = st.number_input(
            f"Radius ({unit})",
            0.0,
            value=1.0,
            step=1.0,
            format="%g",
            key=f"{name}radius",
            bind=bind,
            persist_state="session",
            width=160,
        )
    return (text or "").strip(), radius * UNITS[str(unit)]


def _position(text: str, problems: AbstractContextManager[object]) -> tuple[float, float] | None:
    """RA and Dec, degrees; None, and why, where the text is none."""
    try:
        position = parse_position(text)
        problem = f"{text!r} is no position, so it filters nothing; 150.1021 +2.2058 would be one"
    except InputError as exc:
        position, problem = None, f"{exc}. Until then the position filters nothing"
    if text and position is None:
        with problems:
            layout.refuse(problem)
    return position


def _among(catalog: Catalog, column: str, label: str, key: str, bind: Binding) -> tuple[str, ...]:
    table = catalog.table
    if column not in table or table[column].nunique() < 2:
        return ()
    options = sorted(map(str, table[column].dropna().unique()))
    chosen = st.pills(
        label,
        options,
        selection_mode="multi",
        format_func=as_text,
        key=key,
        bind=bind,
        persist_state="session",
    )
    return tuple(chosen or ())


def _between(
    catalog: Catalog, column: str, label: str, step: float, key: str, bind: Binding
) -> tuple[float, float] | None:
    """None while the whole range is chosen, so that objects without a value pass."""
    table = catalog.table
    if column not in table or table[column].notna().sum() < 2:
        return None
    digits = 2 if step < 0.1 else 1
    low = round(step * (float(table[column].min()) // step), digits)
    high = round(step * (float(table[column].max()) // step + 1), digits)
    bounds = st.slider(
        label, low, high, (low, high), step=step, key=key, bind=bind, persist_state="session", width=260
    )
    return None if bounds == (low, high) else bounds
