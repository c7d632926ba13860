"""How every figure looks: one palette per theme, one template made of it. Colors have meanings.

The hues are Okabe & Ito's (2008), for people with any color vision; each is tuned for its background.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go
from plotly.graph_objects import Figure

__all__ = [
    "DARK",
    "FONT",
    "LIGHT",
    "Figure",
    "Theme",
    "as_label",
    "blank",
    "colorbar",
    "html",
    "template",
    "theme_by_name",
]

FONT = '"Source Sans", "Source Sans 3", "Segoe UI", "Helvetica Neue", Arial, sans-serif'


@dataclass(frozen=True)
class Theme:
    """The meaning of each color."""

    name: str
    paper: str
    """What lies behind figures, on the page and in a saved file."""
    ink: str
    """The data as given."""
    faint: str
    """Secondary text."""
    grid: str
    shade: str
    """Regions to distrust: masked pixels, sky."""
    error: str
    """The band of one standard deviation around the data."""
    decoded: str
    """What the tokens kept."""
    accent: str
    """Probability, and the redshift a person chose."""
    accent_strong: str
    """The 68 % region."""
    accent_soft: str
    """The 95 % region."""
    reference: str
    """A redshift from elsewhere, for comparison."""
    emission: str
    absorption: str
    galaxy: str
    quasar: str
    star: str
    low: str
    """Residual: the data are fainter than decoded."""
    high: str
    """Residual: the data are brighter than decoded."""
    middle: str
    """Residual: no difference."""

    def kind(self, kind: str) -> str:
        """Color of a class of object; unknown classes are faint."""
        return {"galaxy": self.galaxy, "quasar": self.quasar, "star": self.star}.get(kind.lower(), self.faint)

    @property
    def groups(self) -> tuple[str, ...]:
        """Colors of groups that have no meaning of their own, in turn."""
        return (self.accent, self.decoded, self.reference, self.absorption, self.low, self.faint)

    @property
    def diverging(self) -> list[list[Any]]:
        """Color scale around zero."""
        return [[0.0, self.low], [0.5, self.middle], [1.0, self.high]]


LIGHT = Theme(
    name="light",
    paper="#ffffff",
    ink="#262b36",
    faint="#646c7c",
    grid="#e6e8ee",
    shade="rgba(100,108,124,0.14)",
    error="rgba(38,43,54,0.16)",
    decoded="#d55e00",
    accent="#2456c9",
    accent_strong="rgba(36,86,201,0.42)",
    accent_soft="rgba(36,86,201,0.16)",
    reference="#008060",
    emission="#2456c9",
    absorption="#a4478a",
    galaxy="#2456c9",
    quasar="#d55e00",
    star="#a4478a",
    low="#0a5fa8",
    high="#c24e00",
    middle="#f7f7f8",
)

DARK = Theme(
    name="dark",
    paper="#10131a",
    ink="#e3e6ee",
    faint="#98a0b3",
    grid="#272c38",
    shade="rgba(152,160,179,0.18)",
    error="rgba(227,230,238,0.20)",
    decoded="#ff9a4d",
    accent="#7ea6ff",
    accent_strong="rgba(126,166,255,0.50)",
    accent_soft="rgba(126,166,255,0.20)",
    reference="#3ecf9f",
    emission="#7ea6ff",
    absorption="#e08ac6",
    galaxy="#7ea6ff",
    quasar="#ff9a4d",
    star="#e08ac6",
    low="#56b4e9",
    high="#ff8f3f",
    middle="#171b24",
)


def theme_by_name(name: str | None) -> Theme:
    """The theme called ``"light"`` or ``"dark"``; light for anything else."""
    return DARK if name == "dark" else LIGHT


def template(theme: Theme) -> go.layout.Template:
    """Axes, fonts, legend and hover of every figure."""
    axis = {
        "gridcolor": theme.grid,
        "linecolor": theme.grid,
        "tickcolor": theme.grid,
        "tickfont": {"color": theme.faint, "size": 12},
        "title": {"font": {"color": theme.ink, "size": 13}, "standoff": 8},
        "showline": True,
        "ticks": "outside",
        "ticklen": 4,
        "zeroline": False,
        "automargin": True,
        "hoverformat": ".6g",
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": theme.ink},
            "paper_bgcolor": theme.paper,
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": axis,
            "yaxis": axis,
            "margin": {"l": 8, "r": 8, "t": 36, "b": 8},
            "legend": {
                "orientation": "h",
                "yanchor": "bottom",
                "y": 1.01,
                "xanchor": "left",
                "x": 0,
                "font": {"size": 12, "color": theme.ink},
                "itemclick": "toggle",
            },
            "hoverlabel": {
                "bgcolor": theme.paper,
                "bordercolor": theme.grid,
                "font": {"family": FONT, "color": theme.ink, "size": 12},
            },
            "modebar": {
                "bgcolor": "rgba(0,0,0,0)",
                "color": theme.faint,
                "activecolor": theme.accent,
                "orientation": "h",
            },
            "annotationdefaults": {"font": {"size": 12, "color": theme.faint}, "showarrow": False},
            "dragmode": "zoom",
        }
    )


def as_label(text: str) -> str:
    """Words from elsewhere as a text of a figure, which would take tags in them for its own."""
    return escape(text, quote=False)


def colorbar(title: str) -> dict[str, Any]:
    """A thin bar close to its panel; ``title`` has the unit."""
    font = {"size": 12}
    return {
        "title": {"text": title, "side": "right", "font": font},
        "tickfont": font,
        "thickness": 10,
        "outlinewidth": 0,
        "x": 1.01,
        "xpad": 2,
    }


def blank(theme: Theme, *, height: int) -> Figure:
    """An empty figure in this theme."""
    return Figure(layout={"template": template(theme), "height": height})


def html(title: str, drawings: Mapping[str, Figure]) -> str:
    """A page that holds figures under their names and needs no network: Plotly is inside, once."""
    parts = []
    for number, (name, drawing) in enumerate(drawings.items()):
        saved = re.sub(r"[^\w .+-]+", "_", f"{title} {name}")  # fit for a file and for a script
        config = {
            "displaylogo": False,
            "showSendToCloud": False,
            "toImageButtonOptions": {"scale": 2, "filename": saved},
        }
        body = drawing.to_html(full_html=False, include_plotlyjs=number == 0, config=config)
        parts.append(f"<h2>{escape(name)}</h2>\n{body}")
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    body = f"<h1>{escape(title)}</h1>\n{''.join(parts)}"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'
