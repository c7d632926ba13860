"""The checks of real spectra: a model that reads lines passes them, one that reads anything else does not."""

from collections import Counter

import numpy as np
import pytest
import torch

from aion.modalities import SDSSSpectrum, Spectrum
from aion.redshift import RedshiftPDF
from aion.training.real import RealSpectrum, degraded, evaluate, load, smoothed

LINE = 4000.0  # Å, rest
WAVELENGTH = torch.linspace(3800, 9200, 3000)[None]
EDGES = np.arange(-0.1005, 2, 0.001)


def observed(id: str, z: float | None, kind: str = "galaxy", signal_to_noise: float = 20.0) -> RealSpectrum:
    """A flat continuum of 10 with one strong line, the first pixels dead."""
    flux = torch.full_like(WAVELENGTH, 10.0)
    if z is not None:
        flux = flux + 3000.0 * torch.exp(-0.5 * ((WAVELENGTH - LINE * (1 + z)) / 5.0) ** 2)
    sigma = 10.0 / signal_to_noise
    noise = sigma * torch.randn(flux.shape, generator=torch.Generator().manual_seed(len(id) + int(1000 * (z or 0))))
    ivar = torch.full_like(flux, sigma**-2)
    ivar[:, :20] = 0
    return RealSpectrum(id, SDSSSpectrum(flux + noise, ivar, ivar == 0, WAVELENGTH), z, kind, "SDSS", signal_to_noise)


SPECTRA = [
    *(observed(f"galaxy {number}", 0.12 + 0.13 * number) for number in range(6)),
    observed("faint", 0.4, "quasar", 2.0),
    observed("beyond the grid", 1.2, "quasar"),
    observed("star", 0.0, "star"),
    observed("sky", None, "sky", 0.2),
]


def density(z: float) -> RedshiftPDF:
    """All within one bin of 0.001."""
    probability = np.zeros(len(EDGES) - 1)
    probability[np.searchsorted(EDGES, z) - 1] = 1.0
    return RedshiftPDF(EDGES, probability)


def reads_the_line(spectrum: Spectrum) -> RedshiftPDF:
    return density(float(spectrum.wavelength[0, spectrum.flux.argmax()]) / LINE - 1)


def reads_pixels_only(spectrum: Spectrum) -> RedshiftPDF:
    return density(float(WAVELENGTH[0, spectrum.flux.argmax()]) / LINE - 1)


def ignores_the_input(_spectrum: Spectrum) -> RedshiftPDF:
    return density(0.3)


def test_a_model_that_reads_the_line_passes_every_check():
    found = evaluate(reads_the_line, SPECTRA, 1.0)
    assert (found["n_bright"], found["n_faint"]) == (6, 1)
    right = ("bright_within_0.01", "faint_within_0.01", "noise_to_sn2_within_0.01", "noise_to_sn1_within_0.01")
    assert [found[name] for name in (*right, "stretched_within_0.01_of_moved", "stars_mode_below_0.005")] == [1.0] * 6
    assert found["stretched_within_0.01_of_old"] == 0
    assert [found[f"null_{name}"] for name in ("smoothed", "reversed", "flat", "shuffled")] == [0] * 4
    assert found["bright_sure_misses"] == 0 and found["bright_missed"] == [] and found["n_sky"] == 1


def test_a_model_that_does_not_read_wavelengths_is_caught_by_the_stretch():
    found = evaluate(reads_pixels_only, SPECTRA, 1.0)
    assert found["bright_within_0.01"] == 1.0
    assert found["stretched_within_0.01_of_moved"] == 0 and found["stretched_within_0.01_of_old"] == 1.0


def test_a_model_that_ignores_the_input_fails_and_is_named_sure_of_its_misses():
    found = evaluate(ignores_the_input, SPECTRA, 1.0)
    assert found["bright_within_0.01"] == 0 and found["stretched_within_0.01_of_moved"] <= 1 / 6
    assert found["bright_sure_misses"] == 6 and found["bright_missed"][0] == "galaxy 0: z 0.1200, read as 0.3000"
    assert found["sky_highest_peak_probability"] == pytest.approx(1.0)


@pytest.mark.parametrize("level", [5.0, 1.0])
def test_a_degraded_spectrum_has_the_signal_to_noise_asked_for_and_states_its_noise(level):
    real = observed("one", None)
    worse = degraded(real, level)
    known = worse.ivar > 0
    assert torch.equal(known, real.spectrum.ivar > 0) and torch.equal(worse.wavelength, real.spectrum.wavelength)
    assert (worse.flux * worse.ivar.sqrt())[known].median().item() == pytest.approx(level, rel=0.1)
    added = (1 / worse.ivar - 1 / real.spectrum.ivar)[known].sqrt()
    assert ((worse.flux - real.spectrum.flux)[known] / added).std().item() == pytest.approx(1.0, abs=0.06)
    assert torch.equal(degraded(real, level).flux, worse.flux)


def test_a_spectrum_noisier_than_asked_stays_as_it_is():
    real = observed("one", 0.3, signal_to_noise=2.0)
    assert degraded(real, 5.0) is real.spectrum


def test_smoothing_removes_the_line_and_keeps_the_continuum():
    real = observed("one", 0.3)
    continuum = smoothed(real.spectrum).flux
    assert real.spectrum.flux.max() > 2000
    assert continuum.shape == real.spectrum.flux.shape and (continuum - 10).abs().max() < 0.3


def test_the_real_spectra_have_redshifts_classes_and_signal_to_noise(shared_data):
    spectra = load(shared_data)
    kinds = Counter(s.kind for s in spectra)
    assert len(spectra) == 63 and set(kinds) == {"galaxy", "quasar", "star", "sky"} and kinds["sky"] >= 5
    assert len({s.id for s in spectra}) == 63
    assert all((s.z is None) == (s.kind == "sky") for s in spectra)
    assert {s.survey for s in spectra} == {"SDSS", "DESI"}
    assert all(np.isfinite(s.signal_to_noise) for s in spectra) and sum(s.signal_to_noise >= 5 for s in spectra) > 30
