"""Tokens asked for with their neighbors hidden, and marked ones filled in from all others."""

from dataclasses import replace

import numpy as np
import pytest

from aion.errors import InputError, StoppedError
from aion.explorer.engine import Engine
from aion.explorer.engine.fill_in import FillJob, fill_in
from aion.explorer.engine.generation_passes import GenerationProgress
from aion.explorer.engine.surprise import SurpriseJob, map_surprise, token_places
from aion.explorer.results.generated import mark
from aion.generate import Sampling
from aion.io import SkyObject
from tests.explorer.conftest import sky_object

SPECTRUM, IMAGE = "tok_spectrum_sdss", "tok_image"


@pytest.fixture(scope="module")
def analysis(engine: Engine):
    return engine.analyze(sky_object(2))


@pytest.fixture(scope="module")
def maps(engine: Engine, analysis):
    return {one.key: one for one in map_surprise(engine, analysis)}


def test_every_token_of_images_and_spectra_has_a_surprise_an_entropy_and_a_residual(maps, analysis) -> None:
    assert set(maps) == {IMAGE, SPECTRUM}
    for key, found in maps.items():
        count = len(analysis.tokens[key])
        assert len(found.places) == len(found.surprise) == len(found.entropy) == count
        assert (found.surprise > 0).all() and (found.entropy > 0).all()
        codes = {IMAGE: 4375, SPECTRUM: 1024}[key]
        assert (found.entropy <= np.log(codes) + 1e-6).all()
        assert found.excess == pytest.approx(float(np.mean(found.surprise) - np.mean(found.entropy)))
        assert found.residual is not None and np.nanmin(found.residual) >= 0
    assert np.isnan(maps[SPECTRUM].residual[0])  # the level stands for no pixel


def test_each_place_is_of_one_token_in_order(engine: Engine, analysis) -> None:
    places = token_places(engine, analysis)
    for key, of_stream in places.items():
        assert [list(place.positions) for place in of_stream] == [[i] for i in range(len(of_stream))], key
    assert places[IMAGE][25].patch == (4, 4, 4)
    assert places[SPECTRUM][0].stretch is None and places[SPECTRUM][1].stretch == pytest.approx(
        (3500, 3525.6)
    )


def test_a_pixel_that_is_far_off_is_a_residual_of_its_token_alone(engine: Engine, maps) -> None:
    """And of none beyond the field of view of the codec, whose tokens it may change."""
    spoiled = sky_object(2)
    old = spoiled.modalities[1]
    flux = old.flux.clone()
    flux[0, 2000] += 1e4  # its noise is 1
    spoiled = replace(
        spoiled,
        modalities=tuple(replace(one, flux=flux) if one is old else one for one in spoiled.modalities),
    )
    found = {one.key: one for one in map_surprise(engine, engine.analyze(spoiled))}[SPECTRUM]
    wavelength = float(old.wavelength[0, 2000])
    place = found.places[int(np.nanargmax(found.residual))].stretch
    assert place is not None and place[0] <= wavelength <= place[1]
    assert np.nanmax(found.residual) > 100 * np.nanmax(maps[SPECTRUM].residual)


def test_an_object_of_the_catalog_has_no_residual(engine: Engine) -> None:
    found = map_surprise(engine, engine.analyze(engine.catalog.entry("object 1")))
    assert found and all(one.residual is None for one in found)


@pytest.mark.parametrize("key", [IMAGE, SPECTRUM])
def test_only_marked_tokens_are_drawn_and_nothing_else_changes(engine: Engine, analysis, key) -> None:
    marked = [40, 41, 42, 65]
    found = fill_in(engine, sky_object(2), analysis, key, marked, Sampling(seed=3))
    [drawn], own = found.generated.tokens[key], analysis.tokens[key]
    kept = np.setdiff1d(np.arange(len(own)), marked)
    np.testing.assert_array_equal(drawn[kept], own[kept])
    assert not np.array_equal(drawn[marked], own[marked])
    assert [int(place.positions[0]) for place in found.hidden] == marked
    assert found.after.shape == found.before.decoded.shape
    assert found.generated.target.endswith("-fill-in") and "1 × MaskGIT, seed 3" in mark(found.generated)
    assert found.generated.agreement is None
    assert f"4 of {len(own)} tokens were drawn" in found.generated.notes[0]
    assert "40, 41, 42, 65" in found.generated.notes[0]


def test_what_is_filled_in_does_not_know_what_was_there(engine: Engine, analysis) -> None:
    """The same draw for another object that differs in the marked tokens alone."""
    marked, target = [40, 41, 42], sky_object(2)
    other = dict(analysis.tokens)
    other[IMAGE] = analysis.tokens[IMAGE].copy()
    other[IMAGE][marked] = (other[IMAGE][marked] + 7) % 4375
    changed = replace(analysis, tokens=other)
    found, again = (
        fill_in(engine, target, one, IMAGE, marked, Sampling(seed=1)).generated.tokens[IMAGE]
        for one in (analysis, changed)
    )
    np.testing.assert_array_equal(found, again)


def test_an_object_of_one_spectrum_is_filled_in_from_the_rest_of_it(engine: Engine) -> None:
    target = SkyObject("alone", (sky_object(1).modalities[1],))
    analysis = engine.analyze(target)
    found = fill_in(engine, target, analysis, SPECTRUM, range(100, 110), Sampling())
    assert len(found.hidden) == 10 and found.generated.used == (SPECTRUM,)
    with pytest.raises(InputError, match="every token that was read is marked"):
        fill_in(engine, target, analysis, SPECTRUM, range(273), Sampling())
    with pytest.raises(InputError, match="no token is marked"):
        fill_in(engine, target, analysis, SPECTRUM, [], Sampling())


def test_both_are_work_that_can_be_stopped(engine: Engine, analysis) -> None:
    job = SurpriseJob(engine, analysis)
    job.stop()
    assert not job.is_running
    job.wait(60)
    assert job.result is None and job.problem is None
    stopped = GenerationProgress()
    stopped.stop()
    with pytest.raises(StoppedError):
        fill_in(engine, sky_object(2), analysis, IMAGE, [1], Sampling(), stopped)
    filled = FillJob(engine, sky_object(2), analysis, IMAGE, [1, 2, 3], Sampling())
    filled.wait(60)
    assert filled.result is not None and filled.progress.done == filled.progress.total == 3
    refused = FillJob(engine, sky_object(2), analysis, IMAGE, [], Sampling())
    refused.wait(60)
    assert "no token is marked" in str(refused.problem)
