"""Several scalar quantizers as one: channels of one kind, or named columns that share one codebook."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from aion.codecs.quantizers.base import Quantizer
from aion.codecs.quantizers.scalar import ScalarCompressedReservoirQuantizer


class MultiScalarCompressedReservoirQuantizer(Quantizer):
    """(B, C) values <-> (B, C) codes, every channel with bins of its own."""

    def __init__(
        self,
        compression_fns: Sequence[str],
        decompression_fns: Sequence[str],
        codebook_size: int,
        reservoir_size: int,
        num_quantizers: int,
    ) -> None:
        super().__init__()
        self.quantizers = nn.ModuleList(
            ScalarCompressedReservoirQuantizer(
                compression_fns, decompression_fns, codebook_size, reservoir_size
            )
            for _ in range(num_quantizers)
        )

    @property
    def channels(self) -> list[ScalarCompressedReservoirQuantizer]:
        """The quantizer of every channel."""
        return [
            quantizer
            for quantizer in self.quantizers
            if isinstance(quantizer, ScalarCompressedReservoirQuantizer)
        ]

    @property
    def codebook_size(self) -> int:
        return self.channels[0].codebook_size

    def fit(self, values: Tensor) -> None:
        """(n, C) values: put the codes of every channel at its quantiles."""
        for channel, column in zip(self.channels, values.unbind(1), strict=True):
            channel.fit(column)

    def encode(self, z: Tensor) -> Tensor:
        return torch.stack(
            [channel.encode(column) for channel, column in zip(self.channels, z.unbind(1), strict=True)],
            dim=1,
        )

    def decode(self, codes: Tensor) -> Tensor:
        return torch.stack(
            [channel.decode(column) for channel, column in zip(self.channels, codes.unbind(1), strict=True)],
            dim=1,
        )

    def center(self, codes: Tensor) -> Tensor:
        """(B, C) codes -> the middles of their bins."""
        return torch.stack(
            [channel.center(column) for channel, column in zip(self.channels, codes.unbind(1), strict=True)],
            dim=1,
        )


class IdentityQuantizer(Quantizer):
    """Whole numbers 0 ... `codebook_size` - 1 are their own codes."""

    _codebook_size: Tensor

    def __init__(self, codebook_size: int) -> None:
        super().__init__()
        self.register_buffer("_codebook_size", torch.tensor(codebook_size))

    @property
    def codebook_size(self) -> int:
        return int(self._codebook_size)

    def encode(self, z: Tensor) -> Tensor:
        return z.long()

    def decode(self, codes: Tensor) -> Tensor:
        return codes


class ComposedScalarQuantizer(nn.Module):
    """Named columns <-> codes (..., C) in one codebook:
    every column has a range of codes of its own, one after the other."""

    def __init__(self, quantizers: Mapping[str, Quantizer]) -> None:
        super().__init__()
        self.quantizers = nn.ModuleDict(quantizers)
        sizes = [quantizer.codebook_size for quantizer in quantizers.values()]
        self.offsets = [sum(sizes[:i]) for i in range(len(sizes))]
        self.codebook_size = sum(sizes)

    @property
    def columns(self) -> dict[str, Quantizer]:
        """Name -> quantizer, in the order of the codes."""
        return {
            name: quantizer for name, quantizer in self.quantizers.items() if isinstance(quantizer, Quantizer)
        }

    def encode(self, columns: Mapping[str, Tensor]) -> Tensor:
        """Columns of one shape (...) -> codes (..., C)."""
        codes = [quantizer.encode(columns[name]) for name, quantizer in self.columns.items()]
        return torch.stack([code + offset for code, offset in zip(codes, self.offsets, strict=True)], dim=-1)

    def decode(self, codes: Tensor) -> dict[str, Tensor]:
        """Codes (..., C) -> columns (...); a code outside its column's range decodes to -1,
        as the published package has it."""
        columns = {}
        for offset, code, (name, quantizer) in zip(
            self.offsets, codes.unbind(-1), self.columns.items(), strict=True
        ):
            known = (code >= offset) & (code < offset + quantizer.codebook_size)
            columns[name] = quantizer.decode((code - offset).where(known, 0)).where(known, -1)
        return columns
