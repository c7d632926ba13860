"""Where others show a position of the sky: addresses of their pages. Asks nobody."""

from urllib.parse import urlencode

from aion.io import SkyObject

RADIUS = 10.0
"""Arcsec around a position in which databases look for objects."""
SHORTEST_TARGETID = 15
"""Digits of a TARGETID at least: its upper bits are the release of the imaging (desitarget.targets), and a
shorter number is something else, such as the row of a file."""


def outside_links(ra: float, dec: float, targetid: int | None = None) -> dict[str, str]:
    """Name of a service -> address of its page on a position in degrees, ICRS.

    The addresses of the Legacy Surveys are described at https://www.legacysurvey.org/viewer/urls, those of
    SIMBAD at https://simbad.cds.unistra.fr/guide/sim-url.htx.

    Args:
        targetid: of an object that DESI has a spectrum of; without one there is no link to it.
    """
    place = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}"}
    viewer = place | {"layer": "ls-dr10", "zoom": "16"}
    simbad = {"Coord": f"{ra:.6f} {dec:+.6f}", "CooFrame": "ICRS", "Radius": f"{RADIUS:g}"}
    ned = {"search_type": "Near Position Search", "in_csys": "Equatorial", "in_equinox": "J2000"}
    ned |= {"ra": f"{ra:.6f}d", "dec": f"{dec:.6f}d", "radius": f"{RADIUS / 60:.3f}"}  # arcmin
    links = {
        "Legacy Surveys": f"https://www.legacysurvey.org/viewer/?{urlencode(viewer)}",
        "SIMBAD": f"https://simbad.cds.unistra.fr/simbad/sim-coo?{urlencode(simbad)}&Radius.unit=arcsec",
        "NED": f"https://ned.ipac.caltech.edu/conesearch?{urlencode(ned)}",
        "SDSS image": f"https://skyserver.sdss.org/dr18/VisualTools/navi?{urlencode(place)}",
        "SDSS object": f"https://skyserver.sdss.org/dr18/VisualTools/quickobj?{urlencode(place)}",
    }
    if targetid is None:
        return links
    desi = f"https://www.legacysurvey.org/viewer/desi-spectrum/dr1/targetid{targetid}"
    return links | {"DESI spectrum": desi}


def targetid_of(target: SkyObject) -> int | None:
    """The TARGETID of an object that DESI has a spectrum of; None for any other."""
    is_desi = "tok_spectrum_desi" in target.streams and target.id.isdigit()
    return int(target.id) if is_desi and len(target.id) >= SHORTEST_TARGETID else None
