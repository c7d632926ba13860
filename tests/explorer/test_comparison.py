"""Two results of the same files: how far they agree, and when they are not compared."""

import json
from dataclasses import replace

import numpy as np
import pytest

from aion.__main__ import main
from aion.catalog import Neighbor
from aion.errors import InputError
from aion.explorer import figures
from aion.explorer.engine import Engine
from aion.explorer.export.bundle import bundle
from aion.explorer.export.bundle_reading import saved_result
from aion.explorer.export.comparison import comparison_dict, comparison_sentences
from aion.explorer.export.reproduce import Recipe
from aion.explorer.redshift.prior import Gaussian, with_prior
from aion.explorer.results.comparison import (
    BestRedshift,
    CatalogIdentity,
    SavedResult,
    SharedNeighbors,
    compare_results,
    decoded_difference,
)
from aion.explorer.settings import Settings
from aion.io import read
from aion.redshift import RedshiftPDF
from tests.tiny import write_tiny

SKY = CatalogIdentity("the sky", 100, "c" * 64)


def result(edges, probability, *, near: str = "abcd", **changes) -> SavedResult:
    neighbors = tuple(Neighbor(id, 0.9, None, "galaxy") for id in near)
    pdf = RedshiftPDF(np.asarray(edges, dtype=float), np.asarray(probability, dtype=float))
    best = BestRedshift(0.5, 0.4, 0.6, is_exact=False)
    made = SavedResult(
        "o1", "ours", "w" * 64, {"f" * 64: "a.fits"}, {}, pdf, best, (), (), (), neighbors, SKY
    )
    return replace(made, **changes)


def test_the_overlap_of_densities_is_exact_on_any_grids():
    flat, half = result([0, 1], [1]), result([0, 0.5, 2], [1, 0])
    assert compare_results(flat, flat).overlap == pytest.approx(1)
    assert compare_results(flat, half).overlap == pytest.approx(0.5)
    finer = result(np.linspace(0, 1, 8), np.full(7, 1 / 7))
    assert compare_results(flat, finer).overlap == pytest.approx(1)
    assert compare_results(flat, finer).divergence == pytest.approx(0, abs=1e-12)
    apart = result([1, 3], [1])
    assert (compare_results(flat, apart).overlap, compare_results(flat, apart).divergence) == (
        0,
        pytest.approx(1),
    )
    # of 1 and 2 on a half, 1 and 0 on the other: (log2(1/1.5) + log2(1/.5)) / 4 + log2(2/1.5) / 2
    expected = (np.log2(1 / 1.5) + 1) / 4 + np.log2(2 / 1.5) / 2
    assert compare_results(flat, half).divergence == pytest.approx(expected)


def test_neighbors_are_compared_where_they_are_of_the_same_objects():
    one = result([0, 1], [1], near="abcde")
    other = result([0, 1], [1], near="cbx", weights="v" * 64)
    assert compare_results(one, other).neighbors == SharedNeighbors(3, ("b", "c"))
    elsewhere = replace(other, catalog=CatalogIdentity("another sky", 2_000, "d" * 64))
    told = compare_results(one, elsewhere).neighbors
    assert told == "they are of catalogs of other objects: the sky, 100 objects; another sky, 2,000 objects"
    assert "has no neighbors" in compare_results(one, replace(other, neighbors=())).neighbors


def test_results_of_other_files_or_objects_are_refused():
    one = result([0, 1], [1])
    with pytest.raises(InputError, match=r"different files: only of ours: a\.fits .*; only of ours: b\.fits"):
        compare_results(one, replace(one, files={"e" * 64: "b.fits"}))
    with pytest.raises(InputError, match="different objects of the same files, 'o1' and 'o2'"):
        compare_results(one, replace(one, id="o2"))
    with pytest.raises(InputError, match="of an object of a catalog, not of files"):
        compare_results(one, replace(one, files={}))


