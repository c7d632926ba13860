"""Which objects of a catalog may be an answer: conditions on its columns, all of which must hold, as a mask
of its table and as SQL for an index that has the columns itself."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aion.catalog.neighbors import has_positions, separations

FILTERED = ("class", "survey", "z", "mag_r", "ra", "dec")
"""Columns that conditions are on."""


class Condition(Protocol):
    """One of them."""

    @property
    def columns(self) -> Sequence[str]:
        """That it is on; a table without one of them passes whole."""

    def mask(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """(n,) True = passes; rows without a value do not."""

    def sql(self) -> str:
        """The same."""


@dataclass(frozen=True)
class ColumnCondition:
    """A column is one of some texts, or between two numbers, both included."""

    column: str
    operator: Literal["in", "between"]
    value: Sequence[Any]

    @property
    def columns(self) -> Sequence[str]:
        return (self.column,)

    def mask(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """(n,)"""
        held = table[self.column]
        keep = held.isin(self.value) if self.operator == "in" else held.between(*self.value)
        passing: NDArray[np.bool_] = keep.to_numpy(dtype=bool)
        return passing

    def sql(self) -> str:
        if self.operator == "between":
            low, high = self.value
            return f"`{self.column}` BETWEEN {float(low)!r} AND {float(high)!r}"
        texts = ", ".join("'" + str(text).replace("'", "''") + "'" for text in self.value)
        return f"`{self.column}` IN ({texts})"


@dataclass(frozen=True)
class Cone:
    """A circle on the sky."""

    ra: float
    """Degrees, ICRS."""
    dec: float
    radius: float
    """Arcsec."""

    @property
    def columns(self) -> Sequence[str]:
        return ("ra", "dec")

    def mask(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """(n,)"""
        if not has_positions(table):
            return np.ones(len(table), dtype=bool)
        dec = table["dec"].to_numpy(float)
        near = np.flatnonzero(np.abs(dec - self.dec) <= self.radius / 3600 + 1e-9)
        inside = separations(table.iloc[near], (self.ra, self.dec)) <= self.radius
        keep = np.zeros(len(table), dtype=bool)
        keep[near[inside]] = True
        return keep

    def sql(self) -> str:
        """By half of the chord, which is exact at small distances."""
        ra, dec, reach = float(self.ra), float(self.dec), self.radius / 3600 + 1e-9
        across = f"cos(radians(dec)) * {math.cos(math.radians(dec))} * power(sin(radians(ra - {ra}) / 2), 2)"
        half_chord = f"power(sin(radians(dec - {dec}) / 2), 2) + {across}"
        most = math.sin(math.radians(self.radius / 7200)) ** 2
        return f"dec BETWEEN {dec - reach} AND {dec + reach} AND {half_chord} <= {most}"


@dataclass(frozen=True)
class Filters:
    """Which objects may be an answer; an empty field admits all.
    They take part in a search, which so gives as many as were asked."""

    classes: tuple[str, ...] = ()
    surveys: tuple[str, ...] = ()
    z: tuple[float, float] | None = None
    """Lowest and highest redshift; objects without one do not pass."""
    mag_r: tuple[float, float] | None = None
    """Brightest and faintest r magnitude, AB."""
    cone: Cone | None = None
    """Where on the sky; objects without a position do not pass."""

    def conditions(self, columns: Collection[str]) -> list[Condition]:
        """Those that are set and whose columns there are; any other filters nothing."""
        chosen = (("class", self.classes), ("survey", self.surveys))
        ranges = (("z", self.z), ("mag_r", self.mag_r))
        found: list[Condition] = [ColumnCondition(column, "in", value) for column, value in chosen if value]
        found += [ColumnCondition(column, "between", value) for column, value in ranges if value is not None]
        found += [self.cone] if self.cone else []
        return [one for one in found if set(one.columns) <= set(columns)]

    def keep(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """(n,) True = passes; a column that the table lacks filters nothing."""
        keep = np.ones(len(table), dtype=bool)
        for condition in self.conditions(table.columns):
            keep &= condition.mask(table)
        return keep


@dataclass(frozen=True, eq=False)
class FilteredTable:
    """The rows of a table that pass filters, without some of them, in the form that an index takes."""

    table: pd.DataFrame
    filters: Filters
    exclude: tuple[int, ...] = ()
    """Rows."""

    @cached_property
    def keep(self) -> NDArray[np.bool_]:
        """(n,)"""
        keep = self.filters.keep(self.table)
        keep[list(self.exclude)] = False
        return keep

    def sql(self) -> str:
        """The same, on the columns of the table and ``row``."""
        held = self.filters.conditions(self.table.columns)
        without = [f"row NOT IN ({', '.join(map(str, self.exclude))})"] if self.exclude else []
        return " AND ".join([*(one.sql() for one in held), *without])
