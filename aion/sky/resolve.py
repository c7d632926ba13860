"""What a person types -> a place in the sky: a position in any spelling, the id of a spectrum, or a name."""

import re
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from aion.errors import InputError, NothingThereError
from aion.io.plate_fiber import FIRST_MJD, PlateFiber, signed
from aion.positions import parse_position
from aion.sky.archive import Archive, Request
from aion.sky.fallback import find_spectrum
from aion.sky.search_progress import SearchProgress
from aion.sky.services import EXAMPLES
from aion.sky.sparcl import ArchiveSpectrum

_TARGETID = re.compile(r"(?:desi\s*)?(?:targetid|target\s*id)?\s*[:=#]?\s*(-?\d{15,20})", re.I)
_POSITION = re.compile(rb"%J\s*([0-9.]+)\s+([+-]?[0-9.]+)")
RUNS = (26, 103, 104, 1302)
"""``run2d`` of SDSS data release 17 as its ids have it: 26, 103, 104 and v5_13_2."""


@dataclass(frozen=True)
class SkyPlace:
    """Where to look, and what was typed."""

    text: str
    """As a person wrote it."""
    ra: float
    """Degrees, ICRS."""
    dec: float
    how: str
    """``"position"``, ``"name"`` (Sesame knows it) or ``"id"`` (of a spectrum)."""
    spectrum: ArchiveSpectrum | None = None
    """Whose id it is; None for a position and a name."""

    @property
    def position_text(self) -> str:
        """``150.10083 +2.20000``: degrees, to 0.04 arcsec."""
        return f"{self.ra:.5f} {self.dec:+.5f}"


def resolve(text: str, archive: Archive, progress: SearchProgress | None = None) -> SkyPlace:
    """The place that a text means. Positions ask nobody; ids ask SPARCL or the files of SDSS,
    names ask Sesame.

    Raises:
        InputError: it is empty or too long, or a position that no sphere has.
        NothingThereError: nobody knows the name or the id.
        ArchiveError: the service does not answer.
    """
    text = " ".join(text.split())
    if not text or len(text) > 200:
        raise InputError(
            f"a position, a name or a TARGETID is expected, such as {EXAMPLES[0]} or {EXAMPLES[2]}"
        )
    ids = spectrum_ids(text)
    if ids:
        fiber = plate_fiber(text) or PlateFiber.of_specobjid(ids[0])
        spectrum = find_spectrum(text, ids, fiber, archive, progress)
        return SkyPlace(text, spectrum.ra, spectrum.dec, "id", spectrum)
    position = parse_position(text)
    if position is not None:
        return SkyPlace(text, position[0], position[1], "position")
    ra, dec = _named(text, archive, progress)
    return SkyPlace(text, ra, dec, "name")


def spectrum_ids(text: str) -> tuple[int, ...]:
    """What a TARGETID, a specObjID or ``plate-mjd-fiber`` may be called in SPARCL; nothing for other text.

    A specObjID may have the sign that SPARCL gives it.

    Raises:
        InputError: an id that no 64 bits hold.
    """
    match = _TARGETID.fullmatch(text)
    if match and -(2**63) <= int(match[1]) < 2**64:
        return (signed(int(match[1])),)
    if match:
        raise InputError(f"{text}: an id of a spectrum has 64 bits, and is below {2**64}")
    fiber = plate_fiber(text)
    return () if fiber is None else tuple(fiber.specobjid(run) for run in RUNS)


def plate_fiber(text: str) -> PlateFiber | None:
    """What ``plate-mjd-fiber`` says; None for other text.

    Raises:
        InputError: one that no specObjID holds.
    """
    fiber = PlateFiber.of_text(text)
    if fiber is not None and not fiber.is_possible():
        raise InputError(
            f"{text}: a plate below {2**14}, an MJD from {FIRST_MJD} to {FIRST_MJD + 2**14 - 1} and a fiber "
            f"below {2**12} are expected, such as {EXAMPLES[4]}"
        )
    return fiber


def _named(name: str, archive: Archive, progress: SearchProgress | None) -> tuple[float, float]:
    """RA and Dec of a name, degrees; https://cds.unistra.fr/cgi-bin/Sesame (SIMBAD, NED, VizieR)."""
    problem = partial(_no_sesame, name=name)
    answer = archive.ask(Request("sesame", f"A?{quote(name)}", step="name", problem=problem), progress)
    match = _POSITION.search(answer.data)
    assert match is not None, "it has no problem"
    return float(match[1]), float(match[2])


def _no_sesame(data: bytes, name: str) -> str | None:
    """What is wrong with bytes that should be Sesame's.

    Raises:
        NothingThereError: it does not know the name; another day it may.
    """
    if not data.lstrip().startswith(b"#"):
        return "answers, but not as Sesame does; try again later"
    if b"#====Done" not in data:
        return "sent an answer that ends too early; try again"
    if _POSITION.search(data) is None:
        raise NothingThereError(
            f"no catalog of Sesame (SIMBAD, NED, VizieR) knows {name!r}; check its spelling, or give a "
            f"position such as {EXAMPLES[0]} or {EXAMPLES[1]}"
        )
    return None
