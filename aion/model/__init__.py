"""The transformer: token dictionary -> Context (one encoder pass) -> logits of any target.

A folder and not a file: where the published package was installed over this one, its ``aion`` imports
``aion.model`` first, Python takes a folder before a file of the same name, and so this line is still reached.
"""

from aion.installation import refuse_mixture as _refuse_mixture

_refuse_mixture()

from aion.model.transformer import AION, AIONConfig, Context  # noqa: E402

__all__ = ["AION", "AIONConfig", "Context"]
