"""Where what ships beside the code is: the script and pages of the application,
the embedded model, the catalog, the examples.

In a checkout they lie at its top, in an installed package inside it (``pyproject.toml`` puts them there).
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_app"


def resource(name: str) -> Path:
    """The file or folder of a checkout with this name, such as ``"app.py"`` or ``"assets/models/aion-sim"``.

    It need not exist: weights and catalogs can be taken out of an installation that has its own.
    """
    return (_INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent) / name
