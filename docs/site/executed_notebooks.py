"""Notebooks as pages of the site: a build runs their cells, and shows what each printed, ended with and drew.

A notebook is Python alone: no magic commands.
Its file holds no outputs, so that it changes only when somebody changes it.
"""

import ast
import base64
import contextlib
import html
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_source_suffix(".ipynb", "markdown")
    app.connect("source-read", _read)
    return {"parallel_read_safe": True}


def _read(app: Sphinx, document: str, content: list[str]) -> None:
    """A notebook's JSON becomes Markdown; other pages stay as they are."""
    path = Path(app.env.doc2path(document))
    if path.suffix == ".ipynb":
        cells = json.loads(content[0])["cells"]
        title, *parts = _executed(document, cells)
        download = f"{{download}}`Download the notebook <{path.name}>`."
        origin = "The outputs below are of the build of this site."
        content[0] = "\n\n".join([title, f"{download} {origin}", *parts])


def _executed(document: str, cells: list[dict[str, Any]]) -> Iterator[str]:
    """Each cell as Markdown. All share one namespace and an empty folder to write into.

    Raises:
        ExtensionError: a cell fails.
    """
    matplotlib.use("Agg")
    names: dict[str, Any] = {"__name__": "__main__"}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for number, cell in enumerate(cells):
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                yield source
                continue
            try:
                outputs = _run(source, names)
            except Exception as exc:
                raise ExtensionError(
                    f"cell {number} of {document} fails with {type(exc).__name__}: {exc}\n\n{source}"
                ) from exc
            yield f"```python\n{source}\n```"
            if outputs:
                yield "\n".join(["```{raw} html", '<div class="output">', *outputs, "</div>", "```"])


def _run(source: str, names: dict[str, Any]) -> list[str]:
    """HTML of what a cell printed, of its last expression unless a semicolon follows, and of its figures."""
    body = ast.parse(source)
    last = ast.Expression(body.body.pop().value) if isinstance(body.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(body, "<cell>", "exec"), names)
        value = None if last is None else eval(compile(last, "<cell>", "eval"), names)
    outputs = [_text(printed.getvalue())] if printed.getvalue() else []
    if value is not None and not source.endswith(";"):
        outputs.append(value.to_html(border=0) if hasattr(value, "to_html") else _text(repr(value)))
    return outputs + [_picture(plt.figure(number)) for number in plt.get_fignums()]


def _text(text: str) -> str:
    return f"<pre>{html.escape(text)}</pre>"


def _picture(figure: Figure) -> str:
    """The figure as a part of the page; it is closed."""
    pixels = io.BytesIO()
    figure.savefig(pixels, format="png", dpi=144, bbox_inches="tight")
    plt.close(figure)
    address = f"data:image/png;base64,{base64.b64encode(pixels.getvalue()).decode()}"
    return f'<img alt="Figure of the cell above" src="{address}">'
