"""What the embedded model can do: on simulated objects it never saw, and on real spectra.

`held_out` asks the model, `simulated` and `aion.training.real` make tables of the answers,
`bars` says what is wanted, `report` writes.
"""

from aion.training.evaluate.report import Document, Report, document, markdown_table, read, to_markdown, write
from aion.training.evaluate.simulated import measure
from aion.training.evaluate.weights import Weights

__all__ = [
    "Document",
    "Report",
    "Weights",
    "document",
    "markdown_table",
    "measure",
    "read",
    "to_markdown",
    "write",
]
