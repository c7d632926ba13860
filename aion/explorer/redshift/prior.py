"""A belief about redshift that a person multiplies into p(z). Knows no figure and no widget."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.errors import ConfigError, InputError
from aion.explorer.results import Analysis

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Gaussian:
    """Around a redshift known from elsewhere, such as a photometric one.

    Raises:
        ConfigError: the center is no redshift, or sigma is not positive.
    """

    center: float
    sigma: float

    def __post_init__(self) -> None:
        if not -1 < self.center < float("inf"):
            raise ConfigError(f"the center is {self.center}; a redshift, a number above -1, is expected")
        if not 0 < self.sigma < float("inf"):
            raise ConfigError(f"sigma is {self.sigma}; the width of a prior is a positive number")

    def density(self, z: Floats) -> Floats:
        """Up to a factor."""
        density: Floats = np.exp(-0.5 * ((z - self.center) / self.sigma) ** 2)
        return density

    @property
    def text(self) -> str:
        """As `parse_prior` reads it."""
        return f"{self.center!r},{self.sigma!r}"

    def __str__(self) -> str:
        return f"a Gaussian around z = {self.center:g} with σ = {self.sigma:g}"


@dataclass(frozen=True)
class FlatInLog:
    """Every factor of 1 + z is as likely as any other: lower redshifts count more."""

    def density(self, z: Floats) -> Floats:
        """Up to a factor."""
        density: Floats = 1 / (1 + z)
        return density

    @property
    def text(self) -> str:
        """As `parse_prior` reads it."""
        return "log"

    def __str__(self) -> str:
        return "a prior flat in ln(1 + z)"


Prior = Gaussian | FlatInLog

PRIOR_CAUTION = (
    "The p(z) of the model already holds the redshift distribution of its training set; "
    "a prior multiplies on top of that."
)


def with_prior(analysis: Analysis, prior: Prior | None) -> Analysis:
    """The analysis with its p(z) times the prior, and a note that says so; everything that is made of it
    follows.

    Raises:
        InputError: the prior leaves nothing of p(z).
    """
    if prior is None:
        return analysis
    pdf = analysis.redshift
    try:
        multiplied = pdf.times(prior.density(pdf.z))
    except InputError as exc:
        raise InputError(f"{prior} excludes every redshift of the grid; widen it") from exc
    return replace(analysis, redshift=multiplied, prior=str(prior))


def parse_prior(text: str) -> Prior:
    """``"log"``, or ``"0.3,0.05"`` for a Gaussian: center, sigma.

    Raises:
        ConfigError: anything else.
    """
    if text == "log":
        return FlatInLog()
    try:
        center, sigma = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(
            f"the prior is {text!r}; log, or center and sigma as in 0.3,0.05, is expected"
        ) from None
    return Gaussian(center, sigma)
