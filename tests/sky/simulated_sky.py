"""A small sky for the fake archive: what is where, and which spectra an archive has of it.

Degrees, ICRS. Pixels are in `simulated_pixels`; knows no service.
"""

from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin
from uuid import NAMESPACE_URL, uuid5

PUBLIC = ("BOSS-DR16", "BOSS-DR17", "DESI-DR1", "DESI-EDR", "SDSS-DR16", "SDSS-DR17")
PRIVATE = ("DESI-DR2", "SDSS-DR17-test")
"""Releases for which an account is asked for."""


@dataclass(frozen=True)
class Target:
    """What is at a position."""

    name: str
    ra: float
    dec: float
    example: str
    """Folder of ``assets/examples`` with its image, spectrum and photometry."""
    is_imaged: bool = True
    """False: images and photometry know nothing of it."""


@dataclass(frozen=True)
class SpectrumEntry:
    """A spectrum that an archive has."""

    target: Target
    release: str
    specid: int
    """TARGETID or specObjID, as SPARCL has it: signed, 64 bits."""
    targetid: int
    """Of DESI the same; of SDSS that of its photometry, which is another number."""
    run: tuple[int, int, int] = (0, 0, 0)
    """Plate, MJD, fiber; SDSS only."""
    is_primary: bool = True
    noise: float = 0.0
    """Added to the example's, in units of its own."""
    healpix: int = 0
    """Of 64, nested; DESI only."""

    @property
    def sparcl_id(self) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self.release}/{self.specid}"))


GALAXY = Target("NGC 9999", 150.10083, 2.20000, "starburst")
"""With everything: images of two surveys, photometry, spectra of DESI and SDSS."""
NEIGHBOR = Target("UGC 99990", 185.0, 12.0, "passive")
QUASAR = Target("SDSS J122000.02+120005.0", 185.0001, 12.00138, "quasar-low-z", is_imaged=False)
"""Only a spectrum, 5 arcsec from a galaxy that has images too."""
BEFORE_ZERO = Target("UGC 1", 359.9999, 1.0, "edge-on")
AFTER_ZERO = Target("UGC 2", 0.0001, 1.0012, "spectrum-only", is_imaged=False)
"""4 arcsec from the one before: a box does not reach both."""
NORTH_POLE = Target("Polarissima Borealis", 45.0, 89.99, "merger")
SOUTH_POLE = Target("Polarissima Australis", 200.0, -89.99, "star")
CROWD = Target("Abell 9999", 210.0, 10.0, "star-forming")
"""Of the 300 spectra within 28 arcsec, seven are within 2."""
EMBARGOED = Target("IC 9998", 160.0, 5.0, "merger")
"""Its one spectrum is of a release that is not public."""
WITHOUT_I = Target("UGC 99995", 170.0, -5.0, "star-forming")
"""The i band was not observed there."""
NORTHERN = Target("QSO B0802+355", 120.5, 35.5, "quasar-high-z")
"""Where no image has an i band; its specObjID is above 2**63."""
STAR = Target("V* AB Sim", 30.0, -10.0, "star")
MASKED = Target("Mrk 9999", 240.0, 40.0, "masked")
FAINT = Target("DESI J215.0000+52.0000", 215.0, 52.0, "low-signal")
IMAGE_ONLY = Target("IC 9999", 180.0, 20.0, "image-only")
OFF_IMAGES = Target("Crab Sim", 85.0, 5.0, "misread")
"""With a spectrum, where no image reaches."""
NOTHING = Target("HD 999999", 83.0, 4.0, "", is_imaged=False)
"""A name that catalogs know, and no archive has anything."""

TARGETS = (
    GALAXY, NEIGHBOR, QUASAR, BEFORE_ZERO, AFTER_ZERO, NORTH_POLE, SOUTH_POLE, CROWD, EMBARGOED, WITHOUT_I,
    NORTHERN, STAR, MASKED, FAINT, IMAGE_ONLY, OFF_IMAGES, NOTHING,
)  # fmt: skip


def sdss_id(plate: int, mjd: int, fiber: int, run2d: int) -> int:
    """specObjID, as the signed number that SPARCL makes of it.

    https://www.sdss.org/dr17/help/glossary/#specobj ; run2d of v5_13_2 is 1302.
    """
    number = plate << 50 | fiber << 38 | (mjd - 50_000) << 24 | run2d << 10
    return number - 2**64 if number >= 2**63 else number


