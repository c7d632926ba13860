"""The exact redshift of spectra whose redshift is known: how near, how sure, and when it says nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from aion.constants import SPEED_OF_LIGHT
from aion.exact_redshift import ExactRedshift, NotRefined, refine
from aion.line_fits import Pixels
from aion.lines import LINE, Line
from aion.redshift import RedshiftPDF

Floats = NDArray[np.float64]
EDGES = np.expm1(np.arange(0, 1300) * 0.00175)
"""A grid like that of the embedded model."""
EMISSION = {"[O II] 3727": 20, "[O II] 3730": 24, "Hβ 4863": 12, "[O III] 4960": 10, "[O III] 5008": 30,
            "[N II] 6585": 12, "Hα 6565": 36, "[S II] 6718": 8, "[S II] 6733": 6}  # fmt: skip
ABSORPTION = {"Ca K 3935": -40, "Ca H 3970": -35, "G band 4306": -25, "Mg b 5177": -30, "Na D 5892": -15,
              "Na D 5898": -12}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A spectrum on the pixels of SDSS."""

    wavelength: Floats
    flux: Floats
    ivar: Floats
    bad: NDArray[np.bool_]

    def refined(self, z: float) -> ExactRedshift | NotRefined:
        """Within the bin of the grid that a redshift lies in."""
        pdf = believing(z)
        [answer] = refine(self.wavelength, self.flux, self.ivar, self.bad, pdf, pdf.peaks)
        return answer


def believing(*redshifts: float) -> RedshiftPDF:
    """A density that is all in the bins of these redshifts, the first one the best."""
    probability = np.zeros(len(EDGES) - 1)
    for place, z in enumerate(redshifts):
        probability[np.searchsorted(EDGES, z) - 1] = 1.0 / (1 + place)
    return RedshiftPDF(EDGES, probability / probability.sum())


def spectrum(
    z: float, fluxes: dict[str, float], *, noise: float, width: float = 110.0, seed: int = 0
) -> Made:
    """Lines of a width (km/s) on a sloping continuum of about 5."""
    generator = np.random.default_rng(seed)
    wavelength = 10 ** np.arange(3.5798, 3.9647, 1e-4)
    flux = 5 + 2 * (wavelength / 6000 - 1)
    for name, total in fluxes.items():
        center = LINE[name].rest * (1 + z)
        sigma = width / SPEED_OF_LIGHT * center
        flux += total * np.exp(-0.5 * ((wavelength - center) / sigma) ** 2) / sigma / np.sqrt(2 * np.pi)
    noisy = flux + noise * generator.normal(size=len(flux))
    return Made(wavelength, noisy, np.full(len(flux), noise**-2), np.zeros(len(flux), dtype=bool))


@pytest.mark.parametrize("fluxes", [EMISSION, ABSORPTION], ids=["emission", "absorption"])
def test_the_redshift_is_exact_and_its_error_is_honest(fluxes: dict[str, float]) -> None:
    generator = np.random.default_rng(1)
    apart, pulls = [], []
    for seed in range(60):
        z, noise = generator.uniform(0.03, 0.35), generator.uniform(0.5, 1.0)  # S/N 5 to 10
        answer = spectrum(z, fluxes, noise=noise, seed=seed).refined(z)
        if isinstance(answer, ExactRedshift):
            apart.append((answer.z - z) / (1 + z))
            pulls.append((answer.z - z) / answer.error)
    assert len(apart) >= 54
    assert nmad(apart) <= 1e-4
    assert 0.8 <= nmad(pulls) <= 1.3
    assert max(map(abs, apart)) < 0.00175 / 2


