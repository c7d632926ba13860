"""AION-1 for Python: file -> modality -> tokens -> model -> redshift PDF / embedding -> neighbors.

The names below are imported when first used, so that ``import aion`` costs nothing. The rest lives in its
module: ``aion.modalities`` (one class per quantity), ``aion.codecs``, ``aion.io``, ``aion.redshift``,
``aion.search``, ``aion.errors``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from aion.installation import refuse_mixture as _refuse_mixture

if TYPE_CHECKING:
    from aion.codecs import CodecManager
    from aion.embedding import pool
    from aion.io import read
    from aion.model import AION, AIONConfig
    from aion.redshift import RedshiftPDF, redshift_pdfs
    from aion.search import Index

_refuse_mixture()

__version__ = "0.1.0"
__all__ = ["AION", "AIONConfig", "CodecManager", "Index", "RedshiftPDF", "pool", "read", "redshift_pdfs"]

_HOME = {
    "AION": "aion.model",
    "AIONConfig": "aion.model",
    "CodecManager": "aion.codecs",
    "Index": "aion.search",
    "RedshiftPDF": "aion.redshift",
    "pool": "aion.embedding",
    "read": "aion.io",
    "redshift_pdfs": "aion.redshift",
}
_MODULES = ("codecs", "embedding", "errors", "io", "modalities", "model", "redshift", "search", "streams")


def __getattr__(name: str) -> object:
    if name in _HOME:
        value: object = getattr(import_module(_HOME[name]), name)
    elif name in _MODULES:
        value = import_module(f"aion.{name}")
    else:
        raise AttributeError(f"module 'aion' has no attribute {name!r}; it has {', '.join(__all__)}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, *_MODULES])
