"""Simulated spectra: flux, wavelengths, noise and lines are what their names say."""

import math

import numpy as np
import pytest
import torch

pytest.importorskip("speclite", reason="the simulator needs speclite, of requirements-training.txt")

from aion.lines import LINES
from aion.modalities import Z
from aion.training.config import EmbeddedConfig
from aion.training.scalar_codecs import redshift_codec
from aion.training.simulate.fine_grid import FineGrid, blur
from aion.training.simulate.instruments import SPECTROGRAPHS, expose, observe
from aion.training.simulate.lines import BROAD_LINES, NARROW_LINES
from aion.training.simulate.templates import LOG_STEP, REST_RANGE, air_to_vacuum, rest_grid
from aion.training.spectrum_codec import redshift_bins
from tests.training.toy import toy_survey

REST = torch.as_tensor(rest_grid(), dtype=torch.float32)
LOG_START = math.log(REST_RANGE[0])
INSTRUMENTS = pytest.mark.parametrize("instrument", SPECTROGRAPHS, ids=lambda s: s.name)
FLAT = torch.ones(20, len(REST))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def seen(instrument, signal_to_noise: float = 10.0, seed: int = 0):
    return observe(
        FLAT,
        LOG_START,
        torch.full((20,), 0.3),
        torch.full((20,), signal_to_noise),
        instrument,
        generator(seed),
    )


@INSTRUMENTS
@pytest.mark.parametrize("z", [0.0, 0.35])
def test_a_line_keeps_its_flux_and_is_seen_at_its_wavelength_times_one_plus_z(instrument, z):
    line = torch.exp(-0.5 * ((REST - 5008.24) / 4.0) ** 2)[None]
    flux = expose(line, LOG_START, torch.tensor([z]), instrument.edges())[0].double()
    widths, wavelength = instrument.edges().diff(), instrument.wavelength().double()
    total = 4.0 * math.sqrt(2 * math.pi) * (1 + z)  # per Å of the stretched frame
    assert (flux * widths).sum().item() == pytest.approx(total, rel=1e-3)
    assert ((flux * widths * wavelength).sum() / (flux * widths).sum()).item() == pytest.approx(
        5008.24 * (1 + z), abs=0.05
    )


@INSTRUMENTS
def test_a_flat_spectrum_stays_flat(instrument):
    flux = expose(FLAT[:1], LOG_START, torch.tensor([0.4]), instrument.edges())
    torch.testing.assert_close(flux, torch.ones_like(flux), rtol=1e-4, atol=0)


@INSTRUMENTS
def test_pixels_lie_between_their_edges_on_the_grid_of_the_survey(instrument):
    wavelength, edges = instrument.wavelength().double(), instrument.edges()
    assert len(wavelength) == instrument.pixels == len(edges) - 1
    assert ((wavelength > edges[:-1]) & (wavelength < edges[1:])).all()
    steps = (wavelength.log10() if instrument.logarithmic else wavelength).diff()
    torch.testing.assert_close(
        steps,
        torch.full_like(steps, instrument.step),
        rtol=0.02 if instrument.logarithmic else 1e-2,
        atol=1e-6,
    )


def test_desi_spans_its_published_range():
    desi = SPECTROGRAPHS[-1].wavelength()
    assert desi[0].item() == pytest.approx(3600.0) and desi[-1].item() == pytest.approx(9824.0, abs=0.1)


def test_air_wavelengths_become_vacuum_ones_above_2000_angstrom_only():
    converted = air_to_vacuum(np.array([1215.67, 5006.843, 6562.80]))
    np.testing.assert_allclose(converted, [1215.67, 5008.24, 6564.61], atol=0.01)


def test_broad_lines_lie_where_the_table_has_theirs():
    emission = np.array([line.rest for line in LINES if line.feature == "emission"])
    near = [abs(emission / line.wavelength - 1).min() for line in BROAD_LINES]
    # a blend is not exactly where one of its parts is
    assert sum(share < 600 / 299_792.458 for share in near) >= 17


