"""All that the archives have of a place: images, photometry and spectra, each as a file; and a sentence for
each that they have not.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from aion.errors import AIONError, ArchiveError, InputError, NothingThereError, StoppedError, explained_fault
from aion.io import read
from aion.sky.archive import Archive
from aion.sky.fallback import NO_IDENTITY, fetch_with_fallback
from aion.sky.fetched import Fetched
from aion.sky.legacy import fetch_hsc_image, fetch_image, fetch_photometry
from aion.sky.resolve import SkyPlace
from aion.sky.search_progress import SearchProgress
from aion.sky.services import ACKNOWLEDGMENTS, KINDS
from aion.sky.sparcl import ArchiveSpectrum, spectra_near
from aion.sphere import separation

JOINED_WITHIN = 2.0
"""Arcsec: what is farther from the place is another object until a person says otherwise."""
AROUND = 30.0
"""Arcsec within which spectra are offered."""
NAMES = {
    "image": "Legacy Surveys image",
    "hsc": "HSC image",
    "photometry": "photometry",
    "spectrum": "spectrum",
}
"""Of `KINDS`, in sentences."""
MOST_RANKED = 6
"""Spectra of one object that are fetched to compare their S/N; of more, the primary and nearest ones."""


@dataclass(frozen=True)
class Offer:
    """A spectrum near the place."""

    spectrum: ArchiveSpectrum
    separation: float
    """Arcsec from the place."""
    file: Fetched | None = None
    """None where it is of another object, or of this one but not among the best, or could not be fetched."""
    snr: float | None = None
    """Median per good pixel; None without a file."""


@dataclass(frozen=True)
class Finding:
    """What there is at a place."""

    place: SkyPlace
    images: tuple[Fetched, ...] = ()
    """At most one of each survey."""
    photometry: Fetched | None = None
    offers: tuple[Offer, ...] = ()
    """Spectra, best first: primary, then S/N, then nearest; those of other objects follow, nearest first."""
    missing: tuple[str, ...] = ()
    """A sentence for each thing that is not there or did not come."""
    is_complete: bool = True
    """False where a service did not answer: asked again, it may."""

    @property
    def best(self) -> tuple[Offer, ...]:
        """The best spectrum of each survey of this object: the model reads one of each."""
        firsts: dict[str, Offer] = {}
        for offer in self.offers:
            if offer.file is not None:
                firsts.setdefault(offer.spectrum.survey, offer)
        return tuple(firsts.values())

    def acknowledgments(self) -> tuple[str, ...]:
        """What a paper that uses these files says."""
        surveys = [file.provenance.survey for file in self.files()]
        surveys += [file.provenance.service for file in self.files()]
        surveys += ["Sesame"] if self.place.how == "name" else []
        return tuple(
            ACKNOWLEDGMENTS[survey] for survey in dict.fromkeys(surveys) if survey in ACKNOWLEDGMENTS
        )

    def files(self, chosen: Sequence[Offer] | None = None) -> tuple[Fetched, ...]:
        """The files of one object: images, photometry and these spectra, by default the best ones."""
        spectra = [offer.file for offer in (self.best if chosen is None else chosen)]
        return tuple(file for file in (*self.images, self.photometry, *spectra) if file is not None)


def gather(
    place: SkyPlace, archive: Archive, progress: SearchProgress | None = None, *, kinds: Sequence[str] = KINDS
) -> Finding:
    """Ask the archives for all `kinds` of data at a place; what fails is a sentence, and the rest is there.

    Raises:
        StoppedError: `progress` was asked to stop.
    """
    progress = progress or SearchProgress()
    at = (place.ra, place.dec, archive, progress)
    tasks: dict[str, Callable[[], Any]] = {
        "image": lambda: fetch_image(*at),
        "hsc": lambda: fetch_hsc_image(*at),
        "photometry": lambda: fetch_photometry(place.ra, place.dec, JOINED_WITHIN, archive, progress),
        "spectrum": lambda: _spectra(place, archive, progress),
    }
    try:
        with ThreadPoolExecutor(len(tasks), thread_name_prefix="aion-sky") as pool:
            asked = {kind: pool.submit(task) for kind, task in tasks.items() if kind in kinds}
    except KeyboardInterrupt:  # the threads do not hear of it, and the process ends when they do
        progress.stop()
        raise
    came: dict[str, Any] = {}
    problems: list[tuple[str, AIONError]] = []
    for kind, answer in asked.items():
        try:
            came[kind] = answer.result()
        except StoppedError:
            raise
        except Exception as exc:  # the rest of what is there shall not be lost
            problems.append((NAMES[kind], explained_fault(exc)))
    problems = [_advised(*problem, has_network=bool(came)) for problem in problems]
    offers, unread = came.get("spectrum", ((), ()))
    problems += unread
    near = {
        kind: _with_separation(came[kind], place) for kind in ("image", "hsc", "photometry") if kind in came
    }
    return Finding(
        place,
        tuple(near[kind] for kind in ("image", "hsc") if kind in near),
        near.get("photometry"),
        tuple(offers),
        _sentences(problems),
        is_complete=all(isinstance(problem, NothingThereError) for _, problem in problems),
    )


def _advised(name: str, problem: AIONError, *, has_network: bool) -> tuple[str, AIONError]:
    """With what else could give a spectrum, where only SPARCL fails."""
    if name == NAMES["spectrum"] and has_network and isinstance(problem, ArchiveError):
        return name, ArchiveError(f"{problem}; {NO_IDENTITY}")
    return name, problem


def _sentences(problems: Sequence[tuple[str, AIONError]]) -> tuple[str, ...]:
    """One for each reason, with all that is missing for it; what is not there says itself what it is."""
    missing: dict[str, list[str]] = {}
    for name, problem in problems:
        names = missing.setdefault(str(problem), [])
        names += [] if isinstance(problem, NothingThereError) else [name]
    return tuple(f"no {', '.join(names)}: {why}" if names else why for why, names in missing.items())


def _spectra(
    place: SkyPlace, archive: Archive, progress: SearchProgress
) -> tuple[list[Offer], list[tuple[str, AIONError]]]:
    """What is near, best first, with the files of those that are of this object; and why some have none.

    Raises:
        NothingThereError: nothing is near.
        ArchiveError: SPARCL does not answer, and no id says which file of a survey could.
    """
    problems: list[tuple[str, AIONError]] = []
    try:
        found = spectra_near(place.ra, place.dec, AROUND, archive, progress)
    except ArchiveError as exc:
        if place.spectrum is None:
            raise
        found, problems = [], [("other spectra", exc)]
    if place.spectrum is not None and place.spectrum not in found:
        found.insert(0, place.spectrum)
    if not found:
        raise NothingThereError(
            f"no spectrum: SPARCL has none of SDSS DR17, BOSS DR17 or DESI DR1 within {AROUND:g} arcsec"
        )

    def rank(offer: Offer) -> tuple[Any, ...]:
        was_asked_for = offer.spectrum == place.spectrum
        return not was_asked_for, not offer.spectrum.is_primary, -(offer.snr or 0.0), offer.separation

    offers = [Offer(one, one.separation(place.ra, place.dec)) for one in found]
    same = sorted((offer for offer in offers if offer.separation <= JOINED_WITHIN), key=rank)
    ranked: list[Offer] = []
    for offer in same[:MOST_RANKED]:
        try:
            ranked.append(_fetched(offer, place, archive, progress))
        except (ArchiveError, InputError) as exc:
            ranked.append(offer)
            problems.append((f"{offer.spectrum.release} spectrum {offer.spectrum.id}", exc))
    others = (offer for offer in offers if offer not in same)
    return [*sorted(ranked, key=rank), *same[MOST_RANKED:], *others], problems


def _fetched(offer: Offer, place: SkyPlace, archive: Archive, progress: SearchProgress) -> Offer:
    """With its file and S/N.

    Raises:
        ArchiveError: it did not come.
        InputError: it cannot be read.
    """
    file = _with_separation(fetch_with_fallback(offer.spectrum, archive, progress), place)
    return replace(offer, file=file, snr=read(file.open())[0].snr)


def _with_separation(file: Fetched, place: SkyPlace) -> Fetched:
    distance = round(float(separation(file.ra, file.dec, place.ra, place.dec)), 3)
    return replace(file, provenance=replace(file.provenance, separation=distance))
