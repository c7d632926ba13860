"""Files of values that a model made are no data: they are refused, whatever else is in them."""

from aion.errors import FormatError
from aion.io.content import Records, Table
from aion.io.fits_file import FitsFile

CARD = "SYNTH"
"""True in the header of everything that is decoded from tokens or generated; ``synth`` in other files."""
_KINDS = {"SPECTRUM": "spectrum", "IMAGE": "image"}


def refuse_synthetic(content: FitsFile | Table | Records, name: str) -> None:
    """Raises FormatError: the content says of itself that it was generated or decoded."""
    extensions = ""
    if isinstance(content, FitsFile):
        marked = [hdu.name for hdu in content.hdus if hdu.header.get(CARD) is True]
        is_marked, extensions = bool(marked), " ".join(marked)
    elif isinstance(content, Table):
        is_marked = content.meta.get(CARD) is True
    else:
        is_marked = any(
            one.meta.get(CARD) is True or one.values.get(CARD.lower()) is True for one in content.items
        )
    if is_marked:
        kind = next((kind for word, kind in _KINDS.items() if word in extensions), None)
        what = "generated values" if kind is None else f"a generated {kind}"
        raise FormatError(
            f"{name} holds {what}, not an observation ({CARD} = T); give the file that it was made from"
        )
