"""The pages of others about a position have the addresses that these services document."""

import numpy as np
import pytest

from aion.explorer.catalogs.outside_links import outside_links, targetid_of
from aion.io import SkyObject


def test_each_service_gets_the_position_as_it_asks_for_it():
    assert outside_links(150.1021, 2.2058) == {
        "Legacy Surveys": "https://www.legacysurvey.org/viewer/"
        "?ra=150.102100&dec=2.205800&layer=ls-dr10&zoom=16",
        "SIMBAD": "https://simbad.cds.unistra.fr/simbad/sim-coo"
        "?Coord=150.102100+%2B2.205800&CooFrame=ICRS&Radius=10&Radius.unit=arcsec",
        "NED": "https://ned.ipac.caltech.edu/conesearch?search_type=Near+Position+Search"
        "&in_csys=Equatorial&in_equinox=J2000&ra=150.102100d&dec=2.205800d&radius=0.167",
        "SDSS image": "https://skyserver.sdss.org/dr18/VisualTools/navi?ra=150.102100&dec=2.205800",
        "SDSS object": "https://skyserver.sdss.org/dr18/VisualTools/quickobj?ra=150.102100&dec=2.205800",
    }


def test_a_southern_declination_keeps_its_sign_in_every_link():
    links = outside_links(0.0, -30.5)
    assert "Coord=0.000000+-30.500000" in links["SIMBAD"] and "dec=-30.500000d" in links["NED"]
    assert all("-30.500000" in url and "%2B" not in url for url in links.values())


def test_the_viewer_of_desi_is_linked_where_the_targetid_is_known():
    links = outside_links(150.0, 2.0, 39627835576420141)
    assert links.pop("DESI spectrum") == (
        "https://www.legacysurvey.org/viewer/desi-spectrum/dr1/targetid39627835576420141"
    )
    assert links == outside_links(150.0, 2.0)


@pytest.mark.parametrize(
    ("id", "stream", "targetid"),
    [
        ("39627835576420141", "tok_spectrum_desi", 39627835576420141),
        ("39627835576420141", "tok_spectrum_sdss", None),
        ("0007", "tok_spectrum_desi", None),
        ("NGC 4151", "tok_spectrum_desi", None),
        ("39627835576420141", "tok_image", None),
    ],
)
def test_a_targetid_is_the_long_number_of_an_object_with_a_spectrum_of_desi(id, stream, targetid):
    assert targetid_of(SkyObject(id, tokens={stream: np.zeros(3, np.int64)})) == targetid
