"""The model and its codecs on one device: modality -> tokens -> redshift logits and embedding -> decoded
modality. No thread, no queue."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from aion.codecs import CodecManager
from aion.codecs.image import ImageCodec
from aion.codecs.quantizers import ScalarLinearQuantizer
from aion.embedding import pool
from aion.errors import ConfigError
from aion.explorer.settings import Settings
from aion.modalities import MODALITIES, Image, Modality, Z
from aion.model import AION
from aion.precision import dtype_of

Tokens = dict[str, NDArray[np.int64]]
SomeModality = TypeVar("SomeModality", bound=Modality)


@dataclass(frozen=True)
class ModelOutput:
    """What one pass of the encoder says about one object."""

    logits: NDArray[np.float64]
    """(bins,) of the redshift token."""
    embedding: NDArray[np.float32]
    """(D,) unit vector."""
    device: str


class Networks:
    """Loaded once and not changed afterwards, but for codecs, which load when first needed.

    Raises:
        WeightsError: as `AION.from_pretrained`.
        ConfigError: the model does not predict redshifts.
    """

    def __init__(self, settings: Settings, device: torch.device) -> None:
        model = AION.from_pretrained(settings.model, revision=settings.revision, token=settings.token)
        self.reads = tuple(model.config.domains_in)
        self.writes = tuple(model.config.domains_out)
        if Z.token_key not in self.writes:
            raise ConfigError(
                f"{settings.model} does not predict {Z.token_key}; the explorer needs a model that does"
            )
        self.dtype = dtype_of(settings.precision, device)
        """In which the transformer and the decoders of codecs compute."""
        self.model = model.compute_in(self.dtype).to(device).eval()
        self.device = device
        # the commit the model came from, so that its codecs are of the same one
        revision = model.source.revision if model.source else settings.revision
        self.codecs = CodecManager(
            device=str(device),
            source=settings.model,
            revision=revision,
            token=settings.token,
            decode_dtype=self.dtype,
        )
        grid = self.codecs.codec(Z).quantizer
        assert isinstance(grid, ScalarLinearQuantizer)
        self.buckets: NDArray[np.float64] = grid.buckets.detach().double().cpu().numpy()
        """(bins,) upper edges of the redshift grid."""

    def encode(self, modality: Modality) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """(n,) token ids of a batch of one, and sentences about what the codec had to do to it."""
        with torch.inference_mode():
            tokens = self.codecs.encode(modality)[modality.token_key]
        notes = self.codecs.codec(type(modality)).inspect(modality)
        return tokens[0].cpu().numpy().astype(np.int64).reshape(-1), tuple(notes)

    def answer(self, objects: list[Tokens]) -> list[ModelOutput]:
        """One answer each, from one encoder pass; all must have the same streams of the same lengths."""
        stacked = {
            key: torch.from_numpy(np.stack([tokens[key] for tokens in objects])).to(self.device)
            for key in objects[0]
        }
        with torch.inference_mode():
            context = self.model.context(stacked)
            logits = self.model.predict(context, Z)[Z.token_key][:, 0]
        embeddings = pool(context).cpu().numpy()
        rows = logits.detach().double().cpu().numpy()
        return [
            ModelOutput(row, embedding, str(self.device))
            for row, embedding in zip(rows, embeddings, strict=True)
        ]

    def decode(self, tokens: NDArray[np.int64], cls: type[SomeModality], **options: Any) -> SomeModality:
        """The modality that the tokens of one object stand for, a batch of one."""
        held = {cls.token_key: torch.from_numpy(tokens)[None].to(self.device)}
        with torch.inference_mode():
            decoded: SomeModality = self.codecs.decode(held, cls, **options)
        return decoded

    def clamped_share(self, image: Image) -> float:
        """Share of the pixels that the codec sets to the end of its range, 0 to 1."""
        codec = self.codecs.codec(type(image))
        assert isinstance(codec, ImageCodec)
        return codec.clamped_share(image)

    @property
    def size(self) -> int:
        """Bytes of all parameters and buffers that are loaded."""
        return sum(_size(module) for module in (self.model, *self.codecs.loaded))

    def load_codecs(self, progress: Callable[[str, float], None]) -> None:
        """Load the codec of every stream that is read; ``progress`` gets its name and 0 to 1."""
        self.codecs.preload([MODALITIES[key] for key in self.reads], progress)


def _size(module: torch.nn.Module) -> int:
    return sum(tensor.nbytes for tensor in (*module.parameters(), *module.buffers()))


def device_for(settings: Settings) -> torch.device:
    """Raises ConfigError: CUDA is asked for and not there."""
    if settings.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if settings.device.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(
            f"AION_DEVICE is {settings.device!r} but PyTorch finds no CUDA device; use cpu or auto"
        )
    return torch.device(settings.device)
