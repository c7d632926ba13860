"""Files -> objects of the sky: `read` finds out what a file is from its content and says what it detected,
assumed and dropped.

astropy and specutils are imported when the first file is read, not before.
"""

from collections.abc import Iterable

from aion.io.objects import (
    ArchiveFile,
    Entry,
    ImageFrame,
    Overrides,
    Provenance,
    Report,
    SkyObject,
    Source,
    Unread,
)

__all__ = [
    "ArchiveFile",
    "Entry",
    "ImageFrame",
    "Overrides",
    "Provenance",
    "Report",
    "SkyObject",
    "Source",
    "Unread",
    "read",
    "read_many",
]


def read(
    source: Source | list[Source],
    *,
    name: str | None = None,
    overrides: Overrides | None = None,
    strict: bool = False,
) -> list[SkyObject]:
    """Objects found in one file, or in several that belong together.

    Several files become one object when each holds one (image + spectrum + photometry), and a file with the
    error or the mask of a spectrum is part of the one with its flux; targets of larger files are matched by
    their id, then by position. A file of many targets gives many objects, in its order.

    Args:
        source: Path, bytes, open file, table, HDUs, spectrum or record in memory, or a list of those.
        name: What to call the file in reports, by default its own name; it never decides how a file is read.
        overrides: Values that replace what would be detected.
        strict: Whether an assumption, such as a medium that nothing states, is an error.

    Raises:
        FormatError: the file cannot be used: what it is, what is expected and what to do.
        ChoiceNeededError: it can be read in several ways and nothing in it says which is meant;
            with `strict`, also where one would be assumed. Its `choices` are the overrides that decide.
        ModalityError: it was understood, but its arrays do not make a modality.
        ConfigError: an override that no file has a use for.
    """
    from aion.io.reading import read_objects

    return read_objects(source, name=name, overrides=overrides or Overrides(), strict=strict)


def read_many(
    sources: Iterable[Source], *, overrides: Overrides | None = None, strict: bool = False
) -> tuple[list[SkyObject], list[Unread]]:
    """Objects of many files, as many as there are: what cannot be read is listed and does not stop the rest.

    What several files say of one object is joined by its id (for a file that states none: its name without
    the ending), then by its position within 1.5 arcsec. Unlike in `read`, files are never joined for holding
    one object each.

    Args:
        overrides: Values that replace what would be detected in each.
        strict: Whether an object of which anything would have to be assumed is left out.
    """
    from aion.io.reading import read_each

    return read_each(sources, overrides=overrides or Overrides(), strict=strict)
