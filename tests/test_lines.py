"""The line table holds vacuum wavelengths and is filtered where the light is observed."""

import itertools

import pytest

from aion import lines


def vacuum_from_air(air: float) -> float:
    """Å; Morton (2000), as in VALD and the SDSS pipelines."""
    s2 = (1e4 / air) ** 2
    n = (
        1
        + 0.00008336624212083
        + 0.02408926869968 / (130.1065924522 - s2)
        + 0.0001599740894897 / (38.92568793293 - s2)
    )
    return air * n


@pytest.mark.parametrize(
    ("name", "air"),
    [
        ("Hα", 6562.80),
        ("Hβ", 4861.33),
        ("[O III]", 5006.84),
        ("[O II]", 3726.03),
        ("Ca K", 3933.66),
        ("[S II]", 6716.44),
        ("[Ne III]", 3868.75),
    ],
)
def test_rest_wavelengths_are_those_of_vacuum(name, air):
    nearest = min((line for line in lines.LINES if line.name == name), key=lambda line: abs(line.rest - air))
    closest = min(
        (line.rest for line in lines.LINES if line.name == name),
        key=lambda rest: abs(rest - vacuum_from_air(air)),
    )
    assert closest == pytest.approx(vacuum_from_air(air), abs=0.25)
    assert nearest.rest > air


def test_lines_are_chosen_where_they_are_observed_and_not_at_rest():
    names = [line.name for line in lines.lines_in(3800, 9200, z=2.2)]
    assert "Lyα" in names and "C IV" in names
    assert "Hα" not in names


def test_minor_lines_appear_only_when_every_line_is_asked_for():
    major = lines.lines_in(3800, 9200, z=0.0)
    every = lines.lines_in(3800, 9200, z=0.0, chosen=lines.LineSet(minor=True))
    assert set(major) < set(every)
    assert {"Ca H", "Ca K", "[Ne III]"} <= {line.name for line in major} | {
        line.name for line in lines.lines_in(3800, 9200, z=0.01)
    }


def test_own_lines_stand_among_those_of_the_table_whichever_are_chosen():
    coronal = lines.own_line("[Fe X]", 6376.3)
    names = [line.name for line in lines.lines_in(3800, 9200, z=0.0, chosen=lines.LineSet(own=(coronal,)))]
    assert names[names.index("[Fe X]") + 1] == "[N II]"
    alone = lines.LineSet(frozenset(), own=(coronal,))
    assert lines.lines_in(3800, 9200, z=0.0, chosen=alone) == (coronal,)
    assert lines.lines_in(3800, 6300, z=0.0, chosen=alone) == ()


def test_labels_never_cover_each_other():
    shown = lines.lines_in(3800, 9200, z=0.1, chosen=lines.LineSet(minor=True))
    placed = lines.labels(shown, 0.1, apart=200.0, rows=3)
    for row in range(3):
        here = sorted(label.wavelength for label in placed if label.row == row)
        assert all(b - a >= 200 for a, b in itertools.pairwise(here))


def test_a_doublet_is_named_once():
    shown = lines.lines_in(3800, 9200, z=0.2)
    placed = lines.labels(shown, 0.2, apart=150.0, rows=3)
    assert [label.text for label in placed].count("[S II]") == 1


def test_the_sky_line_stands_at_its_vacuum_wavelength():
    sky = lines.ATMOSPHERE[0]
    assert sky.low < vacuum_from_air(5577.34) < sky.high


def test_every_line_has_a_name_and_a_wavelength_of_its_own():
    assert len(lines.LINE) == len(lines.LINES) and lines.LINE["[O III] 5008"].rest == 5008.24
    wavelengths = [line.rest for line in lines.LINES]
    assert wavelengths == sorted(wavelengths)
