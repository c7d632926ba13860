"""Every spelling of a unit has its factor; what a file leaves open is guessed where one unit is possible."""

import timeit

import numpy as np
import pytest
from astropy import units as u

from aion.errors import ChoiceNeededError, ModalityError
from aion.io import Overrides, read
from aion.io.unit_spelling import parse_unit
from aion.io.units import CONTRADICTORY, flux_factor, in_angstrom, medium_of, scale_of, scale_to

PER_ANGSTROM, PER_HERTZ, PHOTONS = "erg / (s cm2 Angstrom)", "erg / (s cm2 Hz)", "ph / (s cm2 Angstrom)"
SPELLINGS: dict[str, dict[float, list[str]]] = {
    "Angstrom": {
        1: ["A", "Å", "\u212b", "AA", r"\AA", r"$\AA$", r"\mathring{A}", "Ang", "Angs", "ang",
            "Ang.", "Angst", "angstrom", "Angstrom", "Angstroms", "ANGSTROM", "ANGSTROMS",
            "Angstroem", "Ångström", "0.1nm", "0.1 nm", "10-10m", "'Angstrom'"],
        10: ["nm", "NM", "nanometer", "nanometers", "Nanometre", "nanometres"],
        1e4: ["um", "UM", "µm", "μm", r"\mu m", r"$\mu$m", "micron", "Micron", "MICRONS",
              "micrometer"],
        1e8: ["cm", "CM"],
        1e10: ["m", "M", "meter", "metres"],
    },
    PER_ANGSTROM: {
        1: ["erg/s/cm2/A", "(erg/s/cm2/A)", "erg/cm2/s/A", "erg/cm^2/s/Ang", "ergs-1cm-2A-1",
            "ergcm-2s-1A-1", "ERG/S/CM2/A", "ERG/CM2/S/ANGSTROM",
            "ergs/s/cm2/AA", "erg s-1 cm-2 A-1", "erg.s-1.cm-2.A-1",
            "erg s**-1 cm**-2 angstrom**-1", "erg s^-1 cm^-2 Å^-1", "erg / (s cm2 Angstrom)",
            "erg/s/(cm2 A)", "(erg/s)/cm2/A", "erg/(s*cm**2*Angstrom)", "erg/s cm2 A",
            "erg/s cm-2 A-1", "ergs per s per cm^2 per Angstrom", "erg/sec/cm**2/Ang",
            "Erg /s /cm**2 /A", "erg*s**-1*cm**-2*Angstrom**-1", "FLAM", "flam", "F_lambda",
            "erg/cm/s/Ang", "cW/m2/nm", r"erg cm$^{-2}$ s$^{-1}$ \AA$^{-1}$", "erg cm⁻² s⁻¹ Å⁻¹"],
        1e-16: ["1E-16 erg/s/cm2/A", "FLAM16", "10**(-16)*erg/s/cm**2/A", "1.e-16 erg/s/cm2/A"],
        1e-15: ["(1e-15 erg/s/cm2/A)", "1e-15*(erg/s/cm2/A)", "(1e-15 erg/s/cm2)/A"],
        1e-20: ["10**(-20)*erg/s/cm**2/Angstrom", "10**-20 erg/(s cm2 Angstrom)", "10-22W/m2/nm"],
        1e-17: [r"10^{-17} erg s^{-1} cm^{-2} \AA^{-1}", "1.0E-17 erg/cm/s/Ang",
                "1E-17 erg/cm^2/s/Ang", r"$10^{-17}\,\mathrm{erg\,s^{-1}\,cm^{-2}\,\AA^{-1}}$",
                "10⁻¹⁷ erg s⁻¹ cm⁻² Å⁻¹", "1 x 10^-17 erg/cm^2/s/Ang", "1×10−17 erg/s/cm2/A",
                "10^-17erg/s/cm^2/A", "1.0D-17 ERG/CM2/S/A", "erg/s/cm2/A * 1e-17",
                "erg s-1 cm-2 A-1 x 10^-17", "10-17cW/m2/nm", "10-17 erg/s/cm2/A"],
        1e-18: ["10-20W/m2/nm", "10-17mW/m2/nm"],
        0.1: ["W/m2/um", "W m-2 um-1", "W.m**-2.um**-1", "W/m^2/micron", "w/m2/um", "mW/m2/nm"],
        1e-4: ["erg/s/cm2/um", "erg s-1 cm-2 micron-1"],
    },
    PER_HERTZ: {
        1: ["FNU", "fnu", "f_nu", "erg/s/cm2/Hz", "ERG/S/CM**2/HZ", "erg s-1 cm-2 Hz-1"],
        1e-23: ["Jy", "JY", "jansky", "Janskys"],
        1e-20: ["10+3Jy"],
        1e-26: ["mJy", "1e-29 W/m2/Hz"],
        1e-29: ["uJy", "µJy", "UJY", "microJansky"],
        1e-32: ["nJy"],
        3.631e-20: ["maggies", "maggy", "mgy"],
        3.631e-29: ["nanomaggies", "nanomaggy", "nmgy", "nMgy"],
    },
    PHOTONS: {1: ["photons/s/cm2/A", "ph s-1 cm-2 Angstrom-1", "PHOTLAM", "photon/cm2/s/Ang"]},
    "MJy / sr": {1: ["MJy/sr", "MJY/SR"]},
    "mag(AB)": {1: ["mag(AB)"]},
    "electron / s": {1: ["electron/s", "electrons/s", "e-/s", "e- s-1", "'electron'.s**-1"]},
    "DN / pix": {1: ["DU/PIXEL", "DN/pixel", "dn/pix"]},
    "ct": {1: ["counts", "COUNTS", "count", "cts", "ct"]},
    "adu": {1: ["ADU", "adu"]},
    "GHz": {1: ["GHz", "GHZ"], 1e-9: ["Hz", "HZ"]},
    "eV": {1: ["eV", "EV"], 1000: ["keV", "KEV"]},
    "1 / cm": {1: ["cm-1", "1/cm", "cm^-1", "CM-1", "/cm"]},
    "km / s": {1: ["km/s", "km s-1", "KM/S"]},
    "deg": {1: ["deg", "degrees", "DEG", "°"], 1 / 60: ["arcmin", "arcminutes"]},
    "arcsec": {1: ["arcsec", "arcseconds", "ARCSEC"], 60: ["arcmin"]},
    "mas / yr": {1: ["mas/yr", "mas.yr**-1", "mas yr-1"]},
}  # fmt: skip
"""Unit: factor: spellings that mean the factor times the unit."""
CASES = [
    (text, unit, factor)
    for unit, rows in SPELLINGS.items()
    for factor, texts in rows.items()
    for text in texts
]
NO_UNITS = ["", " ", None, "smoots", "MJY", "--", "none", "arbitrary", "erg/s/cm2/banana",
            "1e999 erg", "0 erg", "/", "(", "erg/(s", "[", "ln(Angstrom)", "10^", "normalized flux",
            "unit?"]  # fmt: skip
