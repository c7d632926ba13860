"""Continuous values <-> integer codes. Every quantizer encodes, decodes, and can be trained through."""

from aion.codecs.quantizers.base import Quantizer
from aion.codecs.quantizers.composed import (
    ComposedScalarQuantizer,
    IdentityQuantizer,
    MultiScalarCompressedReservoirQuantizer,
)
from aion.codecs.quantizers.finite import FiniteScalarQuantizer
from aion.codecs.quantizers.lookup_free import LookupFreeQuantizer
from aion.codecs.quantizers.scalar import (
    BinnedQuantizer,
    ScalarCompressedReservoirQuantizer,
    ScalarLinearQuantizer,
    ScalarLogReservoirQuantizer,
    ScalarReservoirQuantizer,
)

__all__ = [
    "BinnedQuantizer",
    "ComposedScalarQuantizer",
    "FiniteScalarQuantizer",
    "IdentityQuantizer",
    "LookupFreeQuantizer",
    "MultiScalarCompressedReservoirQuantizer",
    "Quantizer",
    "ScalarCompressedReservoirQuantizer",
    "ScalarLinearQuantizer",
    "ScalarLogReservoirQuantizer",
    "ScalarReservoirQuantizer",
]
