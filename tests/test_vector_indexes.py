"""What every index of vectors does, FAISS in one process and LanceDB beyond: one contract for both."""

import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from aion import lance_index, search
from aion.catalog import Cone, Filters
from aion.catalog.filters import FilteredTable
from aion.errors import ConfigError, SearchError
from aion.lance_index import LanceIndex
from aion.search import Index
from aion.vector_index import VectorIndex

N, D, K = 2_000, 16, 10
ENGINES = ("faiss", "lance")


def made(rows: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    centers = np.random.default_rng(9).normal(size=(20, D))
    some = centers[generator.integers(0, 20, rows)] + 0.5 * generator.normal(size=(rows, D))
    return (some / np.linalg.norm(some, axis=1, keepdims=True)).astype(np.float16)


VECTORS = made(N, 0)
_ra, _dec = np.random.default_rng(1).uniform(0, 360, N), np.random.default_rng(2).uniform(-90, 90, N)
TABLE = pd.DataFrame({"id": [f"o'{row}" for row in range(N)], "ra": _ra, "dec": _dec})
TABLE["class"] = pd.Categorical(np.array(["galaxy", "star", "it's"])[np.arange(N) % 3])
TABLE["z"] = np.where(np.arange(N) % 10, np.random.default_rng(3).uniform(0, 1, N), np.nan)
IDS = TABLE["id"].tolist()


def build(engine: str, place: Path, ids: list[str] = IDS) -> VectorIndex:
    if engine == "faiss":
        np.save(place / "vectors.npy", VECTORS)
        return Index.build(place / "vectors.npy", ids)
    columns = {name: pa.Array.from_pandas(TABLE[name]) for name in ("class", "z", "ra", "dec")}
    columns["class"] = columns["class"].cast(pa.string())
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.ravel()), D)
    batch = pa.record_batch({"vector": vectors} | columns)
    return LanceIndex.build(place, "all", [batch.slice(0, 700), batch.slice(700)], ids)


@pytest.fixture(
    scope="module", params=[f"{engine} {kind}" for engine in ENGINES for kind in ("exact", "lists")]
)
def index(request, tmp_path_factory) -> VectorIndex:
    """By each engine, every vector compared and in lists."""
    engine, kind = request.param.split()
    with pytest.MonkeyPatch.context() as patch:
        if kind == "lists":
            patch.setattr(search, "EXACT_BELOW", 500)
            patch.setattr(lance_index, "EXACT_BELOW", 500)
            patch.setattr(search, "FEWEST", 200)
            patch.setattr(lance_index, "MET", 300)
        made_index = build(engine, tmp_path_factory.mktemp(engine))
        assert made_index.is_exact == (kind == "exact")
        yield made_index


def true_neighbors(question: np.ndarray, keep: np.ndarray | None = None) -> list[int]:
    cosines = VECTORS.astype(np.float64) @ question
    if keep is not None:
        cosines[~keep] = -9
    return np.argsort(-cosines)[:K].tolist()


def recall(index: VectorIndex, where: FilteredTable | None = None) -> float:
    questions = made(40, 5).astype(np.float32)
    found = [{match.row for match in index.query(one, K, where)} for one in questions]
    keep = None if where is None else where.keep
    return float(
        np.mean(
            [
                len(rows & set(true_neighbors(one, keep))) / K
                for one, rows in zip(questions, found, strict=True)
            ]
        )
    )


def test_the_nearest_are_found(index):
    assert recall(index) > 0.97


@pytest.mark.parametrize(
    "filters",
    [
        Filters(z=(0.4, 0.45)),
        Filters(classes=("it's", "star"), z=(0.0, 0.5)),
        Filters(cone=Cone(200.0, 10.0, 40 * 3600.0)),
    ],
)
def test_a_filter_is_the_same_as_mask_and_as_sql(index, filters):
    where = FilteredTable(TABLE, filters, exclude=(3, 4))
    assert 20 < where.keep.sum() < N / 2
    assert recall(index, where) > 0.95
    everything = index.query(VECTORS[0], N, where)
    assert all(where.keep[match.row] for match in everything)
    if index.is_exact:
        assert {match.row for match in everything} == set(np.flatnonzero(where.keep).tolist())


