"""What crosses from the engine to pages, figures, files and the command line: frozen dataclasses of numpy
arrays. No torch here."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aion.catalog import EmbeddedObject, Neighbor, Vector, views_of
from aion.catalog.views import ALL
from aion.exact_redshift import NOT_READ, ExactRedshift, NotRefined, refine, surest
from aion.recalibration import Recalibration
from aion.redshift import RedshiftPDF

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class ImageResult:
    """One image and what its tokens kept, on the model's field of 96 x 96. Nanomaggies per pixel."""

    survey: str
    """``"Legacy Survey"`` or ``"HSC"``."""
    bands: tuple[str, ...]
    """Band names in channel order, such as ``"DES-G"``."""
    original: Floats | None
    """(bands, 96, 96); None where only tokens are kept, as in the catalog."""
    decoded: Floats
    """(bands, 96, 96)."""
    pixel_scale: float | None
    """Arcsec per pixel, None when the input does not say."""
    residual_rms: tuple[float, ...] | None
    """Per band, nanomaggies per pixel; None without an original."""
    flux_ratio: tuple[float, ...] | None
    """Per band, total decoded / total original flux; None without an original."""
    sigma: Floats | None = None
    """(bands, 96, 96) 1/sqrt(ivar), NaN where there is none; None where the input has no inverse variance."""
    whole: Floats | None = None
    """(bands, height, width) the cutout as given, around the field; None where it is the field itself."""
    sky: Floats | None = None
    """(2, 96, 96) RA and Dec of its pixels, degrees, ICRS; None where the input does not say."""
    wcs: Mapping[str, Any] = field(default_factory=dict)
    """FITS cards of the input's WCS, moved to the field; empty without one."""


@dataclass(frozen=True)
class SpectrumResult:
    """One spectrum and what its tokens kept, on its pixels: 1e-17 erg/s/cm2/Å, vacuum Å, observed frame."""

    survey: str
    """``"SDSS"`` or ``"DESI"``."""
    wavelength: Floats
    """(n,) Å, increasing, vacuum, observed frame."""
    flux: Floats | None
    """(n,); None where only tokens are kept."""
    sigma: Floats | None
    """(n,) 1/sqrt(ivar), NaN where ivar is 0; None without an original."""
    bad: NDArray[np.bool_]
    """(n,) True = masked in the input; all False without an original."""
    decoded: Floats
    """(n,) NaN outside the wavelength range of the codec."""
    residual: Floats | None
    """(n,) (flux - decoded) / sigma, NaN where masked; None without an original."""
    reduced_chi2: float | None
    """Mean of residual squared over good pixels."""

    @property
    def token_key(self) -> str:
        """The stream of its tokens."""
        return f"tok_spectrum_{self.survey.lower()}"

    @property
    def ivar(self) -> Floats:
        """(n,) inverse variance, 0 where there is no uncertainty."""
        if self.sigma is None:
            return np.zeros(len(self.wavelength))
        usable = np.isfinite(self.sigma) & (self.sigma > 0)
        return np.where(usable, 1 / np.where(usable, self.sigma, 1.0) ** 2, 0.0)


@dataclass(frozen=True)
class ScalarResult:
    """One number given to the model and the value its token stands for."""

    name: str
    """Published name, such as ``"FLUX_G"``."""
    unit: str
    original: float | None
    decoded: float


@dataclass(frozen=True)
class Retrieval:
    """How well one way of searching the catalog works, all shares 0 to 1, beside what chance gives."""

    comparison: str
    """For people: ``"Spectra"``."""
    queries: int
    """Objects it was measured with."""
    purity: float
    """Share of the 10 nearest that are of the class of the query, averaged over the classes."""
    purity_shuffled: float
    """The same with the classes of the catalog shuffled."""
    redshift: float
    """Share of the 10 nearest with |Δz| / (1 + z) up to 0.05."""
    redshift_shuffled: float
    recall: dict[int, float]
    """k -> share of queries that find themselves among the first k when one kind of data is asked for by
    another; else empty."""
    recall_shuffled: dict[int, float]
    among: int = 0
    """Objects that these were searched among: the catalog, or a sample of a large one."""

    @property
    def error(self) -> float:
        """Standard error of a share of the queries, at most."""
        return 0.5 / math.sqrt(self.queries)


