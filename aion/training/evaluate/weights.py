"""A model with its codecs: densities, embeddings and decoded data of B objects. Knows no truth."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from aion.codecs.manager import CodecManager
from aion.codecs.scalar import GridScalarCodec
from aion.embedding import pool
from aion.generate import GENERATION
from aion.modalities import Spectrum, Z
from aion.model import AION
from aion.redshift import RedshiftPDF, redshift_pdfs


@dataclass(frozen=True)
class Weights:
    """A model with its codecs and redshift grid."""

    model: AION
    manager: CodecManager
    buckets: Tensor
    first_temperature: Mapping[str, float] = field(default_factory=dict)
    """Token key -> at what temperature the first token of it is drawn, where one was fitted."""

    @classmethod
    def load(cls, folder: Path) -> "Weights":
        """From a folder in the published layout."""
        manager = CodecManager("cpu", folder)
        codec = manager.codec(Z)
        assert isinstance(codec, GridScalarCodec)
        model, path = AION.from_pretrained(folder), folder / GENERATION
        measured = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        fitted = measured["first_temperature"] if measured.get("sha256") == model.sha256 else {}
        return cls(model, manager, codec.get_buffer("_quantizer.buckets"), fitted)

    @torch.no_grad()
    def read(self, tokens: Mapping[str, Tensor]) -> tuple[list[RedshiftPDF], np.ndarray]:
        """Densities and unit vectors (B, D) of B objects, from one pass over their tokens."""
        context = self.model.context(tokens)
        return redshift_pdfs(self.model.predict(context, Z)["tok_z"], self.buckets), pool(context).numpy()

    def redshifts(self, tokens: Mapping[str, Tensor]) -> list[RedshiftPDF]:
        """Densities of B objects from their tokens."""
        return self.read(tokens)[0]

    def of_spectrum(self, spectrum: Spectrum) -> RedshiftPDF:
        """The density of one spectrum."""
        return self.redshifts(self.manager.encode(spectrum))[0]

    def round_trip(self, spectrum: Spectrum, tokens: Mapping[str, Tensor] | None = None) -> Spectrum:
        """B spectra encoded and decoded, at their own wavelengths; ``tokens`` where known already."""
        tokens = self.manager.encode(spectrum) if tokens is None else tokens
        return self.manager.decode(tokens, type(spectrum), wavelength=spectrum.wavelength)
