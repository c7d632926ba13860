"""Rendered images and catalogue shapes, against what their parameters promise."""

import math
from dataclasses import fields, replace

import pytest
import torch

pytest.importorskip("speclite", reason="photometry needs speclite, of requirements-training.txt")

from aion.constants import CODEC_FIELD
from aion.training.simulate.images import (
    HSC,
    LEGACY_SURVEY,
    Conditions,
    band_shares,
    noiseless,
    pixel_noise,
    render,
)
from aion.training.simulate.morphology import LABELS, Morphology, draw_morphology
from aion.training.simulate.photometry import nanomaggies
from aion.training.simulate.profiles import DE_VAUCOULEURS, EXPONENTIAL, half_light_radius
from aion.training.simulate.shapes import measure_shapes, sdss_shapes, tractor_shapes

SURVEYS = pytest.mark.parametrize("survey", [LEGACY_SURVEY, HSC], ids=["legacy survey", "hsc"])
COUNT = 2
SHARP = 1e6  # S/N of a measurement without error


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def shape(**changed: float) -> Morphology:
    """Two equal galaxies: a round exponential disk of 1.5″ alone in the frame,
    but for what is ``changed``."""
    drawn = draw_morphology(
        "galaxy",
        torch.full((COUNT,), 0.1),
        torch.full((COUNT,), 0.6),
        torch.full((COUNT,), 17.0),
        generator(),
    )
    plain = {
        field.name: torch.zeros_like(getattr(drawn, field.name))
        for field in fields(drawn)
        if field.name not in ("label", "mag", "knot_sigma", "companion_size", "companion_ratio")
    }
    plain |= {
        "bulge_size": torch.ones(COUNT),
        "disk_size": torch.full((COUNT,), 1.5),
        "neighbour_mag": torch.full_like(drawn.neighbour_mag, 40.0),
    }
    plain |= {"bulge_ratio": torch.ones(COUNT), "disk_ratio": torch.ones(COUNT)}
    return replace(drawn, **plain | {name: torch.full((COUNT,), value) for name, value in changed.items()})


def perfect(survey, seeing: float | None = None) -> Conditions:
    fwhm = (
        torch.tensor(survey.seeing).expand(COUNT, -1)
        if seeing is None
        else torch.full((COUNT, len(survey.bands)), seeing)
    )
    return Conditions(fwhm, torch.zeros(COUNT, len(survey.bands)))


def picture(survey, morphology: Morphology, flux: float = 10.0, seeing: float | None = None) -> torch.Tensor:
    """(bands, 96, 96) of the first object, nanomaggies."""
    image = noiseless(
        torch.full((COUNT, len(survey.bands)), flux), morphology, survey, perfect(survey, seeing)
    )
    return image[0] / survey.counts_per_nanomaggy


def moments(image: torch.Tensor, survey) -> tuple[float, float, float]:
    """Second moments xx, yy, xy of one band, arcsec²."""
    axis = (torch.arange(CODEC_FIELD) - (CODEC_FIELD - 1) / 2) * survey.pixel_scale
    x, y = axis[None, :], axis[:, None]
    return tuple((image * part).sum().item() / image.sum().item() for part in (x * x, y * y, x * y))


@SURVEYS
@pytest.mark.parametrize(
    "changed", [{}, {"bulge": 0.4}, {"point": 1.0}, {"disk_ratio": 0.2, "angle": 0.7}, {"companion": 0.3}]
)
def test_the_total_flux_in_the_frame_is_the_flux_given(survey, changed):
    total = picture(survey, shape(**changed)).sum((1, 2))
    torch.testing.assert_close(total, torch.full((len(survey.bands),), 10.0), rtol=0.03, atol=0)


@pytest.mark.parametrize("profile", [EXPONENTIAL, DE_VAUCOULEURS])
def test_half_of_a_profile_lies_within_its_half_light_radius(profile):
    radius = half_light_radius(torch.tensor([profile.weights]), torch.tensor([profile.variances]))
    assert radius.item() == pytest.approx(1.0, abs=0.01)


def test_half_of_the_light_of_a_sharp_picture_lies_within_the_half_light_radius():
    image = picture(LEGACY_SURVEY, shape(disk_size=3.0), seeing=0.7)[1]
    axis = (torch.arange(CODEC_FIELD) - (CODEC_FIELD - 1) / 2) * LEGACY_SURVEY.pixel_scale
    inside = torch.hypot(axis[None, :], axis[:, None]) < 3.0
    assert (image[inside].sum() / image.sum()).item() == pytest.approx(0.5, abs=0.03)