@pytest.mark.parametrize(
    ("name", "vacuum"),
    [
        ("Lyα 1216", 1215.67),
        ("[O II] 3727", 3727.09),
        ("Hβ 4863", 4862.68),
        ("[O III] 5008", 5008.24),
        ("Hα 6565", 6564.61),
        ("[N II] 6585", 6585.27),
    ],
)
def test_a_narrow_line_has_its_vacuum_wavelength(name, vacuum):
    assert {line.name: line.wavelength for line in NARROW_LINES}[name] == pytest.approx(vacuum, abs=0.02)


@pytest.mark.parametrize("kilometres", [100.0, 3000.0])
def test_blurring_keeps_the_sum_and_a_line_gets_the_width(kilometres):
    flux = torch.rand(2, len(REST), generator=generator())
    smooth = blur(flux, torch.tensor([kilometres / 299_792.458] * 2))
    torch.testing.assert_close(smooth.sum(1), flux.sum(1), rtol=1e-4, atol=0)
    line = torch.zeros(1, len(REST))
    line[0, 6000] = 1.0
    profile = blur(line, torch.tensor([kilometres / 299_792.458]))[0].double()
    offset = (torch.arange(len(REST)) - 6000) * LOG_STEP * 299_792.458
    near = offset.abs() < 8 * kilometres  # further out there is only rounding
    assert (profile * offset**2)[near].sum().sqrt().item() == pytest.approx(kilometres, rel=0.02)


def test_a_gaussian_line_is_added_with_its_flux_at_its_wavelength():
    fine = torch.zeros(1, len(REST))
    FineGrid(REST).add_gaussians(
        fine, torch.tensor([[6564.61]]).log(), torch.tensor([[1e-3]]), torch.tensor([[7.0]]), half_window=60
    )
    area = fine[0].double() * REST.double() * LOG_STEP
    assert area.sum().item() == pytest.approx(7.0, rel=2e-3)
    assert ((area * REST).sum() / area.sum()).item() == pytest.approx(6564.61, abs=0.1)


@INSTRUMENTS
@pytest.mark.parametrize("signal_to_noise", [1.0, 20.0])
def test_the_signal_to_noise_is_what_was_asked(instrument, signal_to_noise):
    spectra = seen(instrument, signal_to_noise)
    ratio = torch.where(spectra.ivar > 0, spectra.truth * spectra.ivar.sqrt(), torch.nan)
    assert ratio.nanmedian(1).values.median().item() == pytest.approx(signal_to_noise, rel=0.15)


@INSTRUMENTS
def test_the_stated_noise_is_the_scatter_around_the_truth(instrument):
    spectra = seen(instrument)
    pull = ((spectra.flux - spectra.truth) * spectra.ivar.sqrt())[spectra.ivar > 0]
    assert pull.abs().median().item() * 1.4826 == pytest.approx(1.0, abs=0.15)


@INSTRUMENTS
def test_masked_pixels_have_no_weight_and_the_others_have_some(instrument):
    spectra = seen(instrument)
    assert spectra.mask.any() and not spectra.mask.all()
    assert (spectra.ivar[spectra.mask] == 0).all() and (spectra.ivar[~spectra.mask] > 0).all()
    assert spectra.flux.isfinite().all() and spectra.flux.shape == (20, instrument.pixels)


@INSTRUMENTS
def test_the_same_seed_gives_the_same_spectra(instrument):
    first, second, other = seen(instrument, seed=4), seen(instrument, seed=4), seen(instrument, seed=5)
    assert torch.equal(first.flux, second.flux) and torch.equal(first.ivar, second.ivar)
    assert not torch.equal(first.flux, other.flux)


def test_whole_objects_are_a_function_of_the_seed_and_all_finite():
    survey = toy_survey()
    first, second = (survey.draw(12, generator(3), with_images=False) for _ in range(2))
    assert first.kind == second.kind and torch.equal(first.spectra.flux, second.spectra.flux)
    assert set(first.kind) <= {"galaxy", "quasar", "star"} and first.legacy is None
    assert first.true_fluxes.isfinite().all() and first.spectra.flux.isfinite().all()


def test_the_bins_of_training_are_the_tokens_of_the_redshift_codec():
    config = EmbeddedConfig()
    z = torch.cat([torch.zeros(1), 4.99 * torch.rand(500, generator=generator())])
    assert torch.equal(redshift_bins(z, config), redshift_codec(config).encode(Z(value=z)).flatten())
    assert redshift_bins(torch.tensor([-1e-3]), config).item() == 0  # an approaching star
