"""The folder of a catalog with positions is a HATS catalog: other programs' names, pixels and metadata."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from aion.catalog import Catalog, folder, healpix
from tests.made_catalog import catalog_of

N, D = 300, 8


@pytest.fixture(scope="module")
def positions() -> tuple[np.ndarray, np.ndarray]:
    """All over the sky, with the poles, the borders of the caps and the meridian."""
    generator = np.random.default_rng(0)
    ra, sine = generator.uniform(0, 360, 3_000), generator.uniform(-1, 1, 3_000)
    edges = [
        (0, 90),
        (45, -90),
        (359.9999999, 1),
        (45, 89.9999999),
        (10, 41.8103148957),
        (10, -41.8103148958),
    ]
    return tuple(
        np.concatenate(pair)
        for pair in zip((ra, np.degrees(np.arcsin(sine))), np.transpose(edges), strict=True)
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Objects in a clump, a few elsewhere, and every tenth without a position; pixels of 60 rows at most."""
    generator = np.random.default_rng(1)
    ra = np.where(np.arange(N) < 250, generator.normal(150, 1, N), generator.uniform(0, 360, N))
    dec = np.where(np.arange(N) < 250, generator.normal(2, 1, N), generator.uniform(-80, 80, N))
    ra[::10] = np.nan
    table = pd.DataFrame({"id": [f"o{i:03d}" for i in range(N)], "ra": ra, "dec": dec, "z": np.arange(N) / N})
    rows = generator.normal(size=(N, D))
    place = tmp_path_factory.mktemp("hats") / "catalog"
    with pytest.MonkeyPatch.context() as patch:
        for module in ("folder", "table"):
            patch.setattr(f"aion.catalog.{module}.PARTITION", 60)
        catalog_of(place, table, {"all": rows / np.linalg.norm(rows, axis=1, keepdims=True)}).save(place)
    return place, table.set_index("id"), rows


def test_pixels_are_those_of_another_library(positions):
    nested = pytest.importorskip("cdshealpix.nested")
    from astropy import units
    from astropy.coordinates import Latitude, Longitude

    ra, dec = positions
    theirs = nested.lonlat_to_healpix(Longitude(ra * units.deg), Latitude(dec * units.deg), healpix.ORDER)
    np.testing.assert_array_equal(healpix.healpix(ra, dec), theirs.astype(np.int64))


def test_pixels_nest_and_close_positions_share_them(positions):
    ra, dec = positions
    pixels = healpix.healpix(ra, dec)
    assert pixels.min() >= 0 and (pixels >> 58).max() == 11 and len(np.unique(pixels >> 58)) == 12
    moved = healpix.healpix(ra, np.clip(dec + 1e-12, -90, 90))
    assert ((pixels >> 20) == (moved >> 20)).mean() > 0.99


def test_a_pixel_with_too_many_rows_is_cut_into_four():
    pixels = np.array([3, 1, 2, 0]) << 56  # the four children of the first pixel
    assert [(order, pixel) for order, pixel, _ in healpix.cut(pixels, 2)] == [(1, 0), (1, 1), (1, 2), (1, 3)]
    [(order, pixel, rows)] = healpix.cut(pixels, 4)
    assert (order, pixel) == (0, 0) and rows.tolist() == [3, 1, 2, 0]


def test_rows_stand_in_the_order_of_the_sky_and_keep_what_is_theirs(saved):
    place, table, rows = saved
    catalog = Catalog.load(place)
    assert catalog.table["id"].tolist()[-30:] == [f"o{i:03d}" for i in range(0, N, 10)], "without a position"
    pd.testing.assert_series_equal(
        catalog.table.set_index("id")["ra"].sort_index(), table["ra"].sort_index(), check_index_type=False
    )
    for id in ("o001", "o010", "o299"):
        own = rows[int(id[1:])] / np.linalg.norm(rows[int(id[1:])])
        np.testing.assert_allclose(catalog.index.vector(catalog.row(id)), own, atol=1e-3)


def test_the_folder_has_the_files_that_hats_wants(saved):
    place = saved[0]
    info = pd.read_csv(place / "partition_info.csv")
    assert list(info) == ["Norder", "Npix", "num_rows"] and info["num_rows"].max() <= 60
    assert info["num_rows"].sum() == N - 30 and info["Norder"].max() >= 4
    for order, pixel, count in info.itertuples(index=False):
        rows = pq.read_table(place / folder.partition_path(order, pixel), partitioning=None)
        assert len(rows) == count and set(rows["_healpix_29"].to_numpy() >> 2 * (29 - order)) == {pixel}
        assert (np.diff(rows["_healpix_29"].to_numpy()) >= 0).all()
    properties = dict(line.split("=") for line in (place / "hats.properties").read_text().splitlines()[1:])
    assert (place / "properties").read_text() == (place / "hats.properties").read_text()
    assert properties["hats_nrows"] == "270" and properties["dataproduct_type"] == "object"
    assert pq.read_metadata(place / "dataset" / "_metadata").num_rows == N - 30
    assert "_healpix_29" not in pq.read_schema(place / "unplaced.parquet").names
    assert json.loads((place / "catalog.json").read_text())["version"] == 3


def test_the_same_rows_give_the_same_bytes(saved, tmp_path):
    place = saved[0]
    Catalog.load(place).in_memory().save(tmp_path / "again")
    [first, *_] = folder.row_files(place)
    whole = pq.read_table(first, partitioning=None)
    folder.write_rows(tmp_path / "one.parquet", whole)
    assert (tmp_path / "one.parquet").read_bytes() == first.read_bytes()
    assert sum(pq.read_metadata(path).num_rows for path in folder.row_files(tmp_path / "again")) == N


def test_the_library_of_hats_opens_it(saved):
    hats = pytest.importorskip("hats")
    opened = hats.read_hats(saved[0])
    assert len(opened.get_healpix_pixels()) == len(pd.read_csv(saved[0] / "partition_info.csv"))
    assert opened.catalog_info.total_rows == N - 30
