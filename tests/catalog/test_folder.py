"""A catalog without a model: what is built is what is saved and loaded, to half precision,
and vectors are made from parts only once."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aion import search
from aion.catalog import ALL, Catalog, EmbeddedObject, Filters, Manifest, Previews, vectors_of, views_of
from aion.errors import InputError, SearchError
from aion.lance_index import LanceIndex
from aion.search import Index

N, D = 200, 32
KEYS = ("tok_image", "tok_flux_g", "tok_flux_r")


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Catalog:
    """Every second object lacks the image."""
    generator = np.random.default_rng(0)
    tokens = [
        {key: generator.integers(0, 1000, 4 if key == "tok_image" else 1) for key in KEYS[i % 2 :]}
        for i in range(N)
    ]
    vectors = [{view: unit(generator.normal(size=D)) for view in views_of(one)} for one in tokens]
    table = pd.DataFrame(
        {
            "id": [f"{i:04d}" for i in range(N)],
            "FLUX_R": [1.0, -1.0] * (N // 2),
            "FLUX_G": 0.5,
            "ra": np.arange(N) / 10.0,
        }
    )
    previews = Previews(
        [b"picture", None] * (N // 2),
        np.linspace(4000, 9000, 8, dtype=np.float32),
        np.full((N, 8), 2.0, np.float16),
    )
    return Catalog.build(
        tmp_path_factory.mktemp("catalogs") / "new",
        Manifest("random", "a" * 64),
        table,
        tokens,
        vectors,
        previews,
    )


def test_what_is_built_is_what_is_loaded(built, tmp_path):
    built.save(tmp_path / "catalog")
    loaded = Catalog.load(tmp_path / "catalog", model_sha256="a" * 64)
    pd.testing.assert_frame_equal(loaded.table, built.table)
    assert loaded.manifest == built.manifest
    for id in ("0000", "0001"):
        one, other = loaded.entry(id), built.entry(id)
        assert loaded.picture(id) == built.picture(id) == (None if id == "0001" else b"picture")
        assert loaded.small_spectrum(id).flux.tolist() == built.small_spectrum(id).flux.tolist() == [2.0] * 8
        assert one.streams == other.streams
        assert all((one.tokens[key] == other.tokens[key]).all() for key in one.streams)
    assert loaded.entry("0001").streams == ("tok_flux_g", "tok_flux_r") and loaded.entry("0007").ra == 0.7


def test_half_precision_changes_no_neighbors():
    rows = unit(np.random.default_rng(0).normal(size=(N, D)))
    names = [str(row) for row in range(N)]
    before, after = (Index.build(each, names).nearest(10)[0] for each in (rows, rows.astype(np.float16)))
    assert np.mean([len(set(one) & set(other)) / 10 for one, other in zip(before, after, strict=True)]) > 0.99


@pytest.fixture
def many(built, tmp_path, monkeypatch) -> Path:
    """The folder of a catalog whose index is worth a file."""
    monkeypatch.setattr(search, "EXACT_BELOW", 100)
    built.save(tmp_path / "catalog")
    return tmp_path / "catalog"


def test_the_index_of_a_large_catalog_is_made_once_beside_it(many, built, monkeypatch):
    steps: list[str] = []
    Catalog.load(many).prepare(lambda step, share: steps.append(step))
    assert steps == ["Indexing 200 objects, once (all)", "Indexing 200 objects, once (photometry)"]
    names = ["all.index", "all.npy", "photometry.index", "photometry.npy"]
    assert sorted(path.name for path in (many / "index").iterdir()) == names
    cosines = built.index.similarities(built.index.vector(7))
    monkeypatch.delattr(Index, "build")
    loaded = Catalog.load(many)
    assert not loaded.index.is_exact
    found = [one.id for one in loaded.neighbors({ALL: loaded.index.vector(7)}, 5, exclude=7)]
    assert found == [f"{row:04d}" for row in np.argsort(-cosines)[1:6]]


def test_an_index_of_other_vectors_is_made_again(many, caplog):
    Catalog.load(many).prepare()
    held = np.load(many / "index" / "all.npy")
    np.save(many / "index" / "all.npy", held[::-1])
    np.testing.assert_array_equal(Catalog.load(many).index.vector(3), unit(held[3:4].astype(np.float32))[0])
    shutil.copy(many / "index" / "photometry.index", many / "index" / "all.index")
    assert len(Catalog.load(many).index) == N and "it is built again" in caplog.text


def test_an_index_lies_in_the_cache_where_nobody_may_write_beside_the_rows(many, tmp_path):
    (many / "index").write_text("no folder")
    assert len(Catalog.load(many, cache=tmp_path / "cache").index) == N
    [place] = (tmp_path / "cache").iterdir()
    assert sorted(path.name for path in place.iterdir()) == ["all.index", "all.npy"]
    with pytest.raises(SearchError, match=r"cannot be written to .*index: "):
        len(Catalog.load(many).index)


def test_a_catalog_is_asked_by_its_tables_of_lancedb_once_they_are_written(many, built):
    catalog = Catalog.load(many)
    catalog.write_tables()
    assert sorted(path.name for path in (many / "index" / "lance").iterdir()) == [
        "all.lance",
        "photometry.lance",
    ]
    loaded = Catalog.load(many)
    loaded.prepare()
    assert isinstance(loaded.index, LanceIndex) and not (many / "index" / "all.npy").exists()
    bright = Filters(mag_r=(20.0, 23.0))
    vectors = {view: built.indexes[view].vector(7) for view in (ALL, "photometry")}
    for asked in ({ALL: vectors[ALL]}, vectors):
        found, expected = (one.neighbors(asked, 5, bright, exclude=7) for one in (loaded, built))
        assert [one.id for one in found] == [one.id for one in expected]
    tables = many / "index" / "lance"
    shutil.rmtree(tables / "photometry.lance")
    shutil.copytree(tables / "all.lance", tables / "photometry.lance")
    with pytest.raises(SearchError, match="is of other vectors; write it again with aion catalog index"):
        len(Catalog.load(many).indexes["photometry"])


def test_a_catalog_in_memory_outlives_its_folder(built, tmp_path):
    built.save(tmp_path / "catalog")
    held = Catalog.load(tmp_path / "catalog").in_memory()
    shutil.rmtree(tmp_path / "catalog")
    assert held.picture("0002") == b"picture" and held.entry("0001").streams == ("tok_flux_g", "tok_flux_r")
    held.save(tmp_path / "again")
    assert len(Catalog.load(tmp_path / "again").index) == N


def test_a_view_is_one_that_every_object_has(built):
    assert set(built.indexes) == {ALL, "photometry"}
    assert set(built.views_of(KEYS)) == {ALL, "photometry"}


def test_magnitudes_follow_from_fluxes_where_these_are_positive(built):
    assert built.table["mag_r"].iloc[0] == pytest.approx(22.5) and np.isnan(built.table["mag_r"].iloc[1])
    assert built.table["g_r"].iloc[0] == pytest.approx(2.5 * np.log10(2))


def test_a_folder_that_is_there_stays_as_it_is(built, tmp_path):
    (tmp_path / "photographs").mkdir()
    with pytest.raises(FileExistsError):
        built.save(tmp_path / "photographs")
    assert [path.name for path in tmp_path.iterdir()] == ["photographs"]
    assert not list((tmp_path / "photographs").iterdir())


def test_a_catalog_without_the_view_of_everything_is_refused(built, tmp_path):
    built.save(tmp_path / "catalog")
    replace(built.manifest, dimensions={"image": D}).write(tmp_path / "catalog")
    with pytest.raises(InputError, match="build the catalog again"):
        Catalog.load(tmp_path / "catalog")


def test_a_folder_of_an_older_version_is_refused(built, tmp_path):
    built.save(tmp_path / "catalog")
    replace(built.manifest, version=2).write(tmp_path / "catalog")
    with pytest.raises(InputError, match="was written by another version of this program; make it again"):
        Catalog.load(tmp_path / "catalog")


def test_the_model_is_asked_about_parts_and_not_again_about_the_whole():
    tokens = {key: np.zeros(1, np.int64) for key in KEYS}
    whole = EmbeddedObject(tokens, KEYS, {}, np.full(D, 1.0, np.float32))
    numbers = EmbeddedObject(tokens, KEYS[1:], {"tok_image": "switched off"}, np.full(D, 2.0, np.float32))
    asked: list[tuple[str, ...]] = []

    def embed(parts):
        asked.extend(tuple(part) for part in parts)
        return [np.full(D, 10.0 + i, np.float32) for i in range(len(parts))]

    vectors = vectors_of([whole, numbers], views_of, embed)
    assert asked == [("tok_image",), ("tok_flux_g", "tok_flux_r")]
    assert [{view: vector[0] for view, vector in one.items()} for one in vectors] == [
        {ALL: 1.0, "image": 10.0, "photometry": 11.0},
        {ALL: 2.0, "photometry": 2.0},
    ]
