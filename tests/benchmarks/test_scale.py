"""The benchmark of many objects, at a tiny size: what it compares and what it prints."""

from pathlib import Path

import pytest

from benchmarks import scale


def table(printed: str) -> list[list[str]]:
    """The cells of each line below the head."""
    rows = [line.strip("| ").split(" | ") for line in printed.splitlines() if line.startswith("|")]
    return [row for row in rows[1:] if "---" not in row[0]]


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    monkeypatch.setattr("sys.argv", ["scale", *map(str, words)])
    scale.main()


def test_a_runner_has_a_line_with_its_rate_and_whether_bytes_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scale, "Dask", lambda settings, count: scale.Here(scale.Engine(settings)))
    run(monkeypatch, "runners", tmp_path, "--rows", 4, "--workers", 1)
    rows = table(capsys.readouterr().out)
    assert [row[0] for row in rows] == ["here", "dask, workers: 1"]
    assert [(row[1], row[-1]) for row in rows] == [("4", "yes")] * 2


def test_each_index_finds_the_nearest_with_and_without_a_filter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "index", tmp_path, "--vectors", 1000)
    rows = table(capsys.readouterr().out)
    assert len(rows) == len(scale.INDEXES) == 2
    assert all(float(row[recall]) > 0.99 for row in rows for recall in (5, 7))


def test_a_survey_takes_in_proportion_to_objects_and_cards(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "survey")
    rows = {
        (row[0], row[1]): [float(cell.replace(",", "")) for cell in row[2:]]
        for row in table(capsys.readouterr().out)
    }
    few, many = rows["1 x 10^7", "8"], rows["1 x 10^9", "64"]
    assert len(rows) == 6 and many[0] == pytest.approx(100 / 8 * few[0], rel=0.1)
    assert many[3] == pytest.approx(100 * few[3], rel=0.05)
