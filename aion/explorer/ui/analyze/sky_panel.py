"""The sky around the object on the page, in Aladin Lite of the CDS, once a person opens it: the object's own
cutout, the field that the model reads, the catalog's objects, and surveys where they can be reached.

Aladin Lite is not part of this project. The browser loads it from where `Settings.aladin` says; without it
the panel is a sentence and the rest of the page is as it was.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v1 import declare_component

from aion.catalog import Catalog, has_positions, separations
from aion.constants import CODEC_FIELD
from aion.explorer import figures
from aion.explorer.engine.reconstruction import SURVEYS as IMAGE_SURVEYS
from aion.explorer.results import Analysis
from aion.explorer.ui.analyze.sky_search import look_up
from aion.explorer.ui.shared import active_catalog, layout, server
from aion.explorer.ui.shared.session import Session, current_session
from aion.explorer.ui.shared.theme import theme
from aion.io import SkyObject
from aion.io.sky_grid import celestial, center_of, corners_of, tangent_plane
from aion.plain_text import as_text

KEY = "sky"
TITLE = "The sky around"
SIZE = 1 / 60
"""Degrees of sky that are seen at first, along the shorter side."""
RADIUS = 0.5
"""Degrees around the object in which objects of the catalog are drawn."""
HIPS = (
    ("DSS2", "https://alasky.cds.unistra.fr/DSS/DSSColor"),
    (
        "DESI Legacy Surveys DR10",
        "https://alasky.cds.unistra.fr/DESI-legacy-surveys/DR10/CDS_P_DESI-Legacy-Surveys_DR10_color",
    ),
)
"""Surveys of the whole sky, or much of it, in color, as the CDS serves them; the lowest layer first."""
WITHOUT = "so that the sky is not drawn. All else on this page works without it."
CREDIT = (
    "[Aladin Lite](https://aladin.cds.unistra.fr/AladinLite/) and the images of DSS2 and of the DESI Legacy "
    "Imaging Surveys come from the CDS, Strasbourg, to which this browser tells the position."
)
CSS = """
.aion-sky > div > div { width: 100%; height: clamp(18rem, 60vw, 28rem); border-radius: 0.5rem; }
.aion-sky > div > div { overflow: hidden; }
.aion-sky > div > p { margin: 0.5rem 0 0; }
.aion-sky > div > p:empty, .aion-sky > .empty > div { display: none; }
"""


@dataclass(frozen=True)
class SkyCutout:
    """A picture that lies on the sky."""

    url: str
    """Data URL of it, upright."""
    wcs: Mapping[str, Any]
    """FITS cards, ICRS."""


@dataclass(frozen=True)
class SkySource:
    """An object as one point of the sky."""

    name: str
    ra: float
    dec: float
    """Degrees, ICRS."""
    z: float | None
    kind: str
    """Empty where it is not known."""

    def as_plain(self) -> dict[str, Any]:
        """Position, and what a click on it shows, as HTML."""
        z = "unknown" if self.z is None else f"{self.z:.4f}".replace("-", "−")
        facts = {"Name": self.name, "z": z, "Class": self.kind or "unknown"}
        return {
            "ra": self.ra,
            "dec": self.dec,
            "facts": {name: escape(text) for name, text in facts.items()},
        }


def sky_around(analysis: Analysis) -> None:
    """The panel of the object on the page; none where it has no position, or none in the real sky."""
    session, target = current_session(), current_session().target
    hidden = server.archive() is None or is_simulated(session)
    if target is None or target.ra is None or target.dec is None or hidden:
        return
    layout.fold(TITLE, partial(_of_target, analysis, target), icon=":material/explore:", key="sky-around")


def is_simulated(session: Session) -> bool:
    """Whether the object on the page is known to come from a simulation, so that it is nowhere in the sky."""
    reference = server.engine().catalog
    is_reference_simulated = reference is not None and reference.manifest.simulated
    return session.origin == "example" or (session.origin == "catalog" and is_reference_simulated)


def sky_panel(
    ra: float,
    dec: float,
    *,
    cutout: SkyCutout | None,
    field: Sequence[tuple[float, float]] | None,
    objects: Sequence[SkySource],
    key: str,
    on_click: Callable[[float, float], None],
) -> None:
    """The sky around a position, degrees, ICRS, in which a person can click.

    Args:
        field: RA and Dec of the corners of what the model reads.
        objects: drawn as circles; the first is the one on the page.
        on_click: called with the position that was clicked, once a person asks for what is there.
    """
    colors = figures.DARK  # the sky is dark in both themes
    source = server.startup().settings.aladin
    place, asked = f"{key}-place", f"{ra:.5f} {dec:.5f}"
    data = {
        "key": key,
        "library": _address(source),
        "words": {
            "not_loaded": f"Aladin Lite does not come from {source}, {WITHOUT}",
            "not_started": f"This browser does not start Aladin Lite, which needs WebGL 2, {WITHOUT}",
            "no_survey": "The surveys of the CDS do not answer: only what is here is drawn.",
        },
        "theme": theme().name,
        "colors": {"sky": colors.paper, "field": colors.accent, "object": colors.decoded}
        | {"others": colors.reference, "place": colors.ink},
        "scene": {"ra": ra, "dec": dec, "size": SIZE, "cutout": cutout and vars(cutout), "field": field}
        | {"objects": [one.as_plain() for one in objects]},
        "surveys": [{"name": name, "url": url} for name, url in HIPS],
    }

    def take_place() -> None:
        st.session_state[place] = (asked, *st.session_state[key]["clicked"])

    _component()(key=key, data=data, on_clicked_change=take_place)
    seen, *clicked = st.session_state.get(place, ("",))
    if seen != asked:
        st.caption("A click on the sky offers to analyze what is there.")
    elif st.button(
        f"Analyze at {clicked[0]:.5f} {clicked[1]:+.5f}".replace("-", "−"),
        key=f"{key}-analyze",
        icon=":material/my_location:",
    ):
        on_click(*clicked)
        st.rerun(scope="app")


def sources_around(catalog: Catalog, ra: float, dec: float) -> list[SkySource]:
    """Objects of a catalog within `RADIUS` of a position, degrees, ICRS; none of a simulated catalog, or of
    one without positions."""
    table = catalog.table
    if catalog.manifest.simulated or not has_positions(table):
        return []
    near = table[separations(table, (ra, dec)) <= RADIUS * 3600]
    near = near.assign(**{"class": near["class"].astype(object).fillna("")})
    columns = (near[name] for name in ("id", "ra", "dec", "z", "class"))
    return [
        SkySource(str(id), float(ra), float(dec), None if np.isnan(z) else float(z), str(kind))
        for id, ra, dec, z, kind in zip(*columns, strict=True)
    ]


def _of_target(analysis: Analysis, target: SkyObject) -> None:
    assert target.ra is not None and target.dec is not None
    catalog = active_catalog.catalog()
    others = [] if catalog is None else sources_around(catalog, target.ra, target.dec)
    others = [one for one in others if one.name != target.id]
    this = SkySource(target.id, target.ra, target.dec, analysis.z_reference, target.kind)
    cutout, field = _cutout_and_field(analysis, target)
    sky_panel(
        target.ra,
        target.dec,
        cutout=cutout,
        field=field,
        objects=[this, *others],
        key=KEY,
        on_click=lambda ra, dec: look_up(f"{ra:.5f} {dec:+.5f}"),
    )
    drawn = [f"The orange circle is {as_text(target.id)}."]
    drawn += [f"The square is the field of {CODEC_FIELD} pixels that the model reads."] if field else []
    drawn += (
        [f"Green circles are {len(others):,} objects of the catalog within {RADIUS:g}°."] if others else []
    )
    st.caption(" ".join([*drawn, CREDIT]))


def _cutout_and_field(
    analysis: Analysis, target: SkyObject
) -> tuple[SkyCutout | None, Sequence[tuple[float, float]] | None]:
    """The first image that says where it lies, and the corners of the field in it; None and None without."""
    for image in analysis.images:
        [stream] = [key for key, survey in IMAGE_SURVEYS.items() if survey == image.survey]
        wcs = celestial(target.frames[stream].header) if stream in target.frames else None
        if image.original is None or wcs is None:
            continue
        shape = (image.original if image.whole is None else image.whole).shape
        if center_of(shape, wcs) == (None, None):
            continue
        url, every = figures.cutout_url(image)
        top, left = ((size - CODEC_FIELD) // 2 for size in shape[-2:])
        return SkyCutout(url, tangent_plane(wcs, shape, every)), corners_of(wcs, left, top, CODEC_FIELD)
    return None, None


def _address(source: str) -> str:
    """Where a browser finds Aladin Lite: as it is given, or, of a file, below the address of the page."""
    return source if source.startswith(("https://", "http://")) else _served(source)[0]


@st.cache_resource(show_spinner=False)
def _served(file: str) -> tuple[str, "TemporaryDirectory[str]"]:
    """The address of a copy of the file, and the folder that holds nothing else."""
    folder = TemporaryDirectory(prefix="aion-aladin-")
    shutil.copy(file, Path(folder.name) / "aladin.js")
    served = declare_component("aladin", path=folder.name)
    return f"component/{served.name}/aladin.js", folder


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    script = Path(__file__).with_name("sky_panel.js").read_text()
    return st.components.v2.component(
        "aion_sky", html='<div class="aion-sky"></div>', css=CSS, js=script, isolate_styles=False
    )
