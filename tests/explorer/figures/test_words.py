"""Words from elsewhere in a figure, and in a page of figures, are shown and do nothing."""

import numpy as np
import plotly.graph_objects as go

from aion.catalog import Neighbor, SmallSpectrum
from aion.explorer import figures
from aion.explorer.figures import Axis, Coloring, OverlaySpectrum

HOSTILE = "<b>x</b> </script><script>alert(1)</script> %{x} & co"
SHOWN = "&lt;b&gt;x&lt;/b&gt; &lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; %{x} &amp; co"


def test_ids_classes_and_columns_of_a_catalog_are_no_tags():
    axis = Axis(HOSTILE, np.array([1.0, 2.0]))
    by_group = figures.scatter(np.arange(2), axis, axis, Coloring("class", [HOSTILE, "star"]))
    assert {trace.name for trace in by_group.data} == {f"{SHOWN} (1)", "star (1)"}
    assert by_group.layout.xaxis.title.text == by_group.layout.yaxis.title.text == SHOWN
    by_number = figures.scatter(np.arange(2), axis, axis, Coloring(HOSTILE, np.array([1.0, 2.0])))
    assert by_number.data[0].marker.colorbar.title.text == SHOWN


def test_ids_and_classes_of_neighbors_are_no_tags_and_no_places_of_a_template():
    [trace] = figures.neighbors([Neighbor(HOSTILE, 0.9, 0.1, HOSTILE)]).data
    assert trace.name == SHOWN and list(trace.customdata) == [SHOWN]
    assert trace.hovertemplate.startswith("%{customdata}<br>%{fullData.name}, z")


def test_names_of_overlay_spectra_are_no_tags():
    spectrum = SmallSpectrum(np.linspace(4000, 9000, 50), np.ones(50))
    [trace] = figures.overlay_spectra([OverlaySpectrum(HOSTILE, spectrum, 0.1)]).data
    assert trace.name == SHOWN


def test_an_id_does_not_end_the_script_of_a_page_of_figures():
    page = figures.html(HOSTILE, {"Redshift": go.Figure()})
    assert "<script>alert" not in page and "<h1>&lt;b&gt;x" in page
