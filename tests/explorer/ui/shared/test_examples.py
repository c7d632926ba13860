"""The list of examples that a page offers."""

from aion.explorer.ui.shared.examples import example_spectra, examples


def test_examples_are_those_whose_files_are_there(tmp_path):
    assert examples(tmp_path) == ()
    (tmp_path / "examples.json").write_text('[{"slug": "a", "title": "A", "files": ["x.fits"], "see": ""}]')
    assert examples(tmp_path) == ()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.fits").touch()
    assert [example.title for example in examples(tmp_path)] == ["A"]


def test_the_examples_that_ship_have_a_spectrum_each_but_for_those_that_are_to_have_none():
    without = {example.slug for example in examples()} - {file.parent.name for file in example_spectra()}
    assert without == {"image-only", "photometry-only"}
