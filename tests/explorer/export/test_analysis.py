"""Files made from results hold the same numbers when they are read back, with units and provenance."""

import io
import json
import warnings
from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

import aion
from aion.explorer.export.analysis import (
    EmbeddingRow,
    decoded_fits,
    embeddings_npy,
    embeddings_parquet,
    pdf_csv,
    pdf_ecsv,
    pdf_hdf5,
    result_files,
    to_dict,
    to_json,
)
from aion.explorer.redshift.prior import FlatInLog, with_prior
from aion.io import ImageFrame, Provenance, Report, read


@pytest.fixture(scope="module")
def target():
    from tests.explorer.conftest import sky_object

    return sky_object(1, id="Å 39628/1")


@pytest.fixture(scope="module")
def analysis(engine, target):
    return engine.analyze(target, k=5)


def test_json_has_exactly_these_keys(analysis, target):
    read = json.loads(to_json(analysis, target.reports))
    assert list(read) == ["inputs", "report", "trust", "redshift", "neighbors", "reconstruction", "model"]
    assert list(read["redshift"]) == [
        "mode",
        "median",
        "mean",
        "ci68",
        "ci95",
        "peaks",
        "exact",
        "flags",
        "prior",
        "recalibration",
    ]
    assert all(list(neighbor) == ["id", "similarity", "z", "class"] for neighbor in read["neighbors"])
    assert list(read["model"]) == ["id", "revision", "sha256"]
    assert read["inputs"]["files"] == [{"source": "spec.fits", "format": "SDSS spec", "sha256": "f" * 64}]
    assert read["redshift"]["mode"] == analysis.redshift.mode
    assert read["model"]["sha256"] == analysis.model.sha256
    assert read["reconstruction"]["Legacy Survey image"]["residual_rms_nanomaggies"] == list(
        analysis.images[0].residual_rms
    )
    assert read["reconstruction"]["SDSS spectrum"]["reduced_chi2"] == analysis.spectra[0].reduced_chi2
    assert read["reconstruction"]["FLUX_R"]["original"] == 9.0


def test_json_never_holds_nan(analysis):
    lost = replace(analysis, z_reference=float("nan"))
    assert json.loads(to_json(lost))["inputs"]["z_reference"] is None


def test_the_density_comes_back_from_csv_and_ecsv(analysis):
    pdf = analysis.redshift
    table = pd.read_csv(io.BytesIO(pdf_csv(analysis)))
    assert list(table.columns) == ["z", "z_low", "z_high", "probability", "density"]
    np.testing.assert_allclose(table["density"], pdf.density)
    np.testing.assert_allclose(table["z_low"], pdf.edges[:-1])
    read = Table.read(pdf_ecsv(analysis).decode(), format="ascii.ecsv")
    np.testing.assert_allclose(read["probability"], pdf.probability)
    assert read.meta["sha256"] == analysis.model.sha256 and read.meta["mode"] == pytest.approx(pdf.mode)
    assert read.meta["object"] == "Å 39628/1"


def test_decoded_data_come_back_from_fits_with_units_and_the_synthetic_mark(analysis):
    with fits.open(io.BytesIO(decoded_fits(analysis)), checksum=True) as hdus:
        hdus.verify("exception")
        assert [hdu.name for hdu in hdus[1:]] == ["LEGACY SURVEY IMAGE", "SDSS SPECTRUM", "SCALARS"]
        for hdu in hdus:
            assert hdu.header["SYNTH"] is True and hdu.header["AIONREV"] == "folder"
            assert hdu.header["AIONVER"] == analysis.model.versions["aion"]
        image, spectrum = hdus[1], hdus[2]
        assert image.header["BUNIT"] == "nanomaggy" and image.header["BANDS"] == "DES-G,DES-R,DES-I,DES-Z"
        np.testing.assert_allclose(image.data, analysis.images[0].decoded, rtol=1e-5)
        table = Table.read(spectrum)
        assert table["wavelength"].unit == "Angstrom" and table["decoded"].unit is not None
        assert table["decoded"].unit.is_equivalent("erg / (s cm2 Angstrom)")
        np.testing.assert_allclose(table["decoded"], analysis.spectra[0].decoded)
        np.testing.assert_allclose(table["flux"], analysis.spectra[0].flux)
        assert list(hdus[3].data["name"]) == ["FLUX_G", "FLUX_R"]


def test_long_ids_and_titles_fit_the_cards_of_a_fits_file(analysis):
    long = replace(analysis, id="x" * 200, model=replace(analysis.model, title="t" * 200, revision="0" * 40))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        content = decoded_fits(long)
    with fits.open(io.BytesIO(content)) as hdus:
        assert hdus[0].header["OBJECT"] == "x" * 60 and hdus[0].header["AIONREV"] == "0" * 40


def test_decoded_data_of_the_catalog_have_no_original_columns(engine):
    analysis = engine.analyze(engine.catalog.entry("object 1"))
    with fits.open(io.BytesIO(decoded_fits(analysis))) as hdus:
        assert hdus["SDSS SPECTRUM"].columns.names == ["wavelength", "decoded", "mask"]