def _sdss(
    target: Target, release: str, *run: int, is_primary: bool = True, noise: float = 0.0
) -> SpectrumEntry:
    """`run`: plate, MJD, fiber."""
    plate, mjd, fiber = run
    specid = sdss_id(plate, mjd, fiber, 1302 if release.startswith("BOSS") else 26)
    targetid = 1237650000000000000 + plate * 10**6 + fiber
    return SpectrumEntry(target, release, specid, targetid, (plate, mjd, fiber), is_primary, noise)


def _desi(target: Target, release: str, targetid: int, healpix: int) -> SpectrumEntry:
    return SpectrumEntry(target, release, targetid, targetid, healpix=healpix)


def _crowd() -> list[SpectrumEntry]:
    """In a spiral around one galaxy, which is the first of them."""
    found = []
    for i in range(300):
        distance, angle = 28 * (i / 300) ** 0.7 / 3600, 2.4 * i
        ra = CROWD.ra + distance * cos(angle) / cos(radians(CROWD.dec))
        place = Target(f"{CROWD.name} {i}", ra, CROWD.dec + distance * sin(angle), CROWD.example)
        found.append(_sdss(place, "BOSS-DR17", 5100 + i // 150, 55800, 1 + i % 150, is_primary=i == 0))
    return found


SPECTRA = (
    _desi(GALAXY, "DESI-DR1", 39627835576420141, 27258),
    _desi(GALAXY, "DESI-EDR", 39627835576420141, 27258),
    _sdss(GALAXY, "SDSS-DR17", 500, 51994, 300),
    _sdss(GALAXY, "SDSS-DR16", 500, 51994, 300),
    _sdss(GALAXY, "SDSS-DR17", 501, 52235, 12, is_primary=False, noise=3.0),
    _sdss(NEIGHBOR, "BOSS-DR17", 5400, 55957, 10),
    _sdss(QUASAR, "BOSS-DR17", 5400, 55957, 11),
    _sdss(BEFORE_ZERO, "BOSS-DR17", 4216, 55477, 800),
    _sdss(AFTER_ZERO, "SDSS-DR17", 387, 51791, 320),
    _desi(NORTH_POLE, "DESI-DR1", 39633500000000001, 4095),
    _sdss(SOUTH_POLE, "BOSS-DR17", 7000, 57000, 1),
    *_crowd(),
    _desi(EMBARGOED, "DESI-DR2", 39627900000000005, 27417),
    _sdss(WITHOUT_I, "BOSS-DR17", 6000, 56000, 400),
    _sdss(NORTHERN, "BOSS-DR17", 10660, 58000, 77),
    _sdss(STAR, "BOSS-DR17", 7100, 57010, 5),
    _sdss(MASKED, "SDSS-DR17", 1055, 52761, 3),
    _desi(FAINT, "DESI-DR1", 39633345008636002, 11424),
    _sdss(OFF_IMAGES, "BOSS-DR17", 6300, 56300, 8),
)


def offset(ra: float, dec: float, ra0: float, dec0: float) -> tuple[float, float]:
    """Degrees east and north of (`ra0`, `dec0`) in a gnomonic projection; infinite on the other half of the
    sky."""
    step, lat, lat0 = radians(ra - ra0), radians(dec), radians(dec0)
    ahead = sin(lat0) * sin(lat) + cos(lat0) * cos(lat) * cos(step)
    if ahead <= 0:
        return float("inf"), float("inf")
    east = cos(lat) * sin(step) / ahead
    north = (cos(lat0) * sin(lat) - sin(lat0) * cos(lat) * cos(step)) / ahead
    return degrees(east), degrees(north)


def distance(ra: float, dec: float, ra0: float, dec0: float) -> float:
    """Degrees between two positions."""
    step, lat, lat0 = radians(ra - ra0), radians(dec), radians(dec0)
    across = cos(lat) * sin(step)
    along = cos(lat0) * sin(lat) - sin(lat0) * cos(lat) * cos(step)
    return degrees(atan2(hypot(across, along), sin(lat0) * sin(lat) + cos(lat0) * cos(lat) * cos(step)))


def named(text: str) -> Target | None:
    """As catalogs of names do: blanks and capitals do not count."""
    key = "".join(text.split()).lower()
    return next((target for target in TARGETS if "".join(target.name.split()).lower() == key), None)