"""Among them MJY, which may be mega or milli."""
OTHER_QUANTITIES = [
    "erg/s",
    "erg/s/cm2",
    "K",
    "MJy/sr/K",
    "Lsun/Angstrom",
    "W/m2",
    "km/s",
    "Jy/beam",
    "deg",
    "s",
]
OPTICAL = np.linspace(3700.0, 9200.0, 500)
"""Å."""


def wavelength(values, unit=None, scale="linear", *settings):
    return in_angstrom(np.asarray(values, dtype=float), unit, scale, Overrides.parse(settings))


def flux(values, unit, *settings):
    return flux_factor(np.broadcast_to(float(values), 500), OPTICAL, unit, Overrides.parse(settings))


@pytest.mark.parametrize(("text", "unit", "factor"), CASES)
def test_a_spelling_has_its_factor(text, unit, factor):
    parsed, wanted = parse_unit(text), u.Unit(unit)
    if unit == "mag(AB)":
        assert parsed == wanted
    else:
        assert parsed.to(wanted) == pytest.approx(factor, rel=1e-9)


def test_the_table_has_a_hundred_spellings():
    assert len({text for text, _, _ in CASES}) >= 100


@pytest.mark.parametrize("text", NO_UNITS)
def test_what_is_no_unit_is_none(text):
    assert parse_unit(text) is None


