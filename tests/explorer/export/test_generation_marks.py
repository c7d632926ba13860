"""Nothing that was generated can be taken for data: every figure, every file, every name of a file says what
it is, and no reader of ours takes it."""

import io
import json
import zipfile

import pytest
from astropy.io import fits

from aion.errors import FormatError
from aion.explorer import figures
from aion.explorer.engine.fill_in import fill_in
from aion.explorer.engine.generation import draw_samples
from aion.explorer.engine.generation_passes import GenerationRequest
from aion.explorer.export.analysis import result_files
from aion.explorer.export.bundle import GENERATED, bundle
from aion.explorer.export.generation import generated_files
from aion.explorer.export.reproduce import Recipe
from aion.explorer.results.generated import MARK, FilledIn, Generated
from aion.generate import Sampling
from aion.io import read

TARGETS = ["spectrum_desi", "spectrum_sdss", "image", "image_hsc", "photometry", "flux_w1"]
NAME = "generated-not-observed"


FILLED = ["tok_image", "tok_spectrum_sdss"]
HOW = (
    [(target, "maskgit") for target in TARGETS] + [("image", "argmax")] + [(key, "fill in") for key in FILLED]
)


def filled(engine, key: str) -> FilledIn:
    from tests.explorer.conftest import sky_object

    target = sky_object(2)
    analysis = engine.analyze(target)
    return fill_in(engine, target, analysis, key, range(40, 60), Sampling(steps=1, seed=5))


@pytest.fixture(scope="module", params=HOW)
def generated(request: pytest.FixtureRequest, engine) -> Generated:
    from tests.explorer.conftest import sky_object

    target, method = request.param
    if method == "fill in":
        return filled(engine, target).generated
    return draw_samples(
        engine, sky_object(2), GenerationRequest(target, 2, Sampling(method, steps=1, seed=5))
    )


@pytest.mark.parametrize("theme", [figures.LIGHT, figures.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("narrow", [True, False])
def test_every_figure_carries_the_mark_and_how_it_was_made(generated, theme, narrow) -> None:
    drawn = figures.generated_figures(generated, theme=theme, narrow=narrow)
    assert drawn
    for figure in drawn.values():
        texts = {note.name: note.text for note in figure.layout.annotations if note.name}
        assert texts["mark"] == MARK and texts["how"].startswith(MARK)
        assert generated.model.sha256[:12] in texts["how"]
        shown = [axis for axis in figure.select_xaxes() if axis.visible is None]
        assert not shown or any(axis.title.text for axis in shown)
    if generated.numbers:
        titles = [axis.title.text for axis in drawn["numbers"].select_yaxes()]
        assert set(titles) <= {"Density per dex", "Density per nanomaggies", "Density per mag"}


@pytest.mark.parametrize("theme", [figures.LIGHT, figures.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("narrow", [True, False])
@pytest.mark.parametrize("key", FILLED)
def test_what_is_filled_in_carries_the_mark_and_shows_before_after_and_difference(
    engine, key, theme, narrow
) -> None:
    one = filled(engine, key)
    figure = figures.filled_in(one, theme=theme, narrow=narrow)
    texts = {note.name: note.text for note in figure.layout.annotations if note.name}
    assert texts["mark"] == MARK and texts["how"].startswith(MARK)
    titles = [note.text for note in figure.layout.annotations] + [trace.name for trace in figure.data]
    assert {"Before", "After", "Difference"} <= set(titles)
    hidden = [shape for shape in figure.layout.shapes if shape.name == "hidden"]
    hidden += [trace for trace in figure.data if trace.name == "hidden"]
    assert hidden


def test_every_file_carries_the_mark_in_its_name_and_inside(generated) -> None:
    files = generated_files(generated)
    assert sorted(name.rsplit(".", 1)[1] for name in files) == ["fits", "html", "json"]
    assert all(NAME in name and generated.target in name for name in files)
    for name, content in files.items():
        if name.endswith(".fits"):
            with fits.open(io.BytesIO(content), checksum=True) as hdus:
                assert len(hdus) > 2
                for hdu in hdus:
                    header = hdu.header
                    assert header["SYNTH"] is True and header.comments["SYNTH"] == MARK
                    assert header["GENMETH"] == generated.method and header["GENSEED"] == 5
                    assert generated.model.sha256.startswith(header["AIONSHA"])
                assert MARK in str(hdus[0].header["HISTORY"])
        elif name.endswith(".json"):
            values = json.loads(content)
            assert values["mark"] == MARK and values["synth"] is True and values["seed"] == 5
            assert values["method"] == generated.method and values["weights"] == generated.model.sha256
        else:
            page = content.decode()
            assert page.count(f'"text":"{MARK}"') == len(figures.generated_figures(generated))
            assert f"<h1>{generated.id}: {MARK}" in page


def test_no_reader_takes_any_of_its_files(generated, tmp_path) -> None:
    for name, content in generated_files(generated).items():
        path = tmp_path / name.replace(NAME, "data")  # whatever it is called
        path.write_bytes(content)
        with pytest.raises(FormatError) as refused:
            read(path)
        if not name.endswith(".html"):
            assert "not an observation (SYNTH = T)" in str(refused.value)


def test_a_generated_spectrum_is_refused_in_one_sentence(engine, make_object, tmp_path) -> None:
    made = draw_samples(engine, make_object(2), GenerationRequest("spectrum_desi", 1))
    files = generated_files(made)
    name = next(name for name in files if name.endswith(".fits"))
    with fits.open(io.BytesIO(files[name])) as hdus, pytest.raises(FormatError) as refused:
        read(hdus)
    assert "holds a generated spectrum, not an observation" in str(refused.value)


def test_the_bundle_keeps_it_apart_and_nothing_else_holds_it(engine, make_object) -> None:
    target = make_object(2)
    generated = draw_samples(engine, target, GenerationRequest("flux_w1", 2))
    analysis = engine.analyze(target)
    recipe = Recipe(target.id, (), engine.info.sha256)
    with_it, without = (
        zipfile.ZipFile(io.BytesIO(bundle(analysis, recipe, target.reports, [], engine.catalog, None, one)))
        for one in (generated, None)
    )
    more = set(with_it.namelist()) - set(without.namelist())
    assert more == {f"{GENERATED}/{name}" for name in generated_files(generated, target.reports)}
    assert all(NAME in name for name in more)
    for name in set(without.namelist()) - {"analysis.ipynb"}:  # its cells have new ids
        if name.endswith((".json", ".csv", ".npy", ".py")):
            assert with_it.read(name) == without.read(name)
    assert not any(
        MARK.encode() in content for content in result_files(analysis, (), engine.catalog).values()
    )
