"""Objects of a catalog by where they are: within a circle, and how far from a position."""

import numpy as np
import pandas as pd
import pytest

from aion.catalog import Cone, Filters, has_positions, separations

TABLE = pd.DataFrame(
    {
        "id": list("abcdef"),
        "z": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        "ra": [359.9999, 0.0001, 0.0, 180.0, np.nan, 120.0],
        "dec": [0.0, 0.0, 0.001, 0.0, 0.0, 90.0],
    }
)


def within(radius: float, ra: float = 0.0001, dec: float = 0.0, table: pd.DataFrame = TABLE) -> str:
    """Ids of what passes, without a blank."""
    return "".join(table["id"][Filters(cone=Cone(ra, dec, radius)).keep(table)])


def test_a_cone_holds_what_is_within_its_radius_on_both_sides_of_ra_0():
    assert within(0.7) == "b" and within(0.73) == "ab" and within(4.0) == "abc"
    assert within(0.73, ra=360.0001) == "ab" and within(3.59, ra=0.0) == "ab"


def test_a_cone_around_a_pole_holds_every_right_ascension():
    assert within(1.0, ra=7.0, dec=90.0) == "f" and within(1.0, ra=200.0, dec=89.9999) == "f"


def test_objects_without_a_position_are_in_no_cone():
    assert within(180 * 3600.0) == "abcdf"


def test_a_cone_and_other_filters_take_part_together():
    assert Filters(z=(0.15, 0.35), cone=Cone(0.0, 0.0, 2.0)).keep(TABLE).tolist() == [
        False,
        True,
        *[False] * 4,
    ]


def test_a_catalog_without_positions_has_no_cone():
    table = TABLE.drop(columns="dec")
    assert not has_positions(table) and not has_positions(TABLE[4:5]) and has_positions(TABLE)
    assert within(1.0, table=table) == "abcdef"


def test_separations_from_a_position_are_missing_where_an_object_has_none():
    assert separations(TABLE, (0.0, 0.0)) == pytest.approx(
        [0.36, 0.36, 3.6, 180 * 3600, np.nan, 90 * 3600], nan_ok=True
    )


def test_neighbors_are_searched_within_the_cone(catalog, monkeypatch):
    placed = catalog.table.assign(ra=np.linspace(10, 11, 12), dec=2.0)
    monkeypatch.setattr(catalog, "table", placed)
    vectors = {"all": catalog.index.vector(0)}
    near = catalog.neighbors(vectors, 5, Filters(cone=Cone(10.0, 2.0, 3600 * 0.3)))
    assert {one.id for one in near} == {"object 0", "object 1", "object 2", "object 3"}