@pytest.mark.parametrize("text", ["ABmag", "AB mag", "mag AB", "AB", "mag_AB", "MAG(AB)"])
def test_ab_magnitudes_have_one_unit(text):
    assert parse_unit(text) == u.ABmag and scale_to("AB mag", text) == scale_to(text, "mag") == 1


@pytest.mark.parametrize("text", ["log(Angstrom)", "log10(lambda/A)", "dex(Angstrom)", "[0.1nm]", "log Å"])
def test_a_logarithm_is_read_as_one(text):
    assert parse_unit(text).physical_unit.to(u.AA) == pytest.approx(1)
    found, entry = wavelength(np.log10(OPTICAL), text)
    np.testing.assert_allclose(found, OPTICAL)
    assert (entry.how, entry.note.split(";")[0]) == ("header", "stored as log10")


@pytest.mark.parametrize("text", ["erg/s/cm2/A", "nmgy", "smoots", "10^{-17} erg s^{-1} cm^{-2} \\AA^{-1}"])
def test_a_unit_is_parsed_once(text):
    parse_unit(text)
    assert min(timeit.repeat(lambda: parse_unit(text), number=1000, repeat=3)) < 0.01  # seconds for 1000


# wavelengths


@pytest.mark.parametrize(
    "unit", ["Angstrom", "A", "nm", "um", "m", "0.1nm", "Hz", "GHz", "eV", "keV", "cm-1"]
)
def test_stated_wavelengths_survive_the_round_trip(unit):
    stored = (OPTICAL * u.AA).to(parse_unit(unit), u.spectral()).value
    found, entry = wavelength(stored, unit)
    np.testing.assert_allclose(found, OPTICAL, rtol=1e-12)
    assert entry.how == "header"


@pytest.mark.parametrize(
    ("values", "first", "unit"),
    [
        ((3700, 9200), 3700, "Angstrom"),
        ((1100, 12000), 1100, "Angstrom"),
        ((370, 920), 3700, "nm"),
        ((300, 1100), 3000, "nm"),
        ((0.37, 0.92), 3700, "um"),
        ((3.7e-7, 9.2e-7), 3700, "m"),
        ((3.56, 3.97), 10**3.56, "log10(Angstrom)"),
        ((8.2, 9.1), np.exp(8.2), "ln(Angstrom)"),
    ],
)
@pytest.mark.parametrize("stated", [None, "", "smoots"])
def test_a_unit_is_guessed_where_one_is_possible(values, first, unit, stated):
    found, entry = wavelength(np.linspace(*values, 500), stated)
    assert found[0] == pytest.approx(first) and entry.how == "assumed" and unit in entry.note
    assert ("'smoots' is not understood" in entry.note) == (stated == "smoots")
    assert entry.choices[0] == f"wavelength_unit={unit}", "what was assumed comes first"
    again, told = wavelength(np.linspace(*values, 500), stated, "linear", entry.choices[0])
    assert (again == found).all() and told.how == "you set"


@pytest.mark.parametrize(
    ("values", "units"),
    [
        ((917, 1005), {"Angstrom", "nm"}),
        ((899, 1198), {"Angstrom", "nm"}),
        ((950, 1650), {"Angstrom", "nm"}),
        ((0.6, 5.3), {"um"}),
        ((91, 1.6e6), {"Angstrom", "nm"}),
    ],
)
def test_a_unit_that_can_be_two_is_asked_about(values, units):
    with pytest.raises(ChoiceNeededError, match="can be") as asked:
        wavelength(np.linspace(*values, 500))
    assert set(asked.value.choices) == {f"wavelength_unit={unit}" for unit in units}
    for choice in asked.value.choices:
        wavelength(np.linspace(*values, 500), None, "linear", choice)


@pytest.mark.parametrize(
    ("values", "unit", "sentence"),
    [
        (np.arange(1, 501), None, "numbers 1 to 500 of its pixels"),
        (np.arange(1, 501), "Angstrom", "numbers 1 to 500 of its pixels"),
        (OPTICAL, "pixel", "numbers pixels"),
        (OPTICAL, "km/s", "a velocity, of which only a rest wavelength"),
        (OPTICAL, "deg", "a unit of wavelength, frequency, energy"),
        (np.linspace(3e14, 8e14, 500), None, "in any unit"),
    ],
)
def test_what_is_no_wavelength_is_refused_with_what_helps(values, unit, sentence):
    with pytest.raises(ModalityError, match=sentence):
        wavelength(values, unit)


