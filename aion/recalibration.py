"""Recalibrated p(z): corrections that belong to one file of weights, by the data that were read and the S/N
of the spectrum; how they are applied, fitted and kept in a small JSON file. Knows no model, no simulation.

N objects; probabilities (N, bins) on one grid with edges (bins + 1,). A correction smooths along the grid,
raises to a power, and maps cumulative probabilities, in this order; each may be nothing.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from aion.errors import ConfigError
from aion.redshift import RedshiftPDF
from aion.redshift_scores import Redshifts

Floats = NDArray[np.floating[Any]]
Method = Literal["temperature", "PIT"]
"""How a person's recalibration is fitted."""

RECALIBRATION = "recalibration.json"
"""Name of the file beside weights."""
VERSION = 1
"""Of the file; another is refused."""
STARS_BELOW = 0.005
"""Redshift below which nothing is smoothed: stars lie there in three bins, and nothing else does."""
WIDTHS = (0.0, 0.01, 0.02, 0.03, 0.04, 0.05)
"""Widths of the smoothing that are tried; wider ones made CRPS worse."""
POWERS = tuple(float(round(10 ** (step / 30), 4)) for step in range(-20, 10))
"""Powers that are tried."""
COVERED = (0.65, 0.715)
"""Share of truths that 68 % regions shall hold when a power is fitted, where a power gives that."""
PIT_STEPS = 20
"""Of a map of cumulative probabilities."""
FEWEST = 20
"""Objects from which a correction is fitted."""
_NARROWEST, _REACH = 0.2, 4.0
"""Of a kernel, in bins: below it changes nothing; and how many widths it reaches."""


@dataclass(frozen=True)
class Correction:
    """What is done to p(z) from one set of data at one S/N."""

    data: tuple[str, ...]
    """``"image"``, ``"photometry"``, ``"spectrum"``: what was read, in this order; empty: anything."""
    snr: tuple[float, float] | None = None
    """S/N per pixel of the spectrum, from the first and below the second; None: any, and where it is not
    known. Either may be infinite."""
    smoothing: float = 0.0
    """Width (σ) of a Gaussian along the grid, as a share of the bins that p(z) fills, exp(entropy)."""
    power: float = 1.0
    """Of the probability of a bin; below 1 is less sure."""
    pit: tuple[float, ...] = ()
    """Cumulative probability after, at equal steps from 0 to 1 of that before; empty: as before."""
    n: int = 0
    """Objects that it was fitted on."""
    judged: Mapping[str, Any] = field(default_factory=dict)
    """What others, that it was not fitted on, say before and after."""
    regions_of_peaks: bool = False
    """Whether regions of p(z) then have one piece for each peak that matters (`aion.redshift`)."""

    def apply(self, probability: Floats, edges: Floats) -> NDArray[np.float64]:
        """(N, bins) probabilities, each adding up to 1."""
        p = np.asarray(probability, dtype=float)
        p = p / p.sum(1, keepdims=True)
        p = smoothed(p, np.asarray(edges, dtype=float), self.smoothing) if self.smoothing else p
        p = sharpened(p, self.power) if self.power != 1 else p
        return _mapped(p, self.pit) if self.pit else p

    @property
    def snr_range(self) -> str:
        """``"below 1"``, ``"1 to 3"``, ``"from 10"``, ``"any"``."""
        return _of_snr(self.snr).removeprefix(" of").removeprefix(" ").replace("S/N ", "") or "any"

    @property
    def sentence(self) -> str:
        """What was done, for people."""
        done = [f"smoothed over {self.smoothing:.1%} of the bins that it fills"] if self.smoothing else []
        done += [f"raised to the power {self.power:.2f}"] if self.power != 1 else []
        done += ["mapped to a uniform PIT"] if self.pit else []
        done += ["its regions in one piece for each peak"] if self.regions_of_peaks else []
        of = f" for {' and '.join(self.data)}" if self.data else ""
        return f"{', '.join(done) or 'left as it is'}{of}{_of_snr(self.snr)}"


