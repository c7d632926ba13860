"""What the pages give away, taken through a real browser and opened again."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table
from PIL import Image

from tests.browser.conftest import upload
from tests.browser.test_figures import DENSITY, SPECTRUM, at_rest, wait_until

pytestmark = pytest.mark.browser

TWINS = ("sdss_spec.fits", "ls_cutout.fits.gz")


@pytest.fixture
def analyzed(page, root):
    """A spectrum and an image on the page, looked at in another way than it opens."""
    upload(page, *(root / "tests" / "data" / name for name in TWINS))
    page.get_by_test_id("stMetricValue").first.wait_for()
    page.get_by_text("Log", exact=True).click()
    page.get_by_text("5 px", exact=True).click()
    wait_until(page, SPECTRUM, "p => p?.data?.some(trace => trace.name === 'Data, mean of 5 pixels')")
    wait_until(page, DENSITY, "p => p?.layout?.yaxis.type === 'log'")
    return page


def taken(page, label: str) -> tuple[str, bytes]:
    """Name and content of the file behind a button."""
    with page.expect_download() as download:
        page.get_by_role("button", name=label, exact=True).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_every_file_of_an_analysis_opens_and_agrees_with_the_page(analyzed):
    best = float(analyzed.get_by_test_id("stMetricValue").first.inner_text())
    analyzed.get_by_role("button", name="Download").first.click()
    name, content = taken(analyzed, "Everything (JSON)")
    everything = json.loads(content)
    id = everything["inputs"]["id"]
    assert name == f"{id}.json" and everything["redshift"]["peaks"][0]["z"] == pytest.approx(best, abs=1e-4)
    name, content = taken(analyzed, "p(z) (CSV)")
    assert name == f"{id}-pz.csv"
    assert pd.read_csv(io.BytesIO(content))["probability"].sum() == pytest.approx(1)
    assert Table.read(taken(analyzed, "p(z) (ECSV)")[1].decode(), format="ascii.ecsv").meta["object"] == id
    with h5py.File(io.BytesIO(taken(analyzed, "p(z) (HDF5 for qp)")[1])) as file:
        assert file["ancil/id"][0].decode() == id
    with fits.open(io.BytesIO(taken(analyzed, "Decoded data (FITS)")[1])) as hdus:
        assert [hdu.name for hdu in hdus[1:3]] == ["LEGACY SURVEY IMAGE", "SDSS SPECTRUM"]
    name, content = taken(analyzed, "Figures (HTML)")
    assert name == f"{id}-figures.html" and b"Data, mean of 5 pixels" in content
    assert b"<h2>Legacy Survey image</h2>" in content
    vector = np.load(io.BytesIO(taken(analyzed, "Embedding (npy)")[1]))
    table = pq.read_table(io.BytesIO(taken(analyzed, "Embedding (Parquet)")[1]))
    assert table["id"].to_pylist() == [id]
    np.testing.assert_array_equal(np.stack(table["embedding"].to_numpy()), vector)


def test_the_neighbors_on_the_page_are_files_of_four_kinds(analyzed):
    analyzed.get_by_label("How many").fill("3")
    analyzed.get_by_label("How many").press("Enter")
    analyzed.wait_for_url("**neighbors-k=3**")
    analyzed.locator(".aion-object").nth(3).wait_for(state="detached")
    analyzed.get_by_role("button", name="Download").last.click()
    name, content = taken(analyzed, "CSV")
    ids = pd.read_csv(io.BytesIO(content), dtype={"id": str})["id"].tolist()
    assert name == "neighbors.csv" and len(ids) == 3
    assert list(Table.read(taken(analyzed, "ECSV")[1].decode(), format="ascii.ecsv")["id"]) == ids
    assert [
        str(id) for id in Table.read(io.BytesIO(taken(analyzed, "VOTable")[1]), format="votable")["id"]
    ] == ids
    assert [str(id) for id in Table.read(io.BytesIO(taken(analyzed, "FITS")[1]), format="fits")["id"]] == ids


@pytest.mark.parametrize("file_format", ["PNG", "SVG"])
def test_the_camera_saves_a_figure_under_the_name_of_the_object(analyzed, file_format):
    analyzed.get_by_role("button", name="Download").first.click()
    analyzed.get_by_role("radio", name=file_format, exact=True).or_(
        analyzed.get_by_text(file_format, exact=True)
    ).first.click()
    analyzed.keyboard.press("Escape")
    at_rest(analyzed)
    figure = analyzed.locator(DENSITY)
    figure.scroll_into_view_if_needed()
    figure.hover()
    with analyzed.expect_download() as download:
        figure.locator("[data-title^='Download plot']").click()
    name = download.value.suggested_filename
    assert name.endswith(f"-redshift.{file_format.lower()}") and len(name) > len("-redshift.png")
    content = Path(download.value.path()).read_bytes()
    if file_format == "PNG":
        assert Image.open(io.BytesIO(content)).size[0] > 800
    else:
        assert content.startswith(b"<svg") and b"Probability density p(z)" in content


SHOWING = """import plotly.graph_objects as go
go.Figure.show = lambda figure: print('FIGURE', figure.layout.yaxis.type, len(figure.data))
"""


def test_the_notebook_of_the_bundle_runs_where_it_is_unpacked(analyzed, settings, root, tmp_path):
    analyzed.get_by_role("button", name="Download").first.click()
    name, content = taken(analyzed, "Session bundle (zip)")
    assert name.endswith("-session.zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    cells = json.loads((tmp_path / "analysis.ipynb").read_text())["cells"]
    code = (
        SHOWING
        + "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "code")
        + "print('Z', analysis.redshift.mode)"
    )
    environment = {
        **os.environ,
        "AION_MODEL": settings.model,
        "AION_CATALOG": str(settings.catalog),
        "AION_DEVICE": "cpu",
    }
    environment["PYTHONPATH"] = str(root)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    drawn = [line for line in lines if line.startswith("FIGURE")]
    assert len(drawn) == 3 and drawn[0].startswith("FIGURE log")
    page_says = json.loads((tmp_path / "analysis.json").read_text())["redshift"]["mode"]
    assert float(lines[-1].split()[1]) == pytest.approx(page_says, abs=1e-9)
    assert {path.name for path in (tmp_path / "inputs").iterdir()} == set(TWINS)
