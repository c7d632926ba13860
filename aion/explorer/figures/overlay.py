"""What marks a redshift over a figure and moves with it, while the figure stays as it is."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Marks:
    """Plotly's shapes as they stand at redshift 0, by place."""

    shapes: tuple[dict[str, Any], ...]
    """Which of their labels are written, and how high, is left to the browser, which knows its pixels."""
    origin: float = 0.0
    """At z a mark stands at origin + (x - origin) (1 + z): 0 Å for wavelengths, -1 for redshifts."""
    follows: bool = True
    """False: at any redshift they stand where they are."""
