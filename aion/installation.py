"""Whether this package is whole: the published `polymathic-aion` is installed into the same folder."""

from pathlib import Path

_PUBLISHED = Path(__file__).with_name("fourm")
"""A folder that only the published package has."""


def refuse_mixture() -> None:
    """End the import where both packages were installed, one over the other.

    Raises:
        ImportError: says how to get out of it.
    """
    if _PUBLISHED.is_dir():
        raise ImportError(
            "aion-explorer and polymathic-aion are both installed here and have overwritten each other's "
            "files, since both are the package `aion`: "
            "run `pip uninstall -y aion-explorer polymathic-aion`, then install the one you want, "
            "or each in its own environment"
        )
