"""What the model generated for one object, how far a withheld truth agrees, and the one mark that all of it
carries: frozen dataclasses of numpy arrays. Shapes: S samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.explorer.results import Floats, ImageResult, ModelInfo, SpectrumResult
from aion.explorer.results.occlusion import TokenGroup

MARK = "generated, not observed"
"""Stands on every figure and in every file of what is here."""
BANDS = {0.68: (0.16, 0.84), 0.95: (0.025, 0.975)}
"""Level of a band -> the quantiles between which it lies."""


@dataclass(frozen=True)
class Withheld:
    """How a truth that the model did not see agrees with the samples."""

    covered68: float
    """Share of the values (good pixels, or numbers) in the 68 % band, the noise of the data added to it."""
    covered95: float
    chi2: float | None
    """Mean of (data - median)² / (noise² + variance of the samples); None where no noise is known."""
    rank: int
    """Samples whose level is below that of the data, 0 to S."""
    level: str
    """What the level is: ``"mean flux"``."""

    def sentence(self, samples: int) -> str:
        """For people."""
        chi2 = "" if self.chi2 is None else f", χ² {self.chi2:.2f}"
        return (
            f"of what was withheld, the 68 % band holds {self.covered68:.0%} and the 95 % band "
            f"{self.covered95:.0%}{chi2}; its {self.level} is above {self.rank} of {samples} samples"
        )


@dataclass(frozen=True)
class GeneratedSpectrum:
    """Samples of one spectrum: 1e-17 erg/s/cm2/Å, vacuum Å, observed frame."""

    survey: str
    wavelength: Floats
    """(n,) Å: the pixels of the truth where there is one, else those of the codec in the survey's range."""
    samples: Floats
    """(S, n), NaN outside the range of the codec."""
    truth: SpectrumResult | None
    """What was withheld; its ``decoded`` is the first sample."""
    withheld: Withheld | None

    def band(self, level: float) -> tuple[Floats, Floats]:
        """Lower and upper end (n,) of the band of 0.68 or 0.95."""
        return band(self.samples, level)


@dataclass(frozen=True)
class GeneratedImage:
    """Samples of one image: nanomaggies per pixel, on the model's field of 96 x 96."""

    survey: str
    bands: tuple[str, ...]
    samples: Floats
    """(S, bands, 96, 96)."""
    pixel_scale: float
    """Arcsec per pixel, of the survey."""
    truth: ImageResult | None
    """As of a spectrum."""
    withheld: Withheld | None


@dataclass(frozen=True)
class GeneratedNumber:
    """One number: its density as the model gives it, and samples that go together with those of others."""

    name: str
    """Published name, such as ``"FLUX_G"``."""
    unit: str
    edges: Floats
    """(codes + 1,) between the values that its token can stand for, increasing."""
    probability: Floats
    """(codes,) sums to 1."""
    samples: Floats
    """(S,)."""
    truth: float | None

    @property
    def below(self) -> float | None:
        """Probability of less than the truth, 0 to 1; None without a truth."""
        if self.truth is None:
            return None
        reached = np.concatenate([[0.0], np.cumsum(self.probability)])
        return float(np.interp(self.truth, self.edges, reached))

    def quantile(self, share: float) -> float:
        """The value that is not reached with this probability."""
        reached = np.concatenate([[0.0], np.cumsum(self.probability)])
        return float(np.interp(share, reached / reached[-1], self.edges))


@dataclass(frozen=True, eq=False)
class Generated:
    """What was generated of one object: one of ``spectrum``, ``image``, ``numbers`` is there."""

    id: str
    target: str
    """As it was asked for: ``"spectrum_desi"``, ``"photometry"``, ``"flux_g"``."""
    method: str
    steps: int
    """Of "maskgit"; else 1."""
    temperature: float
    seed: int
    used: tuple[str, ...]
    """Token keys that were read."""
    model: ModelInfo
    tokens: Mapping[str, NDArray[np.int64]]
    """Token key -> (S, n) ids."""
    spectrum: GeneratedSpectrum | None = None
    image: GeneratedImage | None = None
    numbers: tuple[GeneratedNumber, ...] = ()
    withheld: Withheld | None = None
    """Of all numbers together."""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    """Of reading the object."""
    first_temperature: float = 1.0
    """Times ``temperature``, at the first token of a spectrum, its level; fitted for these weights."""
    cautions: tuple[str, ...] = ()
    """What these weights cannot do, as measured."""

    @property
    def samples(self) -> int:
        """How many."""
        return len(next(iter(self.tokens.values())))

    @property
    def agreement(self) -> Withheld | None:
        """With what was withheld; None where nothing was."""
        parts = [self.withheld, *(one.withheld for one in (self.spectrum, self.image) if one is not None)]
        return next((one for one in parts if one is not None), None)