@dataclass(frozen=True)
class Recalibration:
    """The corrections of one file of weights."""

    sha256: str
    """Of the weights whose p(z) they correct."""
    fitted_on: str
    """For people: which objects, and how many."""
    corrections: tuple[Correction, ...]

    def correction(self, data: Collection[str], snr: float | None) -> Correction | None:
        """The one for what was read at this S/N; where none is so special, that of any S/N, then that of any
        data; None: there is none."""
        for held in (tuple(sorted(data)), ()):
            of_data = [one for one in self.corrections if one.data == held]
            for one in of_data:
                if one.snr is not None and snr is not None and one.snr[0] <= snr < one.snr[1]:
                    return one
            for one in of_data:
                if one.snr is None:
                    return one
        return None

    def of(
        self, pdf: RedshiftPDF, data: Collection[str], snr: float | None
    ) -> tuple[RedshiftPDF, str | None]:
        """p(z) after its correction, and what that was in words; as it came and None where there is none."""
        found = self.correction(data, snr)
        if found is None:
            return pdf, None
        changed = found.apply(pdf.probability[None], pdf.edges)[0]
        after = replace(pdf, probability=changed, regions_of_peaks=found.regions_of_peaks)
        return after, f"{found.sentence}; fitted on {self.fitted_on}"

    @property
    def digest(self) -> str:
        """SHA-256 of what the file holds."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """The text of the file."""
        stated = {"version": VERSION, **asdict(self)}
        for one in stated["corrections"]:
            one["snr"] = one["snr"] and [end if np.isfinite(end) else None for end in one["snr"]]
        return json.dumps(stated, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, *, sha256: str | None = None, origin: str = "the recalibration") -> Self:
        """What `to_json` wrote.

        Args:
            sha256: Of the weights in use; None accepts any.
            origin: What the text is, for messages.

        Raises:
            ConfigError: it is something else, or belongs to other weights.
        """
        try:
            stated = json.loads(text)
            if stated.pop("version") != VERSION:
                raise ValueError(f"its version is not {VERSION}")
            corrections = tuple(_correction(one) for one in stated.pop("corrections"))
            found = cls(corrections=corrections, **stated)
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            raise ConfigError(
                f"{origin} is no recalibration ({exc}); make it on the Calibrate page, "
                "by aion calibrate or by python -m aion.training recalibrate"
            ) from exc
        if sha256 not in (None, found.sha256):
            raise ConfigError(
                f"{origin} belongs to the weights {found.sha256[:12]}…, these are {str(sha256)[:12]}…; "
                "make it again with these, or set AION_RECALIBRATION=no"
            )
        return found

    @classmethod
    def read(cls, path: Path, *, sha256: str | None = None) -> Self:
        """A file. Raises ConfigError: it is not there, no such file, or of other weights."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"the recalibration {path} cannot be read: {exc}") from exc
        return cls.from_json(text, sha256=sha256, origin=str(path))


def _correction(stated: Mapping[str, Any]) -> Correction:
    """Raises ValueError or TypeError: a value is none that a correction can have."""
    snr = stated["snr"]
    if snr is not None:
        low, high = snr
        snr = (-np.inf if low is None else float(low), np.inf if high is None else float(high))
    pit = tuple(float(value) for value in stated["pit"])
    if pit and not (pit[0] == 0 and pit[-1] == 1 and all(np.diff(pit) >= 0)):
        raise ValueError("a PIT map that does not rise from 0 to 1")
    if not isinstance(stated.get("regions_of_peaks", False), bool):
        raise ValueError("regions_of_peaks is neither true nor false")
    if not (0 <= stated["smoothing"] < 1 and 0 < stated["power"] < 100):
        raise ValueError("a smoothing or a power out of range")
    return Correction(**{**stated, "data": tuple(stated["data"]), "snr": snr, "pit": pit})


def _of_snr(snr: tuple[float, float] | None) -> str:
    """In words, empty for any."""
    if snr is None:
        return ""
    low, high = snr
    if np.isinf(low):
        return f" below S/N {high:g}"
    return f" from S/N {low:g}" if np.isinf(high) else f" of S/N {low:g} to {high:g}"


def smoothed(probability: Floats, edges: Floats, width: float) -> NDArray[np.float64]:
    """Each (bins,) of (N, bins) smoothed by a Gaussian of ``width`` times the bins that it fills, from
    `STARS_BELOW` on and within that; what lies below keeps its probability."""
    first = int(np.searchsorted(edges, STARS_BELOW))
    out = np.array(probability, dtype=float)
    for row in out:
        rest = row[first:]
        total = rest.sum()
        if total > 0:
            share = rest[rest > 0] / total
            sigma = width * float(np.exp(-(share * np.log(share)).sum()))
            row[first:] = _gaussian(rest, sigma) if sigma >= _NARROWEST else rest
    return out


