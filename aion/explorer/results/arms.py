"""What each part of a spectrum says of the redshift alone, and whether the parts agree: frozen dataclasses,
and the rule that tells them apart. Wavelengths are vacuum Å, observed frame; knows no model.

p(z) of a part and of the others are laid on one grid of ln(1 + z), on which a shift of wavelengths moves it.
Their correlation times the number of bins is 1 where one is flat; the lag of its top says which shift brings
them together. All thresholds were chosen on simulated and real spectra: docs/generation.md.
"""

import math
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np

from aion.explorer.results import Floats
from aion.redshift import RedshiftPDF

STEP = math.log(6) / 1023
"""In ln(1 + z), 525 km/s: the bins of the embedded weights. A shift is known to one of them."""
AROUND = 2
"""Bins on both sides of a peak that count as it."""
SPEAKS_FROM = 0.6
"""Probability around the best redshift from which a part says something by itself."""
SURE_FROM = 0.98
"""The same, from which a redshift far from that of the others is called a disagreement: a part with one line,
taken for another, is often surer than it should be."""
SAME_WITHIN = 1
"""Bins within which two parts have the same redshift."""
LARGEST_SHIFT = 150.0
"""Å at the middle of a part: what a wrong wavelength solution may do."""
SHIFTED_FROM = 2.0
"""Nats by which a shift explains both p(z) better than none does."""
FLOOR = 0.1
"""Share of each p(z) that may be anywhere."""


class Agreement(Enum):
    """What a part of a spectrum says beside the others."""

    AGREES = "agrees with the others"
    SHIFTED = "as if shifted"
    UNRELATED = "another redshift"
    UNSURE = "another redshift, not surely"
    SILENT = "says nothing by itself"
    NOTHING_BESIDE = "the others say nothing"


@dataclass(frozen=True, eq=False)
class SpectrumArm:
    """One part of a spectrum: p(z) of it, and p(z) of the rest of that spectrum; the model's own."""

    name: str
    low: float
    high: float
    """Å, between which its data lie."""
    alone: RedshiftPDF
    others: RedshiftPDF

    @property
    def center(self) -> float:
        """Å."""
        return (self.low + self.high) / 2

    @cached_property
    def best(self) -> tuple[float, float]:
        """The redshift around which it has most of its probability, and how much."""
        return best_redshift(self.alone)

    @cached_property
    def speaks(self) -> bool:
        """Whether it says something by itself: a broad p(z), or one of many peaks, does not."""
        return self.best[1] >= SPEAKS_FROM

    @cached_property
    def agreement(self) -> Agreement:
        """The rule."""
        beside = best_redshift(self.others)
        if not self.speaks:
            return Agreement.SILENT
        if beside[1] < SPEAKS_FROM:
            return Agreement.NOTHING_BESIDE
        if self.shift_evidence > SHIFTED_FROM:
            return Agreement.SHIFTED
        bins_apart = abs(math.log((1 + self.best[0]) / (1 + beside[0]))) / STEP
        if bins_apart < SAME_WITHIN + 0.5:
            return Agreement.AGREES
        is_sure = min(self.best[1], beside[1]) >= SURE_FROM and self._correlation.max() < math.e
        return Agreement.UNRELATED if is_sure else Agreement.UNSURE

    @property
    def is_apart(self) -> bool:
        """Whether it contradicts the others."""
        return self.agreement in (Agreement.SHIFTED, Agreement.UNRELATED)

    @property
    def shift_evidence(self) -> float:
        """Nats by which the best shift, up to `LARGEST_SHIFT`, explains both p(z) better than none does."""
        is_same = np.abs(self._lags) <= SAME_WITHIN
        return float(np.log(self._correlation[~is_same].max() / self._correlation[is_same].max()))

    @property
    def dz(self) -> float:
        """How much higher its redshift is than that of the others."""
        beside = best_redshift(self.others)[0]
        if self.agreement is not Agreement.SHIFTED:
            return self.best[0] - beside
        top = int(np.argmax(np.where(np.abs(self._lags) <= SAME_WITHIN, 0.0, self._correlation)))
        around = slice(max(top - 1, 0), top + 2)
        lag = np.average(self._lags[around], weights=self._correlation[around])
        return (1 + beside) * math.expm1(float(lag) * STEP)

    @property
    def shift(self) -> float:
        """Å at its center, positive: too red, that would explain `dz`."""
        return self.center * self.dz / (1 + best_redshift(self.others)[0])

    @cached_property
    def _lags(self) -> Floats:
        """Bins that p(z) of the arm lies above that of the others, up to the largest shift."""
        most = max(math.floor(math.log1p(LARGEST_SHIFT / self.center) / STEP), SAME_WITHIN + 1)
        return np.arange(-most, most + 1, dtype=float)

    @cached_property
    def _correlation(self) -> Floats:
        """(lags,) of both p(z), over what it is by chance."""
        own, beside = (_on_log_grid(pdf) for pdf in (self.alone, self.others))
        count, most = len(own), len(self._lags) // 2
        own, beside = ((1 - FLOOR) * one + FLOOR / count for one in (own, beside))
        padded = np.pad(own, most)
        return np.array([count * (padded[i : i + count] @ beside) for i in range(2 * most + 1)])


