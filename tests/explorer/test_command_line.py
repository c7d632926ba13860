"""The command line: the same numbers as the engine, JSON on standard output, and errors that end with code 2 and no traceback."""

import json
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table

from aion.__main__ import main
from aion.explorer.export.analysis import to_json
from aion.io import read


@pytest.fixture
def spectrum_file(tmp_path, make_object):
    """An SDSS spec-lite file of object 1."""
    spectrum = make_object(1).modalities[1]
    wavelength, flux, ivar = (values[0].double().numpy() for values in (spectrum.wavelength, spectrum.flux, spectrum.ivar))
    bits = spectrum.mask[0].numpy().astype(np.int32)
    coadd = Table({"flux": flux, "loglam": np.log10(wavelength), "ivar": ivar, "and_mask": bits, "or_mask": bits})
    about = Table({"Z": [0.25], "PLATE": [266], "MJD": [51602], "FIBERID": [7], "PLUG_RA": [10.0], "PLUG_DEC": [1.0], "CLASS": ["GALAXY"]})
    hdus = [fits.PrimaryHDU(), fits.BinTableHDU(coadd, name="COADD"), fits.BinTableHDU(about, name="SPECOBJ")]
    path = tmp_path / "anything.fits"
    fits.HDUList(hdus).writeto(path)
    return path


@pytest.fixture
def here(monkeypatch, settings):
    """The environment that the command finds its weights and catalog in."""
    monkeypatch.setenv("AION_MODEL", settings.model)
    monkeypatch.setenv("AION_CATALOG", str(settings.catalog))
    monkeypatch.setenv("AION_DEVICE", "cpu")


def test_json_has_the_numbers_of_the_engine(here, engine, spectrum_file, capsys):
    assert main(["analyze", str(spectrum_file), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    (thing,) = read(spectrum_file)
    assert printed == json.loads(to_json(engine.analyze(thing), thing.reports))
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


def test_words_say_the_redshift_the_neighbors_and_the_weights(here, spectrum_file, capsys, settings):
    assert main(["analyze", str(spectrum_file), "--model", settings.model]) == 0
    out = capsys.readouterr().out
    assert "z = " in out and "Most similar: object" in out and f"Weights: {settings.model}" in out and "The file says z = 0.25" in out


def test_results_are_written_where_asked(here, spectrum_file, tmp_path, capsys):
    assert main(["analyze", str(spectrum_file), "--out", str(tmp_path / "results")]) == 0
    endings = sorted(path.name.split("-")[-1].split(".", 1)[-1] for path in (tmp_path / "results").iterdir())
    assert endings == ["csv", "csv", "ecsv", "ecsv", "fits", "hdf5", "json", "npy"]
    assert "results of 1 object(s)" in capsys.readouterr().err


def test_embeddings_of_several_files_are_rows_of_one_table(here, engine, spectrum_file, tmp_path):
    other = tmp_path / "other.fits"
    other.write_bytes(spectrum_file.read_bytes())
    assert main(["embed", str(spectrum_file), str(other), "--out", str(tmp_path / "new" / "emb.parquet")]) == 0
    table = pq.read_table(tmp_path / "new" / "emb.parquet")
    assert table.num_rows == 2
    np.testing.assert_allclose(table["embedding"].to_pylist()[0], engine.embed(read(spectrum_file))[0], atol=1e-6)


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
    assert captured.out == "" and captured.err.startswith("aion: ") and words in captured.err and "Traceback" not in captured.err


def test_wrong_options_end_with_code_2_and_the_usage():
    done = subprocess.run([sys.executable, "-m", "aion", "analyze"], capture_output=True, text=True)
    assert done.returncode == 2 and "usage: aion analyze" in done.stderr and "Traceback" not in done.stderr


def test_help_is_quick_because_nothing_heavy_is_imported():
    code = "import sys, aion.__main__; print(*(name for name in ('torch', 'astropy', 'faiss', 'numpy') if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