@pytest.mark.parametrize(("scale", "base"), [("log10", 10.0), ("ln", np.e)])
def test_a_scale_is_heeded_unless_the_values_are_too_large_for_it(scale, base):
    logarithm = np.log(OPTICAL) / np.log(base)
    for unit in ("Angstrom", None, f"{scale}(Angstrom)"):
        found, entry = wavelength(logarithm, unit, scale)
        np.testing.assert_allclose(found, OPTICAL, rtol=1e-12)
        assert f"stored as {scale}" in entry.note
    found, entry = wavelength(OPTICAL, "Angstrom", scale)
    assert (found == OPTICAL).all() and entry.how == "detected" and "too large" in entry.note
    found, entry = wavelength(logarithm, None, "linear", f"wavelength_unit={scale}(Angstrom)")
    np.testing.assert_allclose(found, OPTICAL, rtol=1e-12)
    assert entry.how == "you set"


def test_names_of_columns_say_the_scale():
    names = {
        "loglam": "log10",
        "LOG_WAVE": "log10",
        "log10_lambda": "log10",
        "wave_log": "log10",
        "ln_lambda": "ln",
    }
    names |= {"lnlam": "ln", "log_e_wave": "ln", "wavelength": "linear", "catalog_wave": "linear"}
    assert {name: scale_of(name) for name in names} == names


# fluxes


@pytest.mark.parametrize(
    "unit", [PER_ANGSTROM, "W/m2/um", "FLAM16", "10-17mW/m2/nm", "Jy", "mJy", "FNU", "nmgy", "PHOTLAM"]
)
def test_stated_fluxes_survive_the_round_trip(unit):
    expected = 8 + np.sin(OPTICAL / 300)
    density = u.spectral_density(OPTICAL * u.AA)
    stored = (expected * u.Unit("1e-17 erg / (s cm2 Angstrom)")).to(parse_unit(unit), density).value
    factor, entry = flux_factor(stored, OPTICAL, unit, Overrides())
    np.testing.assert_allclose(stored * factor, expected, rtol=1e-9)
    assert (entry.how, entry.note) == ("header", f"converted from {unit}")


@pytest.mark.parametrize("unit", ["counts", "DN", "ADU", "electron/s", "DU/PIXEL", "counts/s"])
def test_counts_are_said_to_be_a_shape_only(unit):
    factor, entry = flux(300, unit)
    assert factor == 1 and entry.how == "assumed" and entry.choices
    assert "not calibrated, the shape only is meant" in entry.note


@pytest.mark.parametrize("unit", ["MJy/sr", "erg/s/cm2/A/arcsec2", "FLAM16/arcsec2"])
def test_a_surface_brightness_is_said_to_be_one(unit):
    factor, entry = flux(1, unit)
    assert np.isfinite(factor).all() and entry.how == "assumed" and "surface brightness" in entry.note


@pytest.mark.parametrize("unit", OTHER_QUANTITIES)
def test_another_quantity_is_asked_about(unit):
    with pytest.raises(ChoiceNeededError, match="not a flux density") as asked:
        flux(1, unit)
    assert asked.value.choices[-1] == "spectrum_flux_scale=1"
    assert flux(1, unit, asked.value.choices[-1])[0] == 1


def test_a_forgotten_per_angstrom_is_among_the_choices():
    with pytest.raises(ChoiceNeededError) as asked:
        flux(1, "1e-16 erg/s/cm2")
    assert asked.value.choices[0] == "spectrum_flux_scale=10"


@pytest.mark.parametrize("unit", ["mag", "ABmag", "mag(AB)", "STmag"])
def test_magnitudes_are_refused_as_fluxes(unit):
    with pytest.raises(ModalityError, match=r"magnitude.*48\.60"):
        flux(20, unit)


def test_square_brackets_are_a_logarithm_where_the_values_can_be_one():
    factor, entry = flux(30, "[10-17cW/m2/nm]")
    assert factor == pytest.approx(1) and "too large for logarithms" in entry.note
    with pytest.raises(ChoiceNeededError, match="logarithm") as asked:
        flux(0.9, "[10-17cW/m2/nm]")
    assert asked.value.choices == ("spectrum_flux_scale=1",)


