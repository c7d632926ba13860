"""Similarity search: exact against brute force, filters, and the lists of large indexes."""

from pathlib import Path

import faiss
import numpy as np
import pytest

from aion import search, unit_vectors
from aion.errors import IndexMismatchError, SearchError
from aion.search import Index


def vectors(n: int, d: int = 24, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def names(n: int, prefix: str = "object") -> list[str]:
    return [f"{prefix} {i}" for i in range(n)]


def brute_force(rows: np.ndarray, question: np.ndarray, k: int, where: np.ndarray | None = None) -> list[int]:
    cosine = (rows @ question) / (np.linalg.norm(rows, axis=1) * np.linalg.norm(question))
    if where is not None:
        cosine[~where] = -np.inf
    return np.argsort(-cosine)[:k].tolist()


@pytest.fixture
def index() -> Index:
    return Index.build(vectors(300), names(300))


def test_the_answers_are_those_of_brute_force_with_cosines(index):
    for question in vectors(10, seed=1):
        found = index.query(7 * question, 9)
        assert [match.row for match in found] == brute_force(vectors(300), question, 9)
        assert [match.id for match in found] == [f"object {match.row}" for match in found]
        first = vectors(300)[found[0].row]
        cosine = first @ question / np.linalg.norm(first) / np.linalg.norm(question)
        assert found[0].similarity == pytest.approx(cosine, abs=1e-6)


def test_an_object_is_most_similar_to_itself(index):
    best = index.query(vectors(300)[42], 1)[0]
    assert best.id == "object 42" and best.similarity == pytest.approx(1, abs=1e-6) and best.similarity <= 1


def test_a_filter_takes_part_in_the_search(index):
    where = (np.arange(300) % 3 == 1) & (np.arange(300) > 150)
    question = vectors(1, seed=2)[0]
    found = index.query(question, 10, where)
    assert len(found) == 10
    assert [match.row for match in found] == brute_force(vectors(300), question, 10, where)


def test_fewer_answers_come_back_where_there_are_fewer(index):
    where = np.zeros(300, dtype=bool)
    assert index.query(vectors(1)[0], 5, where) == []
    where[[3, 8]] = True
    assert {match.row for match in index.query(vectors(1)[0], 5, where)} == {3, 8}
    assert len(index.query(vectors(1)[0], 1000)) == 300


def test_every_cosine_can_be_had_in_the_order_of_the_index(index):
    question = vectors(1, seed=4)[0]
    cosines = index.similarities(5 * question)
    expected = vectors(300) @ question / np.linalg.norm(vectors(300), axis=1) / np.linalg.norm(question)
    np.testing.assert_allclose(cosines, expected, atol=1e-6)
    assert index.similarities(index.vector(17))[17] == pytest.approx(1, abs=1e-6)


def test_the_neighborhood_of_every_vector_leaves_out_the_vector_itself(index):
    rows, cosines = index.nearest(4)
    assert rows.shape == cosines.shape == (300, 4)
    for row in (0, 150, 299):
        found = [match for match in index.query(vectors(300)[row], 5) if match.row != row]
        assert rows[row].tolist() == [match.row for match in found]
        np.testing.assert_allclose(cosines[row], [match.similarity for match in found], atol=1e-6)
    copies = Index.build(np.ones((6, 3)), names(6)).nearest(2)[0]
    assert all(row not in others for row, others in enumerate(copies.tolist()))
    with pytest.raises(SearchError, match="299 others"):
        index.nearest(300)


def clustered(n: int, d: int = 24, seed: int = 0) -> np.ndarray:
    """Forty clouds of different width; row i is of cloud i % 40."""
    generator = np.random.default_rng(seed)
    centers = np.random.default_rng(1).normal(size=(40, d))
    clouds = np.arange(n) % 40
    spread = generator.normal(size=(n, d)) * np.linspace(0.1, 0.8, 40)[clouds, None]
    return (centers[clouds] + spread).astype(np.float32)


def recall(
    index: Index, rows: np.ndarray, questions: np.ndarray, k: int, where: np.ndarray | None = None
) -> float:
    shares = []
    for question in questions:
        answers = index.query(question, k, where)
        assert len(answers) == k and [one.similarity for one in answers] == sorted(
            (one.similarity for one in answers), reverse=True
        )
        shares.append(len({one.row for one in answers} & set(brute_force(rows, question, k, where))) / k)
    return float(np.mean(shares))


LARGE = 8000


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> tuple[Index, Path]:
    """An index of lists, and the file that its vectors are in, with half precision."""
    path = tmp_path_factory.mktemp("vectors") / "vectors.npy"
    np.save(path, clustered(LARGE).astype(np.float16))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "EXACT_BELOW", 500)
        patch.setattr(search, "FEWEST", 1000)
        return Index.build(path, names(LARGE)), path