@SURVEYS
def test_a_star_has_the_width_of_the_seeing(survey):
    image = picture(survey, shape(point=1.0), seeing=1.2)[0]
    profile = image[CODEC_FIELD // 2 - 1 : CODEC_FIELD // 2 + 1].mean(0)  # through the middle
    peak = profile.max()
    above = torch.nonzero(profile > peak / 2).squeeze(1)
    left, right = int(above[0]), int(above[-1])
    edges = (
        (profile[left] - peak / 2) / (profile[left] - profile[left - 1]),
        (profile[right] - peak / 2) / (profile[right] - profile[right + 1]),
    )
    width = (right - left + sum(edges)) * survey.pixel_scale
    assert float(width) == pytest.approx(1.2, rel=0.06)


@SURVEYS
def test_a_blank_frame_has_the_pixel_noise_of_the_depth(survey):
    depth, seeing = torch.tensor(survey.depth), torch.tensor(survey.seeing)
    noise = pixel_noise(depth, seeing, survey)
    width = torch.hypot(seeing / 2.3548, torch.tensor(survey.depth_size)) / survey.pixel_scale
    signal_to_noise = (
        nanomaggies(depth) * survey.counts_per_nanomaggy / (noise * (4 * math.pi * width**2).sqrt())
    )
    torch.testing.assert_close(signal_to_noise, torch.full_like(depth, 5.0), rtol=1e-3, atol=0)
    blank = render(torch.zeros(COUNT, len(survey.bands)), shape(), survey, generator())
    expected = pixel_noise(depth + survey.extra_depth[0], seeing, survey)
    assert ((blank.std((2, 3)) / expected).log().abs() < 0.7).all()


def test_bright_pixels_are_noisier_than_the_sky():
    bright = torch.full((COUNT, 4), 2000.0)
    noise = render(bright, shape(), LEGACY_SURVEY, generator(1)) - render(
        bright, shape(), LEGACY_SURVEY, generator(2)
    )
    assert noise[0, 0, 40:56, 40:56].std() > 2 * noise[0, 0, :10, :10].std()


def test_an_elongated_galaxy_points_to_its_position_angle_north_through_east():
    quarter = math.pi / 4  # halfway from north (up) to east (left): up-left to down-right
    xx, yy, xy = moments(picture(LEGACY_SURVEY, shape(disk_ratio=0.3, angle=quarter))[1], LEGACY_SURVEY)
    assert xy < -0.5 * xx and xx == pytest.approx(yy, rel=0.02)
    xx, yy, xy = moments(picture(LEGACY_SURVEY, shape(disk_ratio=0.3, angle=0.0))[1], LEGACY_SURVEY)
    assert yy > 2 * xx and abs(xy) < 0.01 * xx


def test_a_companion_to_the_west_is_drawn_on_the_right():
    west = replace(shape(companion=0.5), companion_offset=torch.tensor([[4.0, 0.0]]).expand(COUNT, 2))
    image = picture(LEGACY_SURVEY, west)[1]
    assert image[:, 50:].sum() > 1.3 * image[:, :46].sum()


def test_a_red_bulge_keeps_the_total_and_takes_more_of_the_red_bands():
    shares = band_shares(shape(bulge=0.3, bulge_redness=0.5), LEGACY_SURVEY)
    torch.testing.assert_close(
        shares.bulge + shares.disk + shares.point + shares.companion + shares.knot.sum(2),
        torch.ones(COUNT, 4),
    )
    assert (shares.bulge.diff(dim=1) > 0).all()
    assert shares.bulge[0, 1].item() == pytest.approx(0.3)


def test_hsc_counts_are_nanomaggies_at_zero_point_27():
    counts = noiseless(torch.ones(COUNT, 5), shape(), HSC, perfect(HSC)).sum((2, 3))
    torch.testing.assert_close(counts, torch.full((COUNT, 5), 63.0957), rtol=0.02, atol=0)


@SURVEYS
def test_the_same_seed_draws_the_same_image_and_leaves_the_fluxes_alone(survey):
    fluxes = torch.ones(COUNT, len(survey.bands))
    first, second = (render(fluxes, shape(), survey, generator(7)) for _ in range(2))
    assert first.shape == (COUNT, len(survey.bands), CODEC_FIELD, CODEC_FIELD) and torch.equal(first, second)
    assert not torch.equal(first, render(fluxes, shape(), survey, generator(8)))
    assert (fluxes == 1).all()


def test_every_kind_renders_finite_images_under_known_labels():
    kinds = ["galaxy", "quasar", "star"] * 40
    z = torch.tensor([0.3, 1.5, 0.0]).repeat(40)
    drawn = draw_morphology(kinds, z, torch.full((120,), 0.8), torch.linspace(14, 23, 120), generator())
    assert set(drawn.label) <= set(LABELS)
    assert all(
        (label == "point") == (kind != "galaxy") for label, kind in zip(drawn.label, kinds, strict=True)
    )
    assert render(torch.ones(120, 4), drawn, LEGACY_SURVEY, generator()).isfinite().all()
    assert (drawn.half_light[2::3] == 0).all()


def test_red_galaxies_are_mostly_elliptical_and_blue_ones_mostly_not():
    ellipticals = {}
    for color in (1.0, 0.4):
        drawn = draw_morphology(
            "galaxy",
            torch.full((300,), 0.1),
            torch.full((300,), color),
            torch.full((300,), 17.0),
            generator(),
        )
        ellipticals[color] = drawn.label.count("elliptical") / 300
    assert ellipticals[1.0] > 0.6 and ellipticals[0.4] < 0.1


def test_bright_nearby_galaxies_look_larger_than_distant_faint_ones():
    near = draw_morphology(
        "galaxy", torch.full((200,), 0.03), torch.full((200,), 0.5), torch.full((200,), 15.5), generator()
    )
    far = draw_morphology(
        "galaxy", torch.full((200,), 0.8), torch.full((200,), 0.9), torch.full((200,), 22.0), generator()
    )
    assert 2.0 < near.half_light.median() < 8.0
    assert 0.2 < far.half_light.median() < 1.0


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="nova is not a kind of object; the kinds are galaxy, quasar, star"):
        draw_morphology("nova", torch.zeros(1), torch.zeros(1), torch.full((1,), 20.0), generator())


