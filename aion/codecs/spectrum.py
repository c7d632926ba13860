"""Codec of spectra: flux, inverse variance and mask on any wavelengths <-> 1 normalisation token +
one token per 32 pixels of 0.8 Å.

Flux in 1e-17 erg/s/cm2/Å, wavelength in vacuum Å. Training uses `preprocess`, `encode_latent`,
`quantizer` and `decode_latent`, which together make the autoencoder; the flux channel is trained on
flux / `scale(normalization)` - 1.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from aion.arrays import as_tensor
from aion.codecs.base import Codec, arguments
from aion.codecs.modules.convnext import ConvNextDecoder1d, ConvNextEncoder1d
from aion.codecs.modules.spectrum import LatentSpectralGrid
from aion.codecs.quantizers import LookupFreeQuantizer, ScalarLinearQuantizer
from aion.errors import ConfigError, InputError, ModalityError
from aion.modalities import PADDING_WAVELENGTH, Spectrum
from aion.precision import dtype_in

MIN_PIXELS = 32
"""Good pixels inside the codec's grid below which a spectrum is refused."""
FAINTEST = 0.1
"""Smallest scale of a spectrum, 1e-17 erg/s/cm2/Å; fainter ones are all normalised by it."""


class SpectrumCodec(Codec):
    """ConvNeXt V2 autoencoder in one dimension with lookup-free quantization;
    all surveys share one network and one grid."""

    modality = Spectrum
    decoders = ("decoder", "post_quant_conv")

    def __init__(
        self,
        encoder_depths: Sequence[int] = (3, 3, 27, 3),
        encoder_dims: Sequence[int] = (64, 128, 256, 512),
        decoder_depths: Sequence[int] = (3, 9, 3, 3),
        decoder_dims: Sequence[int] = (256, 128, 64, 2),
        lambda_min: float = 3500.0,
        resolution: float = 0.8,
        num_pixels: int = 8704,
        latent_channels: int = 512,
        embedding_dim: int = 10,
        clip_ivar: float | None = 100,
        clip_flux: float | None = None,
        input_scaling: float = 0.2,
        normalization_range: tuple[float, float] = (-1, 5),
        codebook_size: int = 1024,
        dim: int = 10,
    ) -> None:
        """`lambda_min` and `resolution` in Å; `normalization_range` in log10 of flux + 1;
        one or two output channels (flux, mask).

        Raises:
            ConfigError: sizes that do not fit together.
        """
        config = arguments(locals())
        super().__init__()
        self.config = config
        if encoder_dims[-1] != latent_channels or embedding_dim != dim or decoder_dims[-1] not in (1, 2):
            raise ConfigError(
                "encoder_dims must end in latent_channels, embedding_dim must equal dim, "
                "and decoder_dims must end in 1 or 2"
            )
        if len(encoder_dims) != len(decoder_dims) or num_pixels % 2 ** (len(encoder_dims) + 1):
            raise ConfigError(
                f"num_pixels ({num_pixels}) must be a multiple of 2**(stages + 1); "
                "encode and decode in equally many"
            )
        self.clip_ivar, self.clip_flux, self.input_scaling = clip_ivar, clip_flux, input_scaling
        self._quantizer = LookupFreeQuantizer(dim, codebook_size)
        self.normalization_quantizer = ScalarLinearQuantizer(
            codebook_size, (normalization_range[0], normalization_range[1])
        )
        self.latent_grid = LatentSpectralGrid(lambda_min, resolution, num_pixels)
        self.encoder = ConvNextEncoder1d(2, encoder_depths, encoder_dims)
        self.decoder = ConvNextDecoder1d(latent_channels, decoder_depths, decoder_dims)
        self.pre_quant_norm = nn.LayerNorm(latent_channels)
        self.quant_conv = nn.Conv1d(latent_channels, embedding_dim, 1)
        self.post_quant_conv = nn.Conv1d(embedding_dim, latent_channels, 1)

    @property
    def quantizer(self) -> LookupFreeQuantizer:
        """(B, embedding_dim, tokens) -> corners of the cube."""
        return self._quantizer

    @property
    def codebook_size(self) -> int:
        return self._quantizer.codebook_size

    def preprocess(self, spectrum: Spectrum) -> tuple[Tensor, Tensor]:
        """Network input (B, 2, num_pixels), flux and 1/sigma after scaling and arcsinh,
        and the normalisation (B,), log10(mean flux + 1).

        Raises:
            ModalityError: fewer than 32 good pixels inside the grid.
        """
        spectrum = spectrum.padded(spectrum.padded_length)
        bad = spectrum.mask | ~spectrum.flux.isfinite()
        self._check_coverage(spectrum.wavelength, bad)
        flux = spectrum.flux.nan_to_num(0, 0, 0)
        flux = flux if self.clip_flux is None else flux.clamp(-self.clip_flux, self.clip_flux)
        ivar = spectrum.ivar.nan_to_num(0, 0, 0).where(spectrum.flux.isfinite(), 0).clamp(0, self.clip_ivar)
        mean = (flux * (1.0 - bad.float())).sum(-1) / ((~bad).sum(-1) + 1.0)
        normalization = self.normalization_quantizer.quantize(torch.log10(mean.clamp(FAINTEST) + 1.0))
        scale = self.scale(normalization)
        channels = torch.stack([flux / scale - 1.0, ivar.sqrt() / scale], dim=1) * self.input_scaling
        return torch.arcsinh(self.latent_grid.to_latent(channels, spectrum.wavelength)), normalization

    def scale(self, normalization: Tensor) -> Tensor:
        """(B,) normalisation -> (B, 1) flux that stands for 1 in the network, 1e-17 erg/s/cm2/Å."""
        return (10 ** normalization[..., None] - 1.0).clamp(FAINTEST)

    def encode_latent(self, x: Tensor) -> Tensor:
        """Network input -> (B, embedding_dim, tokens), not yet quantised."""
        latent = self.pre_quant_norm(self.encoder(x).movedim(1, -1)).movedim(-1, 1)
        out: Tensor = self.quant_conv(latent)
        return out

    def decode_latent(self, z: Tensor) -> Tensor:
        """Quantised (B, embedding_dim, tokens) -> (B, 1 or 2, num_pixels): flux / scale - 1 and, where the
        decoder has that channel, logits of the mask."""
        out: Tensor = self.decoder(self.post_quant_conv(z.to(dtype_in(self.decoder)))).to(z.dtype)
        return out

    def _encode(self, spectrum: Spectrum) -> Tensor:
        x, normalization = self.preprocess(spectrum)
        codes = self._quantizer.encode(self.encode_latent(x))
        return torch.cat([self.normalization_quantizer.encode(normalization)[:, None], codes], dim=1)

    def _decode(self, tokens: Tensor, target: type[Spectrum], wavelength: Any = None) -> Spectrum:
        """`wavelength`: (n,) or (B, n) Å to decode at, default the codec's grid;
        beyond the grid flux is NaN and mask True. ivar is NaN."""
        expected = 1 + int(self.latent_grid.length) // 2 ** (len(self.config["encoder_dims"]) + 1)
        if tokens.shape[1] != expected:
            raise InputError(
                f"{tokens.shape[1]} tokens are not a spectrum; "
                f"{expected} are expected, the normalisation first"
            )
        normalization = self.normalization_quantizer.decode(tokens[:, 0])
        channels = self.decode_latent(self._quantizer.decode(tokens[:, 1:]))
        grid = self.latent_grid.wavelength.expand(len(tokens), -1)
        if wavelength is not None:
            grid = as_tensor(wavelength, torch.float32, what="wavelength").to(self.device)
            grid = grid.expand(len(tokens), -1) if grid.ndim == 1 or len(grid) == 1 else grid
            channels = self.latent_grid.to_observed(channels, grid, outside=torch.nan)
        flux = (channels[:, 0] + 1.0) * self.scale(normalization)
        mask = flux.isnan() | (channels[:, 1:].sigmoid() > 0.5).any(1)
        return target(flux, torch.full_like(flux, torch.nan), mask, grid)

    def _check_coverage(self, wavelength: Tensor, bad: Tensor) -> None:
        grid = self.latent_grid.wavelength
        inside = (wavelength >= grid[0]) & (wavelength <= grid[-1])
        if int(fewest := (inside & ~bad).sum(-1).min()) < MIN_PIXELS:
            raise ModalityError(
                f"a spectrum has {int(fewest)} good pixels between {grid[0]:.0f} and {grid[-1]:.0f} Å; "
                f"at least {MIN_PIXELS} are needed. "
                "Wavelengths are expected in Å, observed frame, and mask True means bad"
            )

    def _inspect(self, spectrum: Any) -> list[str]:
        real = spectrum.wavelength < PADDING_WAVELENGTH
        grid = self.latent_grid.wavelength
        notes = []
        beyond = real & ((spectrum.wavelength < grid[0]) | (spectrum.wavelength > grid[-1]))
        if beyond.any():
            notes.append(
                f"{beyond[real].float().mean():.1%} of the pixels lie outside {grid[0]:.0f}-{grid[-1]:.0f} Å "
                "and are not read"
            )
        unknown = real & ~spectrum.flux.isfinite()
        if unknown.any():
            notes.append(f"{int(unknown.sum())} pixels are not finite and count as masked")
        good = real & ~spectrum.mask & spectrum.flux.isfinite()
        mean = spectrum.flux.where(good, 0).sum(-1) / (good.sum(-1) + 1.0)
        if (mean < FAINTEST).any():
            notes.append(
                f"the mean flux is {mean.min():.3g}, below the codec's floor of {FAINTEST}: "
                "its level is not kept"
            )
        brightest = 10 ** float(self.normalization_quantizer.buckets[-1]) - 1
        if (mean > brightest).any():
            notes.append(f"the mean flux is {mean.max():.3g}, above the codec's largest of {brightest:.3g}")
        return notes
