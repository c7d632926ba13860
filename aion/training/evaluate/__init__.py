"""What the embedded model can do: on simulated objects it never saw, and on real spectra.

`simulated`, `exact` and `generation` measure a part each on the objects of `held_out`, `aion.training.real`
on real spectra; `bars` says what is wanted, `report` writes.
"""

from aion.training.evaluate.parts import PARTS
from aion.training.evaluate.report import Document, Report, document, markdown_table, read, to_markdown, write
from aion.training.evaluate.weights import Weights

__all__ = [
    "PARTS",
    "Document",
    "Report",
    "Weights",
    "document",
    "markdown_table",
    "read",
    "to_markdown",
    "write",
]