@pytest.mark.parametrize("k", [10, 200])
def test_a_large_index_finds_nearly_all_neighbors(large, k):
    index, path = large
    assert not index.is_exact and len(index) == LARGE and index.dimension == 24
    assert recall(index, np.load(path).astype(np.float32), clustered(60, seed=7), k) >= 0.98


def test_vectors_without_clusters_are_searched_far_enough(monkeypatch):
    monkeypatch.setattr(search, "EXACT_BELOW", 500)
    monkeypatch.setattr(search, "FEWEST", 100)
    rows = vectors(LARGE)
    assert recall(Index.build(rows, names(LARGE)), rows, vectors(60, seed=7), 10) >= 0.98


@pytest.mark.parametrize(
    "where",
    [
        np.arange(LARGE) % 2 == 0,
        np.arange(LARGE) % 20 == 3,
        np.arange(LARGE) % 400 == 3,
        np.isin(np.arange(LARGE) % 40, [5, 30]),
        np.arange(LARGE) < 12,
    ],
    ids=["half", "a twentieth", "twenty rows", "two clouds, far from most queries", "twelve rows"],
)
def test_a_filter_of_a_large_index_keeps_its_recall(large, where):
    index, path = large
    assert recall(index, np.load(path).astype(np.float32), clustered(60, seed=7), 10, where) >= 0.98


def test_a_filter_that_keeps_fewer_than_are_wanted_gives_all_of_them(large):
    where = np.isin(np.arange(LARGE), [3, 17, 4000])
    assert sorted(one.row for one in large[0].query(clustered(1)[0], 10, where)) == [3, 17, 4000]
    assert large[0].query(clustered(1)[0], 10, np.zeros(LARGE, dtype=bool)) == []


def test_cosines_of_a_large_index_are_exact(large):
    index, path = large
    rows, question = np.load(path).astype(np.float64), clustered(1, seed=8)[0].astype(np.float64)
    cosines = rows @ question / np.linalg.norm(rows, axis=1) / np.linalg.norm(question)
    np.testing.assert_allclose(index.similarities(question), cosines, atol=1e-6)
    for one in index.query(question, 20):
        assert one.similarity == pytest.approx(cosines[one.row], abs=1e-6)
        np.testing.assert_allclose(index.vector(one.row), index.vectors()[one.row])


def test_the_neighborhood_of_rows_of_a_large_index_leaves_out_the_rows_themselves(large):
    index, path = large
    rows, queries = np.load(path).astype(np.float32), np.arange(0, LARGE, 100)
    neighbors, cosines = index.nearest(5, queries)
    assert neighbors.shape == cosines.shape == (80, 5) and not (neighbors == queries[:, None]).any()
    expected = [brute_force(rows, rows[row], 6)[1:] for row in queries]
    assert np.mean([len(set(a) & set(b)) for a, b in zip(neighbors, expected, strict=True)]) >= 0.98 * 5


def test_the_same_vectors_give_the_same_large_index(large, monkeypatch, tmp_path):
    monkeypatch.setattr(search, "EXACT_BELOW", 500)
    monkeypatch.setattr(search, "FEWEST", 1000)
    index, path = large
    in_memory = Index.build(np.load(path), names(LARGE))
    for name, one in (("file", index), ("memory", in_memory)):
        one.save(tmp_path / name)
    assert (tmp_path / "file").read_bytes() == (tmp_path / "memory").read_bytes()
    question = clustered(1, seed=9)[0]
    assert index.query(question, 30) == in_memory.query(question, 30)


def test_a_small_file_of_vectors_is_searched_as_its_array(index, tmp_path):
    np.save(tmp_path / "vectors.npy", vectors(300))
    from_file = Index.build(tmp_path / "vectors.npy", names(300))
    assert from_file.is_exact
    np.testing.assert_allclose(
        from_file.similarities(np.ones(24)), index.similarities(np.ones(24)), atol=1e-6
    )


