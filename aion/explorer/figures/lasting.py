"""A figure on its way to the browser, written so that Plotly sees that a copy of it is the same figure.

Streamlit hands each figure to Plotly twice, the second time as a copy. Plotly draws a copy anew if it has a template, if a list of numbers
comes as bytes, or if no name says that the data are the same.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

DIGITS = 7
"""Of the largest number of a list, as many as a drawing shows."""


def named(figure: go.Figure) -> str:
    """A name of all that is in it, which no other figure has: figures are shared by it."""
    return blake2b(str(figure.to_json(validate=False)).encode(), digest_size=16).hexdigest()


def lasting(figure: go.Figure, name: str) -> go.Figure:
    """The same figure without a template, its lists of numbers as text, and with its name in it."""
    layout = figure.layout.to_plotly_json()
    styles: dict[str, Any] = layout.pop("template").get("layout", {})
    names, axes = styles.pop("annotationdefaults", {}), ("xaxis", "yaxis")
    for axis in {*axes, *(name for name in layout if name.startswith(axes))}:
        layout[axis] = _over(styles.get(axis[:5], {}), layout.get(axis, {}))
    layout["annotations"] = [_over(names, one) for one in layout.get("annotations", ())]
    layout["datarevision"] = name
    written = go.Figure([_as_text(trace.to_plotly_json()) for trace in figure.data], _over(styles, layout), figure.frames)
    written.layout.template = None  # it took Plotly's own when it was made
    return written


def _over(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, and of the rest the defaults."""
    both = {name: _over(value, given[name]) for name, value in defaults.items() if isinstance(value, dict) and name in given}
    return {**defaults, **given, **both}


def _as_text(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in part.items()}


def _value(value: Any) -> Any:
    """An array of objects is written as text."""
    if isinstance(value, dict):
        return _as_text(value)
    return _rounded(value).astype(object) if isinstance(value, np.ndarray) and value.ndim == 1 else value


def _rounded(values: NDArray[Any]) -> NDArray[Any]:
    if not np.issubdtype(values.dtype, np.floating):
        return values
    largest = np.max(np.abs(values), initial=0.0, where=np.isfinite(values))
    return np.round(values.astype(float), DIGITS - 1 - int(np.floor(np.log10(largest or 1.0))))
