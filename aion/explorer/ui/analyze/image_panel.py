"""Every image beside what its tokens kept: side by side, swiped, blinking, in the whole cutout; one stretch
for all panels."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from aion.explorer import figures
from aion.explorer.results import Analysis, ImageResult
from aion.explorer.ui.analyze.swipe import swipe
from aion.explorer.ui.shared import labels, layout
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.theme import on_phone, theme

COLOR = "Color"
SIDE_BY_SIDE, SWIPE, BLINK, WHOLE = "Side by side", "Swipe", "Blink", "Whole cutout"
DRAW = {BLINK: figures.blink, WHOLE: figures.whole}
KINDS: dict[str, figures.ComparedImage] = {
    SIDE_BY_SIDE: "panels",
    SWIPE: "panels",
    BLINK: "blink",
    WHOLE: "whole",
}
"""What the figure of an image to take away is; a swipe is no figure."""
FLUX, SIGMA = "flux", "σ"
BRIGHTNESS, Q = 1.0, 8.0


def images(analysis: Analysis) -> None:
    """One section per image."""
    for number, image in enumerate(analysis.images):
        layout.section(
            f"{image.survey} image",
            "One stretch (Lupton et al. 2004) for original and decoded, set by the original.",
        )
        _image(image, number, analysis.id)


@st.fragment
def _image(image: ImageResult, number: int, object_id: str) -> None:
    if image.original is None:
        how = SIDE_BY_SIDE
        st.caption("Decoded from the tokens of the catalog; the original image is not stored.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = st.segmented_control(
            "Shown",
            [COLOR, *image.bands],
            default=COLOR,
            required=True,
            format_func=lambda band: band if band == COLOR else labels.band_letter(band),
            **_widget_key("band", number),
            help=f"In color, or one of the bands {', '.join(image.bands)}",
        )
        if image.original is not None:
            options = [SIDE_BY_SIDE, SWIPE, BLINK, *([WHOLE] if image.whole is not None else [])]
            how = st.segmented_control(
                "Compared", options, default=SIDE_BY_SIDE, required=True, **_widget_key("compared", number)
            )
        _stretch(image, how, number)
    view = image_options(image, number).view
    if how == SWIPE:
        original, decoded = figures.picture_urls(image, view=view)
        swipe(
            ("Original", original),
            ("Decoded", decoded),
            alt=f"{image.survey} image, {shown}",
            key=f"swipe-{number}",
        )
        st.caption("Drag the divider, or move it with the arrow keys.")
    else:
        draw: Callable[..., figures.Figure] = DRAW.get(how, partial(figures.panels, stacked=on_phone()))
        alt = f"{image.survey} image: original, decoded from tokens, and residual; {how.lower()}"
        figure(
            draw(image, view=view, theme=theme()),
            key=f"image-{number}",
            alt=alt,
            object_id=object_id,
            view=how,
        )
    if image.residual_rms is not None and image.flux_ratio is not None:
        layout.fold("Per band", partial(_bands, image), icon=":material/table_rows:", key=f"bands-{number}")


def _bands(image: ImageResult) -> None:
    st.dataframe(labels.bands(image), hide_index=True)


def image_options(image: ImageResult, number: int) -> figures.ShownImage:
    """How it is looked at, as its widgets say; as a page opens where there are none."""
    band, how, residual = (_widget_value(name, number) for name in ("band", "compared", "residual"))
    how = how if how in KINDS and image.original is not None else SIDE_BY_SIDE
    view = figures.ImageView(
        band if band in image.bands else None,
        _widget_value("brightness", number) or BRIGHTNESS,
        _widget_value("q", number) or Q,
        in_sigma=residual == SIGMA and image.sigma is not None and how == SIDE_BY_SIDE,
    )
    return figures.ShownImage(KINDS[how], view)


def _stretch(image: ImageResult, how: str, number: int) -> None:
    """For all panels, and the unit of the residual where the noise is known."""
    with st.popover("Stretch", icon=":material/contrast:"):
        help = "Factor on the original's own stretch."
        st.slider(
            "Brightness", 0.2, 5.0, BRIGHTNESS, step=0.1, **_widget_key("brightness", number), help=help
        )
        st.slider(
            "Q",
            1.0,
            30.0,
            Q,
            step=0.5,
            **_widget_key("q", number),
            help="Lupton et al. (2004): larger shows faint parts.",
        )
    if image.sigma is not None and how == SIDE_BY_SIDE:
        st.segmented_control(
            "Residual in", [FLUX, SIGMA], default=FLUX, required=True, **_widget_key("residual", number)
        )


def _widget_value(name: str, number: int) -> Any:
    return st.session_state.get(_widget_key(name, number)["key"])


def _widget_key(name: str, number: int) -> dict[str, Any]:
    """``key`` and ``bind`` of a widget; the second image of an object has ``band-2`` in the address."""
    return {"key": name if number == 0 else f"{name}-{number + 1}", "bind": "query-params"}