def nmad(values: list[float]) -> float:
    """Robust standard deviation."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def test_fluxes_and_equivalent_widths_are_those_that_were_put_in() -> None:
    answer = spectrum(0.1, EMISSION, noise=0.2).refined(0.1)
    assert isinstance(answer, ExactRedshift)
    found = {one.line: one for one in answer.lines}
    for name in ("Hα 6565", "[O III] 5008", "Hβ 4863"):
        line = found[LINE[name]]
        assert line.flux == pytest.approx(EMISSION[name], abs=4 * line.error)
        level = 5 + 2 * (LINE[name].rest * 1.1 / 6000 - 1)
        assert line.equivalent_width == pytest.approx(EMISSION[name] / level / 1.1, rel=0.1)
    assert {LINE[name] for name in ("Hα 6565", "[O III] 5008")} <= {one.line for one in answer.used}
    assert answer.velocity_width == pytest.approx(110, rel=0.15)


def test_lines_in_absorption_are_negative() -> None:
    answer = spectrum(0.1, ABSORPTION, noise=0.2).refined(0.1)
    assert isinstance(answer, ExactRedshift)
    assert {one.line for one in answer.used if one.flux < 0} >= {LINE["Ca K 3935"], LINE["Mg b 5177"]}


def test_broad_lines_are_tried_where_there_are_no_narrow_ones() -> None:
    quasar = {"Lyα 1216": 2000, "C IV 1549": 900, "C III] 1909": 500}
    answer = spectrum(2.4, quasar, noise=0.3, width=2200).refined(2.4)
    assert isinstance(answer, ExactRedshift)
    assert answer.kind == "broad"
    assert answer.z == pytest.approx(2.4, abs=4 * answer.error)


def without_lines(made: Made) -> Made:
    return spectrum(0.1, {}, noise=0.5)


def with_all_bad(made: Made) -> Made:
    return Made(made.wavelength, made.flux, made.ivar, np.ones(len(made.flux), dtype=bool))


def without_inverse_variance(made: Made) -> Made:
    return Made(made.wavelength, made.flux, np.zeros(len(made.flux)), made.bad)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (without_lines, "no line stands out of the noise there"),
        (with_all_bad, "the spectrum covers none of the lines there"),
        (without_inverse_variance, "the spectrum covers none of the lines there"),
    ],
)
def test_where_the_data_do_not_hold_it_nothing_is_refined(spoil: Callable[[Made], Made], reason: str) -> None:
    answer = spoil(spectrum(0.1, EMISSION, noise=0.5)).refined(0.1)
    assert answer == NotRefined(reason)


def test_noise_alone_gives_no_redshift() -> None:
    answers = [spectrum(0.1, {}, noise=1.0, seed=seed).refined(0.1) for seed in range(30)]
    assert not [one for one in answers if isinstance(one, ExactRedshift)]


def test_masked_pixels_are_left_out() -> None:
    made = spectrum(0.1, EMISSION, noise=0.5)
    spoiled = made.flux.copy()
    hit = (made.wavelength > 5500) & (made.wavelength < 5504)
    spoiled[hit] = 500.0
    masked = Made(made.wavelength, spoiled, made.ivar, hit)
    answer = masked.refined(0.1)
    assert isinstance(answer, ExactRedshift)
    assert answer.z == pytest.approx(0.1, abs=5 * answer.error)


def test_every_peak_has_its_answer() -> None:
    made = spectrum(0.1, EMISSION, noise=0.5)
    pdf = believing(0.1, 0.25)
    right, wrong = refine(made.wavelength, made.flux, made.ivar, made.bad, pdf, pdf.peaks)
    assert isinstance(right, ExactRedshift)
    assert isinstance(wrong, NotRefined) or wrong.improvement < right.improvement / 4


def test_its_inputs_stay_as_they_are() -> None:
    made = spectrum(0.1, EMISSION, noise=0.5)
    before = made.flux.copy()
    made.refined(0.1)
    assert np.array_equal(before, made.flux)


def test_lines_are_those_of_the_one_table() -> None:
    answer = spectrum(0.1, EMISSION, noise=0.5).refined(0.1)
    assert isinstance(answer, ExactRedshift)
    assert all(isinstance(one.line, Line) and one.line in LINE.values() for one in answer.lines)


@pytest.mark.parametrize("z", [-6e-4, 7e-4])
def test_a_star_may_come_towards_us(z: float) -> None:
    balmer = {"Hα 6565": -30, "Hβ 4863": -40, "Hγ 4342": -35, "Hδ 4103": -30}
    made = spectrum(z, balmer, noise=0.3, width=200)
    pdf = believing(1e-4)
    [answer] = refine(made.wavelength, made.flux, made.ivar, made.bad, pdf, pdf.peaks)
    assert isinstance(answer, ExactRedshift)
    assert answer.z == pytest.approx(z, abs=4 * answer.error)


def with_dips(made: Made) -> Made:
    """Wide troughs of a passive galaxy's continuum where Balmer lines would be, were they broad."""
    flux = made.flux.copy()
    for rest in (4102.89, 4341.68, 4862.68):
        flux -= 1.0 * np.exp(-0.5 * ((made.wavelength / rest / 1.1005 - 1) * SPEED_OF_LIGHT / 1500) ** 2)
    return Made(made.wavelength, flux, made.ivar, made.bad)


def test_the_dips_of_a_passive_galaxy_are_no_broad_lines() -> None:
    answers = [with_dips(spectrum(0.1, {}, noise=0.5, seed=seed)).refined(0.1) for seed in range(5)]
    assert not [one for one in answers if isinstance(one, ExactRedshift)]


def with_spike(made: Made, z: float, height: float) -> Made:
    """One pixel where Hα would be at a redshift, some sigmas high."""
    flux = made.flux.copy()
    pixel = np.abs(made.wavelength - LINE["Hα 6565"].rest * (1 + z)).argmin()
    flux[pixel] += height / np.sqrt(made.ivar[pixel])
    return Made(made.wavelength, flux, made.ivar, made.bad)


@pytest.mark.parametrize("height", [25, -25])
def test_one_spike_and_a_weak_line_are_no_redshift(height: float) -> None:
    weak = spectrum(0.1005, {"[O III] 5008": 12}, noise=0.5)
    answer = with_spike(weak, 0.1005, height).refined(0.1)
    assert answer == weak.refined(0.1) == NotRefined("no line stands out of the noise there")


def test_a_spike_does_not_move_a_redshift_that_lines_hold() -> None:
    made = spectrum(0.1, EMISSION, noise=0.5)
    before, after = made.refined(0.1), with_spike(made, 0.1008, 60).refined(0.1)
    assert isinstance(before, ExactRedshift) and isinstance(after, ExactRedshift)
    assert after.z == pytest.approx(before.z, abs=0.1 * before.error)


def test_lines_as_narrow_as_the_instrument_resolves_are_no_spikes() -> None:
    for z in np.linspace(0.1, 0.1002, 7):  # wherever a line falls on its pixels
        made = spectrum(z, {"[O III] 5008": 60, "Hα 6565": 90, "Hβ 4863": -60}, noise=0.3, width=59)
        data = Pixels(np.log(made.wavelength), made.flux, made.ivar)
        assert len(data.without_spikes().flux) == len(data.flux)
