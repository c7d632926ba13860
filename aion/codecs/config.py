"""Which codec serves which modality, and where the published weights are."""

from aion.codecs.base import Codec
from aion.codecs.catalog import CatalogCodec
from aion.codecs.image import ImageCodec
from aion.codecs.scalar import GridScalarCodec, LogScalarCodec, MultiScalarCodec, ScalarCodec
from aion.codecs.scalar_field import ScalarFieldCodec
from aion.codecs.spectrum import SpectrumCodec
from aion.modalities import (
    MODALITIES,
    GaiaFluxBp,
    GaiaFluxG,
    GaiaFluxRp,
    GaiaParallax,
    GaiaXpBp,
    GaiaXpRp,
    Image,
    LegacySurveyCatalog,
    LegacySurveyFluxG,
    LegacySurveyFluxI,
    LegacySurveyFluxR,
    LegacySurveyFluxW1,
    LegacySurveyFluxW2,
    LegacySurveyFluxW3,
    LegacySurveyFluxW4,
    LegacySurveyFluxZ,
    LegacySurveySegmentationMap,
    LegacySurveyShapeR,
    Modality,
    Scalar,
    Spectrum,
    Z,
)

HF_REPO_ID = "polymathic-ai/aion-base"
"""Where the codecs are read from when nothing else is asked for."""

_OWN_CODEC: dict[type[Modality], type[Codec]] = {
    Image: ImageCodec,
    Spectrum: SpectrumCodec,
    LegacySurveyCatalog: CatalogCodec,
    LegacySurveySegmentationMap: ScalarFieldCodec,
    Scalar: ScalarCodec,
    Z: GridScalarCodec,
    GaiaXpBp: MultiScalarCodec,
    GaiaXpRp: MultiScalarCodec,
    LegacySurveyFluxG: LogScalarCodec,
    LegacySurveyFluxR: LogScalarCodec,
    LegacySurveyFluxI: LogScalarCodec,
    LegacySurveyFluxZ: LogScalarCodec,
    LegacySurveyFluxW1: LogScalarCodec,
    LegacySurveyFluxW2: LogScalarCodec,
    LegacySurveyFluxW3: LogScalarCodec,
    LegacySurveyFluxW4: LogScalarCodec,
    LegacySurveyShapeR: LogScalarCodec,
    GaiaFluxG: LogScalarCodec,
    GaiaFluxBp: LogScalarCodec,
    GaiaFluxRp: LogScalarCodec,
    GaiaParallax: LogScalarCodec,
}
"""Modalities that do not have the codec of their base class."""


def _codec_of(modality: type[Modality]) -> type[Codec]:
    return next(_OWN_CODEC[base] for base in modality.__mro__ if base in _OWN_CODEC)


MODALITY_CODEC_MAPPING: dict[type[Modality], type[Codec]] = {
    modality: _codec_of(modality) for modality in (Image, Spectrum, *MODALITIES.values())
}
"""Class of the codec of every modality."""