@pytest.fixture(scope="module")
def bundles(engine, root, tmp_path_factory):
    """The bundles of one object by two weights, and by the first with a prior and less that is read."""
    folder = tmp_path_factory.mktemp("bundles")
    paths = [root / "tests" / "data" / name for name in ("sdss_spec.fits", "ls_cutout.fits.gz")]
    [target] = read(paths)
    inputs = [(path.name, path.read_bytes()) for path in paths]
    weights = write_tiny(folder / "other weights", seed=7)
    other = Engine(Settings(model=str(weights), device="cpu", precision="float32", catalog=folder / "none"))
    prior, use = Gaussian(0.3, 0.5), ("tok_spectrum_sdss",)
    made = {}
    for name, asked, recipe in (
        ("one", engine, Recipe(target.id, (), engine.info.sha256)),
        ("other", other, Recipe(target.id, (), other.info.sha256)),
        ("prior", engine, Recipe(target.id, (), engine.info.sha256, use=use, prior=prior)),
    ):
        analysis = with_prior(asked.analyze(target, use=recipe.use), recipe.prior)
        content = bundle(analysis, recipe, target.reports, inputs, asked.catalog)
        (folder / f"{name}.zip").write_bytes(content)
        made[name] = saved_result(analysis, recipe, target.reports, asked.catalog)
    other.close()
    return folder, made


def test_two_weights_are_compared_in_words_and_numbers_without_loading_any(bundles, capsys, monkeypatch):
    folder, made = bundles
    monkeypatch.setattr(Engine, "__init__", lambda *_: pytest.fail("weights were loaded"))
    files = [str(folder / "one.zip"), str(folder / "other.zip")]
    assert main(["compare", *files]) == 0
    told = capsys.readouterr().out
    assert "They are of different weights." in told and "Jensen-Shannon divergence" in told
    assert "Neighbors cannot be compared: the result of " in told and "SDSS spectrum, reduced χ²" in told
    assert main(["compare", *files, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    comparison = compare_results(made["one"], made["other"])
    assert printed["redshift"]["overlap"] == pytest.approx(comparison.overlap)
    assert printed["same_weights"] is False and 0 < printed["redshift"]["divergence_bits"] < 1
    [spectrum] = printed["spectra"]
    assert spectrum["reduced_chi2"] == [one.spectra[0].reduced_chi2 for one in (made["one"], made["other"])]
    pair = comparison.spectra[0]
    assert spectrum["decoded_difference_rms_sigma"] == pytest.approx(decoded_difference(*pair), rel=1e-5)
    assert [one["sha256"] for one in printed["results"]] == [made["one"].weights, made["other"].weights]


def test_of_the_same_weights_the_settings_that_differ_are_said(bundles):
    _, made = bundles
    comparison = compare_results(made["one"], made["prior"])
    assert comparison_sentences(comparison)[0].startswith("Both are of the same weights")
    assert comparison.setting_differences == {
        "Read by the model": ("tok_image, tok_spectrum_sdss", "tok_spectrum_sdss"),
        "Prior": ("none", made["prior"].settings["Prior"]),
    }
    assert isinstance(comparison.neighbors, SharedNeighbors)
    assert json.dumps(comparison_dict(comparison), allow_nan=False)


def test_files_that_are_no_bundles_of_the_same_end_with_code_2(bundles, tmp_path, capsys):
    folder, _ = bundles
    (tmp_path / "notes.zip").write_bytes(b"clouds")
    assert main(["compare", str(folder / "one.zip"), str(tmp_path / "notes.zip")]) == 2
    assert "notes.zip is not a zip" in capsys.readouterr().err


def test_both_results_are_drawn_over_each_other_and_over_the_data(bundles):
    _, made = bundles
    comparison, names = compare_results(made["one"], made["other"]), ("one <b>", "other")
    density = figures.compared_densities(comparison, names)
    assert [trace.name.partition(":")[0] for trace in density.data] == ["one &lt;b&gt;", "other"]
    for trace, one in zip(density.data, (comparison.first, comparison.second), strict=True):
        assert max(trace.customdata) == pytest.approx(one.redshift.density.max())
        assert max(trace.y) == 1
    drawn = figures.compared_spectra(*comparison.spectra[0], names)
    assert [trace.name.partition(",")[0] for trace in drawn.data if trace.showlegend] == [
        "Data",
        "one &lt;b&gt;",
        "other",
    ]
    alone = figures.compared_spectra(None, comparison.spectra[0][1], names)
    assert len(alone.data) == len(drawn.data) - 2
    pictures = figures.compared_images(*comparison.images[0], names)
    titles = [note.text for note in pictures.layout.annotations]
    assert titles == ["Original", "one &lt;b&gt;", "other"] and len(pictures.data) == 3
