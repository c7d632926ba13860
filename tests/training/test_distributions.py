"""The pictures of the simulated survey: written from a toy one, and right on cases made by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("speclite", reason="the simulator needs speclite, of requirements-training.txt")
pytest.importorskip("matplotlib", reason="the pictures need matplotlib, of requirements-training.txt")

from aion.explorer.figures.theme import LIGHT
from aion.training import distributions, stages
from aion.training.__main__ import main
from aion.training.distributions import (
    BPT,
    COLORS,
    SULFUR,
    draw,
    draw_lines,
    line_fluxes,
    number_counts,
    running_percentiles,
)
from aion.training.simulate.lines import NARROW_LINES
from aion.training.simulate.survey import SimulatedSurvey
from tests.training.toy import toy_survey

FLUXES = {
    "Hβ 4863": 1.0,
    "[O III] 5008": 3.0,
    "[N II] 6550": 0.4,
    "Hα 6565": 3.0,
    "[N II] 6585": 1.2,
    "[S II] 6718": 0.6,
    "[S II] 6733": 0.45,
}
KEWLEY, KAUFFMANN = BPT.boundaries


@pytest.fixture(scope="module")
def survey() -> SimulatedSurvey:
    return toy_survey()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def gas(survey: SimulatedSurvey, sigma: float) -> torch.Tensor:
    """One spectrum (1, M) of the lines of `FLUXES` alone, ``sigma`` km/s wide."""
    fine = torch.zeros(1, len(survey.sources.wavelength))
    center = torch.tensor([[line.wavelength for line in NARROW_LINES if line.name in FLUXES]])
    width = torch.full_like(center, sigma / 299_792.458)
    survey.sources.grid.add_gaussians(
        fine, center.log(), width, torch.tensor([list(FLUXES.values())]), half_window=60
    )
    return fine


def test_both_pictures_are_written_and_small(survey, tmp_path):
    distributions.write(survey, tmp_path / "new", 1, objects=9, galaxies=8)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["survey-lines.png", "survey.png"]
    for path in (tmp_path / "new").iterdir():
        with Image.open(path) as picture:
            assert picture.width == 1200 and path.stat().st_size < 150_000
            assert len(np.unique(np.asarray(picture))) > 20, "an empty page has two or three colors"


def test_the_command_draws_into_the_folder_asked_for(survey, tmp_path, monkeypatch):
    asked: list[Path] = []
    monkeypatch.setattr(stages.Run, "survey", lambda self: survey)
    monkeypatch.setattr(
        distributions, "write", lambda drawn, folder, seed: asked.append(folder) if drawn is survey else None
    )
    assert main(["distributions", "--out", str(tmp_path)]) == 0 and asked == [tmp_path]


def test_a_sample_holds_each_spectrograph_alike_and_the_corrected_color(survey):
    sample = draw(survey, 12, generator(3))
    assert [(sample.spectrograph == name).sum() for name in ("SDSS", "BOSS", "DESI")] == [4, 4, 4]
    assert all(len(values) == 12 for values in vars(sample).values()) and set(sample.kind) <= set(COLORS)
    first = survey.draw(4, generator(3), instrument=distributions.SPECTROGRAPHS[0], with_images=False)
    measured = (first.scalars["g_cmodel_mag"] - first.scalars["z_cmodel_mag"]).numpy()
    np.testing.assert_allclose(sample.color[:4], measured - (3.240 - 1.263) * sample.reddening[:4], atol=1e-4)
    np.testing.assert_allclose(
        sample.mag[:4], 22.5 - 2.5 * np.log10(first.scalars["FLUX_R"].numpy()), atol=1e-4
    )


@pytest.mark.parametrize("sigma", [70.0, 205.0])
def test_blended_lines_keep_their_own_fluxes(survey, sigma):
    found = line_fluxes(survey.sources.wavelength, gas(survey, sigma))
    assert {name: values[0] for name, values in found.items()} == pytest.approx(FLUXES, rel=0.01)


def test_ratios_are_logarithms_of_fluxes():
    fluxes = {name: np.array([value]) for name, value in FLUXES.items()}
    assert np.concatenate(BPT.place(fluxes)) == pytest.approx([np.log10(0.4), np.log10(3.0)])
    assert SULFUR.place(fluxes)[0][0] == pytest.approx(np.log10(0.35))


def test_the_boundaries_are_the_published_ones():
    x = np.array([-0.5, 0.0])
    assert KEWLEY.height(x) == pytest.approx([0.5611, -0.1079], abs=1e-4)
    assert KAUFFMANN.height(x) == pytest.approx([0.1909, -10.9], abs=1e-4)
    assert SULFUR.boundaries[0].height(x) == pytest.approx([0.4220, -0.95], abs=1e-4)


def test_a_seyfert_lies_beyond_both_boundaries_and_a_nebula_within():
    """NGC 1068 beside Orion, and whatever is right of the pole."""
    x, y = np.array([-0.1, -0.8, 0.6]), np.array([1.1, 0.45, -1.0])
    for boundary in BPT.boundaries:
        assert boundary.is_beyond(x, y).tolist() == [True, False, True]
        assert np.isnan(boundary.height(x)).tolist() == [False, False, True]


def test_simulated_star_formation_and_agn_lie_on_their_sides(survey):
    types, fluxes = draw_lines(survey, 150, generator())
    beyond = KEWLEY.is_beyond(*BPT.place(fluxes))
    assert (types == "agn").sum() >= 3 and beyond[types == "agn"].all()
    assert (types == "star-forming").sum() >= 20 and beyond[types == "star-forming"].mean() < 0.1


def test_counts_are_scaled_to_a_total_that_includes_what_is_not_shown():
    values, edges = np.array([14.2, 14.7, 15.1, 40.0, np.nan]), np.array([14.0, 15.0, 16.0])
    assert number_counts(values, edges).tolist() == [2.0, 1.0]
    assert number_counts(values, edges, total=10).tolist() == [4.0, 2.0]


def test_percentiles_are_those_of_each_bin_and_missing_where_few():
    x = np.repeat([0.5, 1.5, 2.5], [21, 22, 19])
    y = np.concatenate([np.arange(21.0), [np.nan], 100 + np.arange(21.0), np.arange(19.0)])
    found = running_percentiles(x, y, np.arange(4.0), (0, 50))
    np.testing.assert_array_equal(found, [[0, 10], [100, 110], [np.nan, np.nan]])


def test_classes_have_the_colors_of_the_explorer():
    assert all(LIGHT.kind(kind) == color for kind, color in COLORS.items())
