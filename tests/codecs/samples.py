"""One small valid sample of every modality, and small sizes of every codec. Deterministic."""

from collections.abc import Callable

import numpy as np

from aion.codecs import (
    CatalogCodec,
    Codec,
    GridScalarCodec,
    ImageCodec,
    LogScalarCodec,
    MultiScalarCodec,
    ScalarCodec,
    ScalarFieldCodec,
    SpectrumCodec,
)
from aion.codecs.config import MODALITY_CODEC_MAPPING
from aion.modalities import (
    MODALITIES,
    DESISpectrum,
    HSCImage,
    LegacySurveyCatalog,
    LegacySurveyImage,
    LegacySurveySegmentationMap,
    Modality,
    ScalarModalities,
    SDSSSpectrum,
)

IMAGE = {
    "quantizer_levels": [7, 5, 5, 5, 5],
    "hidden_dims": 16,
    "multisurvey_projection_dims": 6,
    "n_compressions": 2,
    "num_consecutive": 1,
    "embedding_dim": 5,
    "range_compression_factor": 0.01,
    "mult_factor": 10.0,
}
SPECTRUM = {
    "encoder_depths": [1, 1, 2, 1],
    "encoder_dims": [4, 6, 8, 16],
    "decoder_depths": [1, 2, 1, 1],
    "decoder_dims": [8, 6, 4, 2],
    "latent_channels": 16,
    "embedding_dim": 10,
    "dim": 10,
    "codebook_size": 1024,
    "normalization_range": [-1, 5],
}
SCALAR_FIELD = {"encoder_output_dim": 8, "embedding_dim": 4, "res_hidden_dims": 4, "num_res_layers": 1}


def sizes(modality: type[Modality]) -> dict[str, object]:
    """Arguments of a small codec of this modality."""
    kind = MODALITY_CODEC_MAPPING[modality]
    one = {"modality": modality.name, "codebook_size": 1024, "reservoir_size": 2000}
    functions = {"compression_fns": ["arcsinh"], "decompression_fns": ["sinh"], "num_quantizers": 55}
    table: dict[type[Codec], dict[str, object]] = {
        ImageCodec: IMAGE,
        SpectrumCodec: SPECTRUM,
        ScalarFieldCodec: SCALAR_FIELD,
        CatalogCodec: {"mask_value": 9999},
        ScalarCodec: one,
        LogScalarCodec: one | {"min_log_value": -3.0},
        GridScalarCodec: {"modality": modality.name, "codebook_size": 1024},
        MultiScalarCodec: one | functions,
    }
    return table[kind]


def arrays(modality: type[Modality], n: int = 2) -> dict[str, np.ndarray]:
    """Fields of a valid sample of `n` objects."""
    random = np.random.default_rng(len(modality.__name__))
    if issubclass(modality, LegacySurveyImage | HSCImage):
        bands = len(modality.survey_bands)
        return {
            "flux": (random.normal(0.05, 0.5, (n, bands, 96, 96)) * np.geomspace(1, 60, 96)).astype(
                np.float32
            )
        }
    if issubclass(modality, DESISpectrum | SDSSSpectrum):
        pixels, ends = (7781, (3600.0, 9824.0)) if modality is DESISpectrum else (4600, (3590.0, 10300.0))
        wavelength = np.tile(
            np.linspace(*ends, pixels) if modality is DESISpectrum else np.geomspace(*ends, pixels), (n, 1)
        )
        flux = random.normal(4.0, 1.0, (n, pixels)) + 30 * np.exp(-(((wavelength - 6000) / 8) ** 2))
        mask = random.random((n, pixels)) < 0.02
        return {
            "flux": flux,
            "ivar": random.gamma(2.0, 2.0, (n, pixels)) * ~mask,
            "mask": mask,
            "wavelength": wavelength,
        }
    if modality is LegacySurveySegmentationMap:
        return {"field": random.random((n, 96, 96)).astype(np.float32)}
    if modality is LegacySurveyCatalog:
        columns = {name: random.integers(0, 96, (n, 6)).astype(np.float32) for name in ("X", "Y")}
        columns |= {
            name: random.normal(0, 0.3, (n, 6)).astype(np.float32)
            for name in ("SHAPE_E1", "SHAPE_E2", "SHAPE_R")
        }
        return {
            name: np.where(np.arange(6) < 4, values, 9999).astype(np.float32)
            for name, values in columns.items()
        }
    n = 50 * n  # numbers are cheap
    shape = (n,) if modality.num_tokens == 1 else (n, 55)
    return {"value": random.uniform(0.05, 0.95, shape).astype(np.float32)}


def sample(modality: type[Modality], n: int = 2) -> Modality:
    """A valid sample of `n` objects."""
    build: Callable[..., Modality] = modality
    if issubclass(modality, LegacySurveyImage | HSCImage):
        return build(**arrays(modality, n), bands=modality.survey_bands)
    return build(**arrays(modality, n))


EVERY_MODALITY = list(MODALITIES.values())
EVERY_SCALAR = list(ScalarModalities.values())
