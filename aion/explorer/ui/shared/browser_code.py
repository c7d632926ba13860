"""What of ours runs in the browser: a component for each script beside this module, and Plotly.

Imports nothing that draws: the first page has the browser load Plotly before there is a figure.
"""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v1 import declare_component


@st.cache_resource(show_spinner=False)
def component(name: str) -> Any:
    """The component whose script is ``name``.js."""
    script = Path(__file__).with_name(f"{name}.js").read_text()
    return st.components.v2.component(f"aion_{name}", html="<div></div>", js=script, isolate_styles=False)


@st.cache_resource(show_spinner=False)
def plotly_address() -> str:
    """Where a page finds ``plotly.min.js``, below its own address; the one in the package of Plotly, served
    from there."""
    found = find_spec("plotly")
    assert found is not None
    assert found.origin is not None
    served = declare_component("plotly", path=str(Path(found.origin).with_name("package_data")))
    return f"component/{served.name}/plotly.min.js?{version('plotly')}"


def load_plotly() -> None:
    """Have the browser load Plotly while it waits for something else."""
    component("figure")(key="plotly-ahead", data={"plotly": plotly_address()}, height=0)