@dataclass(frozen=True, eq=False)
class SpectrumArms:
    """The parts of one spectrum, from blue to red."""

    key: str
    """Its token stream."""
    arms: tuple[SpectrumArm, ...]
    whole: RedshiftPDF
    """p(z) of all that was read of the object, the model's own."""

    @cached_property
    def apart(self) -> SpectrumArm | None:
        """The part that contradicts the others most; of two parts, which cannot be told apart, the redder."""
        found = [one for one in self.arms if one.is_apart]
        if len(self.arms) < 2:  # there is no rest
            return None
        if len(self.arms) == 2:
            return found[-1] if found else None
        return max(
            found, key=lambda one: (one.agreement is Agreement.SHIFTED, one.shift_evidence), default=None
        )

    def can_judge(self, arm: SpectrumArm) -> bool:
        """Whether its agreement with the rest says something of it, and not of another part of that rest."""
        if len(self.arms) < 2:
            return False
        return self.apart in (None, arm) or len(self.arms) == 2 or not arm.speaks

    def summary(self) -> str:
        """Plain sentences: whether the parts agree, or which one does not and what that may mean."""
        if len(self.arms) < 2:
            return "Nothing to compare: all good pixels lie in one part of the spectrum."
        if self.apart is not None:
            return _contradiction(self.apart, self.arms)
        unsure = [one for one in self.arms if one.agreement is Agreement.UNSURE]
        agreeing = [one for one in self.arms if one.agreement is Agreement.AGREES]
        silent = [one for one in self.arms if not one.speaks]
        if unsure:
            values = ", ".join(f"{one.name} {_says(one.best)}" for one in unsure)
            text = f"Not sure: alone, {values}, unlike the rest, but too little for a disagreement."
        elif agreeing:
            text = f"The parts agree: {_names(agreeing)} alone {_say(agreeing)} z = {agreeing[0].best[0]:.4f}"
            text += "." if len(agreeing) > 1 else ", and so does the rest."
        else:
            text = "Nothing to compare: no part says a redshift alone while the rest says one too."
        if silent:
            names = _names(silent)
            text += f" {names[0].upper()}{names[1:]} alone {_say(silent)} nothing, which is no disagreement."
        return text


def best_redshift(pdf: RedshiftPDF) -> tuple[float, float]:
    """The redshift around which most of the probability lies, and how much: within `AROUND` bins."""
    probability = _on_log_grid(pdf)
    within = np.convolve(probability, np.ones(2 * AROUND + 1), mode="same")
    middle = int(np.argmax(within))
    around = np.arange(max(middle - AROUND, 0), min(middle + AROUND + 1, len(probability)))
    place = float(np.average(around, weights=probability[around]))
    return math.expm1((place + 0.5) * STEP), float(min(within[middle], 1.0))


def _on_log_grid(pdf: RedshiftPDF) -> Floats:
    """(n,) probability in bins of `STEP` in ln(1 + z), from z = 0."""
    edges = np.log1p(pdf.edges)
    count = math.ceil(edges[-1] / STEP - 0.01)
    cumulative = np.concatenate([[0.0], np.cumsum(pdf.probability)])
    return np.diff(np.interp(STEP * np.arange(count + 1), edges, cumulative))


def _contradiction(arm: SpectrumArm, arms: tuple[SpectrumArm, ...]) -> str:
    """Which part, by how much, and what may be the reason."""
    beside = best_redshift(arm.others)
    if len(arms) == 2:
        [other] = [one for one in arms if one is not arm]
        shift = -other.center * arm.dz / (1 + beside[0] + arm.dz)
        found = f"The parts stand apart: alone, {arm.name} {_says(arm.best)}, {other.name} {_says(beside)}"
        moved = f"as if {arm.name} were {_moved(shift=arm.shift, at=arm.center)}, or {other.name} "
        moved += f"{_moved(shift=shift, at=other.center)}: two parts cannot tell which"
    else:
        name = f"{arm.name[0].upper()}{arm.name[1:]}"
        found = f"{name} stands apart: alone it {_says(arm.best)}, the rest {_says(beside)}"
        moved = f"as if it were {_moved(shift=arm.shift, at=arm.center)}"
    reasons = (
        "a wrong wavelength solution, a wrong join, or two objects in one fiber"
        if arm.agreement is Agreement.SHIFTED
        else "two objects in one fiber, a wrong join, or a line taken for another: few wavelength solutions "
        "are so wrong"
    )
    return f"{found}. Δz = {arm.dz:+.4f}, {moved}. That may be {reasons}."


def _says(best: tuple[float, float]) -> str:
    return f"says z = {best[0]:.4f} ({best[1]:.0%})"


def _moved(*, shift: float, at: float) -> str:
    return f"about {abs(shift):.0f} Å too {'red' if shift > 0 else 'blue'} at its center ({at:.0f} Å)"


def _names(arms: list[SpectrumArm]) -> str:
    names = [one.name for one in arms]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _say(arms: list[SpectrumArm]) -> str:
    return "says" if len(arms) == 1 else "say"
