"""Codecs: modalities <-> tokens. One codec per folder `codecs/<name>/` of the weights;
`CodecManager` finds and keeps them."""

from aion.codecs.base import Codec
from aion.codecs.catalog import CatalogCodec
from aion.codecs.image import ImageCodec
from aion.codecs.manager import CodecManager
from aion.codecs.scalar import GridScalarCodec, LogScalarCodec, MultiScalarCodec, ScalarCodec
from aion.codecs.scalar_field import ScalarFieldCodec
from aion.codecs.spectrum import SpectrumCodec

__all__ = [
    "CatalogCodec",
    "Codec",
    "CodecManager",
    "GridScalarCodec",
    "ImageCodec",
    "LogScalarCodec",
    "MultiScalarCodec",
    "ScalarCodec",
    "ScalarFieldCodec",
    "SpectrumCodec",
]
