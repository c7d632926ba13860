"""A bundle is read back as it was written, and what is none is refused in a sentence."""

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest

from aion.errors import InputError
from aion.explorer.export import bundle_reading
from aion.explorer.export.bundle import bundle
from aion.explorer.export.bundle_reading import read_bundle, saved_result
from aion.explorer.export.reproduce import Recipe
from aion.explorer.results.comparison import compare_results
from tests.explorer.conftest import sky_object


@pytest.fixture(scope="module")
def open_bundle(engine):
    """What is open, and its bundle."""
    target = sky_object()
    analysis = engine.analyze(target)
    recipe = Recipe(target.id, ("spec.fits",), engine.info.sha256)
    content = bundle(analysis, recipe, target.reports, [("spec.fits", b"flux")], engine.catalog)
    return saved_result(analysis, recipe, target.reports, engine.catalog), content


def changed(content: bytes, **files: Any) -> io.BytesIO:
    """The bundle with other files, by name with ``_`` for ``.``; a dictionary changes what is in JSON."""
    stream, new = io.BytesIO(), {name.replace("_", "."): value for name, value in files.items()}
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as archive:
        for name in old.namelist():
            value = new.get(name, old.read(name))
            if isinstance(value, dict):
                value = json.dumps(json.loads(old.read(name)) | value)
            if value is not None:
                archive.writestr(name, value)
    return stream


def test_a_bundle_is_read_back_as_it_was_open(open_bundle):
    here, content = open_bundle
    back = read_bundle(io.BytesIO(content), "a.zip")
    for name in ("id", "title", "weights", "files", "settings", "neighbors", "catalog", "scalars"):
        assert getattr(back, name) == getattr(here, name), name
    assert back.catalog.label == "simulated" and back.neighbors and len(back.scalars) == 2
    np.testing.assert_allclose(back.redshift.density, here.redshift.density, rtol=1e-6)
    assert back.best.z == pytest.approx(here.best.z)
    [spectrum], [was] = back.spectra, here.spectra
    np.testing.assert_array_equal(spectrum.bad, was.bad)
    for name in ("wavelength", "flux", "sigma", "decoded", "residual", "reduced_chi2"):
        np.testing.assert_allclose(getattr(spectrum, name), getattr(was, name), rtol=1e-6)
    [image], [was] = back.images, here.images
    np.testing.assert_allclose(image.decoded, was.decoded, rtol=1e-6)
    assert (image.bands, image.residual_rms) == (was.bands, pytest.approx(was.residual_rms))
    comparison = compare_results(here, back)
    assert comparison.overlap == pytest.approx(1) and comparison.divergence == pytest.approx(0, abs=1e-6)
    assert comparison.has_same_weights and not comparison.setting_differences
    assert comparison.neighbors.ids == tuple(one.id for one in here.neighbors)


def test_a_bundle_of_the_first_version_lacks_only_title_and_catalog(open_bundle):
    _, content = open_bundle
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        settings = json.loads(archive.read("settings.json"))
    for name in ("bundle", "catalog"):
        del settings[name]
    title = settings["model"].pop("title")
    old = read_bundle(changed(content, settings_json=json.dumps(settings)), "old.zip")
    now = read_bundle(io.BytesIO(content), "now.zip")
    assert (old.title, now.title) == (settings["model"]["id"], title)
    comparison = compare_results(now, old)
    assert comparison.overlap == pytest.approx(1)
    assert "does not say which catalog" in comparison.neighbors


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"settings_json": None}, "is no session bundle: it has no settings.json"),
        ({"settings_json": "{"}, "is a damaged session bundle"),
        ({"settings_json": "[]"}, "is a damaged session bundle"),
        ({"settings_json": {"bundle": 99}}, "of a later version than this program reads"),
        ({"analysis_json": {"redshift": {}}}, "is a damaged session bundle"),
        ({"analysis_json": "[" * 100_000}, "is a damaged session bundle"),
        ({"pz_csv": "z,z_low,z_high,probability\n0.5,0,1,0.4\n"}, "do not sum to 1"),
        ({"pz_csv": "z,z_low,z_high,probability\n"}, "holds no bins"),
        ({"decoded_fits": b"SIMPLE  ="}, "is a damaged session bundle"),
        ({"decoded_fits": b"1,2\n"}, "is no FITS file"),
    ],
)
def test_what_is_no_bundle_is_told_in_a_sentence(open_bundle, files, sentence):
    with pytest.raises(InputError, match=r"night\.zip") as told:
        read_bundle(changed(open_bundle[1], **files), "night.zip")
    assert sentence in str(told.value)


def test_no_zip_and_a_zip_that_is_cut_are_told(open_bundle, tmp_path):
    for content in (b"not a zip", open_bundle[1][:-200]):
        with pytest.raises(InputError, match=r"b\.zip is not a zip, or a damaged one"):
            read_bundle(io.BytesIO(content), "b.zip")
    with pytest.raises(InputError, match="there is no file"):
        read_bundle(tmp_path / "gone.zip", "gone.zip")
    place = open_bundle[1].index(b"analysis.json") + 200  # within what is packed
    with pytest.raises(InputError, match=r"b\.zip is not a zip, or a damaged one"):
        read_bundle(
            io.BytesIO(open_bundle[1][:place] + b"\0\1\2\3" * 9 + open_bundle[1][place + 36 :]), "b.zip"
        )


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(open_bundle, monkeypatch):
    monkeypatch.setitem(bundle_reading.MOST_BYTES, "decoded.fits", 1000)
    unpacked, read = [], zipfile.ZipFile.read
    monkeypatch.setattr(
        zipfile.ZipFile, "read", lambda archive, one: unpacked.append(one.filename) or read(archive, one)
    )
    with pytest.raises(InputError, match=r"bomb\.zip: decoded\.fits unpacks to .* more than the 1,000 that"):
        read_bundle(io.BytesIO(open_bundle[1]), "bomb.zip")
    assert unpacked == ["settings.json", "analysis.json", "pz.csv"]
