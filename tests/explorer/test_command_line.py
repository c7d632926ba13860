"""The command line: the same numbers as the engine, JSON on standard output,
and errors that end with code 2 and no traceback."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from aion.__main__ import main
from aion.explorer.export.analysis import to_json
from aion.io import read


def test_json_has_the_numbers_of_the_engine(here, engine, spectrum_file, capsys):
    assert main(["analyze", str(spectrum_file), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    (target,) = read(spectrum_file)
    assert printed == json.loads(to_json(engine.analyze(target), target.reports))
    assert list(printed) == ["inputs", "report", "trust", "redshift", "neighbors", "reconstruction", "model"]
    assert printed["inputs"]["z_reference"] == 0.25 and len(printed["inputs"]["files"][0]["sha256"]) == 64


def test_an_object_of_the_catalog_is_analyzed_by_its_id(here, engine, capsys):
    assert main(["analyze", "--json", "--id", "object 1", "--use", "tok_image"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(to_json(engine.analyze(engine.catalog.entry("object 1"), use=["tok_image"])))


def test_values_are_set_in_place_of_what_would_be_detected(here, spectrum_file, capsys):
    assert main(["analyze", "--json", str(spectrum_file), "--set", "spectrum_flux_scale=2.0"]) == 0
    entries = json.loads(capsys.readouterr().out)["report"]["files"][0]["entries"]
    assert any(entry["what"] == "flux unit" and entry["how"] == "you set" for entry in entries)


def red_arm(path: Path) -> Path:
    """A spectrum of 917 to 1005, in nm or Å."""
    wavelength = np.linspace(917, 1005, 900)
    Table({"wavelength": wavelength, "flux": np.sin(wavelength) + 9}).write(path, format="ascii.csv")
    return path


def test_what_can_be_read_in_two_ways_ends_with_the_settings_that_decide(here, tmp_path, capsys):
    spectrum = str(red_arm(tmp_path / "red.csv"))
    assert main(["analyze", "--json", spectrum]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "values from 917 to 1005 can be Angstrom or nm" in captured.err
    assert captured.err.endswith("; choose with --set wavelength_unit=Angstrom or --set wavelength_unit=nm\n")
    assert main(["analyze", "--json", spectrum, "--set", "wavelength_unit=nm"]) == 0


def test_strict_analyzes_nothing_of_which_anything_would_be_assumed(here, tmp_path, capsys):
    spectrum = red_arm(tmp_path / "red.csv")
    words = ["analyze", "--json", "--strict", str(spectrum), "--set", "wavelength_unit=nm"]
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "nothing may be assumed (strict)" in captured.err
    assert "medium: vacuum (assumed" in captured.err
    assert "--set medium=vacuum or --set medium=air" in captured.err


def test_strict_says_nothing_of_a_file_that_states_everything(here, root, capsys):
    assert main(["analyze", "--strict", "--json", str(root / "tests" / "data" / "sdss_spec.fits")]) == 0
    assert json.loads(capsys.readouterr().out)["inputs"]["used"] == ["tok_spectrum_sdss"]


def test_strict_leaves_files_with_assumptions_out_of_a_table_of_embeddings(here, root, tmp_path, capsys):
    stated, out = root / "tests" / "data" / "sdss_spec.fits", tmp_path / "emb.parquet"
    red = red_arm(tmp_path / "red.csv")
    assert main(["embed", "--strict", str(stated), str(red), "--out", str(out)]) == 1
    captured = capsys.readouterr()
    assert "red.csv" in captured.err and "choose with --set wavelength_unit=" in captured.err
    assert "1 embedding(s)" in captured.err and pq.read_table(out).num_rows == 1
    assert main(["embed", str(red), "--set", "wavelength_unit=nm", "--out", str(out)]) == 0
    assert pq.read_table(out)["files"].to_pylist() == [["red.csv"]]


def test_words_say_the_redshift_the_neighbors_and_the_weights(here, spectrum_file, capsys, settings):
    assert main(["analyze", str(spectrum_file), "--model", settings.model]) == 0
    out = capsys.readouterr().out
    assert "z = " in out and "Most similar: object" in out and f"Weights: {settings.model}" in out
    assert "The file says z = 0.25" in out


def test_results_are_written_where_asked(here, spectrum_file, tmp_path, capsys):
    assert main(["analyze", str(spectrum_file), "--out", str(tmp_path / "results")]) == 0
    endings = sorted(path.name.split("-")[-1].split(".", 1)[-1] for path in (tmp_path / "results").iterdir())
    assert endings == ["csv", "csv", "ecsv", "ecsv", "fits", "hdf5", "json", "npy"]
    assert "results of 1 object(s)" in capsys.readouterr().err


def photometry(path: Path, *ids: str, fluxes: tuple[object, ...] = ()) -> Path:
    """A table of one flux; where it is NaN there is nothing to read of an object."""
    Table({"id": list(ids), "flux_r": list(fluxes or [9.0] * len(ids))}).write(path, format="ascii.ecsv")
    return path


def test_ids_that_differ_in_replaced_characters_or_in_case_have_files_of_their_own(here, tmp_path, capsys):
    ids = ["a b", "a/b", "a:b", "a_b", "A_B", "x" * 300, "x" * 301]
    results = tmp_path / "results"
    many = str(photometry(tmp_path / "many.ecsv", *ids))
    assert main(["analyze", "--json", many, "--out", str(results)]) == 0
    assert "results of 7 object(s)" in capsys.readouterr().err
    written = sorted(results.glob("*.json"))
    assert sorted(json.loads(path.read_text())["inputs"]["id"] for path in written) == sorted(ids)
    assert len({path.name.casefold() for path in written}) == 7
    alone = str(photometry(tmp_path / "one.ecsv", "a b"))
    assert main(["analyze", "--json", alone, "--out", str(results)]) == 0
    rewritten = sorted(results.glob("*.json"))
    assert rewritten == written, "an object has the same name among others and alone"


def test_an_object_that_cannot_be_used_is_left_out_of_an_analysis_and_the_rest_is_done(
    here, spectrum_file, tmp_path, capsys
):
    table = photometry(tmp_path / "two.ecsv", "good", "bad")
    assert main(["analyze", "--json", str(table), str(spectrum_file), "--use", "tok_flux_r"]) == 1
    captured = capsys.readouterr()
    assert [one["inputs"]["id"] for one in json.loads(captured.out)] == ["good", "bad"]
    assert captured.err.startswith("aion: nothing of ") and "spectrum: switched off" in captured.err
    assert captured.err.count("\n") == 1


def test_when_no_object_can_be_used_nothing_is_printed_and_the_code_says_so(
    here, spectrum_file, tmp_path, capsys
):
    results = tmp_path / "results"
    words = ["analyze", "--json", str(spectrum_file), "--use", "tok_flux_r", "--out", str(results)]
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "switched off" in captured.err and not results.exists()


def test_a_stream_that_is_none_is_refused_with_those_there_are(here, engine, spectrum_file, capsys):
    assert main(["analyze", str(spectrum_file), "--use", "tok_spectrum_sdss,tok_imge"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "tok_imge is nothing that these weights read" in captured.err
    assert "tok_image, " in captured.err
    assert main(["analyze", str(spectrum_file), "--use", "tok_z"]) == 2, "a redshift is never read"


def test_embeddings_of_several_files_are_rows_of_one_table_that_says_where_they_are_from(
    here, engine, spectrum_file, tmp_path, capsys
):
    other, out = photometry(tmp_path / "other.ecsv", "one", "two"), tmp_path / "new" / "emb.parquet"
    text = tmp_path / "text.fits"
    text.write_text("this is not a FITS file\n")
    assert main(["embed", str(spectrum_file), str(text), "nowhere.fits", str(other), "--out", str(out)]) == 1
    err = capsys.readouterr().err
    assert "3 embedding(s)" in err and "text.fits" in err and "there is no file nowhere.fits" in err
    assert "Traceback" not in err
    table = pq.read_table(out)
    assert table["id"].to_pylist()[1:] == ["one", "two"]
    assert table["files"].to_pylist() == [
        ["anything.fits"],
        ["other.ecsv"],
        ["other.ecsv"],
    ]
    assert table["sha256"].to_pylist()[0] == [hashlib.sha256(spectrum_file.read_bytes()).hexdigest()]
    assert table["used"].to_pylist() == [["tok_spectrum_sdss"], ["tok_flux_r"], ["tok_flux_r"]]
    assert table.schema.metadata[b"model_sha256"].decode() == engine.info.sha256
    np.testing.assert_allclose(
        table["embedding"].to_pylist()[0], engine.embed(read(spectrum_file))[0], atol=1e-6
    )


def test_redshifts_of_several_files_are_rows_of_one_table(here, engine, spectrum_file, tmp_path, capsys):
    other, out = photometry(tmp_path / "other.ecsv", "one", "two"), tmp_path / "new" / "z.ecsv"
    files = [str(spectrum_file), "nowhere.fits", str(other)]
    assert main(["redshift", *files]) == 1
    captured = capsys.readouterr()
    assert "there is no file nowhere.fits" in captured.err
    printed = Table.read(captured.out, format="ascii.csv")
    pdf = engine.analyze(read(spectrum_file)[0], k=0).redshift
    assert list(printed["id"])[1:] == ["one", "two"]
    assert printed["z_best"][0] == pytest.approx(pdf.peaks[0].z, rel=1e-5)
    assert printed["z_lo68"][0] < printed["z_median"][0] < printed["z_hi68"][0]
    exact = {"z_exact", "not_refined"} & set(printed.colnames)
    assert exact, "lines were looked for"
    assert main(["redshift", *files, "--out", str(out)]) == 1
    assert "3 redshift(s)" in capsys.readouterr().err
    np.testing.assert_allclose(Table.read(out)["z_best"], printed["z_best"], rtol=1e-5)
    assert main(["redshift", str(spectrum_file), "--out", str(tmp_path / "z.docx")]) == 2
    assert "ends in docx; csv, ecsv, fits, vot can be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["analyze", "nowhere.fits"], "there is no file nowhere.fits"),
        (["analyze", "{text}"], "text.fits"),
        (["embed", "{text}", "--out", "x.parquet"], "text.fits"),
        (["analyze", "{spectrum}", "--model", "./no-such-folder"], "no folder"),
        (["analyze", "{spectrum}", "--id", "nobody"], "hold no object 'nobody'"),
        (["analyze", "--id", "nobody"], "no object 'nobody'"),
        (["analyze", "{spectrum}", "--set", "colour=red"], "NAME=VALUE"),
        (["analyze", "{spectrum}", "--set", "image_flux_scale=red"], "is not a number"),
        (["analyze", "{spectrum}", "--prior", "flat"], "0.3,0.05"),
    ],
)
def test_errors_are_one_message_and_code_2(here, spectrum_file, tmp_path, capsys, arguments, words):
    text = tmp_path / "text.fits"
    text.write_text("this is not a FITS file\n")
    given = [argument.format(text=text, spectrum=spectrum_file) for argument in arguments]
    assert main(given) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith("aion: ") and words in captured.err
    assert "Traceback" not in captured.err


def test_wrong_options_end_with_code_2_and_the_usage():
    done = subprocess.run([sys.executable, "-m", "aion", "analyze"], capture_output=True, text=True)
    assert done.returncode == 2 and "usage: aion analyze" in done.stderr and "Traceback" not in done.stderr


def test_help_is_quick_because_nothing_heavy_is_imported():
    heavy = ("torch", "astropy", "faiss", "numpy")
    code = f"import sys, aion.__main__; print(*(name for name in {heavy} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_what_is_generated_is_written_under_marked_names(here, spectrum_file, tmp_path, capsys):
    words = ["generate", str(spectrum_file), "--samples", "2", "--seed", "3", "--out", str(tmp_path / "out")]
    assert main([*words, "--target", "photometry"]) == 0
    printed = capsys.readouterr()
    paths = sorted((tmp_path / "out").iterdir())
    assert [Path(line) for line in sorted(printed.out.splitlines())] == paths
    assert [path.suffix for path in paths] == [".fits", ".html", ".json"]
    assert all(path.stem.endswith("-photometry-generated-not-observed") for path in paths)
    assert "generated, not observed: 2 × MaskGIT, seed 3, temperature 1" in printed.err
    assert main([*words, "--target", "spectrum_sdss"]) == 2
    assert "nothing is left to read" in capsys.readouterr().err
    assert main([*words, "--target", "redshift"]) == 2
    assert (
        "'redshift' is nothing that these weights generate; they generate photometry"
        in capsys.readouterr().err
    )
