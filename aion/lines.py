"""Spectral lines: the one table of rest wavelengths in vacuum, Å, and where they are observed at a redshift.

Pages, line evidence, the simulator and the evaluation take their lines from here.
Optical wavelengths are the NIST values as SDSS lists them (vacuum); below 2000 Å air was never used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Feature = Literal["emission", "absorption", "own"]
"""``"own"``: a person added it, and does not say which of the two."""


@dataclass(frozen=True)
class Line:
    """One line, or one blend that nobody resolves."""

    name: str
    """As written in papers; lines of one multiplet share it."""
    rest: float
    """Å, vacuum."""
    feature: Feature
    major: bool
    """Shown unless a person asks for all lines."""
    broad: bool = False
    """A permitted line, which the fast gas near a black hole makes thousands of km/s wide."""


LINES = (
    Line("O VI", 1033.8, "emission", major=False, broad=True),
    Line("Lyα", 1215.67, "emission", major=True, broad=True),
    Line("N V", 1240.81, "emission", major=False, broad=True),
    Line("Si IV", 1397.61, "emission", major=False, broad=True),
    Line("C IV", 1549.48, "emission", major=True, broad=True),
    Line("He II", 1640.42, "emission", major=False, broad=True),
    Line("C III]", 1908.73, "emission", major=True, broad=True),
    Line("Mg II", 2796.35, "emission", major=True, broad=True),
    Line("Mg II", 2803.53, "emission", major=True, broad=True),
    Line("[Ne V]", 3426.85, "emission", major=False),
    Line("[O II]", 3727.09, "emission", major=True),
    Line("[O II]", 3729.88, "emission", major=True),
    Line("[Ne III]", 3869.86, "emission", major=True),
    Line("H8", 3890.15, "emission", major=False, broad=True),
    Line("Ca K", 3934.78, "absorption", major=True),
    Line("Ca H", 3969.59, "absorption", major=True),
    Line("[Ne III] + Hε", 3970.10, "emission", major=False),
    Line("Hδ", 4102.89, "emission", major=True, broad=True),
    Line("G band", 4305.61, "absorption", major=True),
    Line("Hγ", 4341.68, "emission", major=True, broad=True),
    Line("[O III]", 4364.44, "emission", major=False),
    Line("He II", 4687.02, "emission", major=False, broad=True),
    Line("Hβ", 4862.68, "emission", major=True, broad=True),
    Line("[O III]", 4960.30, "emission", major=True),
    Line("[O III]", 5008.24, "emission", major=True),
    Line("Mg b", 5176.6, "absorption", major=True),
    Line("[N I]", 5200.53, "emission", major=False),
    Line("He I", 5877.25, "emission", major=False, broad=True),
    Line("Na D", 5891.58, "absorption", major=True),
    Line("Na D", 5897.56, "absorption", major=True),
    Line("[O I]", 6302.05, "emission", major=False),
    Line("[O I]", 6365.54, "emission", major=False),
    Line("[N II]", 6549.85, "emission", major=True),
    Line("Hα", 6564.61, "emission", major=True, broad=True),
    Line("[N II]", 6585.27, "emission", major=True),
    Line("He I", 6679.99, "emission", major=False, broad=True),
    Line("[S II]", 6718.29, "emission", major=True),
    Line("[S II]", 6732.67, "emission", major=True),
    Line("He I", 7067.20, "emission", major=False, broad=True),
    Line("[Ar III]", 7137.80, "emission", major=False),
    Line("[O II]", 7321.50, "emission", major=False),
    Line("Ca II", 8500.36, "absorption", major=False),
    Line("Ca II", 8544.44, "absorption", major=False),
    Line("Ca II", 8664.52, "absorption", major=False),
    Line("[S III]", 9071.1, "emission", major=False),
    Line("[S III]", 9533.2, "emission", major=False),
)


def line_label(line: Line) -> str:
    """``"[O III] 5008"``: name and rest wavelength, for lists."""
    return f"{line.name} {line.rest:.0f}"


def own_line(name: str, rest: float) -> Line:
    """A line that a person adds: its wavelength at rest in Å, vacuum."""
    return Line(name, rest, "own", major=True)


LINE = {line_label(line): line for line in LINES}
"""Every line by its name and wavelength: ``LINE["[O III] 5008"]``."""


@dataclass(frozen=True)
class Region:
    """A stretch of the observed spectrum that the atmosphere spoils."""

    name: str
    low: float
    high: float
    """Å, vacuum, observed frame."""
    short: str
    """To write into a figure."""


ATMOSPHERE = (
    Region("5577 Å sky line", 5571.0, 5587.0, "5577"),  # [O I] 5577.34 in air is 5578.89 in vacuum
    Region("telluric B band", 6864.0, 6945.0, "B"),
    Region("telluric A band", 7592.0, 7700.0, "A"),
)


def observed(line: Line, z: float) -> float:
    """Å, vacuum, where the line falls at redshift z."""
    return line.rest * (1 + z)


@dataclass(frozen=True)
class LineSet:
    """Which lines are marked."""

    features: frozenset[Feature] = frozenset(("emission", "absorption"))
    """Of the table."""
    minor: bool = False
    """The minor lines too."""
    own: tuple[Line, ...] = ()
    """Lines that a person added, by `own_line`, which are all marked."""


def lines_in(low: float, high: float, z: float, *, chosen: LineSet = LineSet()) -> tuple[Line, ...]:
    """Lines of the set whose observed wavelength lies in [low, high] Å, by wavelength."""
    found = (line for line in LINES if line.feature in chosen.features and (chosen.minor or line.major))
    inside = (line for line in (*found, *chosen.own) if low <= observed(line, z) <= high)
    return tuple(sorted(inside, key=lambda line: line.rest))


@dataclass(frozen=True)
class Label:
    """A name to write at a wavelength, and on which of the rows above the spectrum."""

    text: str
    wavelength: float
    """Å, vacuum, observed frame."""
    row: int
    feature: Feature


def labels(lines: Sequence[Line], z: float, *, apart: float, rows: int) -> tuple[Label, ...]:
    """Names placed so that none cover each other.

    Lines of one name closer than ``apart`` (Å, observed) share a label at their middle;
    a label that finds no free row is left out.
    """
    groups: list[list[Line]] = []
    for line in lines:
        same = next(
            (
                group
                for group in groups
                if group[0].name == line.name and observed(line, z) - observed(group[-1], z) < apart
            ),
            None,
        )
        if same is None:
            groups.append([line])
        else:
            same.append(line)
    # Hα before the [N II] around it
    groups.sort(key=lambda group: (_middle(group, z), not group[0].name.startswith("H")))
    ends = [float("-inf")] * rows
    placed = []
    for group in groups:
        middle = _middle(group, z)
        row = next((index for index, end in enumerate(ends) if middle - end >= apart), None)
        if row is not None:
            ends[row] = middle
            placed.append(Label(group[0].name, middle, row, group[0].feature))
    return tuple(placed)


def _middle(group: Sequence[Line], z: float) -> float:
    return sum(observed(line, z) for line in group) / len(group)
