"""What marks a redshift on a figure: drawn into it, or kept apart, so that it can move over a figure that stays as it is."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go


@dataclass(frozen=True)
class Marks:
    """Plotly's shapes and annotations that stand at one redshift."""

    shapes: tuple[dict[str, Any], ...]
    annotations: tuple[dict[str, Any], ...]
    z: float | None
    """None: at any redshift they stand where they are."""
    origin: float = 0.0
    """At z' a mark stands at origin + (x - origin) (1 + z') / (1 + z): 0 Å for wavelengths, -1 for redshifts."""

    def on(self, figure: go.Figure) -> go.Figure:
        """The figure with these in it, all at once: Plotly checks the whole list for each that is added alone."""
        return figure.update_layout(
            shapes=[*figure.layout.shapes, *self.shapes], annotations=[*figure.layout.annotations, *self.annotations]
        )
