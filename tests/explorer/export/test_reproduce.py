"""What the page offers to copy runs, and gives the numbers of the page."""

import json
import shlex
from dataclasses import replace

import pytest

from aion.__main__ import main
from aion.errors import InputError, WeightsMismatchError
from aion.explorer.export.analysis import to_json
from aion.explorer.export.reproduce import Recipe, check_files, check_weights
from aion.explorer.figures import Shown
from aion.explorer.redshift.prior import FlatInLog, Gaussian, with_prior
from aion.io import Overrides, read

USE = ("tok_spectrum_sdss",)
PRIORS = [None, FlatInLog(), Gaussian(0.3, 0.5)]


def recipe(engine, file, prior):
    (target,) = read(file, overrides=Overrides(medium="vacuum"))
    analysis = with_prior(engine.analyze(target, use=USE), prior)
    digests = {str(file): report.sha256 for report in target.reports}
    made = Recipe(
        target.id,
        (str(file),),
        engine.info.sha256,
        digests,
        Overrides(medium="vacuum"),
        USE,
        prior,
        Shown(z=0.2, log=True),
    )
    return made, analysis, target


@pytest.mark.parametrize("prior", PRIORS, ids=str)
def test_the_copied_command_gives_the_numbers_of_the_page(here, engine, spectrum_file, prior, capsys):
    made, analysis, target = recipe(engine, spectrum_file, prior)
    words = shlex.split(made.command())
    assert words[:3] == ["python", "-m", "aion"]
    assert main(words[3:]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(to_json(analysis, target.reports))


@pytest.mark.parametrize("prior", PRIORS, ids=str)
def test_the_copied_python_gives_the_numbers_and_the_figures_of_the_page(
    here, engine, spectrum_file, prior, capsys, monkeypatch
):
    made, analysis, _ = recipe(engine, spectrum_file, prior)
    shown = []
    monkeypatch.setattr("plotly.graph_objects.Figure.show", lambda figure: shown.append(figure))
    names = {}
    exec(compile(made.python(), "copied", "exec"), names)
    printed = capsys.readouterr().out.strip()
    assert names["analysis"].redshift.summary() == analysis.redshift.summary() == printed
    assert len(shown) == 1 + len(analysis.spectra) + len(analysis.images)
    assert 0.2 in {shape.x0 for shape in shown[0].layout.shapes} and shown[0].layout.yaxis.type == "log"
    names["engine"].close()


def test_an_object_of_the_catalog_needs_no_file(here, engine, capsys):
    made = Recipe("object 1", (), engine.info.sha256)
    assert main(shlex.split(made.command())[3:]) == 0
    assert json.loads(capsys.readouterr().out)["inputs"]["id"] == "object 1"
    assert "engine.catalog.entry('object 1')" in made.python() and "import read" not in made.python()


def test_another_file_and_other_weights_are_told_in_a_sentence(engine, tmp_path):
    file = tmp_path / "spec.fits"
    with pytest.raises(InputError, match=r"there is no file .*spec\.fits here"):
        check_files({str(file): "f" * 64})
    file.write_bytes(b"flux")
    with pytest.raises(InputError, match="is not the file that the numbers were made from"):
        check_files({str(file): "f" * 64})
    check_weights(engine.info, engine.info.sha256)
    with pytest.raises(WeightsMismatchError, match="are not the weights that gave the numbers"):
        check_weights(engine.info, "f" * 64)


def test_the_notebook_holds_the_same_code_and_the_hashes_of_the_files(engine, spectrum_file):
    made, _, target = recipe(engine, spectrum_file, None)
    notebook = json.loads(made.notebook())
    assert notebook["nbformat"] == 4
    code = "\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    assert code == made.python()
    assert target.reports[0].sha256 in notebook["cells"][0]["source"]
    assert engine.info.sha256 in notebook["cells"][0]["source"]


def test_what_was_fetched_is_fetched_again_by_the_command_and_the_script():
    recipe = Recipe("39627835576420141", ("DESI-DR1-39627835576420141.json",), "a" * 64)
    there = replace(recipe, place=("targetid", "39627835576420141"))
    assert there.command().endswith("--id 39627835576420141 --targetid 39627835576420141")
    assert "objects_at('TARGETID 39627835576420141', Overrides(), strict=False)" in there.python()
    named = replace(recipe, place=("name", "NGC 9999")).command()
    assert named.endswith("--name 'NGC 9999'")
    compile(there.python(), "script", "exec")
    beside = replace(there, sha256={"DESI-DR1-39627835576420141.json": "b" * 64})
    assert "objects_at" not in beside.python() and "read([" in beside.python()
