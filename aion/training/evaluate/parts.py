"""The parts of the evaluation on held-out simulation, each of which is measured alone or with others."""

from collections.abc import Callable

from aion.training.config import EmbeddedConfig
from aion.training.evaluate import exact, generation, simulated
from aion.training.evaluate.report import Report
from aion.training.evaluate.weights import Weights
from aion.training.simulate.survey import SimulatedSurvey

PARTS: dict[str, Callable[[Weights, SimulatedSurvey, EmbeddedConfig], Report]] = {
    "simulated": simulated.measure,
    "exact": exact.measure,
    "generation": generation.measure,
}
"""Name -> the function that measures it. The first takes hours, the others some minutes."""
