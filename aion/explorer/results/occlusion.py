"""What an answer rests on: the model asked again and again, each time with some neighboring tokens hidden."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aion.constants import SPEED_OF_LIGHT
from aion.explorer.results import Floats
from aion.redshift import MERGE_BELOW, Peak


@dataclass(frozen=True, eq=False)
class TokenGroup:
    """Neighboring tokens of one stream, hidden together."""

    key: str
    positions: NDArray[np.int64]
    """(n,) within the stream."""
    stretch: tuple[float, float] | None = None
    """Å, of a spectrum; None for its brightness."""
    patch: tuple[int, int, int] | None = None
    """First row, first column and size on the field of an image, pixels."""


@dataclass(frozen=True, eq=False)
class Occlusion:
    """p(z) and the embedding without each group, as the model gives them: no recalibration, no prior."""

    groups: tuple[TokenGroup, ...]
    z: Floats
    """(bins,) mid-points of the bins."""
    whole: Floats
    """(bins,) probability with everything."""
    without: Floats
    """(groups, bins) probability without each group."""
    embedding: Floats
    """(D,) unit vector of everything."""
    embeddings: Floats
    """(groups, D) without each group."""

    def evidence(self, peak: Peak) -> Floats:
        """(groups,) nats that each group adds to the log odds of a peak against all other redshifts.
        Positive: the peak rests on it; negative: it speaks against it. Unlike log p, they go on growing where
        p nears 1.
        """
        inside = self._within(peak)
        return _log_odds(self.whole, inside) - _log_odds(self.without, inside)

    def likeness(self, vector: Floats) -> Floats:
        """(groups,) how much of the cosine with another unit vector (D,) each group brings."""
        change: Floats = self.embedding @ vector - self.embeddings @ vector
        return change

    def _within(self, peak: Peak) -> NDArray[np.bool_]:
        """Bins of the peak: its central part, and all that count as the same redshift."""
        around = MERGE_BELOW / SPEED_OF_LIGHT * (1 + peak.z)
        low, high = min(peak.low, peak.z - around), max(peak.high, peak.z + around)
        return (self.z >= low) & (self.z <= high)


def _log_odds(probability: Floats, inside: NDArray[np.bool_]) -> Floats:
    smallest = np.finfo(float).tiny
    odds: Floats = np.log(probability[..., inside].sum(-1) + smallest) - np.log(
        probability[..., ~inside].sum(-1) + smallest
    )
    return odds
