"""From what was handed in to objects: load, parse, ask the readers, join, and report."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

from aion.errors import AIONError, ChoiceNeededError, ConfigError, FormatError
from aion.io.companions import with_companions
from aion.io.content import Records
from aion.io.joining import Part, join, position_of
from aion.io.memory_in import name_of, open_object, sources_in
from aion.io.objects import ArchiveFile, Entry, Overrides, Provenance, Report, SkyObject, Unread
from aion.io.parsing import Content, foreign_errors, parse
from aion.io.readers import desi  # noqa: F401  # importing the package registers every reader
from aion.io.registry import READERS, ROWS, ROWS_WITHOUT_PHOTOMETRY, PositionNeededError, Reader
from aion.io.source import load
from aion.io.synthetic import refuse_synthetic

_USES = {
    "survey": "survey",
    "bands": "bands",
    "image_flux_scale": "flux unit",
    "spectrum_flux_scale": "flux unit",
    "wavelength_unit": "wavelength unit",
    "medium": "medium",
    "mask_sense": "mask",
    "pixel_scale": "pixel scale",
    "position": "position",
}
"""Override -> `Entry.what` where a reader says that it used it."""


def read_objects(source: Any, *, name: str | None, overrides: Overrides, strict: bool) -> list[SkyObject]:
    """See `aion.io.read`."""
    sources = sources_in(source)
    contents = [_content(one, name if len(sources) == 1 else None) for one in sources]
    groups = join(_read_all(_with_companions(contents), overrides))
    objects = [_sky_object(group) for group in groups]
    if not any(found.modalities for found in objects):
        raise FormatError(
            "the file holds redshifts only; give the coadd or spectra file of the same targets with it"
        )
    _check_used(overrides, objects)
    if strict:
        _check_stated(objects)
    return [found for found in objects if found.modalities]


def read_each(
    sources: Iterable[Any], *, overrides: Overrides, strict: bool
) -> tuple[list[SkyObject], list[Unread]]:
    """See `aion.io.read_many`."""
    files: list[list[Part]] = []
    unread: list[Unread] = []
    for source in sources:
        named = source if isinstance(source, (str, PathLike)) else getattr(source, "name", None)
        name = Path(named).name if isinstance(named, (str, PathLike)) else "upload"
        try:
            parts = _content(source, None).parts(overrides)
        except AIONError as exc:
            unread.append(Unread(name, str(exc)))
            continue
        files.append([_with_id(part) for part in parts])
        unread += [Unread(name, f"{entry.value} {entry.what}: {entry.note}") for entry in _left_out(parts)]
    objects = [_sky_object(group) for group in join(files, single=False)]
    empty = [found for found in objects if not found.modalities]
    unread += [
        Unread(found.reports[0].source, f"{found.id}: only a redshift is known of it") for found in empty
    ]
    readable = [found for found in objects if found.modalities]
    if not strict:
        return readable, unread
    stated, assumed = _divided(readable)
    return stated, unread + assumed


def _divided(objects: list[SkyObject]) -> tuple[list[SkyObject], list[Unread]]:
    """Those of which nothing is assumed, and what would be of the others."""
    stated, assumed = [], []
    for found in objects:
        try:
            _check_stated([found])
        except ChoiceNeededError as exc:
            assumed.append(Unread(found.reports[0].source, str(exc)))
        else:
            stated.append(found)
    return stated, assumed


def _with_id(part: Part) -> Part:
    """An object that its file does not name has the name of the file, so that a table can say more of it."""
    return part if part.found.id else replace(part, found=replace(part.found, id=part.fallback_id))


def _left_out(parts: list[Part]) -> list[Entry]:
    """What the reader says of rows that gave no object; every object of a file says the same."""
    return [
        entry
        for entry in parts[0].report.entries
        if entry.how == "dropped" and entry.what in (ROWS, ROWS_WITHOUT_PHOTOMETRY)
    ]


@dataclass(frozen=True)
class _Loaded:
    """One source, parsed."""

    name: str
    stem: str
    sha256: str
    content: Content
    provenance: Provenance | None = None

    def parts(self, overrides: Overrides) -> list[Part]:
        """Its objects."""
        reader = _reader_of(self.content, self.name)
        damaged = f"{self.name} looks like a {reader.format} file, but is damaged"
        with foreign_errors(damaged, "download or export it again"):
            found = reader.read(self.content, overrides)
        many = len(found) > 1
        return [
            Part(
                one,
                Report(reader.format, self.name, self.sha256, one.entries, self.provenance),
                f"{self.stem}#{i + 1}" if many else self.stem,
            )
            for i, one in enumerate(found)
        ]


def _content(source: Any, name: str | None) -> _Loaded:
    loaded = load(source, name)
    if loaded is not None:
        provenance = source.provenance if isinstance(source, ArchiveFile) else None
        content = parse(loaded)
        refuse_synthetic(content, loaded.name)
        return _Loaded(loaded.name, loaded.stem, loaded.sha256, content, provenance)
    name = name or name_of(source)
    with foreign_errors(
        f"the {name} cannot be read", "named arrays, such as flux and wavelength, are expected"
    ):
        content = open_object(source)
        refuse_synthetic(content, name)
        return _Loaded(name, name, "", content)


def _with_companions(contents: list[_Loaded]) -> list[_Loaded]:
    """A file with the flux of a spectrum and those with its error or mask as one."""
    changed = with_companions([(one.name, one.content) for one in contents]) if len(contents) > 1 else {}
    together = [(one, changed.get(i, one.content)) for i, one in enumerate(contents)]
    return [replace(one, content=content) for one, content in together if content is not None]


def _reader_of(content: Content, name: str) -> Reader:
    with foreign_errors(f"{name} cannot be recognised", "download or export it again"):
        for candidate in READERS:
            if isinstance(content, candidate.content) and candidate.matches(content):
                return candidate
    names = ", ".join(sorted(content.items[0].values))[:200] if isinstance(content, Records) else ""
    raise FormatError(
        f"{name} holds {names or 'nothing known'}; flux and wavelength of a spectrum, an image with its "
        "bands, or photometry are expected"
    )


def _read_all(contents: list[_Loaded], overrides: Overrides) -> list[list[Part]]:
    """Every file; images are cut around the object of the files beside them, where those say where it is."""
    parts: list[list[Part] | None] = []
    needs_position: PositionNeededError | None = None
    for loaded in contents:
        try:
            parts.append(loaded.parts(overrides))
        except PositionNeededError as exc:
            needs_position = exc
            parts.append(None)
        except ChoiceNeededError as exc:
            which = f"{loaded.name}: " if len(contents) > 1 else ""
            raise ChoiceNeededError(f"{which}{exc}", exc.choices) from exc
    target = (
        position_of([group for group in parts if group is not None]) if overrides.position is None else None
    )
    if target is None:
        if needs_position is not None:
            raise needs_position
        return [group for group in parts if group is not None]
    return [
        _centered(loaded, group, overrides, target) for loaded, group in zip(contents, parts, strict=True)
    ]


def _centered(
    loaded: _Loaded, parts: list[Part] | None, overrides: Overrides, target: tuple[float, float]
) -> list[Part]:
    """The file again around `target`, if it is an image that shows it away from its centre."""
    if parts is not None and not (len(parts) == 1 and parts[0].shows_off_center(target)):
        return parts
    again = loaded.parts(replace(overrides, position=target))
    return [part.with_position_from_file() for part in again]


def _sky_object(group: list[Part]) -> SkyObject:
    """The parts of one object as one."""
    found = [part.found for part in group]
    first = found[0]
    with_position = sorted(
        (one for one in found if one.ra is not None), key=lambda one: bool(one.frames)
    )  # images last
    placed = next(iter(with_position), first)
    return SkyObject(
        id=next((one.id for one in found if one.id), group[0].fallback_id),
        modalities=tuple(modality for one in found for modality in one.modalities),
        reports=tuple(replace(part.report, entries=part.found.entries) for part in group),
        ra=placed.ra,
        dec=placed.dec,
        z_reference=next((one.z_reference for one in found if one.z_reference is not None), None),
        kind=next((one.kind for one in found if one.kind), ""),
        snr=next((one.snr for one in found if one.snr is not None), None),
        frames={key: frame for one in found for key, frame in one.frames.items()},
    )


def _check_used(overrides: Overrides, objects: list[SkyObject]) -> None:
    """Raises ConfigError for an override that no reader had a use for."""
    used = {
        entry.what
        for found in objects
        for report in found.reports
        for entry in report.entries
        if entry.how == "you set"
    }
    for field, value in overrides.set_fields().items():
        if _USES[field] not in used:
            formats = ", ".join(sorted({report.format for found in objects for report in found.reports}))
            raise ConfigError(
                f"{field} was set to {value!r}, but nothing in what was given ({formats}) can use it; "
                "leave it unset"
            )


def _check_stated(objects: list[SkyObject]) -> None:
    """Raises ChoiceNeededError for what was assumed, with the settings that would decide it."""
    reports = (report for found in objects for report in found.reports)
    stated = ((report.source, entry) for report in reports for entry in report.entries)
    assumed = list(dict.fromkeys((source, entry) for source, entry in stated if entry.how == "assumed"))
    if not assumed:
        return
    sentences = "; ".join(f"{source}: {entry.sentence()} — {_decided_by(entry)}" for source, entry in assumed)
    choices = tuple(dict.fromkeys(choice for _, entry in assumed for choice in entry.choices))
    raise ChoiceNeededError(f"nothing may be assumed (strict), but this would be: {sentences}", choices)


def _decided_by(entry: Entry) -> str:
    return (
        f"set {' or '.join(entry.choices)}"
        if entry.choices
        else "no setting decides it: state it in the file"
    )
