"""Codec of catalogs: each object in the field <-> five tokens (X, Y, SHAPE_E1, SHAPE_E2, SHAPE_R).

Places without an object have the token id `mask_value` (9999), which is outside the codebook:
such tokens must be hidden from a model.
"""

import torch
from torch import Tensor

from aion.codecs.base import Codec, arguments
from aion.codecs.quantizers import ComposedScalarQuantizer, IdentityQuantizer, ScalarReservoirQuantizer
from aion.constants import CODEC_FIELD
from aion.errors import InputError, ModalityError
from aion.modalities import LegacySurveyCatalog

COLUMNS = ("X", "Y", "SHAPE_E1", "SHAPE_E2", "SHAPE_R")


class CatalogCodec(Codec):
    """Pixels as they are, shapes in bins that hold equally many training values each."""

    modality = LegacySurveyCatalog

    def __init__(self, mask_value: int = 9999) -> None:
        """`mask_value`: number that stands for "no object", in the columns and in the tokens."""
        config = arguments(locals())
        super().__init__()
        self.config = config
        self.mask_value = mask_value
        pixels = {name: IdentityQuantizer(CODEC_FIELD) for name in COLUMNS[:2]}
        shapes = {name: ScalarReservoirQuantizer(1024, 100_000) for name in COLUMNS[2:]}
        self._quantizer = ComposedScalarQuantizer({**pixels, **shapes})

    @property
    def quantizer(self) -> ComposedScalarQuantizer:
        """Columns -> codes."""
        return self._quantizer

    @property
    def codebook_size(self) -> int:
        return self._quantizer.codebook_size

    def _encode(self, modality: LegacySurveyCatalog) -> Tensor:
        columns, present = self._columns(modality)
        if any(((columns[name] < 0) | (columns[name] >= CODEC_FIELD)).any() for name in COLUMNS[:2]):
            raise ModalityError(
                f"X and Y of the catalog must be pixels 0..{CODEC_FIELD - 1} "
                f"of the {CODEC_FIELD}-pixel field, or {self.mask_value}"
            )
        codes = self._quantizer.encode(columns)  # (B, objects, 5)
        return codes.where(present[..., None], self.mask_value).flatten(1)

    def _decode(self, tokens: Tensor, target: type[LegacySurveyCatalog]) -> LegacySurveyCatalog:
        """Objects of which every token is `mask_value` come back as `mask_value`;
        a token of a wrong column decodes to -1."""
        whole = tokens.shape[1] // len(COLUMNS)
        objects = tokens[:, : whole * len(COLUMNS)].reshape(-1, whole, len(COLUMNS))
        absent = (objects == self.mask_value).all(-1)
        columns = self._quantizer.decode(objects)
        return target(
            **{name: values.masked_fill(absent, self.mask_value) for name, values in columns.items()}
        )

    def _checked_tokens(self, tokens: Tensor) -> Tensor:
        present = torch.as_tensor(tokens) != self.mask_value
        super()._checked_tokens(torch.as_tensor(tokens).where(present, 0))
        if present.shape[1] < len(COLUMNS):
            raise InputError(
                f"{present.shape[1]} tokens are less than one object; a catalog has {len(COLUMNS)} for each"
            )
        return torch.as_tensor(tokens, device=self.device).long()

    def _columns(self, modality: LegacySurveyCatalog) -> tuple[dict[str, Tensor], Tensor]:
        """Columns with 0 where there is no object, and where there is one (B, objects) bool."""
        given = {name: getattr(modality, name) for name in COLUMNS}
        present = torch.stack([values != self.mask_value for values in given.values()]).all(0)
        return {name: values.where(present, 0) for name, values in given.items()}, present

    def _inspect(self, modality: LegacySurveyCatalog) -> list[str]:
        _, present = self._columns(modality)
        partial = sum((getattr(modality, name) != self.mask_value).int() for name in COLUMNS)
        dropped = int(((partial > 0) & ~present).sum())
        return [f"{dropped} catalog objects have missing columns and are left out"] if dropped else []
