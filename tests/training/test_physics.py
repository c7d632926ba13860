"""The simulated survey against published numbers: colors, lines, flux units, distances, the Lyman forest.
Needs the real templates."""

from pathlib import Path

import pytest
import torch

pytest.importorskip("speclite", reason="the simulator needs speclite, of requirements-training.txt")

from aion.training.simulate.cosmology import distance_modulus
from aion.training.simulate.galaxy_types import RED_SEQUENCE_COLOR, RED_SEQUENCE_Z, interpolate
from aion.training.simulate.instruments import SNR_RANGE, SPECTROGRAPHS, draw_signal_to_noise
from aion.training.simulate.morphology import draw_morphology
from aion.training.simulate.photometry import HSC_BANDS, LS_BANDS, fluxes, magnitudes
from aion.training.simulate.population import Fractions, Population
from aion.training.simulate.survey import Objects, SimulatedSurvey
from aion.training.simulate.templates import Templates, load

SDSS, BOSS, DESI = SPECTROGRAPHS
RED, BLUE = 0.0, -0.9  # g−z from the red sequence, magnitudes


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def templates(ingredients) -> Templates:
    return load(ingredients, Path(__file__).parents[2] / ".cache" / "training")


def galaxies(templates: Templates, z: float, offset: float, count: int = 60, **options) -> Objects:
    """Galaxies of one redshift, within 1 %, as bright as M_r = −21.5 and ``offset`` from the red sequence."""
    color = interpolate(torch.tensor([z]), RED_SEQUENCE_Z, RED_SEQUENCE_COLOR).item() + offset
    mag = -21.5 + distance_modulus(torch.tensor(z)).item() + z
    population = Population(
        torch.tensor([[mag, z, color]]), Fractions(galaxy=1.0, quasar=0.0, star=0.0, nearby=0.0)
    )
    return SimulatedSurvey(templates, population).draw(
        count, generator(), instrument=BOSS, with_images=False, **options
    )


def color_of(objects: Objects, subtype: str, blue: str, red: str) -> float:
    """Median color where the Milky Way reddens little."""
    mag = magnitudes(objects.true_fluxes)
    bands = LS_BANDS + HSC_BANDS
    chosen = torch.tensor([t == subtype for t in objects.subtype]) & (objects.scalars["EBV"] < 0.05)
    return (mag[chosen, bands.index(blue)] - mag[chosen, bands.index(red)]).median().item()


@pytest.mark.parametrize(("z", "expected"), [(0.1, 0.95), (0.2, 1.22), (0.3, 1.48), (0.4, 1.68)])
def test_passive_galaxies_have_the_g_minus_r_of_luminous_red_galaxies_of_sdss(templates, z, expected):
    assert color_of(galaxies(templates, z, RED), "passive", "FLUX_G", "FLUX_R") == pytest.approx(
        expected, abs=0.1
    )


def test_passive_galaxies_have_the_infrared_color_of_old_stars(templates):
    """−0.55 AB is −0.05 to 0.1 in Vega magnitudes, where ellipticals lie in WISE."""
    near = galaxies(templates, 0.1, RED)
    assert color_of(near, "passive", "FLUX_W1", "FLUX_W2") == pytest.approx(-0.55, abs=0.12)


@pytest.mark.parametrize("z", [0.1, 0.4])
def test_star_forming_galaxies_are_bluer_and_have_the_color_of_the_table(templates, z):
    red, blue = galaxies(templates, z, RED), galaxies(templates, z, BLUE)
    star_forming = color_of(blue, "star-forming", "FLUX_G", "FLUX_R")
    assert star_forming < color_of(red, "passive", "FLUX_G", "FLUX_R") - 0.25
    wanted = interpolate(torch.tensor([z]), RED_SEQUENCE_Z, RED_SEQUENCE_COLOR).item() + BLUE
    assert color_of(blue, "star-forming", "HSC-G", "HSC-Z") == pytest.approx(wanted, abs=0.15)


def test_red_galaxies_are_mostly_passive_and_blue_ones_never(templates):
    shares = [galaxies(templates, 0.3, offset, 100).subtype.count("passive") / 100 for offset in (RED, BLUE)]
    assert shares[0] > 0.7 and shares[1] < 0.05


def test_oxygen_is_seen_at_its_vacuum_wavelength_times_one_plus_z(templates):
    blue = galaxies(templates, 0.2, -1.4, 20)
    place = blue.spectra.wavelength / (1 + blue.z[:, None])
    window = (place - 5008.24).abs() < 6.0
    light = torch.where(
        window, blue.spectra.truth - blue.spectra.truth.median(1, keepdim=True).values, torch.zeros(())
    ).clamp(min=0)
    center = (light * place).sum(1) / light.sum(1)
    assert center.median().item() == pytest.approx(5008.24, abs=0.3)  # in air it would be 5006.84


