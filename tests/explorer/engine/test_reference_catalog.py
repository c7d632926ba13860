"""The engine and its catalog: neighbors, what they are compared by, objects analyzed from their tokens."""

from dataclasses import replace

import numpy as np
import pytest

from aion.explorer.engine import Engine
from aion.io import SkyObject


def test_an_object_of_the_catalog_is_analyzed_from_its_tokens(engine, make_object):
    analysis = engine.analyze(engine.catalog.entry("object 1"), k=4)
    same = engine.analyze(make_object(1), k=4)
    np.testing.assert_allclose(analysis.redshift.probability, same.redshift.probability, rtol=1e-4)
    (image,), (spectrum,) = analysis.images, analysis.spectra
    assert image.original is None and image.residual_rms is None and image.decoded.shape == (4, 96, 96)
    assert spectrum.flux is None and 3799 < spectrum.wavelength[0] < spectrum.wavelength[-1] < 9201
    assert analysis.scalars[0].original is None and analysis.z_reference == pytest.approx(2 / 11)
    assert "object 1" not in [found.id for found in analysis.neighbors] and len(analysis.neighbors) == 4


def test_neighbors_leave_out_the_object_itself_and_carry_class_and_redshift(engine, catalog, make_object):
    found = engine.analyze(make_object(1), k=11).neighbors
    assert len(found) == 11 and "object 1" not in [neighbor.id for neighbor in found]
    by_id = {neighbor.id: neighbor for neighbor in found}
    assert by_id["object 3"].z is None and by_id["object 2"].z == pytest.approx(4 / 11)
    assert by_id["object 2"].kind == "quasar"
    copy_of_it = engine.analyze(make_object(1, id="a copy"), k=1).neighbors[0]
    assert copy_of_it.id == "object 1" and copy_of_it.similarity == pytest.approx(1, abs=1e-4)


def test_an_image_is_compared_with_images(engine, make_object):
    image_alone = SkyObject("image", make_object(3).modalities[:1], ())
    best = engine.analyze(image_alone, k=1).neighbors[0]
    assert best.id == "object 3" and best.similarity == pytest.approx(1, abs=1e-4)


def test_a_catalog_of_other_weights_is_not_used_and_a_note_says_so(
    settings, tiny_weights, tmp_path, make_object
):
    from tests.tiny import write_tiny

    other = Engine(replace(settings, model=str(write_tiny(tmp_path / "other", seed=1))))
    analysis = other.analyze(make_object(1))
    assert other.catalog is None and analysis.neighbors == ()
    assert any("other weights" in note for note in analysis.notes)
    other.close()


def test_an_object_is_compared_with_vectors_made_from_the_same_kinds_of_data(engine, make_object):
    def rank(analysis):
        return next(check for check in analysis.trust if "catalog" in check.name).value

    def most_similar(view, vector):
        return pytest.approx(float(max(engine.catalog.indexes[view].vectors() @ vector)), abs=1e-5)

    target = make_object(1, id="new")
    whole = engine.analyze(target)
    assert list(whole.compared) == ["all"] and np.array_equal(whole.compared["all"], whole.embedding)
    assert whole.neighbors[0].similarity == most_similar("all", whole.embedding)
    partly = engine.analyze(target, use=["tok_image", "tok_spectrum_sdss", "tok_flux_g"])
    assert list(partly.compared) == ["image"] and not np.allclose(partly.compared["image"], partly.embedding)
    np.testing.assert_allclose(
        partly.compared["image"], engine.embed([target], use=["tok_image"])[0], atol=1e-6
    )
    assert partly.neighbors[0].similarity == most_similar("image", partly.compared["image"])
    assert "rank image" in rank(partly) and "image" not in rank(whole)
    numbers = engine.analyze(target, use=["tok_flux_g"])
    assert "not comparable" in rank(numbers)
