"""A sample of public HATS catalogs becomes a catalog: fair, the same again, of what has what is asked."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest

from aion.__main__ import main
from aion.catalog import Catalog
from aion.errors import ConfigError, InputError
from aion.explorer.survey import hats_catalog, sample
from aion.explorer.survey.crossmatch import nearest_within
from aion.explorer.survey.hats_catalog import HatsCatalog
from aion.explorer.survey.sample import SamplePlan, spread_runs, take_sample
from aion.sphere import separation
from tests.explorer.survey.conftest import contents
from tests.explorer.survey.hats_files import write_hats
from tests.explorer.survey.test_run import rows_of

DATA = Path(__file__).parents[2] / "data"
COUNT, MATCHED, WITHOUT = 60, 40, 5
"""Spectra; those that have an image as well, and how many of these images are empty."""


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Spectra and images of the Multimodal Universe, all over the sky, as two catalogs with other pixels."""
    place = tmp_path_factory.mktemp("public")
    [spectrum, _] = pq.read_table(DATA / "mmu_desi.parquet").to_pylist()
    spectrum["spectrum"]["lsf_sigma"] = [1.0] * len(spectrum["spectrum"]["flux"])
    with h5py.File(DATA / "mmu_legacysurvey.hdf5") as file:
        flux, bands = file["image_array"][0], [band.decode() for band in np.ravel(file["image_band"][0])]
    generator = np.random.default_rng(0)
    ra, dec = generator.uniform(0, 360, COUNT), np.degrees(np.arcsin(generator.uniform(-1, 1, COUNT)))
    spectra = [spectrum | {"object_id": f"spectrum {n}", "ra": ra[n], "dec": dec[n]} for n in range(COUNT)]
    images: list[dict[str, Any]] = []
    for n in range(MATCHED):
        image = {"flux": flux.tolist() if n >= WITHOUT else [], "band": bands if n >= WITHOUT else []}
        images.append({"object_id": f"image {n}", "ra": ra[n], "dec": dec[n] + 0.4 / 3600, "image": image})
    images.append(images[-1] | {"object_id": "farther", "dec": images[-1]["dec"] + 0.3 / 3600})
    images.append(images[-1] | {"object_id": "elsewhere", "dec": 0.0, "ra": 1.0})
    write_hats(place / "spectra", spectra, order=0, group=4, name="mmu_desi")
    write_hats(place / "images", images, order=2, name="mmu_legacysurvey")
    return place / "spectra", place / "images"


def build(out: Path, *words: object) -> int:
    return main(["catalog", "build", *map(str, words), "--out", str(out)])


def test_a_sample_of_two_catalogs_is_a_catalog_of_what_has_both(catalogs, here, engine, tmp_path, capsys):
    assert build(tmp_path / "out", *catalogs, "--size", 20, "--with", "spectrum,image") == 0
    catalog = Catalog.load(tmp_path / "out", model_sha256=engine.info.sha256)
    assert len(catalog) == 20 and not catalog.manifest.simulated
    assert catalog.manifest.label == "mmu_desi and mmu_legacysurvey"
    assert {"spectrum", "image"} <= set(catalog.indexes)
    rows = rows_of(tmp_path / "out").to_pylist()
    numbers = {int(row["id"].split()[-1]) for row in rows}
    assert numbers <= set(range(WITHOUT, MATCHED))
    assert all(row["matched_id"] == f"image {row['id'].split()[-1]}" for row in rows)
    assert [row["matched_arcsec"] for row in rows] == pytest.approx([0.4] * 20, abs=1e-3)
    [held, *_] = pq.ParquetDataset(tmp_path / "out" / "sample" / "dataset").fragments
    assert "lsf_sigma" not in held.physical_schema.field("spectrum").type.names


def test_the_same_sample_is_the_same_bytes_and_another_seed_another_one(catalogs, tmp_path):
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        take_sample(SamplePlan((str(catalogs[0]),), ("spectrum",), 20, seed), tmp_path / name)
    one, same, other = (contents(tmp_path / name / "sample" / "dataset") for name in ("one", "same", "other"))
    assert one == same != other
    with pytest.raises(InputError, match="another sample; choose another folder"):
        take_sample(SamplePlan((str(catalogs[0]),), ("spectrum",), 20, 5), tmp_path / "one")


def test_a_sample_that_was_interrupted_goes_on_and_gives_the_same_bytes(catalogs, tmp_path, monkeypatch):
    plan = SamplePlan((str(catalogs[0]),), ("spectrum",), 30)
    take_sample(plan, tmp_path / "undisturbed")
    original, read = sample._read, []

    def breaking(*arguments):
        if len(read) == 3:
            raise OSError("the network is away")
        read.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(sample, "_read", breaking)
    with pytest.raises(OSError, match="away"):
        take_sample(plan, tmp_path / "out")
    read.append(None)
    take_sample(plan, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "undisturbed")


