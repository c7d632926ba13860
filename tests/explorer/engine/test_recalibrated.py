"""p(z) of the engine is corrected by the file that the settings name, in every answer, and says so."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aion.errors import ConfigError
from aion.explorer.engine import Engine
from aion.explorer.export.analysis import to_dict
from aion.recalibration import Correction, Recalibration, sharpened


@pytest.fixture(scope="module")
def file(engine, tmp_path_factory) -> Path:
    """A correction of everything that has an image and a spectrum, and no other."""
    path = tmp_path_factory.mktemp("corrections") / "recalibration.json"
    half = Correction(("image", "photometry", "spectrum"), power=0.5), Correction(("image",), power=0.5)
    path.write_text(Recalibration(engine.info.sha256, "nothing", half).to_json())
    return path


@pytest.fixture(scope="module")
def corrected(settings, file):
    made = Engine(replace(settings, recalibration=str(file)))
    yield made
    made.close()


def test_every_answer_is_corrected_for_what_was_read_and_says_so(engine, corrected, make_object):
    target, image = make_object(1), ["tok_image"]
    plain, answer = (one.analyze(target, use=image) for one in (engine, corrected))
    expected = sharpened(plain.redshift.probability[None], 0.5)[0]
    np.testing.assert_allclose(answer.redshift.probability, expected, rtol=1e-4)
    np.testing.assert_allclose(answer.model_redshift.probability, plain.redshift.probability, rtol=1e-4)
    words = "raised to the power 0.50 for image; fitted on nothing"
    assert answer.recalibration == to_dict(answer)["redshift"]["recalibration"] == words
    assert plain.recalibration is None and to_dict(plain)["redshift"]["recalibration"] is None
    [alone] = corrected.redshifts(target, {"image": image}).values()
    np.testing.assert_allclose(alone.redshift.probability, expected, rtol=1e-4)


def test_it_can_be_taken_off_and_put_on_again(corrected, make_object):
    answer = corrected.analyze(make_object(1), use=["tok_image"])
    off = answer.recalibrated(None)
    assert off.recalibration is None and off.redshift is answer.model_redshift
    np.testing.assert_array_equal(
        off.recalibrated(corrected.recalibration).redshift.probability, answer.redshift.probability
    )


def test_data_without_a_correction_stay_as_they_are(corrected, make_object):
    answer = corrected.analyze(make_object(1), use=["tok_spectrum_sdss"])
    assert answer.recalibration is None and answer.model_redshift is None


def test_a_file_of_other_weights_is_refused(settings, file, tmp_path):
    stranger = tmp_path / "other.json"
    stranger.write_text(replace(Recalibration.read(file), sha256="0" * 64).to_json())
    with pytest.raises(ConfigError, match="belongs to the weights 000000000000"):
        Engine(replace(settings, recalibration=str(stranger)))
