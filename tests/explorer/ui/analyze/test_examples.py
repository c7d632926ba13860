"""The list of examples that a page offers."""

from aion.explorer.ui.analyze.examples import examples


def test_examples_are_those_whose_files_are_there(tmp_path):
    assert examples(tmp_path) == ()
    (tmp_path / "examples.json").write_text('[{"slug": "a", "title": "A", "files": ["x.fits"], "see": ""}]')
    assert examples(tmp_path) == ()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.fits").touch()
    assert [example.title for example in examples(tmp_path)] == ["A"]