def test_answers_come_best_first_with_cosines_and_ids(index):
    found = index.query(3 * VECTORS[7].astype(np.float32), K)
    cosines = [one.similarity for one in found]
    assert found[0].row == 7 and found[0].id == "o'7" and cosines == sorted(cosines, reverse=True)
    rows = index.rows(np.array([one.row for one in found]))
    np.testing.assert_allclose(rows @ index.vector(7), cosines, atol=2e-3)


def test_a_mask_takes_part_and_one_that_keeps_nothing_gives_nothing(index):
    keep = np.arange(N) % 50 == 0
    assert {one.row % 50 for one in index.query(VECTORS[1], K, keep)} == {0}
    assert index.query(VECTORS[1], K, np.zeros(N, bool)) == []
    assert index.query(VECTORS[1], K, FilteredTable(TABLE, Filters(classes=("nebula",)))) == []
    with pytest.raises(SearchError, match="one bool per row is expected"):
        index.query(VECTORS[1], K, keep[:5])


def test_vectors_come_back_by_row_and_all_of_them(index):
    wanted = VECTORS.astype(np.float32) / np.linalg.norm(VECTORS.astype(np.float32), axis=1, keepdims=True)
    np.testing.assert_allclose(index.rows(np.array([5, 1999, 5, 0])), wanted[[5, 1999, 5, 0]], atol=1e-6)
    np.testing.assert_allclose(index.vectors(), wanted, atol=1e-6)
    np.testing.assert_allclose(index.similarities(VECTORS[2]), wanted @ wanted[2], atol=1e-5)
    assert len(index) == N and index.dimension == D and not len(index.rows(np.empty(0, np.int64)))


def test_neighbors_of_objects_are_others(index):
    rows, cosines = index.nearest(3, np.array([10, 20]))
    assert rows.shape == cosines.shape == (2, 3) and not {10, 20} & set(rows[[0, 1], [0, 0]])
    with pytest.raises(SearchError, match=rf"each of {N} vectors has {N - 1} others"):
        index.nearest(N)


@pytest.mark.parametrize(
    ("vector", "k", "words"),
    [(np.zeros(D), 1, "no direction"), (np.ones(3), 1, "is expected"), (np.ones(D), 0, "at least one")],
)
def test_a_question_that_cannot_be_asked_is_refused(index, vector, k, words):
    with pytest.raises(SearchError, match=words):
        index.query(vector, k)


def test_several_readers_get_the_same_answers(index):
    alone = [match.row for match in index.query(VECTORS[3], K)]
    found: list[list[int]] = []
    readers = [
        threading.Thread(target=lambda: found.append([one.row for one in index.query(VECTORS[3], K)]))
        for _ in range(4)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(60)
    assert found == [alone] * 4


@pytest.mark.parametrize("engine", ENGINES)
def test_ids_are_as_many_as_vectors(engine, tmp_path):
    with pytest.raises(SearchError, match=f"{N} vectors but 3 ids"):
        build(engine, tmp_path, ["a", "b", "c"])


def test_a_table_is_opened_again_from_disk_by_another_reader(tmp_path):
    one, other = build("lance", tmp_path), LanceIndex(tmp_path, "all", IDS)
    assert one.query(VECTORS[4], K) == other.query(VECTORS[4], K)
    with pytest.raises(SearchError, match="has no table image"):
        LanceIndex(tmp_path, "image", IDS)
    with pytest.raises(SearchError, match="build it again"):
        LanceIndex(tmp_path, "all", IDS[:5])


def test_without_lancedb_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(lance_index, "import_module", lambda name: __import__("no such module"))
    with pytest.raises(ConfigError, match=r"pip install 'aion-explorer\[survey\]'"):
        LanceIndex(tmp_path, "all", IDS)
