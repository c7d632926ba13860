"""Redshift as a translation in ln(wavelength): features of spectrum tokens,
cross-correlated with a learned rest-frame table.

An optional module of the model, declared by `AIONConfig.redshift_correlation` and absent from the published
checkpoints. Its logits are added to the decoder's logits for `tok_z`, and the redshift that it believes in is
added to the states of the encoder, so that embeddings and every prediction know of it. Wavelengths are vacuum
Å, observed frame unless called rest.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from aion.context import Context
from aion.errors import ConfigError


@dataclass(frozen=True)
class RedshiftCorrelationConfig:
    """Geometry of the correlation; redshift bin k stands for ln(1+z) = k * log_step."""

    streams: tuple[str, ...] = ("tok_spectrum_sdss", "tok_spectrum_desi")
    """Token streams that carry a spectrum on the codec's wavelength grid."""
    bins: int = 1024
    """Redshift bins, one logit each."""
    log_step: float = math.log(6.0) / 1023
    """Width of a redshift bin in ln(1+z), and the step of the wavelength grid that is correlated."""
    channels: int = 24
    """Features compared at every wavelength."""
    width: int = 80
    """Channels of the convolutions between the encoder's states and the features."""
    depth: int = 3
    """Convolution blocks; each sees three tokens to either side."""
    samples_per_token: int = 4
    """Feature vectors taken from one token, evenly over its wavelengths."""
    tokens: int = 272
    """Pixel tokens of a spectrum, without the normalisation token in front."""
    wavelength_min: float = 3500.0
    """Blue edge of the first pixel token, Å."""
    token_width: float = 25.6
    """Wavelengths that one token covers, Å."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "streams", tuple(self.streams))
        for name in (
            "bins",
            "log_step",
            "channels",
            "width",
            "samples_per_token",
            "tokens",
            "wavelength_min",
            "token_width",
        ):
            if getattr(self, name) <= 0:
                raise ConfigError(f"redshift_correlation.{name} is {getattr(self, name)}; it must be above 0")

    @property
    def samples(self) -> int:
        """Feature samples along the observed spectrum, linear in wavelength."""
        return self.tokens * self.samples_per_token

    @property
    def log_samples(self) -> int:
        """Samples of the same range on the grid uniform in ln(wavelength)."""
        return 1 + int(math.log1p(self.tokens * self.token_width / self.wavelength_min) / self.log_step)


class RedshiftCorrelation(nn.Module):
    """Logits of every redshift bin from the encoder's view of the spectrum tokens."""

    left: Tensor
    weight: Tensor
    sharpness: Tensor
    """() factor on the logits that are handed on; 1 in training, set by calibration.
    What is told to the states is without it."""

    def __init__(self, config: RedshiftCorrelationConfig, dim: int) -> None:
        super().__init__()
        self.config = config
        self.reduce = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, config.width))
        self.blocks = nn.ModuleList(_ConvBlock(config.width) for _ in range(config.depth))
        self.features = nn.Sequential(
            nn.LayerNorm(config.width), nn.Linear(config.width, config.channels * config.samples_per_token)
        )
        # rest-frame table: index j stands for ln(wavelength_min) + (j - bins + 1) * log_step
        rest_samples = config.log_samples + config.bins - 1
        self.table = nn.Parameter(torch.randn(config.channels, rest_samples) * 0.05)
        self.belief = nn.Linear(config.bins, dim, bias=False)
        self.register_buffer("sharpness", torch.ones(()))
        left, weight = _linear_interpolation(config)
        self.register_buffer("left", left, persistent=False)
        self.register_buffer("weight", weight, persistent=False)

    def with_redshift(self, context: Context) -> Context:
        """The context with the logits of its redshift, and every state told of the redshift they speak for.

        A flat density tells nothing, so that objects without a spectrum keep their states.
        What is told does not teach the correlation.
        """
        logits = self(context)
        surplus = logits.detach().softmax(-1) - 1 / self.config.bins
        return replace(
            context,
            states=context.states + self.belief(surplus)[:, None] * context.keep[..., None],
            redshift=self.sharpness * logits,
        )

    def forward(self, context: Context) -> Tensor:
        """Context -> (B, bins) logits; zeros for objects without a spectrum token."""
        logits = context.states.new_zeros(context.states.shape[0], self.config.bins, dtype=torch.float32)
        for stream in self.config.streams:
            if stream in context.streams:
                states, present = self._gather(context, stream)
                logits = logits + self.correlate(states, present)
        return logits

    def correlate(self, states: Tensor, present: Tensor) -> Tensor:
        """States (B, tokens, D) in order of wavelength and present (B, tokens),
        True = a real token -> (B, bins) logits."""
        c = self.config
        hidden = self.reduce(states)
        for block in self.blocks:
            hidden = block(hidden * present.unsqueeze(-1))
        features = self.features(hidden) * present.unsqueeze(-1)
        features = features.unflatten(-1, (c.samples_per_token, c.channels)).flatten(1, 2)  # (B, samples, C)
        left, right = features[:, self.left], features[:, self.left + 1]
        on_log_grid = torch.lerp(left, right, self.weight.to(left.dtype)[:, None])  # (B, log_samples, C)
        return self._cross_correlate(on_log_grid.transpose(1, 2).float())

    def _cross_correlate(self, observed: Tensor) -> Tensor:
        # logit[k] = sum over c, i of observed[c, i] * table[c, i - k + bins - 1]; float32 as FFTs need it
        c = self.config
        with torch.autocast(observed.device.type, enabled=False):
            size = -(-(c.log_samples + self.table.shape[1] - 1) // 256) * 256  # a length that FFTs like
            spectrum = torch.fft.rfft(observed, n=size)
            table = torch.fft.rfft(self.table.float().flip(-1), n=size)
            # (B, size), a convolution with the flipped table
            full: Tensor = torch.fft.irfft((spectrum * table).sum(1), n=size)
        start = c.log_samples - 1
        return full[:, start : start + c.bins]

    def _gather(self, context: Context, stream: str) -> tuple[Tensor, Tensor]:
        """Dense (B, tokens, D) states by position, and which of them are there.
        Position 0, the normalisation, is left out."""
        of_stream = context.of(stream) & (context.position > 0)
        row, column = of_stream.nonzero(as_tuple=True)
        place = context.position[row, column] - 1
        states = context.states.new_zeros(
            context.states.shape[0], self.config.tokens, context.states.shape[-1]
        )
        present = torch.zeros(states.shape[:2], dtype=torch.bool, device=states.device)
        states[row, place] = context.states[row, column]
        present[row, place] = True
        return states, present


class _ConvBlock(nn.Module):
    """Residual block along the spectrum: depthwise convolution over 7 tokens, then a token-wise network."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.pointwise = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, tokens, width) -> the same shape."""
        y: Tensor = self.pointwise(self.depthwise(x.transpose(1, 2)).transpose(1, 2))
        return x + y


def _linear_interpolation(c: RedshiftCorrelationConfig) -> tuple[Tensor, Tensor]:
    """Left neighbour and weight of the right one, for each sample of the ln(wavelength) grid."""
    wavelength = c.wavelength_min * torch.exp(torch.arange(c.log_samples, dtype=torch.float64) * c.log_step)
    width = c.token_width / c.samples_per_token
    # samples sit at the middle of their stretch
    place = ((wavelength - c.wavelength_min) / width - 0.5).clamp(0, c.samples - 1)
    left = place.floor().long().clamp(max=c.samples - 2)
    return left, (place - left).float()
