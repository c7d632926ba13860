"""Codecs: modalities <-> tokens. One codec per folder `codecs/<name>/` of the weights; `CodecManager` finds and keeps them."""

from aion.codecs.base import Codec
from aion.codecs.image import ImageCodec
from aion.codecs.scalar import GridScalarCodec, LogScalarCodec, MultiScalarCodec, ScalarCodec
from aion.codecs.spectrum import SpectrumCodec

__all__ = [
    "Codec",
    "GridScalarCodec",
    "ImageCodec",
    "LogScalarCodec",
    "MultiScalarCodec",
    "ScalarCodec",
    "SpectrumCodec",
]