@dataclass(frozen=True, eq=False)
class FilledIn:
    """Some tokens of an image or a spectrum drawn anew from all others."""

    generated: Generated
    """One sample of the whole stream: the tokens that were hidden are drawn, the others the object's own."""
    before: ImageResult | SpectrumResult
    """Its ``decoded`` is what the object's own tokens decode to, on the same pixels."""
    hidden: tuple[TokenGroup, ...]
    """The tokens that were drawn, one in each."""

    @property
    def after(self) -> Floats:
        """What the stream decodes to now; the shape of ``before.decoded``."""
        one = self.generated.spectrum or self.generated.image
        assert one is not None
        sample: Floats = one.samples[0]
        return sample


def mark(generated: Generated) -> str:
    """One line for people: that it is generated, how, and by which weights."""
    how = {"argmax": "the most probable tokens", "sample": "independent draws", "maskgit": "MaskGIT"}
    fitted = "" if generated.first_temperature == 1 else f" (× {generated.first_temperature:g} for the level)"
    drawn = f", seed {generated.seed}, temperature {generated.temperature:g}{fitted}"
    about = how[generated.method] + ("" if generated.method == "argmax" else drawn)
    return f"{MARK}: {generated.samples} × {about}, weights {generated.model.sha256[:12]}"


def marked_stem(generated: Generated, stem: str) -> str:
    """Beginning of the names of its files; ``stem``: of those of the object."""
    return f"{stem}-{generated.target}-{MARK.replace(', ', '-').replace(' ', '-')}"


def mark_values(generated: Generated) -> dict[str, Any]:
    """The same as values, for headers and for JSON."""
    return {
        "mark": MARK,
        "synth": True,
        "method": generated.method,
        "steps": generated.steps,
        "temperature": generated.temperature,
        "first_temperature": generated.first_temperature,
        "seed": generated.seed,
        "samples": generated.samples,
        "used": list(generated.used),
        "weights": generated.model.sha256,
        "model": generated.model.title,
        "version": generated.model.versions["aion"],
    }


def band(samples: Floats, level: float) -> tuple[Floats, Floats]:
    """Lower and upper end (...) of a band of samples (S, ...): the estimate that is exact for few samples."""
    low, high = np.quantile(samples, BANDS[level], axis=0, method="weibull")
    return low, high


def compare_withheld(
    samples: Floats, truth: Floats, sigma: Floats, levels: Floats, level: float, name: str
) -> Withheld | None:
    """Samples (S, n) with a truth (n,) that has a noise of sigma (n,), 0 where none is known.

    Args:
        levels, level: one number of each sample (S,) and of the truth, for the rank; ``name`` says what.
    """
    known = np.isfinite(truth) & np.isfinite(sigma) & np.isfinite(samples).all(axis=0)
    if not known.any() or len(samples) < 2:
        return None
    s, t, noise = samples[:, known].astype(np.float64), truth[known], sigma[known]
    below = (_reached((t - s) / np.where(noise > 0, noise, np.inf)) * (noise > 0)).sum(axis=0)
    below += ((s < t) & (noise <= 0)).sum(axis=0)
    place = (below + 0.5) / (len(s) + 1)
    in68, in95 = covered(place)
    spread = s.var(axis=0, ddof=1) + noise**2
    chi2 = float(np.mean((t - np.median(s, axis=0)) ** 2 / np.where(spread > 0, spread, np.inf)))
    return Withheld(in68, in95, chi2 if (noise > 0).any() else None, int((levels < level).sum()), name)


def covered(places: Floats) -> tuple[float, float]:
    """Shares of places within a distribution, 0 to 1, that lie in its 68 and 95 % bands."""
    in68, in95 = (float(((low <= places) & (places <= high)).mean()) for low, high in BANDS.values())
    return in68, in95


def _reached(x: Floats) -> Floats:
    """Normal distribution function to 1e-4, by the logistic of Bowling et al. (2009)."""
    reached: Floats = 1 / (1 + np.exp(-np.clip(0.07056 * x**3 + 1.5976 * x, -50, 50)))
    return reached