@pytest.mark.parametrize(
    ("value", "unit", "factor", "note"),
    [
        (8, None, 1, "the file does not say"),
        (8, "smoots", 1, "'smoots' is not understood"),
        (8e-17, None, 1e17, "multiplied by 1e17"),
        (8e-17, "smoots", 1e17, "not understood; values are as small"),
        (8, "1e-16", 10, "the number 1e-16"),
        (8, "10-17", 1, "the number 10-17"),
    ],
)
def test_fluxes_without_a_unit_are_judged_by_their_size(value, unit, factor, note):
    found, entry = flux(value, unit)
    assert found == pytest.approx(factor) and note in entry.note and entry.how == "assumed"
    given = [Overrides.parse([choice]).spectrum_flux_scale for choice in entry.choices]
    assert given[0] == pytest.approx(factor) and len(set(given)) == 3, "what was assumed comes first"


def test_fluxes_as_small_as_those_per_hertz_are_converted():
    factor, entry = flux(1e-27, None)
    np.testing.assert_allclose(factor, flux(1e-27, "FNU")[0])
    assert "erg/s/cm2/Hz" in entry.note and entry.choices == ("spectrum_flux_scale=1e+17",)


# air and vacuum


@pytest.mark.parametrize(
    ("cards", "texts", "medium"),
    [
        *(({"VACUUM": value}, (), "vacuum") for value in (True, "T", 1, "1")),
        *(({"VACUUM": value}, (), "air") for value in (False, "F", 0, "0")),
        ({"VACUUM": 1.2e-6}, (), None),  # a pressure
        *(({card: "Air"}, (), "air") for card in ("AIRORVAC", "MEDIUM", "WAVE_MEDIUM")),
        *(({card: "vacuum"}, (), "vacuum") for card in ("AIRORVAC", "MEDIUM", "WAVE_MEDIUM")),
        *(({"CTYPE1": kind}, (), "vacuum") for kind in ("WAVE", "WAVE-LOG", "WAVE-TAB")),
        *(({"CTYPE3": kind}, (), "air") for kind in ("AWAV", "AWAV-LOG")),
        *(({"CTYPE1": kind}, (), None) for kind in ("WAVELENGTH", "LINEAR", "LAMBDA", "")),
        ({"TUCD1": "em.wl;obs.atmos"}, (), None),  # which is of one column only
        *(
            ({}, (name,), "air")
            for name in ("lambda_air", "wavelength_air", "AIRWAVE", "em.wl;obs.atmos", "air_wave")
        ),
        *(
            ({}, (name,), "vacuum")
            for name in ("wave_vac", "VACWAVE", "wavelength in vacuum", "vac", "lam_vac")
        ),
        *(({}, (name,), None) for name in ("airmass", "air mass", "wave", "hair", "air or vacuum")),
        ({}, ("air wavelengths converted to vacuum",), "vacuum"),
        ({"COMMENTS": "made in 1998\nwavelengths are in air"}, (), "air"),
        ({"COMMENTS": "air temperature 12 C"}, (), None),
        ({"VACUUM": True, "COMMENTS": "observed wavelengths in air"}, (), "vacuum"),
        ({"VACUUM": True, "CTYPE1": "AWAV"}, (), CONTRADICTORY),
        ({"AIRORVAC": "vac"}, ("lambda_air",), CONTRADICTORY),
    ],
)
def test_the_medium_is_what_cards_names_and_comments_say(cards, texts, medium):
    found = medium_of(cards, *texts)
    assert (found and found[0]) == medium


def test_a_medium_that_is_stated_both_ways_is_asked_about():
    text = "# VACUUM = T\nlambda_air,flux\n" + "".join(f"{value},8\n" for value in OPTICAL)
    with pytest.raises(ChoiceNeededError, match=r"vacuum: VACUUM = T; air: the table") as asked:
        read(text.encode())
    assert set(asked.value.choices) == {"medium=vacuum", "medium=air"}
    for choice in asked.value.choices:
        (found,) = read(text.encode(), overrides=Overrides.parse([choice]))
        assert found.modalities[0].wavelength[0, 0] == pytest.approx(
            3701.05 if "air" in choice else 3700, abs=0.01
        )
