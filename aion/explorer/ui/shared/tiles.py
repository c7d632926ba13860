"""Objects as tiles: a picture, a small spectrum, what it is, and what can be done with it."""

import base64
import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import streamlit as st

from aion.catalog import SAME_OBJECT, Catalog, Neighbor, SmallSpectrum
from aion.explorer.figures import image_url, spark
from aion.explorer.results import Analysis
from aion.explorer.ui.shared.positions import Position, entry_position, links_html
from aion.explorer.ui.shared.theme import theme
from aion.plain_text import as_text
from aion.sphere import angle_text, separation

TILES = 24
"""On one page of a gallery."""
Action = Callable[[str], None]
"""What happens with the id of an object."""


@dataclass(frozen=True)
class Preview:
    """What is seen of an object at a glance."""

    name: str
    picture: str | None
    """An address that needs no server; None without an image."""
    spectrum: SmallSpectrum | None
    z: float | None
    kind: str
    """Class; empty where it is not known."""

    @classmethod
    def of_catalog(cls, catalog: Catalog, id: str) -> Self:
        """Raises InputError: no such object."""
        picture = catalog.picture(id)
        [known] = catalog.as_neighbors([catalog.row(id)], [1.0])
        return cls(
            id, _data_url(picture) if picture else None, catalog.small_spectrum(id), known.z, known.kind
        )

    @classmethod
    def of_analysis(cls, analysis: Analysis, name: str) -> Self:
        """The first image and spectrum, as given where they were; z as given, else of the best peak."""
        images = [image_url(image) for image in analysis.images[:1]]
        spectra = [
            SmallSpectrum(s.wavelength, s.decoded if s.flux is None else s.flux) for s in analysis.spectra[:1]
        ]
        z = analysis.z if analysis.z_reference is None else analysis.z_reference
        return cls(name, next(iter(images), None), next(iter(spectra), None), z, "")

    def html(self, mark: str = "", *, where: str = "") -> str:
        """With words for everything it shows; ``mark`` stands in bold before class and redshift, ``where``
        below them."""
        name = html.escape(self.name)
        shown = (
            f'<img src="{self.picture}" alt="Image of {name}">'
            if self.picture
            else '<div class="aion-tile">no image</div>'
        )
        none = '<div class="aion-spark aion-none">no spectrum</div>'
        drawn = none
        if self.spectrum:
            source = spark(self.spectrum, theme=theme())
            drawn = f'<img src="{source}" alt="Spectrum of {name}" class="aion-spark">'
        if not self.picture and not self.spectrum:
            shown, drawn = '<div class="aion-none">no image, no spectrum</div>', ""
        words = (mark and f"<b>{html.escape(mark)}</b>", html.escape(self.kind))
        first = " · ".join(word for word in words if word)
        # + 0.0: no minus zero
        redshift = "z unknown" if self.z is None else f"z {round(self.z, 4) + 0.0:.4f}".replace("-", "−")
        lines = "<br>".join(line for line in (first, redshift, html.escape(where)) if line)
        return f'<div class="aion-object">{shown}{drawn}<p>{lines}</p></div>'


def gallery(
    catalog: Catalog,
    neighbors: Sequence[Neighbor],
    actions: Mapping[str, Action],
    *,
    name: str,
    similarity: bool = True,
    around: Position | None = None,
) -> None:
    """Tiles in their order, in pages, each with ``actions``, label -> what to do, in a menu under its id.

    ``around``: where the object looked at is, degrees; each tile says how far from there it is.
    """
    pages, shown = -(-len(neighbors) // TILES), [neighbor.id for neighbor in neighbors]
    if st.session_state.get(f"{name}-shown") != shown:  # other objects begin on their first page
        st.session_state[f"{name}-shown"] = shown
        st.session_state[f"{name}-page"] = 1
    page = int(st.session_state.get(f"{name}-page", 1))
    chosen: tuple[str, str] | None = None
    with st.grid(min_column_width=150, gap="small", key=f"{name}-gallery") as grid:
        for neighbor in neighbors[(page - 1) * TILES : page * TILES]:
            with grid.cell():
                marks = [f"{neighbor.similarity:.3f}".replace("-", "−")] if similarity else []
                here, where = entry_position(catalog, neighbor.id), ""
                if here and around:
                    away = float(separation(*here, *around))
                    where = f"{angle_text(away)} away"
                    marks += ["same object"] if away <= SAME_OBJECT else []
                preview = Preview.of_catalog(catalog, neighbor.id)
                st.html(preview.html(" · ".join(marks), where=where) + links_html(catalog, neighbor.id))
                what = st.menu_button(
                    as_text(neighbor.id), list(actions), key=f"{name}-do-{neighbor.id}", type="tertiary"
                )
                chosen = (what, neighbor.id) if what is not None else chosen
    if pages > 1:
        st.pagination(pages, key=f"{name}-page", persist_state="session")
    if chosen is not None:
        actions[chosen[0]](chosen[1])


def _data_url(picture: bytes) -> str:
    kind = "webp" if picture[8:12] == b"WEBP" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
