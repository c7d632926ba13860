"""Which weights a command uses, and what corrects their p(z)."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aion.explorer.engine import Engine


def add_weights(parser: argparse.ArgumentParser) -> None:
    """The weights."""
    parser.add_argument(
        "--model",
        metavar="ID",
        help="folder or Hub id of the weights (default: AION_MODEL, else the embedded model)",
    )


def add_recalibration(parser: argparse.ArgumentParser) -> None:
    """What corrects p(z)."""
    parser.add_argument(
        "--recalibration",
        metavar="FILE",
        help="what corrects p(z): a file of these weights, or no for p(z) as the model gives it "
        "(default: AION_RECALIBRATION, else the file beside the weights)",
    )


def start_engine(options: argparse.Namespace) -> "Engine":
    """The engine with these weights.

    Raises:
        AIONError: they cannot be loaded.
    """
    from aion.explorer.engine import Engine
    from aion.explorer.settings import Settings, environment_with

    recalibration = getattr(options, "recalibration", None)
    return Engine(Settings.from_environment(environment_with(options.model, recalibration)))
