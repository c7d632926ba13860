"""The documentation site: `make docs` builds it into build/docs, without a network.

Its source is the whole repository, so that a link between two files leads to the same page here as on the
code host.
"""

import logging
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import aion  # noqa: E402

logging.getLogger("faiss").setLevel(logging.WARNING)  # it tells of every instruction set that it tries

project = "AION Explorer"
project_copyright = "AION Explorer authors, MIT License"
release = aion.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "executed_notebooks"]
root_doc = "docs/index"
include_patterns = ["docs/**", "assets/models/aion-sim/README.md", "CHANGELOG.md", "CONTRIBUTING.md"]
exclude_patterns = [".*", "aion", "benchmarks", "build", "docs/site", "pages", "runs", "tests"]

default_role = "py:obj"
add_module_names = False
python_use_unqualified_type_names = True
maximum_signature_line_length = 80
autoclass_content = "both"
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "AION Explorer"
html_favicon = "../../assets/icon.svg"
html_static_path = ["site.css", "../../assets/logo.svg", "../../assets/logo-dark.svg"]
html_css_files = ["site.css"]
html_extra_path = ["index.html"]  # leads to docs/index.html
html_copy_source = False
html_theme_options = {
    "light_logo": "logo.svg",
    "dark_logo": "logo-dark.svg",
    "sidebar_hide_name": True,
    "light_css_variables": dict.fromkeys(
        ("color-brand-primary", "color-brand-content", "color-brand-visited"), "#2456c9"
    ),
    "dark_css_variables": dict.fromkeys(
        ("color-brand-primary", "color-brand-content", "color-brand-visited"), "#9dbbff"
    ),
}


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _contents)
    app.connect("autodoc-process-docstring", _sections)


def _contents(app: Sphinx, document: str, content: list[str]) -> None:
    """The table of contents belongs to the front page, which is read on the code host without it."""
    if document == root_doc:
        content[0] += "\n" + (HERE / "contents.txt").read_text()


def _sections(app: Sphinx, what: str, name: str, target: object, options: object, lines: list[str]) -> None:
    """``Args:`` and the like become lists.
    Not in the sentence beside a value: what stands before its colon is no type."""
    if what not in ("attribute", "data", "property"):
        lines[:] = GoogleDocstring(lines, Config(), app, what, name, target, options).lines()
