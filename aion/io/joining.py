"""Which parts of several files are one object: the same id or place, or the only object of each file."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from aion.io.objects import Entry, ImageFrame, Report
from aion.io.registry import Found
from aion.io.sky_grid import ALIGNED, REPROJECT, celestial, difference
from aion.modalities import Image, Spectrum
from aion.sphere import angle_text, separation

SAME_PLACE = 1.5
"""Arcsec; a fibre. Objects of larger files nearer than this are one."""
FEW_PAIRS = 200_000
"""Pairs of positions up to which the distance of each is computed; beyond, a tree finds the nearest."""
SAME_FIELD = 5.0
"""Arcsec; single objects of several files that are further apart are different ones."""


@dataclass(frozen=True)
class Part:
    """One object in one file."""

    found: Found
    report: Report
    fallback_id: str

    @property
    def is_large(self) -> bool:
        """Whether it holds a spectrum or an image."""
        return any(isinstance(modality, (Image, Spectrum)) for modality in self.found.modalities)

    @property
    def image(self) -> Image | None:
        return next((modality for modality in self.found.modalities if isinstance(modality, Image)), None)

    @property
    def frame(self) -> ImageFrame:
        """What its first image came with."""
        return next(iter(self.found.frames.values()), ImageFrame())

    @property
    def position(self) -> tuple[float, float] | None:
        ra, dec = self.found.ra, self.found.dec
        return (ra, dec) if ra is not None and dec is not None else None

    @property
    def reach(self) -> float:
        """Arcsec from its position within which another file's position is the same object."""
        if self.image is None or not self.frame.pixel_scale:
            return SAME_FIELD
        return max(SAME_FIELD, self.frame.pixel_scale * min(self.image.flux.shape[-2:]) / 2)

    def shows_off_center(self, target: tuple[float, float]) -> bool:
        """Whether this is an image with `target` well inside, but more than a pixel from its center."""
        if self.image is None or self.position is None or not self.frame.pixel_scale or not self.frame.header:
            return False
        pixels = float(separation(*self.position, *target)) / self.frame.pixel_scale
        return 1.0 < pixels < min(self.image.flux.shape[-2:]) / 2 - 48 - 1

    def with_position_from_file(self) -> "Part":
        """The position came from the files beside it, not from a person."""
        entries = list(self.found.entries)
        for i, entry in enumerate(entries):
            if entry.what == "position":
                note = f"{entry.note}; from the files beside it"
                entries[i] = replace(entry, how="detected", note=note)
        return replace(self, found=replace(self.found, entries=tuple(entries)))

    def noted(self, entry: Entry) -> "Part":
        """The same with one more entry."""
        return replace(self, found=replace(self.found, entries=(*self.found.entries, entry)))


def join(files: list[list[Part]], *, single: bool | None = None) -> list[list[Part]]:
    """Parts of each object together, in the order of the files; spectra and images before rows of catalogs.

    ``single``: whether the files are of one object, so that parts fit without a common id or place;
    None = if each holds one.
    """
    single = len(files) > 1 and all(len(parts) == 1 for parts in files) if single is None else single
    groups: list[list[Part]] = []
    for parts in sorted(files, key=lambda parts: not any(part.is_large for part in parts)):
        known = {part.found.id: i for i, group in enumerate(groups) for part in group if part.found.id}
        nearest = _nearest(parts, groups) if groups and not single else {}
        for n, part in enumerate(parts):
            place = known.get(part.found.id or "", nearest.get(n))
            if place is not None:
                _place(part, groups, [place])
            else:
                _place(part, groups, list(range(len(groups))) if single else [])
    return groups


def position_of(files: list[list[Part]]) -> tuple[float, float] | None:
    """Where the one object of these files is, as the ones without an image say; None if they do not agree."""
    if not all(len(parts) == 1 for parts in files):
        return None
    positions = [parts[0].position for parts in files if parts[0].image is None]
    known = [position for position in positions if position is not None]
    apart = any(separation(*a, *b) > SAME_FIELD for a, b in pairwise(known))
    return known[0] if known and not apart else None


def _place(part: Part, groups: list[list[Part]], candidates: list[int]) -> None:
    """Puts a part into the first of the candidate groups that it fits, or into a new one that says why."""
    problems = []
    for i in candidates:
        try:
            groups[i] = _with_part(groups[i], part)
            return
        except _SeveralObjectsError as exc:
            problems.append(str(exc))
    groups.append([part.noted(Entry("joined", "no", "detected", problems[0])) if problems else part])


def _nearest(parts: list[Part], groups: list[list[Part]]) -> dict[int, int]:
    """Index of a part -> index of the nearest group, where that is within SAME_PLACE."""
    of_groups = {i: one.position for i, group in enumerate(groups) for one in reversed(group) if one.position}
    of_parts = {n: part.position for n, part in enumerate(parts) if part.position}
    if not of_groups or not of_parts:
        return {}
    index, apart = _nearest_of(np.array(list(of_parts.values())), np.array(list(of_groups.values())))
    nearest = zip(of_parts, np.array(list(of_groups))[index].tolist(), apart.tolist(), strict=True)
    return {n: i for n, i, distance in nearest if distance < SAME_PLACE}