def test_a_large_index_comes_back_from_its_file(large, tmp_path):
    index, path = large
    index.save(tmp_path / "all.index")
    assert (tmp_path / "all.index").stat().st_size < 3 * index.vectors().nbytes / 4
    loaded = Index.load(tmp_path / "all.index", np.load(path), names(LARGE))
    question, where = clustered(1, seed=9)[0], np.arange(LARGE) % 7 == 2
    assert not loaded.is_exact
    assert loaded.query(question, 10) == index.query(question, 10)
    assert loaded.query(question, 10, where) == index.query(question, 10, where)


def test_a_file_of_another_index_is_refused(large, tmp_path):
    index, path = large
    index.save(tmp_path / "all.index")
    for other in (clustered(LARGE, seed=3), np.load(path)[:-1], vectors(LARGE, 23)):
        with pytest.raises(IndexMismatchError, match=r"was built from other vectors .*; build it again"):
            Index.load(tmp_path / "all.index", other, names(len(other)))
    faiss.write_index(faiss.IndexHNSWFlat(24, 8), str(tmp_path / "graph"))
    with pytest.raises(SearchError, match=r"written by another version .*IndexHNSWFlat.*; build it again"):
        Index.load(tmp_path / "graph", path, names(LARGE))
    (tmp_path / "text").write_text("no index")
    for name in ("text", "nowhere"):
        with pytest.raises(SearchError, match="is no index"):
            Index.load(tmp_path / name, path, names(LARGE))


def test_an_exact_index_is_no_file(index, tmp_path):
    with pytest.raises(SearchError, match="keep them and build it again"):
        index.save(tmp_path / "all.index")


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros(4, np.float16), "floats"),
        (np.ones((4, 3), int), "floats"),
        (np.ones((0, 3)), "C order"),
        (np.ones((4, 3), order="F"), "C order"),
        (np.array([[1.0, 1], [0, 0]]), "the first in row 1"),
    ],
)
def test_files_without_vectors_are_refused(array, words, tmp_path):
    np.save(tmp_path / "vectors.npy", array)
    with pytest.raises(SearchError, match=words):
        Index.build(tmp_path / "vectors.npy", names(len(array)))


def test_files_that_are_no_arrays_are_refused(tmp_path):
    np.savez(tmp_path / "vectors.npz", rows=vectors(4))
    (tmp_path / "vectors.txt").write_text("1 2 3")
    for name in ("vectors.npz", "vectors.txt", "nowhere.npy"):
        with pytest.raises(SearchError, match=name):
            Index.build(tmp_path / name, names(4))


def test_broken_vectors_of_a_large_file_are_told_by_their_row(monkeypatch, tmp_path):
    monkeypatch.setattr(search, "EXACT_BELOW", 500)
    monkeypatch.setattr(unit_vectors, "ROWS_AT_ONCE", 1000)
    rows = clustered(LARGE)
    rows[5001] = np.nan
    np.save(tmp_path / "vectors.npy", rows)
    with pytest.raises(SearchError, match="the first in row 5001"):
        list(unit_vectors.UnitVectorFile(tmp_path / "vectors.npy").pieces())
    with pytest.raises(SearchError, match="zero or not finite"):
        Index.build(tmp_path / "vectors.npy", names(LARGE))


def test_a_file_that_was_cut_after_the_index_was_built_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(search, "EXACT_BELOW", 500)
    path = tmp_path / "vectors.npy"
    np.save(path, clustered(LARGE))
    index = Index.build(path, names(LARGE))
    path.write_bytes(path.read_bytes()[: LARGE * 24])
    with pytest.raises(SearchError, match="is shorter than it was; build the index again"):
        index.query(clustered(LARGE)[-1], 10)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((vectors(3), names(2)), "3 vectors but 2 ids"),
        ((vectors(3), ["a", "b", "a"]), "'a' is given twice"),
        ((np.zeros((2, 4)), names(2)), "zero or not finite"),
        ((np.full((2, 4), np.nan), names(2)), "zero or not finite"),
        ((np.zeros(4), names(4)), "shape"),
    ],
)
def test_vectors_that_make_no_index_are_refused(arguments, words):
    with pytest.raises(SearchError, match=words):
        Index.build(*arguments)


def test_questions_that_do_not_fit_are_refused(index):
    with pytest.raises(SearchError, match="24"):
        index.query(np.ones(23), 5)
    with pytest.raises(SearchError, match="at least one"):
        index.query(np.ones(24), 0)
    with pytest.raises(SearchError, match="one bool per row"):
        index.query(np.ones(24), 5, np.ones(5, dtype=bool))


def test_building_leaves_the_vectors_alone():
    rows = vectors(10)
    before = rows.copy()
    Index.build(rows, names(10))
    np.testing.assert_array_equal(rows, before)
