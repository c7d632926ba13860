"""Every number that decides what the embedded model becomes; the shipped weights are `EmbeddedConfig()`."""

import math
from dataclasses import dataclass, field

from aion.correlation import RedshiftCorrelationConfig

Z_MAX = 5.0
"""Upper end of the redshift grid of the embedded model."""
Z_BINS = 1024


@dataclass(frozen=True)
class Schedule:
    """One training run: Adam with warm-up and cosine decay."""

    steps: int
    """Optimizer steps."""
    batch: int
    """Objects a step."""
    peak_lr: float
    """Learning rate after warm-up."""
    warmup: int = 100
    """Steps from zero to ``peak_lr``."""
    weight_decay: float = 0.01
    checkpoint_every: int = 100
    """Steps between checkpoints; a run goes on from the last one."""
    compiled: bool = False
    """Whether the networks are compiled first: a minute at the start, then half the time a step.
    Needs a C++ compiler."""

    def __post_init__(self) -> None:
        if self.warmup >= self.steps:
            raise ValueError(f"warmup ({self.warmup}) must be below steps ({self.steps})")

    def lr(self, step: int) -> float:
        """Learning rate of a step."""
        if step < self.warmup:
            return self.peak_lr * (step + 1) / self.warmup
        done = (step - self.warmup) / (self.steps - self.warmup)
        return self.peak_lr * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


@dataclass(frozen=True)
class EmbeddedConfig:
    """The embedded model, from seed to size."""

    seed: int = 20_261
    held_out: int = 5_000
    """Objects of the simulated test set, never trained on."""
    catalog: int = 10_000
    """Objects of the reference catalog, never trained on."""
    photometry_sample: int = 120_000
    """Objects whose photometry sets the bins of the scalar codecs and teaches photometric redshifts."""
    spectrum_encoder: tuple[tuple[int, ...], tuple[int, ...]] = ((1, 1, 2, 2), (16, 32, 64, 128))
    """Blocks and widths of the spectrum encoder."""
    spectrum_decoder: tuple[tuple[int, ...], tuple[int, ...]] = ((8, 2, 1, 1), (96, 48, 24, 2))
    """Blocks and widths of the decoder: most blocks where they are cheap and see far."""
    spectrum_schedule: Schedule = field(
        default_factory=lambda: Schedule(
            steps=3_600, batch=16, peak_lr=3e-3, checkpoint_every=50, compiled=True
        )
    )
    spectrum_finish: Schedule = field(
        default_factory=lambda: Schedule(steps=1_500, batch=16, peak_lr=1e-3, checkpoint_every=50)
    )
    """The decoder alone, after the tokens are fixed."""
    image_hidden: int = 64
    image_projection: int = 12
    """Channels that the bands of both surveys are projected to."""
    image_consecutive: int = 1
    image_mult_factor: float = 100.0
    """Scale of what the image codec reads. With the published 10 a color is a difference of a twentieth,
    which short trainings miss."""
    image_schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=8_000, batch=24, peak_lr=2e-3, checkpoint_every=50)
    )
    spectra_sample: int = 16_000
    """Objects with spectra of both surveys and photometry, tokenized for the model."""
    image_sample: int = 8_000
    """Objects with images and spectra of both surveys and photometry, tokenized for the model."""
    dim: int = 128
    encoder_depth: int = 4
    decoder_depth: int = 2
    num_heads: int = 4
    model_schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=4_000, batch=32, peak_lr=1.2e-3, warmup=100)
    )
    continued_schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=1_500, batch=32, peak_lr=8e-4, warmup=100)
    )
    """Of a transformer that goes on from other weights."""

    @property
    def correlation(self) -> RedshiftCorrelationConfig:
        """Geometry of the redshift correlation on this model's grid."""
        return RedshiftCorrelationConfig(bins=Z_BINS, log_step=math.log1p(Z_MAX) / (Z_BINS - 1))


def smoke_config() -> EmbeddedConfig:
    """The same path in seconds, for tests."""
    quick = Schedule(steps=3, batch=4, peak_lr=1e-3, warmup=1, checkpoint_every=2)
    return EmbeddedConfig(
        held_out=12,
        catalog=12,
        photometry_sample=2_000,
        spectrum_encoder=((1, 1, 1, 1), (8, 8, 16, 16)),
        spectrum_decoder=((1, 1, 1, 1), (16, 8, 8, 2)),
        spectrum_schedule=quick,
        spectrum_finish=quick,
        image_hidden=16,
        image_projection=6,
        image_consecutive=1,
        image_schedule=quick,
        spectra_sample=16,
        image_sample=8,
        dim=32,
        encoder_depth=1,
        decoder_depth=1,
        num_heads=2,
        model_schedule=quick,
        continued_schedule=quick,
    )