@dataclass(frozen=True)
class Check:
    """One reason to trust an answer, or to doubt it."""

    name: str
    value: str
    """With its unit."""
    passed: bool
    """False: a person should look."""
    explanation: str
    """What was measured and what it means."""


@dataclass(frozen=True)
class ModelInfo:
    """Which weights speak."""

    id: str
    """Folder or Hub id as asked for."""
    revision: str | None
    sha256: str
    """Of the transformer's safetensors file."""
    title: str
    """For people: ``"AION-sim (embedded)"`` or the Hub id."""
    notice: str | None
    """One sentence beside all results; for the embedded model, that it learned from a simulated survey."""
    parameters: int
    device: str
    precision: str
    """``"bfloat16"`` or ``"float32"``: in which the transformer and the decoders of codecs compute."""
    reads: tuple[str, ...]
    """Token streams of the encoder."""
    writes: tuple[str, ...]
    """Token streams of the decoder."""
    versions: dict[str, str]
    """Package name -> version (aion, torch, numpy ...)."""


@dataclass(frozen=True, eq=False)
class MeasuredObject(EmbeddedObject):
    """An object that a model has read, with what it says of the redshift."""

    redshift: RedshiftPDF
    notes: tuple[str, ...]
    """Sentences a person must read: clamped pixels, assumptions, proxies."""
    snr: float | None = field(default=None, kw_only=True)
    """Median per good pixel of its spectrum."""
    model_redshift: RedshiftPDF | None = field(default=None, kw_only=True)
    """p(z) as the model gives it, where ``redshift`` is recalibrated."""
    recalibration: str | None = field(default=None, kw_only=True)
    """What was done to that, in words; None: p(z) is not recalibrated."""

    def recalibrated(self, recalibration: Recalibration | None) -> Self:
        """With p(z) of the model corrected for the data that were read and their S/N; None: as it is."""
        own = self.model_redshift or self.redshift
        if recalibration is None:
            return replace(self, redshift=own, model_redshift=None, recalibration=None)
        views = views_of(self.used)
        data = [view for view in views if view != ALL]
        pdf, words = recalibration.of(own, data, self.snr if "spectrum" in views else None)
        return replace(self, redshift=pdf, model_redshift=None if words is None else own, recalibration=words)


@dataclass(frozen=True, eq=False)
class Analysis(MeasuredObject):
    """Everything known about one object after one pass of the model."""

    id: str
    images: tuple[ImageResult, ...]
    spectra: tuple[SpectrumResult, ...]
    scalars: tuple[ScalarResult, ...]
    z_reference: float | None
    """Redshift from the file's header or the catalog, for comparison only; never given to the model."""
    model: ModelInfo
    seconds: dict[str, float] = field(default_factory=dict)
    """Step -> wall time, s."""
    compared: Mapping[str, Vector] = field(default_factory=dict)
    """View of the reference catalog -> vector, made from the same data, that neighbors were searched with."""
    neighbors: tuple[Neighbor, ...] = ()
    trust: tuple[Check, ...] = ()
    """How far to believe this answer."""
    prior: str | None = None
    """What a person multiplied p(z) with, in words; None: p(z) is the model's own."""

    @cached_property
    def exact(self) -> tuple[ExactRedshift | NotRefined, ...]:
        """Of each peak of p(z), from the lines of the spectra that the model read: the surest where there are
        several; empty without a spectrum."""
        peaks = self.redshift.peaks
        answers = [
            refine(one.wavelength, one.flux, one.ivar, one.bad, self.redshift, peaks)
            if one.token_key in self.used
            else [NOT_READ] * len(peaks)
            for one in self.spectra
            if one.flux is not None
        ]
        return tuple(map(surest, zip(*answers, strict=True)))

    @property
    def z(self) -> float:
        """The redshift that lines are drawn at: the exact one of the best peak, or else the peak's top."""
        best = self.exact[0] if self.exact else None
        return best.z if isinstance(best, ExactRedshift) else self.redshift.peaks[0].z