def sharpened(probability: Floats, power: float) -> NDArray[np.float64]:
    """(N, bins) raised to a power and normalized."""
    raised = (probability / probability.max(1, keepdims=True)) ** power
    return np.asarray(raised / raised.sum(1, keepdims=True), dtype=float)


def surprise(probability: Floats, edges: Floats, truth: Floats) -> NDArray[np.float64]:
    """(N,) -ln of the probability of the bin of the truth, nats."""
    bins = (np.searchsorted(edges, truth) - 1).clip(0, probability.shape[1] - 1)
    found: NDArray[np.float64] = -np.log(probability[np.arange(len(truth)), bins].clip(1e-12))
    return found


def fit_smoothing(probability: Floats, edges: Floats, truth: Floats) -> float:
    """The one of `WIDTHS` that makes the truths (N,) likeliest; none where that may be chance."""
    surprises = np.array([surprise(smoothed(probability, edges, w), edges, truth) for w in WIDTHS])
    best = int(surprises.mean(1).argmin())
    return WIDTHS[best] if _gains(surprises[0], surprises[best]) else 0.0


def fit_power(probability: Floats, edges: Floats, truth: Floats) -> float:
    """The one of `POWERS` that makes the truths (N,) likeliest, of those with which the 68 % regions hold a
    share within `COVERED` of them; where none does, the one that comes nearest to 68 %. None that makes the
    truths less likely than they are without."""
    covered, surprises = np.zeros(len(POWERS)), np.zeros(len(POWERS))
    for number, power in enumerate(POWERS):
        p = sharpened(probability, power)
        covered[number] = np.mean(Redshifts.of_arrays(p, edges, truth).level <= 0.68)
        surprises[number] = surprise(p, edges, truth).mean()
    harmless = surprises <= surprises[POWERS.index(1.0)]
    good = harmless & (covered >= COVERED[0]) & (covered <= COVERED[1])
    distance = np.where(harmless, np.abs(covered - 0.68), np.inf)
    return POWERS[int(np.argmin(np.where(good, surprises, np.inf) if good.any() else distance))]


def fit_pit(probability: Floats, edges: Floats, truth: Floats) -> tuple[float, ...]:
    """The map after which the PIT of the truths (N,) is uniform; one more truth is put into each step, so
    that none is empty."""
    below = Redshifts.of_arrays(probability, edges, truth).below
    counts = np.histogram(below, np.linspace(0, 1, PIT_STEPS + 1))[0] + 1
    steps = np.concatenate([[0], counts.cumsum() / counts.sum()])
    steps[-1] = 1.0
    return tuple(float(step) for step in steps)


def fit(
    probability: Floats,
    edges: Floats,
    truth: Floats,
    *,
    method: Method,
    data: Sequence[str] = (),
    snr: tuple[float, float] | None = None,
) -> Correction:
    """A correction from objects with true redshifts (N,): a smoothing, and then a power or a map.

    Raises:
        ConfigError: they are too few.
    """
    if len(truth) < FEWEST:
        raise ConfigError(
            f"{len(truth)} objects are too few for a recalibration; {FEWEST} or more are needed"
        )
    width = fit_smoothing(probability, edges, truth)
    smooth = smoothed(probability, edges, width)
    found = Correction(tuple(sorted(data)), snr, width, n=len(truth))
    if method == "PIT":
        return replace(found, pit=fit_pit(smooth, edges, truth))
    return replace(found, power=fit_power(smooth, edges, truth))


def _gains(before: Floats, after: Floats) -> bool:
    """Whether surprises (N,) are lower by more than twice the error of the difference."""
    gain = before - after
    return bool(gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain)))


def _mapped(probability: Floats, pit: Sequence[float]) -> NDArray[np.float64]:
    cumulative = np.concatenate([np.zeros((len(probability), 1)), probability.cumsum(1)], axis=1)
    after = np.interp(cumulative, np.linspace(0, 1, len(pit)), pit)
    mapped = np.diff(after, axis=1)
    return np.asarray(mapped / mapped.sum(1, keepdims=True), dtype=float)


def _gaussian(values: Floats, sigma: float) -> Floats:
    """Convolved, mirrored at both ends, with the sum that it had."""
    reach = min(int(np.ceil(_REACH * sigma)), len(values))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(values, reach, mode="symmetric")
    result: Floats = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    return result
