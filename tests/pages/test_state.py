"""The session and the texts of the pages, without any widget."""

import math

import pytest

from aion.explorer.results import Retrieval, ScalarResult
from aion.explorer.ui import tables
from aion.explorer.ui.examples import examples
from aion.explorer.ui.look import sentence, sexagesimal
from aion.explorer.ui.state import REMEMBERED, Session
from aion.io import Entry, Report, SkyObject
from tests.figures import samples


def thing(name="a", *entries):
    return SkyObject(name, (), (Report("SDSS spec", "a.fits", "", tuple(entries)),))


def test_opening_something_new_forgets_switches_and_redshift():
    now = Session()
    now.open([thing()], origin="upload", label="a.fits")
    now.switch(frozenset({"tok_ebv"}))
    now.z = 0.3
    now.open([thing("b"), thing("c")], origin="upload", label="b.fits")
    assert (now.use, now.z, now.row, now.thing.id) == (None, None, 0, "b")
    now.look_at(1)
    assert now.thing.id == "c"
    now.close()
    assert now.thing is None


def test_an_answer_is_remembered_for_each_object_and_switch():
    now, asked = Session(), []

    def compute(thing, use):
        asked.append((thing.id, use))
        return len(asked)

    now.open([thing("a"), thing("b")], origin="upload", label="")
    assert now.analysis(compute) == now.analysis(compute) == 1
    now.switch(frozenset({"x"}))
    assert now.analysis(compute) == 2
    now.switch(None)
    assert now.analysis(compute) == 1
    for number in range(REMEMBERED):
        now.switch(frozenset({str(number)}))
        now.analysis(compute)
    assert len(now._analyses) == REMEMBERED


def test_what_had_to_be_assumed_is_in_the_title_of_the_inspector():
    title = tables.inspection_title(thing("a", Entry("medium", "vacuum", "assumed"), Entry("flux", "1e-17", "header")))
    assert title == "What was read: SDSS spec (1 assumed)"


def test_positions_are_written_in_degrees_and_sexagesimal():
    assert sexagesimal(160.38658, -0.8493) == "10:41:32.78 −00:50:57.5"
    assert sexagesimal(0.0, 89.99999) == "00:00:00.00 +90:00:00.0"
    assert tables.place(thing()) == ("", "")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("the image is 10x10 pixels", "The image is 10x10 pixels."),
        ("spec.fits is empty; give another", "spec.fits is empty; give another."),
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
    assert tables.scalars(rows)["AB magnitude"].tolist() == ["17.500", "non-detection", ""]
    assert "AB magnitude" not in tables.scalars(rows[2:])


def test_the_facts_compare_with_the_reference():
    facts = dict(tables.redshift_facts(samples.pdf((0.3, 0.004, 1.0)), 0.3).values.tolist())
    assert facts["Reference z"] == "0.30000"
    assert math.isclose(float(facts["Δz / (1 + z)"].replace("−", "-")), 0.0, abs_tol=0.002)


def test_a_folder_is_not_shown_with_the_path_of_the_machine():
    assert tables.weights_name("/home/somebody/models/aion-sim") == "models/aion-sim"
    assert tables.weights_name("polymathic-ai/aion-base") == "polymathic-ai/aion-base"


def test_examples_are_those_whose_files_are_there(tmp_path):
    assert examples(tmp_path) == ()
    (tmp_path / "examples.json").write_text('[{"slug": "a", "title": "A", "files": ["x.fits"], "see": ""}]')
    assert examples(tmp_path) == ()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.fits").touch()
    assert [example.title for example in examples(tmp_path)] == ["A"]


@pytest.mark.parametrize(("count", "words"), [(1, "1 catalog number"), (2, "2 catalog numbers")])
def test_catalog_numbers_are_counted(count, words):
    from aion.modalities import LegacySurveyEBV, LegacySurveyFluxG

    modalities = (LegacySurveyEBV(value=[0.1]), LegacySurveyFluxG(value=[1.0]))[:count]
    assert tables.kinds(SkyObject("a", modalities, ())) == (words,)


def test_what_is_compared_is_said_where_it_is_not_all_that_was_read():
    spectrum, image = ["tok_spectrum_sdss"], ["tok_image"]
    assert tables.comparison({"all": spectrum + image}, spectrum + image) == "" and tables.comparison({"image": image}, image) == ""
    one = tables.comparison({"spectrum": spectrum}, [*spectrum, "tok_flux_g"])
    assert one == "Compared by the spectrum alone: no object of this catalog is known by the same data as were read here."
    assert "the spectrum and the image (each alone, then averaged)" in tables.comparison(
        {"spectrum": spectrum, "image": image}, spectrum + image
    )
    assert "says less" in tables.comparison({}, ["tok_flux_g"])


def test_a_search_across_kinds_of_data_is_told_in_a_sentence_beside_chance():
    chance = {10: 0.001, 100: 0.01}
    spectra = Retrieval("Spectra", 400, 0.9, 0.3, 0.9, 0.1, {}, {})
    image = Retrieval("Image → spectra", 400, 0.7, 0.3, 0.3, 0.1, {10: 0.0075, 100: 0.065}, chance)
    told = tables.across((spectra, image))
    assert "among the first 100 for 6.5% (Image → spectra) of the queries, by chance for 1.0%" in told
    assert tables.across((spectra,)) == ""
    shown = tables.retrieval((spectra, image))
    assert list(shown["Itself in the first 10 / chance"]) == ["–", "0.75% / 0.10%"]