def test_only_what_is_needed_is_read(catalogs, tmp_path, monkeypatch):
    """Positions and footers say which rows; of the rest only some row groups, and no column in vain."""
    asked, groups = [], []
    original = pq.ParquetFile

    class Watched(original):
        def read(self, columns=None, **options):
            asked.append(tuple(columns))
            return super().read(columns=columns, **options)

        def read_row_group(self, number, columns=None, **options):
            groups.append(columns)
            return super().read_row_group(number, columns=columns, **options)

    monkeypatch.setattr(pq, "ParquetFile", Watched)
    monkeypatch.setattr(sample, "PLACES", 2)
    take_sample(SamplePlan((str(catalogs[0]),), ("spectrum",), 8), tmp_path / "one")
    assert not asked, "the footer says that every row has a spectrum"
    assert len(groups) <= 6 and all("spectrum.lsf_sigma" not in columns for columns in groups)
    take_sample(SamplePlan(tuple(map(str, catalogs)), ("spectrum", "image"), 8), tmp_path / "two")
    smallest = {("image.band",), ("image.flux",)}  # the second in a file where all are empty
    assert {("ra", "dec")} < set(asked) <= {("ra", "dec"), *smallest}


@pytest.mark.parametrize(
    ("total", "size", "count"), [(1000, 100, 16), (1000, 999, 16), (37, 10, 4), (5, 9, 2)]
)
def test_every_object_has_the_same_chance(total, size, count):
    drawn = [spread_runs(total, size, count, seed) for seed in range(3000)]
    assert {len(one) for one in drawn} == {min(size, total)} and all(
        (np.diff(one) > 0).all() for one in drawn
    )
    share = np.bincount(np.concatenate(drawn), minlength=total) / len(drawn)
    np.testing.assert_allclose(share, min(size, total) / total, atol=0.05)


def test_the_nearest_is_found_wherever_on_the_sky_and_nothing_beyond_the_radius():
    generator = np.random.default_rng(1)
    ra = np.concatenate([generator.uniform(0, 360, 3000), [0.0, 359.9999, 10.0, 200.0]])
    dec = np.concatenate(
        [np.degrees(np.arcsin(generator.uniform(-1, 1, 3000))), [0.0, 5.0, 89.99999, -89.9999]]
    )
    angle, far = generator.uniform(0, 2 * np.pi, len(ra)), np.where(np.arange(len(ra)) % 3, 0.9, 1.1)
    other_dec = dec + far * np.sin(angle) / 3600
    other_ra = np.mod(ra + far * np.cos(angle) / 3600 / np.cos(np.radians(dec)), 360)
    true = separation(ra, dec, other_ra, other_dec)
    nearest, apart = nearest_within(ra[:3000], dec[:3000], (other_ra, np.clip(other_dec, -90, 90)))
    inside = true[:3000] <= 1
    assert (nearest[inside] == np.flatnonzero(inside)).all() and (nearest[~inside] == -1).all()
    np.testing.assert_allclose(apart[inside], true[:3000][inside], atol=1e-6)


def test_what_no_catalog_has_is_said_with_what_there_is(catalogs, tmp_path, here, capsys):
    assert build(tmp_path / "out", catalogs[0], "--with", "spectrum,image") == 2
    assert (
        "no column of the catalog has an object's image; it has mmu_desi: _healpix_29"
        in capsys.readouterr().err
    )
    with pytest.raises(ConfigError, match="one of or several of spectrum, image"):
        SamplePlan(("somewhere",), ("light curve",))
    with pytest.raises(ConfigError, match="at least one object"):
        SamplePlan(("somewhere",), ("image",), 0)


def test_an_address_of_hats_is_what_a_web_server_has_there(catalogs, httpserver, monkeypatch):
    for path in catalogs[0].rglob("*"):
        if path.is_file():
            httpserver.expect_request(f"/{path.relative_to(catalogs[0])}").respond_with_data(
                path.read_bytes()
            )
    opened = HatsCatalog.open(httpserver.url_for("").rstrip("/"))
    assert opened.name == "mmu_desi" and len(opened.pixels) == 12
    asked = []

    def refuse(path):
        asked.append(path)
        raise FileNotFoundError

    monkeypatch.setattr(hats_catalog, "open_binary", refuse)
    with pytest.raises(InputError, match=r"hats://host/a/catalog is no HATS catalog"):
        HatsCatalog.open("hats://host/a/catalog")
    assert set(asked) == {
        f"https://host/a/catalog/{name}"
        for name in ("collection.properties", "hats.properties", "properties")
    }
