"""Similarity search: exact against brute force, filters, and the graph for large indexes."""

import numpy as np
import pytest

from aion import search
from aion.errors import SearchError
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


def test_a_large_index_walks_a_graph_with_high_recall(monkeypatch):
    monkeypatch.setattr(search, "EXACT_BELOW", 500)
    rows = vectors(3000, 16)
    index = Index.build(rows, names(3000))
    assert not index.is_exact
    questions = vectors(50, 16, seed=7)
    hits = [len({m.row for m in index.query(q, 10)} & set(brute_force(rows, q, 10))) for q in questions]
    assert np.mean(hits) / 10 >= 0.95
    wide, narrow = np.arange(3000) % 2 == 0, np.arange(3000) % 30 == 0
    for where in (wide, narrow):
        hits = [
            len({m.row for m in index.query(q, 10, where)} & set(brute_force(rows, q, 10, where)))
            for q in questions
        ]
        assert np.mean(hits) / 10 >= 0.95


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
