"""A figure on its way to the browser: what Plotly compares when Streamlit hands it a copy."""

import json

import numpy as np
import plotly.graph_objects as go
import plotly.io
import plotly.tools

from aion.explorer.figures import lasting, named
from aion.explorer.figures.theme import LIGHT, template

X = np.array([3600.123456789, np.nan, 9824.5], dtype=np.float32)


def drawing(*, title: str = "z") -> go.Figure:
    figure = go.Figure([go.Scatter(x=X, y=X, customdata=np.arange(3), marker={"color": X})])
    figure.update_xaxes(title_text=title, showline=False).add_annotation(x=0, y=0, text="name", font={"size": 9})
    return figure.update_layout(template=template(LIGHT), margin={"t": 2}, xaxis2={"anchor": "y"})


def sent(figure: go.Figure) -> dict:
    """What Streamlit makes of it."""
    return json.loads(
        plotly.io.to_json(
            plotly.tools.return_figure_from_figure_or_data(lasting(figure, named(figure)), validate_figure=True), validate=False
        )
    )


def test_numbers_are_lists_with_seven_digits_and_gaps():
    [trace] = sent(drawing())["data"]
    assert trace["x"] == trace["marker"]["color"] == [3600.124, None, 9824.5]
    assert trace["customdata"] == [0, 1, 2]


def test_the_look_of_the_template_is_in_the_figure_itself_and_yields_to_what_the_figure_says():
    layout = sent(drawing())["layout"]
    assert "template" not in layout
    assert layout["xaxis"]["showline"] is False and layout["xaxis"]["title"]["text"] == "z"
    assert layout["xaxis"]["title"]["font"] == layout["xaxis2"]["title"]["font"] == {"color": LIGHT.ink, "size": 13}
    assert layout["yaxis"]["gridcolor"] == LIGHT.grid
    assert layout["margin"] == {"l": 8, "r": 8, "t": 2, "b": 8}
    [name] = layout["annotations"]
    assert name["font"] == {"size": 9, "color": LIGHT.faint}


def test_the_name_of_the_data_changes_with_the_figure_only():
    once, again, other = (sent(figure)["layout"]["datarevision"] for figure in (drawing(), drawing(), drawing(title="r")))
    assert once == again != other


def test_the_figure_is_left_alone_and_its_copy_is_one_too():
    figure = drawing()
    before = figure.to_json()
    go.Figure(lasting(figure, named(figure)))
    assert figure.to_json() == before