def test_embeddings_come_back_from_npy_and_parquet_with_what_they_were_made_from(analysis):
    vectors = [analysis.embedding, -analysis.embedding]
    np.testing.assert_array_equal(np.load(io.BytesIO(embeddings_npy(vectors))), np.stack(vectors))
    reports = (
        Report("SDSS spec", "spec.fits", "f" * 64, ()),
        Report("Legacy Survey cutout", "image.fits", "0" * 64, ()),
    )
    first = EmbeddingRow("39628345678901234", vectors[0], ("tok_image", "tok_flux_g"), reports)
    rows = [first, EmbeddingRow("b", vectors[1], ("tok_image",))]
    table = pq.read_table(io.BytesIO(embeddings_parquet(rows, analysis.model)))
    assert table["id"].to_pylist() == ["39628345678901234", "b"]
    np.testing.assert_array_equal(np.stack(table["embedding"].to_numpy()), np.stack(vectors))
    assert table["used"].to_pylist() == [["tok_image", "tok_flux_g"], ["tok_image"]]
    assert table["files"].to_pylist() == [["spec.fits", "image.fits"], []]
    assert table["sha256"].to_pylist() == [["f" * 64, "0" * 64], []]
    about = {name.decode(): value.decode() for name, value in table.schema.metadata.items()}
    model = analysis.model
    assert about["model_id"] == model.id and about["model_revision"] == (model.revision or "")
    assert about["model_sha256"] == model.sha256
    assert about["aion_version"] == aion.__version__


def test_the_density_comes_back_from_hdf5_in_the_layout_of_qp(analysis):
    with h5py.File(io.BytesIO(pdf_hdf5(analysis))) as file:
        assert file["meta/pdf_name"][0] == b"hist" and file["meta/pdf_version"][0] == 0
        edges, density = file["meta/bins"][0], file["data/pdfs"][0]
        assert file["ancil/id"][0].decode() == analysis.id
    np.testing.assert_array_equal(edges, analysis.redshift.edges)
    assert (density * np.diff(edges)).sum() == pytest.approx(1)


SIP = {
    "CTYPE1": "RA---TAN-SIP",
    "CTYPE2": "DEC--TAN-SIP",
    "A_ORDER": 2,
    "B_ORDER": 2,
    "A_2_0": 1e-5,
    "B_0_2": 1e-5,
}
TPV = {"CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV", "PV1_1": 1.01, "PV2_1": 0.99}
FAR = {"CRPIX1": -1000.0, "CRPIX2": -800.0}


@pytest.mark.parametrize("cards", [{}, SIP | FAR, TPV | FAR], ids=["plain", "SIP", "TPV"])
def test_the_decoded_image_lies_where_the_input_says(engine, cards):
    from tests.explorer.conftest import sky_object

    header = {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CRVAL1": 150.0,
        "CRVAL2": 2.0,
        "CRPIX1": 52.5,
        "CRPIX2": 55.5,
    }
    header |= {"CDELT1": -7.28e-5, "CDELT2": 7.28e-5, "CUNIT1": "deg", "CUNIT2": "deg"} | cards
    analysis = engine.analyze(replace(sky_object(1), frames={"tok_image": ImageFrame(0.262, header)}))
    with fits.open(io.BytesIO(decoded_fits(analysis))) as hdus:
        moved, given = WCS(hdus[1].header, naxis=2), WCS(fits.Header(header))
    here, there = (
        moved.pixel_to_world(10, 20),
        given.pixel_to_world(10 + (104 - 96) // 2, 20 + (110 - 96) // 2),
    )
    assert here.separation(there).arcsec < 1e-6


def test_each_image_of_an_object_keeps_its_own_place_and_pixels(engine, root):
    (found,) = read(
        [root / "tests/data" / name for name in ("ls_cutout.fits.gz", "hsc_r.fits.gz", "hsc_g.fits.gz")]
    )
    analysis = engine.analyze(found)
    assert {image.survey: round(image.pixel_scale, 3) for image in analysis.images} == {
        "Legacy Survey": 0.262,
        "HSC": 0.168,
    }
    with fits.open(io.BytesIO(decoded_fits(analysis))) as hdus:
        scales = {
            hdu.header["PIXSCALE"]: WCS(hdu.header, naxis=2).proj_plane_pixel_scales()[0].to_value("arcsec")
            for hdu in hdus[1:3]
        }
    assert len(scales) == 2
    assert all(stated == pytest.approx(of_wcs, rel=1e-3) for stated, of_wcs in scales.items())


def test_files_say_which_prior_was_multiplied_in(analysis):
    taken = with_prior(analysis, FlatInLog())
    assert json.loads(to_json(taken))["redshift"]["prior"] == "a prior flat in ln(1 + z)"
    table = Table.read(pdf_ecsv(taken).decode(), format="ascii.ecsv")
    assert table.meta["prior"] == "a prior flat in ln(1 + z)"


def test_every_export_says_where_fetched_files_are_from_and_what_to_acknowledge(analysis):
    url, time, sha256 = "https://archive/?ra=1", "2026-01-02T03:04:05Z", "e" * 64
    where = Provenance(url, time, sha256, "DESI", 0.25, "two cards added")
    fetched = Report("SPARCL record", "DESI-DR1-1.json", "f" * 64, (), where)
    reports = (fetched, Report("Image", "own.fits", "0" * 64, ()))
    about = to_dict(analysis, reports)["report"]
    assert [file["provenance"] is None for file in about["files"]] == [False, True]
    assert len(about["acknowledgments"]) == 1 and "DESI" in about["acknowledgments"][0]
    files = result_files(analysis, reports, None)
    with fits.open(io.BytesIO(files["decoded.fits"])) as hdus:
        history = "".join(hdus[0].header["HISTORY"])
    text = " ".join(line.lstrip("# ") for line in files["pz.ecsv"].decode().splitlines())
    for part in (url, time, sha256, "two cards added", "This research used data"):
        assert part in history and part in text
    assert not to_dict(analysis)["report"]["acknowledgments"] and "origins" not in pdf_ecsv(analysis).decode()
