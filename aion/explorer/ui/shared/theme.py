"""The theme a person chose, the device that shows it, and what is around every page."""

from typing import TYPE_CHECKING

import streamlit as st

from aion.resources import resource

if TYPE_CHECKING:
    from aion.explorer import figures


def theme() -> "figures.Theme":
    """Light or dark, as the browser shows the page now."""
    from aion.explorer import figures

    return figures.theme_by_name(st.context.theme.type)


def on_phone() -> bool:
    """Whether the browser says that it is a telephone's; how wide it is, it does not say."""
    return "Mobi" in st.context.headers.get("User-Agent", "")


def frame() -> None:
    """What is around every page: logo and style sheet."""
    dark = st.context.theme.type == "dark"
    st.logo(resource("assets/logo-dark.svg" if dark else "assets/logo.svg"), size="large", icon_image=None)
    st.html(resource("assets/css/explorer.css"))