def _nearest_of(here: NDArray[Any], there: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Which of positions (m, 2) is nearest to each of (n, 2), degrees, and how far it is in arcsec."""
    if len(here) * len(there) > FEW_PAIRS:
        index, apart, _ = SkyCoord(here, unit=u.deg).match_to_catalog_sky(SkyCoord(there, unit=u.deg))
        return np.asarray(index), np.asarray(apart.arcsec)
    distances = separation(here[:, :1], here[:, 1:], there[:, 0], there[:, 1])
    index = distances.argmin(axis=1)
    return index, distances[np.arange(len(here)), index]


class _SeveralObjectsError(Exception):
    """Why a part is not of the object of a group."""


def _with_part(group: list[Part], part: Part) -> list[Part]:
    """Raises _SeveralObjectsError: they cannot be one object."""
    for member in group:
        if part.position and member.position:
            distance = float(separation(*part.position, *member.position))
            if distance > max(part.reach, member.reach):
                raise _SeveralObjectsError(f"it is {angle_text(distance)} from {member.report.source}")
    held = {one.token_key: (i, one) for i, member in enumerate(group) for one in member.found.modalities}
    dropped: list[str] = []
    for modality in part.found.modalities:
        i, known = held.get(modality.token_key, (0, None))
        if isinstance(modality, Image) and isinstance(known, Image):
            group = [*group[:i], _with_bands(group[i], part, known, modality), *group[i + 1 :]]
        elif isinstance(modality, Spectrum) and known is not None:
            raise _SeveralObjectsError(f"{group[i].report.source} already holds a {modality.name}")
        elif known is not None:
            dropped.append(modality.name)
    new = tuple(modality for modality in part.found.modalities if modality.token_key not in held)
    frames = {key: frame for key, frame in part.found.frames.items() if key not in held}
    member = replace(part, found=replace(part.found, modalities=new, frames=frames))
    if dropped:
        entry = Entry("photometry", ", ".join(dropped), "dropped", "another file already has it")
        member = member.noted(entry)
    return [*group, member]


def _with_bands(holder: Part, part: Part, known: Image, more: Image) -> Part:
    """`holder` with the bands of `more` added to its image.

    Raises:
        _SeveralObjectsError: a band of both, or pixels that are not the same places.
    """
    twice = sorted(set(known.bands) & set(more.bands))
    if twice:
        raise _SeveralObjectsError(f"{holder.report.source} already holds an image in {', '.join(twice)}")
    if known.flux.shape[-2:] != more.flux.shape[-2:]:
        sizes = " and ".join("x".join(map(str, image.flux.shape[-2:])) for image in (known, more))
        raise _SeveralObjectsError(f"the bands do not have one size: {sizes} pixels")
    key = known.token_key
    frame, added = holder.found.frames[key], part.found.frames[key]
    alignment = _alignment(holder, part, frame, added, known.flux.shape)
    bands = (*known.bands, *more.bands)
    order = [bands.index(band) for band in type(known).survey_bands if band in bands]
    flux = torch.cat([known.flux, more.flux], 1)[:, order]
    image = type(known)(flux=flux, bands=[bands[i] for i in order], proxies=(*known.proxies, *more.proxies))

    def stacked(first: NDArray[Any] | None, second: NDArray[Any] | None) -> NDArray[Any] | None:
        by_band = first is not None and second is not None and first.ndim == second.ndim == 3
        return np.concatenate([first, second])[order] if by_band else None

    frame = replace(frame, ivar=stacked(frame.ivar, added.ivar), mask=stacked(frame.mask, added.mask))
    modalities = tuple(image if modality is known else modality for modality in holder.found.modalities)
    found = replace(holder.found, modalities=modalities, frames={**holder.found.frames, key: frame})
    return replace(holder, found=found).noted(alignment)


def _alignment(
    holder: Part, part: Part, frame: ImageFrame, added: ImageFrame, shape: tuple[int, ...]
) -> Entry:
    """That the pixels of two images are the same places.

    Raises:
        _SeveralObjectsError: they are not.
    """
    name = part.report.source
    first, second = celestial(frame.header), celestial(added.header)
    if first is None or second is None:
        note = f"no WCS shows that {name} is aligned with this; pixels are put on pixels"
        return Entry("alignment", "unknown", "assumed", note)
    pixels, how = difference(first, second, shape)
    if pixels > ALIGNED:
        raise _SeveralObjectsError(f"{name} {how} from {holder.report.source}; {REPROJECT}")
    return Entry("alignment", f"{pixels:.2f} pixels", "detected", f"the WCS agrees with that of {name}")
