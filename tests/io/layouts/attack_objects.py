"""What a file says of its object, where a usual name means something else."""

import io
from typing import Any

import numpy as np
from astropy.io import fits

from tests.io.layouts import ERROR, FLUX, WAVELENGTH, fits_bytes, layout, table_hdu

CGS = "1e-17 erg/s/cm2/Angstrom"


def with_cards(**cards: Any) -> bytes:
    """A spectrum in a table, below a header with these cards."""
    primary = fits.PrimaryHDU()
    primary.header.update(cards)
    return fits_bytes(primary, table_hdu(wave=(WAVELENGTH, "Angstrom"), flux=(FLUX, CGS), err=(ERROR, CGS)))


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


@layout(
    "redshift", "keyword Z in logs of telescopes: zenith distance, airmass", wavelength=(3700, 9200), none="z"
)
def card_z_of_airmass() -> bytes:
    return with_cards(Z=(1.23, "airmass at start"))


@layout(
    "redshift",
    "magnitudes in columns named by their bands",
    ending="csv",
    none="z",
    values=(("FLUX_G", 3.0),),
)
def column_z_beside_other_bands() -> bytes:
    return csv("id,g,r,i,z,flux_g", "a,15.5,15.1,14.8,14.6,3.0")


@layout(
    "redshift",
    "Cartesian coordinates in parsec",
    ending="csv",
    none="z",
    values=(("phot_g_mean_flux", 100.0),),
)
def column_z_beside_x_and_y() -> bytes:
    return csv("source_id,x,y,z,phot_g_mean_flux", "1,3.0,2.0,0.4,100.0")


@layout(
    "position",
    "FITS standard 4.0, section 8.3: EQUINOX; by astropy.coordinates.FK4",
    ra=150.645123,
    dec=1.758129,
    says=("equinox: B1950",),
)
def position_of_1950() -> bytes:
    return with_cards(RA="10:00:00", DEC="+02:00:00", EQUINOX=1950.0)


@layout("position", "comments of the cards RA and DEC", wavelength=(3700, 9200), none="ra")
def position_of_the_telescope() -> bytes:
    return with_cards(RA=(150.0, "[deg] telescope right ascension"), DEC=(2.0, "[deg] telescope declination"))


@layout("position", "comments of the card RA", wavelength=(3700, 9200), none="ra")
def right_ascension_in_hours() -> bytes:
    return with_cards(RA=(10.5, "[h] right ascension"), DEC=(2.0, "[deg] declination"))


@layout("id", "pandas stores ids beside missing values as floats", ending="csv", id="12345")
def whole_number_with_a_point_as_id() -> bytes:
    return csv("targetid,flux_g", "12345.0,3.0")


@layout("photometry", "magnitudes under the names of fluxes", ending="csv", refused="FLUX_G: its unit is mag")
def magnitudes_called_flux() -> bytes:
    return csv("id,flux_g [mag],flux_r [mag]", "a,18.2,17.9")


@layout("photometry", "Vega magnitudes", ending="csv", values=(("r_cmodel_mag", 19.0),))
def vega_magnitudes() -> bytes:
    return csv("id,g_cmodel_mag [mag(Vega)],r_cmodel_mag [mag(AB)]", "a,20.0,19.0")


@layout("redshift", "comments of the card REDSHIFT", wavelength=(3700, 9200), none="z")
def redshift_in_km_per_s() -> bytes:
    return with_cards(REDSHIFT=(12.0, "heliocentric velocity [km/s]"))


@layout("position", "a table of the guide star", id="NGC 5", ra=150.0, dec=2.0, none="z")
def guide_star_beside_the_spectrum() -> bytes:
    spectrum = fits.HDUList.fromstring(with_cards(RA=150.0, DEC=2.0, OBJECT="NGC 5"))
    star = {"ra": np.array([151.0]), "dec": np.array([3.0]), "z": np.array([0.02])}
    return fits_bytes(*spectrum, table_hdu("GUIDE", **star))


@layout(
    "position",
    "positions of 1950 are none that the model reads",
    ending="csv",
    values=(("phot_g_mean_flux", 1.0),),
)
def gaia_columns_of_1950() -> bytes:
    return csv("source_id,ra,dec,equinox,phot_g_mean_flux", "1,150,2,B1950,1.0")


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


@layout("several objects", "np.stack([flux, error]) under the name flux", ending="npz", refused="2 rows")
def flux_and_error_in_one_array() -> bytes:
    return npz(wave=WAVELENGTH, flux=np.stack([FLUX, ERROR]))


@layout(
    "several objects", "an error of each row shows that rows are objects", ending="npz", objects=2, error=0.4
)
def two_objects_in_one_array() -> bytes:
    return npz(wave=WAVELENGTH, flux=np.stack([FLUX, 2 * FLUX]), error=np.stack([ERROR, ERROR]))


@layout("id", "FITS standard 4.0, 4.4.2.1: OBJECT is what was observed; ID here is the programme", id="NGC 5")
def id_card_of_the_programme() -> bytes:
    return with_cards(ID="098.B-0001", OBJECT="NGC 5")
