"""Files -> objects of the sky: `read` finds out what a file is from its content and says what it detected, assumed and dropped.

astropy and specutils are imported when the first file is read, not before.
"""

from aion.io.objects import Entry, Overrides, Report, SkyObject, Source

__all__ = ["Entry", "Overrides", "Report", "SkyObject", "Source", "read"]


def read(source: Source | list[Source], *, name: str | None = None, overrides: Overrides | None = None) -> list[SkyObject]:
    """Objects found in one file, or in several that belong together.

    Several files become one object when each holds one (image + spectrum + photometry); targets of larger files are matched by
    their id, then by position. A file of many targets gives many objects, in its order.

    Args:
        source: Path, bytes, open binary file, a record with a spectrum or an image (mapping or object), or a list of those.
        name: What to call the file in reports; the file's own name by default. It never decides how a file is read.
        overrides: Values that replace what would be detected.

    Raises:
        FormatError: the file cannot be used: what it is, what is expected and what to do.
        ModalityError: it was understood, but its arrays do not make a modality.
        ConfigError: an override that no file has a use for.
    """
    from aion.io.reading import read_objects

    return read_objects(source, name=name, overrides=overrides or Overrides())