def test_the_spectrum_carries_the_catalog_flux_times_what_the_fiber_catches(templates):
    seen = galaxies(templates, 0.2, RED)
    synthetic = fluxes(seen.spectra.wavelength[0], seen.spectra.truth, ["FLUX_G", "FLUX_R"])
    caught = synthetic / seen.true_fluxes[:, :2]
    assert caught[:, 1].min() > 0.05 and caught[:, 1].max() < 1.1
    assert 0.4 < caught[:, 1].mean() < 0.8  # luminous galaxies at z = 0.2 are a little larger than a fibre
    # one fraction for all bands, but for the calibration
    assert (caught[:, 0] / caught[:, 1]).log().std() < 0.1


def test_a_twin_is_the_same_sources_at_the_same_signal_to_noise_through_the_other_survey(templates):
    pair = galaxies(templates, 0.25, BLUE, 12, with_twin=True)
    assert pair.twin is not None and {pair.spectra.survey, pair.twin.survey} == {"SDSS", "DESI"}
    inside = (pair.spectra.wavelength[0] > 4200) & (pair.spectra.wavelength[0] < 9000)
    near = torch.searchsorted(
        pair.twin.wavelength[0].contiguous(), pair.spectra.wavelength[0, inside].contiguous()
    )
    ratio = (pair.spectra.truth[:, inside] / pair.twin.truth[:, near]).log()
    # the fibres differ in size, the calibrations everywhere
    shape = ratio - ratio.median(1, keepdim=True).values
    assert shape.abs().median(1).values.max() < 0.15
    others = (
        (pair.spectra.truth[:, inside] / pair.twin.truth.roll(1, 0)[:, near]).log().abs().median(1).values
    )
    assert others.median() > 2 * ratio.abs().median(1).values.median()
    snr = [
        torch.where(s.ivar > 0, s.truth * s.ivar.sqrt(), torch.nan).nanmedian(1).values
        for s in (pair.spectra, pair.twin)
    ]
    torch.testing.assert_close(snr[0], snr[1], rtol=0.4, atol=0)


def test_the_lyman_forest_lets_through_what_is_measured_at_redshift_3(templates):
    """Effective optical depth 0.41 at z = 3, 0.17 at 2.2 (Faucher-Giguere+08)."""
    survey = SimulatedSurvey(templates, Population(torch.tensor([[20.0, 0.5, 2.0]])))
    for z, depth in ((2.2, 0.172), (3.0, 0.412)):
        forest = survey.sources._forest(torch.full((40,), z + 0.2), generator())
        absorber = survey.sources.wavelength * (1 + z + 0.2) / 1215.67 - 1
        seen = forest[:, (absorber - z).abs() < 0.05].mean().item()
        assert seen == pytest.approx(torch.tensor(-depth).exp().item(), abs=0.08)


def test_a_galaxy_of_one_luminosity_looks_smaller_as_angles_have_it():
    from astropy.cosmology import FlatLambdaCDM

    z = torch.tensor([0.1, 0.4])
    sizes = []
    for place in z:
        many = place.expand(3000)
        mag = -21.0 + distance_modulus(many) + many
        sizes.append(
            draw_morphology("galaxy", many, torch.full((3000,), -1.0), mag, generator()).disk_size.median()
        )
    scale = FlatLambdaCDM(70, 0.3).kpc_proper_per_arcmin(z.numpy()).value
    expected = scale[0] / scale[1] * (1.4 / 1.1) ** -0.8  # galaxies were smaller, too
    assert (sizes[1] / sizes[0]).item() == pytest.approx(expected, rel=0.08)


def test_bright_objects_reach_more_signal_to_noise_and_all_of_it_occurs():
    snr = [draw_signal_to_noise(torch.full((8000,), mag), SDSS, generator()) for mag in (18.0, 20.0)]
    assert snr[0].median() > 1.5 * snr[1].median()
    for values in snr:
        assert values.min() >= SNR_RANGE[0] and values.max() <= SNR_RANGE[1]
        assert 0.1 < (values < 3).float().mean() < 0.6 and (values > 30).float().mean() > 0.05
    usual = draw_signal_to_noise(torch.full((20000,), 18.0), SDSS, generator())
    peak = torch.histc(usual.log10(), 18, -0.15, 1.78).argmax()
    assert 10 ** (-0.15 + (peak + 0.5) * 1.93 / 18) == pytest.approx(15.0, rel=0.35)
