"""Every image beside what its tokens kept: side by side, swiped, blinking, in the whole cutout; one stretch for all panels."""

from functools import partial
from typing import Any

import streamlit as st

from aion.explorer import figures
from aion.explorer.results import Analysis, ImageResult
from aion.explorer.ui import look, tables
from aion.explorer.ui.swipe import swipe

COLOUR = "Color"
SIDE_BY_SIDE, SWIPE, BLINK, WHOLE = "Side by side", "Swipe", "Blink", "Whole cutout"
DRAW = {BLINK: figures.blink, WHOLE: figures.whole}
KINDS: dict[str, figures.ComparedImage] = {SIDE_BY_SIDE: "panels", SWIPE: "panels", BLINK: "blink", WHOLE: "whole"}
"""What the figure of an image to take away is; a swipe is no figure."""
FLUX, SIGMA = "flux", "σ"


def images(analysis: Analysis) -> None:
    """One section per image."""
    for number, image in enumerate(analysis.images):
        look.section(f"{image.survey} image", "One stretch (Lupton et al. 2004) for original and decoded, set by the original.")
        _image(image, number, analysis.id)


@st.fragment
def _image(image: ImageResult, number: int, of: str) -> None:
    if image.original is None:
        st.caption("Decoded from the tokens of the catalog; the original image is not stored.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Shown",
            [COLOUR, *image.bands],
            default=COLOUR,
            required=True,
            format_func=lambda band: band if band == COLOUR else tables.band_letter(band),
            **_bound("band", number),
            help=f"In color, or one of the bands {', '.join(image.bands)}",
        )
        if image.original is not None:
            st.segmented_control("Compared", _ways(image), default=SIDE_BY_SIDE, required=True, **_bound("compared", number))
        _stretch(image, number)
    how, look_of = _compared(image, number), shown(image, number)
    if how == SWIPE:
        original, decoded = figures.picture_urls(image, view=look_of.view)
        name = f"{image.survey} image, {look_of.view.band or COLOUR}"
        swipe(("Original", original), ("Decoded", decoded), alt=name, key=f"swipe-{number}")
        st.caption("Drag the divider, or move it with the arrow keys.")
    else:
        drawing = (
            figures.panels(image, view=look_of.view, stacked=look.on_phone(), theme=look.theme())
            if how == SIDE_BY_SIDE
            else DRAW[how](image, view=look_of.view, theme=look.theme())
        )
        alt = f"{image.survey} image: original, decoded from tokens, and residual; {how.lower()}"
        look.figure(drawing, key=f"image-{number}", alt=alt, of=of)
    if image.residual_rms is not None and image.flux_ratio is not None:
        look.folded("Per band", partial(_bands, image), icon=":material/table_rows:", key=f"bands-{number}")


def _bands(image: ImageResult) -> None:
    st.dataframe(tables.bands(image), hide_index=True)


def shown(image: ImageResult, number: int) -> figures.ShownImage:
    """How an image is looked at, as its widgets say."""
    how, band = _compared(image, number), _chosen("band", number, COLOUR)
    in_sigma = image.sigma is not None and how == SIDE_BY_SIDE and _chosen("residual", number, FLUX) == SIGMA
    stretch = _chosen("brightness", number, 1.0), _chosen("q", number, 8.0)
    return figures.ShownImage(KINDS[how], figures.ImageView(band if band in image.bands else None, *stretch, in_sigma))


def _compared(image: ImageResult, number: int) -> str:
    how = str(_chosen("compared", number, SIDE_BY_SIDE))
    return how if how in _ways(image) else SIDE_BY_SIDE


def _ways(image: ImageResult) -> list[str]:
    """To compare original and decoded; one alone is shown as if it were beside the other."""
    return [SIDE_BY_SIDE, *([SWIPE, BLINK] if image.original is not None else []), *([WHOLE] if image.whole is not None else [])]


def _stretch(image: ImageResult, number: int) -> None:
    """Stretch for all panels, and the unit of the residual where the noise is known."""
    with st.popover("Stretch", icon=":material/contrast:"):
        st.slider("Brightness", 0.2, 5.0, 1.0, step=0.1, **_bound("brightness", number), help="Factor on the original's own stretch.")
        st.slider("Q", 1.0, 30.0, 8.0, step=0.5, **_bound("q", number), help="Lupton et al. (2004): larger shows faint parts.")
    if image.sigma is not None and _compared(image, number) == SIDE_BY_SIDE:
        st.segmented_control("Residual in", [FLUX, SIGMA], default=FLUX, required=True, **_bound("residual", number))


def _bound(name: str, number: int) -> dict[str, Any]:
    """``key`` and ``bind`` of a widget."""
    return {"key": _key(name, number), "bind": "query-params"}


def _chosen(name: str, number: int, default: Any) -> Any:
    """What a widget says; the default while it is not on the page."""
    return st.session_state.get(_key(name, number), default)


def _key(name: str, number: int) -> str:
    """The second image of an object has ``band-2`` in the address."""
    return name if number == 0 else f"{name}-{number + 1}"
