"""Line fluxes on spectra whose lines are known: a flat or tilted continuum and Gaussians."""

import numpy as np
import pytest

from aion.constants import SPEED_OF_LIGHT
from aion.training.line_fluxes import NARROW, LineFluxes, compare, line_flux, line_noise, line_reconstruction

WAVELENGTH = np.arange(4000.0, 9000.0, 1.0)
HBETA = next(line for line in NARROW if line.name == "Hbeta")
CENTER = HBETA.wavelength * 1.2


def spectrum(flux: float, *, tilt: float = 0.0, center: float = CENTER) -> np.ndarray:
    """A line of that flux and 150 km/s width on a continuum of 5."""
    width = 150 / SPEED_OF_LIGHT * center
    line = flux / (width * np.sqrt(2 * np.pi)) * np.exp(-0.5 * ((WAVELENGTH - center) / width) ** 2)
    return 5 + tilt * (WAVELENGTH - center) + line


@pytest.mark.parametrize("tilt", [0.0, 0.02])
def test_the_flux_of_a_line_is_what_stands_above_its_continuum(tilt):
    assert line_flux(WAVELENGTH, spectrum(80.0, tilt=tilt), CENTER, HBETA) == pytest.approx(80, rel=1e-3)
    assert line_flux(WAVELENGTH, spectrum(0.0, tilt=tilt), CENTER, HBETA) == pytest.approx(0, abs=1e-6)


def test_a_line_that_is_not_covered_has_no_flux():
    assert np.isnan(line_flux(WAVELENGTH, spectrum(80.0), 3990.0, HBETA))
    hole = np.abs(WAVELENGTH - CENTER) > 8
    assert np.isnan(line_flux(WAVELENGTH[hole], spectrum(80.0)[hole], CENTER, HBETA))


def test_the_noise_of_a_line_flux_is_its_scatter():
    random = np.random.default_rng(0)
    sigma = np.full(WAVELENGTH.shape, 0.5)
    fluxes = [
        line_flux(WAVELENGTH, spectrum(80.0) + random.normal(0, 0.5, WAVELENGTH.shape), CENTER, HBETA)
        for _ in range(400)
    ]
    assert line_noise(WAVELENGTH, sigma, CENTER, HBETA) == pytest.approx(np.std(fluxes), rel=0.12)


def lines(decoded: float, *, sigma: float = 0.1, kind: str = "galaxy") -> LineFluxes:
    truth = spectrum(80.0)
    arrays = (WAVELENGTH, spectrum(decoded), truth, truth, np.full(WAVELENGTH.shape, sigma))
    return compare(*(array[None] for array in arrays), np.array([0.2]), (kind,))


def test_a_line_is_compared_with_its_true_flux_where_the_data_are_sure_of_it():
    found = lines(60.0)
    assert found.name.tolist() == ["Hbeta"] and found.row.tolist() == [0]
    assert found.ratio[0] == pytest.approx(0.75, rel=1e-3) and found.signal_to_noise[0] > 100
    assert len(lines(60.0, sigma=3.0).ratio) == 0, "a line below ten sigma is not compared"
    assert len(lines(60.0, kind="star").ratio) == 0


def test_bad_pixels_are_not_read():
    sigma = np.full(WAVELENGTH.shape, 0.1)
    decoded, bad = spectrum(80.0), int(np.argmin(np.abs(WAVELENGTH - CENTER - 10)))
    decoded[bad], sigma[bad] = 1e6, np.nan
    found = compare(
        *(array[None] for array in (WAVELENGTH, decoded, spectrum(80.0), spectrum(80.0), sigma)),
        np.array([0.2]),
        ("galaxy",),
    )
    assert found.ratio[0] == pytest.approx(1, abs=0.01)


def test_lines_are_counted_by_how_much_of_their_flux_is_left():
    ratio = np.array([1.0, 0.9, 1.14, 0.5, 0.96])
    found = line_reconstruction(
        LineFluxes(np.zeros(5, dtype=int), np.array(["a"] * 5), ratio, np.full(5, 20.0))
    )
    assert found["n"] == 5 and found["within 15 %"] == 0.8 and found["within 5 %"] == 0.4
    assert found["median ratio"] == 0.96
    assert found["80 % within"] == pytest.approx(0.14 + 0.2 * 0.36)
