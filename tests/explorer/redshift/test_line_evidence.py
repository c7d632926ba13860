"""The lines a redshift predicts are looked for in the data, with errors that can be believed."""

import math

import numpy as np
import pytest

from aion.explorer.redshift.line_evidence import NARROW, votes
from aion.explorer.results import SpectrumResult
from aion.lines import LINES, observed, own_line
from aion.redshift import SPEED_OF_LIGHT

WAVELENGTH = 10 ** (3.5801 + 1e-4 * np.arange(3841))
NAMES = ("[O II]", "Hβ", "[O III]", "Hα")


def spectrum(
    z: float, *, strength: float = 60.0, sigma: float = 1.0, seed: int = 0, slope: float = 0.0
) -> SpectrumResult:
    """A sloped continuum with emission lines of 3 Å at z, and honest noise."""
    flux = 20 + slope * (WAVELENGTH - 6000)
    for line in LINES:
        if line.name in NAMES:
            flux = flux + strength / 7.5 * np.exp(-0.5 * ((WAVELENGTH - observed(line, z)) / 3) ** 2)
    flux = flux + np.random.default_rng(seed).normal(0, sigma, len(flux))
    return SpectrumResult(
        "SDSS",
        WAVELENGTH,
        flux,
        np.full(len(flux), sigma),
        np.zeros(len(flux), dtype=bool),
        flux,
        np.zeros(len(flux)),
        1.0,
    )


def by_name(found):
    return {vote.line.name: vote for vote in found.lines}


def test_the_lines_of_the_true_redshift_are_found_and_those_of_a_wrong_one_are_not():
    true, wrong = votes([spectrum(0.2)], 0.2), votes([spectrum(0.2)], 0.27)
    assert {name for name, vote in by_name(true).items() if vote.significance >= 3} >= set(NAMES)
    assert true.total > 10 > 3 > abs(wrong.total)


def test_the_signal_to_noise_of_a_line_is_its_flux_over_its_error():
    measured = [by_name(votes([spectrum(0.2, seed=seed)], 0.2))["[O III]"].significance for seed in range(60)]
    pixel = 1e-4 * math.log(10) * 5008.24 * 1.2
    pixels = 2 * NARROW.half / SPEED_OF_LIGHT * 5008.24 * 1.2 / pixel
    expected = 60.0 / (pixel * math.sqrt(pixels))
    assert np.mean(measured) == pytest.approx(expected, rel=0.15)
    assert np.std(measured) == pytest.approx(1.0, abs=0.3)


def test_an_own_line_is_measured_and_in_no_sum():
    own = (own_line("mine", 5008.24), own_line("nothing", 5400.0))
    without, found = votes([spectrum(0.2)], 0.2), votes([spectrum(0.2)], 0.2, own)
    mine, nothing = by_name(found)["mine"], by_name(found)["nothing"]
    assert mine.significance == pytest.approx(by_name(found)["[O III]"].significance, rel=0.3)
    assert abs(nothing.significance) < 4
    assert (found.total, found.found_count) == (without.total, without.found_count)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("z", [0.2, 0.8, 2.3])
def test_noise_alone_votes_for_nothing_on_average(z, count):
    empty = [
        [spectrum(z, strength=0, seed=count * trial + i, slope=0.01) for i in range(count)]
        for trial in range(120)
    ]
    found = [votes(spectra, z) for spectra in empty]
    totals = [one.total for one in found]
    error = np.std(totals) / math.sqrt(len(totals))
    assert abs(np.mean(totals)) < 3.5 * error and np.std(totals) == pytest.approx(1.0, abs=0.2)
    each = np.array([vote.significance for one in found for vote in one.measured_lines])
    assert (each > 3).mean() < 0.005


def test_two_spectra_of_one_line_are_averaged_by_their_variances():
    pairs = [(spectrum(0.2, sigma=3.0, seed=seed), spectrum(0.2, seed=99 + seed)) for seed in range(40)]

    def measured(given):
        return np.array([by_name(votes(spectra, 0.2))["[O III]"].significance for spectra in given])

    noisy, clean, both = (
        measured([pair[:1] for pair in pairs]),
        measured([pair[1:] for pair in pairs]),
        measured(pairs),
    )
    assert np.mean(both) == pytest.approx(math.hypot(np.mean(noisy), np.mean(clean)), rel=0.05)
    assert np.std(both) == pytest.approx(1.0, abs=0.3)


def test_absorption_counts_for_a_redshift_when_the_flux_is_missing():
    with_lines = spectrum(0.1, strength=0)
    flux = with_lines.flux.copy()
    for line in LINES:
        if line.name in ("Ca H", "Ca K"):
            flux -= 10 * np.exp(-0.5 * ((WAVELENGTH - observed(line, 0.1)) / 4) ** 2)
    taken = SpectrumResult("SDSS", WAVELENGTH, flux, with_lines.sigma, with_lines.bad, flux, flux, 1.0)
    assert by_name(votes([taken], 0.1))["Ca K"].significance > 5


def test_masked_pixels_and_the_atmosphere_have_no_vote():
    whole = spectrum(0.2)
    bad = np.abs(WAVELENGTH - 4862.68 * 1.2) < 30
    masked = SpectrumResult("SDSS", WAVELENGTH, whole.flux, whole.sigma, bad, whole.flux, whole.residual, 1.0)
    assert math.isnan(by_name(votes([masked], 0.2))["Hβ"].significance)
    in_the_a_band = votes([spectrum(7640 / 6564.61 - 1)], 7640 / 6564.61 - 1)
    assert math.isnan(by_name(in_the_a_band)["Hα"].significance)
    assert len(in_the_a_band.measured_lines) < len(in_the_a_band.lines)


def test_a_spectrum_without_data_has_no_vote():
    tokens_only = SpectrumResult(
        "SDSS", WAVELENGTH, None, None, np.zeros(len(WAVELENGTH), dtype=bool), WAVELENGTH, None, None
    )
    assert votes([tokens_only], 0.2).lines == ()
    assert math.isnan(votes([], 0.2).total)
