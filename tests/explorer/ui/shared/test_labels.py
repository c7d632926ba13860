"""The texts of the pages, without any widget."""

import math
from types import SimpleNamespace

import pytest

from aion.exact_redshift import NotRefined
from aion.explorer.results import Retrieval, ScalarResult
from aion.explorer.ui.shared import labels
from aion.io import Entry, Report, SkyObject
from aion.plain_text import sentence
from tests.explorer.figures import samples


def target(name="a", *entries):
    return SkyObject(name, (), (Report("SDSS spec", "a.fits", "", tuple(entries)),))


def test_what_had_to_be_assumed_is_in_the_title_of_the_inspector():
    title = labels.inspection_title(
        target("a", Entry("medium", "vacuum", "assumed"), Entry("flux", "1e-17", "header"))
    )
    assert title == "What was read: SDSS spec (1 assumed)"


def test_positions_are_written_in_degrees_and_sexagesimal():
    assert labels.sexagesimal(160.38658, -0.8493) == "10:41:32.78 −00:50:57.5"
    assert labels.sexagesimal(0.0, 89.99999) == "00:00:00.00 +90:00:00.0"
    assert labels.place(target()) == ("", "")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("the image is 10x10 pixels", "The image is 10x10 pixels."),
        ("spec.fits is empty; give another", "spec.fits is empty; give another."),
        ("zero-point 22.5", "Zero-point 22.5."),
        ("A sentence.", "A sentence."),
        ("", "."),
    ],
)
def test_messages_are_sentences_and_file_names_keep_their_letters(message, shown):
    assert sentence(message) == shown


def test_fluxes_get_magnitudes_and_negative_ones_are_non_detections():
    rows = (
        ScalarResult("FLUX_R", "nanomaggies", 100.0, 99.0),
        ScalarResult("FLUX_G", "nanomaggies", -1.0, 0.0),
        ScalarResult("EBV", "mag", 0.1, 0.1),
    )
    assert labels.scalars(rows)["AB magnitude"].tolist() == ["17.500", "non-detection", ""]
    assert "AB magnitude" not in labels.scalars(rows[2:])


def test_the_facts_compare_with_the_reference():
    pdf = samples.pdf((0.3, 0.004, 1.0))
    analysis = SimpleNamespace(
        redshift=pdf,
        z_reference=0.3,
        z=pdf.mode,
        exact=(NotRefined("no line stands out of the noise there"),),
    )
    facts = dict(labels.redshift_facts(analysis).values.tolist())
    assert facts["Exact, from lines"] == "not refined: no line stands out of the noise there"
    assert facts["Reference z"] == "0.30000"
    assert math.isclose(float(facts["Δz / (1 + z)"].replace("−", "-")), 0.0, abs_tol=0.002)


def test_a_folder_is_not_shown_with_the_path_of_the_machine():
    assert labels.weights_name("/home/somebody/models/aion-sim") == "models/aion-sim"
    assert labels.weights_name("polymathic-ai/aion-base") == "polymathic-ai/aion-base"


@pytest.mark.parametrize(("count", "words"), [(1, "1 catalog number"), (2, "2 catalog numbers")])
def test_catalog_numbers_are_counted(count, words):
    from aion.modalities import LegacySurveyEBV, LegacySurveyFluxG

    modalities = (LegacySurveyEBV(value=[0.1]), LegacySurveyFluxG(value=[1.0]))[:count]
    assert labels.kinds(SkyObject("a", modalities, ())) == (words,)


def test_what_is_compared_is_said_where_it_is_not_all_that_was_read():
    spectrum, image = ["tok_spectrum_sdss"], ["tok_image"]
    assert labels.comparison({"all": spectrum + image}, spectrum + image) == ""
    assert labels.comparison({"image": image}, image) == ""
    assert labels.comparison({"spectrum": spectrum}, [*spectrum, "tok_flux_g"]) == (
        "Compared by the spectrum alone:"
        " no object of this catalog is known by the same data as were read here."
    )
    both = labels.comparison({"spectrum": spectrum, "image": image}, spectrum + image)
    assert "the spectrum and the image (each alone, then averaged)" in both
    assert "says less" in labels.comparison({}, ["tok_flux_g"])


def test_a_search_across_kinds_of_data_is_told_in_a_sentence_beside_chance():
    chance = {10: 0.001, 100: 0.01}
    spectra = Retrieval("Spectra", 400, 0.9, 0.3, 0.9, 0.1, {}, {})
    image = Retrieval("Image → spectra", 400, 0.7, 0.3, 0.3, 0.1, {10: 0.0075, 100: 0.065}, chance)
    told = labels.across((spectra, image))
    assert "among the first 100 for 6.5% (Image → spectra) of the queries, by chance for 1.0%" in told
    assert labels.across((spectra,)) == ""
    shown = labels.retrieval((spectra, image))
    assert list(shown["Itself in the first 10 / chance"]) == ["–", "0.75% / 0.10%"]
