"""Band fluxes and catalogue noise, on spectra whose magnitudes are known by definition."""

import pytest
import torch

pytest.importorskip("speclite", reason="photometry needs speclite, of requirements-training.txt")

from aion.training.simulate.photometry import (
    DEPTH,
    HSC_BANDS,
    LS_BANDS,
    Photometer,
    fluxes,
    hsc_extinction,
    hsc_magnitudes,
    magnitudes,
    measure,
    nanomaggies,
)

WAVELENGTH = torch.logspace(3.4, 5.5, 4000, dtype=torch.float64)
LIGHT_SPEED = 2.99792458e18  # Å/s


def flat_ab(magnitude: float, wavelength: torch.Tensor) -> torch.Tensor:
    """F_λ in 1e-17 erg/s/cm²/Å of a source of constant F_ν."""
    return (10 ** (-0.4 * (magnitude + 48.6)) * LIGHT_SPEED / wavelength**2 / 1e-17).float()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_flat_ab_spectrum_of_magnitude_22_5_is_one_nanomaggy_in_every_band():
    measured = fluxes(WAVELENGTH, flat_ab(22.5, WAVELENGTH)[None], LS_BANDS + HSC_BANDS)
    torch.testing.assert_close(measured, torch.ones(1, len(LS_BANDS + HSC_BANDS)), rtol=1e-3, atol=0)


def test_a_flat_ab_spectrum_of_3631_jansky_is_a_billion_nanomaggies():
    measured = fluxes(WAVELENGTH, flat_ab(0.0, WAVELENGTH)[None], ["FLUX_R"])
    assert measured.item() == pytest.approx(1e9, rel=1e-3)


def test_fluxes_agree_with_speclite_on_a_hot_and_a_cool_black_body():
    import astropy.units as u
    from speclite.filters import load_filter

    wavelength = torch.linspace(3000, 11500, 6000, dtype=torch.float64)
    for kelvin in (4000, 15000):
        flux = 1e18 / wavelength**5 / torch.expm1(1.4388e8 / wavelength / kelvin)
        for band, curve in (("FLUX_G", "decamDR1-g"), ("FLUX_Z", "decamDR1-z"), ("HSC-Y", "hsc2017-y")):
            expected = load_filter(curve).get_ab_magnitude(
                flux.numpy() * 1e-17 * u.Unit("erg/(s cm2 AA)"), wavelength.numpy() * u.AA
            )
            assert magnitudes(fluxes(wavelength, flux[None].float(), [band])).item() == pytest.approx(
                expected, abs=2e-3
            )


def test_a_coarse_grid_gives_the_same_flux_as_a_fine_one():
    coarse = torch.linspace(3000, 11000, 161, dtype=torch.float64)
    fine = torch.linspace(3000, 11000, 16001, dtype=torch.float64)
    slope = [fluxes(grid, (grid / 5000).float()[None], ["DES-G", "DES-Z"]) for grid in (coarse, fine)]
    torch.testing.assert_close(slope[0], slope[1], rtol=1e-3, atol=0)


def test_a_spectrum_that_does_not_cover_the_band_is_refused_with_both_ranges():
    with pytest.raises(ValueError, match=r"FLUX_W1 spans 26000-39900 Å; wavelengths 3600-9800 Å"):
        Photometer(torch.linspace(3600, 9800, 100), ["FLUX_W1"])


def test_an_unknown_band_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no filter curve for SDSS-U; known are FLUX_G"):
        Photometer(WAVELENGTH, ["SDSS-U"])


def test_magnitudes_and_nanomaggies_are_inverse_and_a_negative_flux_has_no_magnitude():
    magnitude = torch.tensor([14.0, 22.5, 26.0])
    torch.testing.assert_close(magnitudes(nanomaggies(magnitude)), magnitude)
    assert magnitudes(torch.tensor([-1.0, 0.0])).isnan().all()


def test_a_source_at_the_depth_is_measured_at_five_sigma():
    true = nanomaggies(torch.tensor([DEPTH[band] for band in LS_BANDS])).expand(20_000, -1)
    measured, sigma = measure(true, LS_BANDS, generator())
    torch.testing.assert_close((true / sigma).median(0).values, torch.full((8,), 5.0), rtol=0.03, atol=0)
    pull = (measured - true) / sigma
    assert pull.mean(0).abs().max() < 0.03
    assert (pull.std(0) - 1).abs().max() < 0.03


def test_large_objects_are_measured_with_more_noise():
    true = torch.ones(4, len(LS_BANDS))
    _, point = measure(true, LS_BANDS, generator(), half_light=torch.zeros(4))
    _, large = measure(true, LS_BANDS, generator(), half_light=torch.full((4,), 4.0))
    assert (large > 1.5 * point).all()


def test_the_same_seed_gives_the_same_magnitudes():
    true = torch.ones(3, len(HSC_BANDS))
    torch.testing.assert_close(
        hsc_magnitudes(true, generator(5)), hsc_magnitudes(true, generator(5)), rtol=0, atol=0
    )


def test_extinction_is_proportional_to_reddening_and_falls_with_wavelength():
    extinction = hsc_extinction(torch.tensor([0.0, 0.1, 1.0]))
    assert (extinction[0] == 0).all()
    assert extinction[1, 0].item() == pytest.approx(0.324)
    assert (extinction[2].diff() < 0).all()