def test_tractor_ellipticity_follows_the_position_angle():
    north = tractor_shapes(shape(disk_ratio=0.5, angle=0.0), torch.full((COUNT,), SHARP), generator())
    assert north.e1[0].item() == pytest.approx(1 / 3, abs=1e-3)
    assert north.e2[0].item() == pytest.approx(0, abs=1e-3)
    diagonal = tractor_shapes(
        shape(disk_ratio=0.5, angle=math.pi / 4), torch.full((COUNT,), SHARP), generator()
    )
    assert diagonal.e2[0].item() == pytest.approx(1 / 3, abs=1e-3)
    assert diagonal.r[0].item() == pytest.approx(1.5, abs=0.02)


def test_a_point_source_has_no_tractor_shape():
    point = tractor_shapes(shape(point=1.0), torch.full((COUNT,), SHARP), generator())
    assert not point.r.any() and not point.e1.any() and not point.e2.any()


def test_second_moments_of_a_point_are_those_of_the_seeing_and_of_a_galaxy_those_of_its_picture():
    seeing = torch.full((COUNT,), 0.6)
    star = sdss_shapes(shape(point=1.0), seeing, torch.full((COUNT,), SHARP), generator())[0]
    torch.testing.assert_close(star, torch.tensor([0.0649, 0.0649, 0.0]), rtol=0, atol=1e-3)
    xx, yy, xy = sdss_shapes(
        shape(disk_ratio=0.4, angle=math.pi / 4), seeing, torch.full((COUNT,), SHARP), generator()
    )[0]
    assert xx.item() == pytest.approx(yy.item(), rel=1e-3) and xy < -0.3 * xx


def test_catalogue_shapes_have_the_published_column_names_and_are_finite():
    measured = measure_shapes(shape(bulge=0.3), generator())
    names = {
        "SHAPE_R",
        "SHAPE_E1",
        "SHAPE_E2",
        "i_sdssshape_shape11",
        "i_sdssshape_shape22",
        "i_sdssshape_shape12",
    }
    assert set(measured) == names and all(column.isfinite().all() for column in measured.values())
