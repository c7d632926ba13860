"""The checks of real spectra: a model that reads lines passes them, one that reads anything else does not."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from aion.modalities import SDSSSpectrum, Spectrum
from aion.redshift import RedshiftPDF
from aion.training.real import RealSpectrum, degraded, evaluate, load, part_of, parts, smoothed

LINE = 4000.0  # Å, rest
WAVELENGTH = torch.linspace(3800, 9200, 3000)[None]
EDGES = np.arange(-0.1005, 2, 0.001)


def observed(id: str, z: float | None, kind: str = "galaxy", signal_to_noise: float = 20.0) -> RealSpectrum:
    """A flat continuum of 10 with one strong line, the first pixels dead."""
    flux = torch.full_like(WAVELENGTH, 10.0)
    if z is not None:
        flux = flux + 3000.0 * torch.exp(-0.5 * ((WAVELENGTH - LINE * (1 + z)) / 5.0) ** 2)
    sigma = 10.0 / signal_to_noise
    noise = sigma * torch.randn(
        flux.shape, generator=torch.Generator().manual_seed(len(id) + int(1000 * (z or 0)))
    )
    ivar = torch.full_like(flux, sigma**-2)
    ivar[:, :20] = 0
    return RealSpectrum(
        id, SDSSSpectrum(flux + noise, ivar, ivar == 0, WAVELENGTH), z, kind, "SDSS", signal_to_noise
    )


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


def keeps_everything(spectrum: Spectrum) -> Spectrum:
    return spectrum


def halves_the_line(spectrum: Spectrum) -> Spectrum:
    return type(spectrum)(10 + (spectrum.flux - 10) / 2, spectrum.ivar, spectrum.mask, spectrum.wavelength)


def measured(predict, decode=keeps_everything, spectra=SPECTRA) -> dict[str, dict[str, dict[str, object]]]:
    """Tables by their name without the part."""
    found = evaluate(predict, decode, spectra, 1.0, part="development")
    assert all(title.startswith("real spectra, development: ") for title in found)
    return {title.partition(": ")[2]: table for title, table in found.items()}


BRIGHT = "galaxies and quasars, S/N >= 5"
NULLS = ("smoothed continuum", "reversed", "flat with real noise", "shuffled truths")


def test_a_model_that_reads_the_line_passes_every_check():
    found = measured(reads_the_line)
    redshifts, checks = found["redshifts"], found["checks"]
    assert redshifts[BRIGHT]["n"] == 6 and redshifts["quasars, SDSS, S/N 1-3"]["n"] == 1
    assert redshifts[BRIGHT]["within 0.01"] == redshifts["quasars, SDSS, S/N 1-3"]["within 0.01"] == 1
    for name in ("noise added to S/N 2", "noise added to S/N 1", "stretched, moved redshift"):
        assert checks[name]["within 0.01"] == 1 and checks[name]["n"] == 6
    assert checks["stretched, old redshift"]["within 0.01"] == 0
    assert [checks[f"null, {name}"]["within 0.01"] for name in NULLS] == [0] * 4
    assert found["stars and sky"]["stars"] == {"n": 1, "mode below 0.005": 1.0}
    assert found["stars and sky"]["sky"]["n"] == 1
    assert redshifts[BRIGHT]["sure misses"] == 0 and found["missed"] == {}


def test_a_model_that_does_not_read_wavelengths_is_caught_by_the_stretch():
    found = measured(reads_pixels_only)
    assert found["redshifts"][BRIGHT]["within 0.01"] == 1
    assert found["checks"]["stretched, moved redshift"]["within 0.01"] == 0
    assert found["checks"]["stretched, old redshift"]["within 0.01"] == 1


def test_a_model_that_ignores_the_input_fails_and_is_named_sure_of_its_misses():
    found = measured(ignores_the_input)
    assert found["redshifts"][BRIGHT]["within 0.01"] == 0
    assert found["checks"]["stretched, moved redshift"]["within 0.01"] <= 1 / 6
    assert found["redshifts"][BRIGHT]["sure misses"] == 6
    miss = found["missed"]["galaxy 0"]
    assert (miss["z"], miss["class"]) == (0.12, "galaxy") and miss["read as"] == pytest.approx(0.3)
    assert found["stars and sky"]["sky"]["highest peak probability"] == pytest.approx(1.0)


def test_a_decoder_that_gives_the_data_back_has_no_residual_and_one_that_flattens_has():
    assert measured(reads_the_line)["spectra decoded"]["all"] == {
        "n": 8,
        "reduced chi2 of (decoded - data)": 0,
        "between 0.8 and 1.3": 0,
    }
    flattened = measured(reads_the_line, halves_the_line)["spectra decoded"]["all"]
    assert flattened["reduced chi2 of (decoded - data)"] > 1


def test_a_decoder_that_halves_lines_is_caught_by_their_flux():
    halpha = 6564.6 / LINE  # the strong line, taken for H alpha
    spectra = [replace(s, z=(1 + s.z) / halpha - 1) for s in SPECTRA[4:6]]
    kept, halved = (
        measured(ignores_the_input, decode, spectra)["line fluxes decoded"]["all"]
        for decode in (keeps_everything, halves_the_line)
    )
    assert kept["n"] == halved["n"] == 2 and kept["within 15 %"] == 1
    assert halved["within 15 %"] == 0 and halved["median ratio"] == pytest.approx(0.5, abs=0.01)


def test_halves_are_fixed_by_the_id_and_the_reserved_one_is_read_when_asked_for():
    spectra = [observed(f"{number:03d}", 0.1) for number in range(40)]
    assert part_of("0274-51913-0057") == part_of("0274-51913-0057")
    development = parts(spectra, reserved=False)
    assert list(development) == ["development"] and 10 < len(development["development"]) < 30
    both = parts(spectra, reserved=True)
    assert list(both) == ["development", "reserved", "all"]
    assert both["development"] == development["development"]
    assert not {s.id for s in both["development"]} & {s.id for s in both["reserved"]}
    assert len(both["development"]) + len(both["reserved"]) == len(both["all"]) == 40


def test_nothing_to_measure_gives_empty_numbers():
    found = measured(reads_the_line, spectra=[observed("sky", None, "sky", 0.2)])
    assert found["redshifts"][BRIGHT]["n"] == 0 and found["redshifts"][BRIGHT]["within 0.01"] is None
    assert found["checks"]["null, reversed"]["within 0.01"] is None
    assert found["stars and sky"]["stars"]["mode below 0.005"] is None


@pytest.mark.parametrize("level", [5.0, 1.0])
def test_a_degraded_spectrum_has_the_signal_to_noise_asked_for_and_states_its_noise(level):
    real = observed("one", None)
    worse = degraded(real, level)
    known = worse.ivar > 0
    assert torch.equal(known, real.spectrum.ivar > 0)
    assert torch.equal(worse.wavelength, real.spectrum.wavelength)
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


def test_the_real_spectra_have_redshifts_classes_and_signal_to_noise(real_data):
    spectra = load(real_data)
    kinds = Counter(s.kind for s in spectra)
    assert len(spectra) == 63 and set(kinds) == {"galaxy", "quasar", "star", "sky"} and kinds["sky"] >= 5
    assert len({s.id for s in spectra}) == 63
    assert all((s.z is None) == (s.kind == "sky") for s in spectra)
    assert {s.survey for s in spectra} == {"SDSS", "DESI"}
    assert all(np.isfinite(s.signal_to_noise) for s in spectra)
    assert sum(s.signal_to_noise >= 5 for s in spectra) > 30
