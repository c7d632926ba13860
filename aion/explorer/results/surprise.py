"""How well the model expects the tokens that are there: frozen dataclasses of numpy arrays.
Shapes: n tokens of one stream."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aion.explorer.results import Floats
from aion.explorer.results.occlusion import TokenGroup


@dataclass(frozen=True, eq=False)
class StreamSurprise:
    """One image or spectrum: every token asked with itself and its neighbors hidden, and all else known."""

    key: str
    places: tuple[TokenGroup, ...]
    """n, one for each token, in order: where it lies on the data."""
    ids: NDArray[np.int64]
    """(n,) as they are."""
    surprise: Floats
    """(n,) nats: −log p of the token that is there."""
    entropy: Floats
    """(n,) nats: the surprise that the model expects of each."""
    residual: Floats | None
    """(n,) σ: of the pixels that a token stands for, the largest distance of the data from what the model
    expects of all tokens, in units of the noise; NaN where there is no good pixel. None without data."""

    @property
    def excess(self) -> float:
        """Nats by which the mean surprise of the stream is above its mean entropy: 0 where the model is as
        sure as it is right."""
        return float(np.mean(self.surprise - self.entropy))
