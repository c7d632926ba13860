"""What every codec can do: a modality <-> tokens (B, n) int64,
and its folder `codecs/<name>/` in the published layout."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from aion import hub
from aion.errors import ConfigError, InputError, ModalityTypeError
from aion.modalities import Modality


class Codec(nn.Module, ABC):
    """Base of all codecs. A codec serves one modality, or all that share a base class and a folder,
    as the images of two surveys."""

    modality: type[Modality]
    """What it encodes; subclasses of it are welcome."""
    config: dict[str, Any]
    """Arguments of the constructor, as in `config.json`."""

    decoders: tuple[str, ...] = ()
    """Names of the modules that only decoding uses; they may compute in less than float32."""

    @property
    @abstractmethod
    def codebook_size(self) -> int:
        """How many token ids there are."""

    @torch.no_grad()
    def encode(self, modality: Modality) -> Tensor:
        """Tokens (B, n), int64. The modality is not changed.

        Raises:
            ModalityTypeError: not what this codec encodes.
            ModalityError: data that would give meaningless tokens.
        """
        self._check(modality)
        return self._encode(modality.to(self.device))

    @torch.no_grad()
    def decode(self, tokens: Tensor, *, modality: type[Modality] | None = None, **metadata: Any) -> Any:
        """The modality that tokens (B, n) stand for, of class `modality` (default: that of this codec).

        Raises:
            ModalityTypeError: `modality` is not what this codec decodes.
            InputError: token ids outside the codebook, or not (B, n).
        """
        target = modality or self.modality
        if not issubclass(target, self.modality):
            raise ModalityTypeError(
                f"{type(self).__name__} decodes {self.modality.__name__}, not {target.__name__}"
            )
        return self._decode(self._checked_tokens(tokens), target, **metadata)

    def decode_in(self, dtype: torch.dtype) -> Self:
        """The same codec whose decoder computes in this format. Its encoder stays in float32,
        so that the tokens stay what they are."""
        for name in self.decoders:
            self.get_submodule(name).to(dtype)
        return self

    def inspect(self, modality: Modality) -> tuple[str, ...]:
        """Sentences on what encoding leaves out or changes; empty when nothing."""
        self._check(modality)
        return tuple(self._inspect(modality.to(self.device)))

    @property
    def device(self) -> torch.device:
        """Where the codec computes."""
        return next(chain(self.parameters(), self.buffers())).device

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path | hub.Source,
        modality: type[Modality],
        *,
        revision: str | None = None,
        token: str | None = None,
        local_files_only: bool = False,
    ) -> Self:
        """The codec of `modality` from a folder or a Hub id, in evaluation mode.

        Raises:
            ModalityTypeError: the codec found there is not one for `modality`.
            ConfigError: an unknown or impossible configuration value.
            WeightsError: files that are not there, cannot be reached or do not fit.
        """
        if not isinstance(source, hub.Source):
            source = hub.locate(source, revision=revision, token=token, local_files_only=local_files_only)
        folder = f"codecs/{modality.name}"
        codec = cls.from_config(
            hub.read_config(source, f"{folder}/config.json"), origin=f"{folder} of {source.id}"
        )
        if not issubclass(modality, codec.modality):
            raise ModalityTypeError(
                f"{folder} of {source.id} is a codec of {codec.modality.__name__}, not of {modality.__name__}"
            )
        tensors = hub.read_tensors(source, f"{folder}/model.safetensors")
        hub.load_into(codec, cls._renamed(tensors), origin=f"{folder} of {source.id}")
        return codec.eval()

    @classmethod
    def from_config(cls, config: Mapping[str, Any], *, origin: str = "the configuration") -> Self:
        """A codec with fresh weights. Raises ConfigError on keys that are unknown or missing."""
        parameters = inspect.signature(cls).parameters
        unknown = [key for key in config if key not in parameters]
        missing = [key for key, p in parameters.items() if p.default is p.empty and key not in config]
        if unknown or missing:
            raise ConfigError(
                f"{origin} does not fit {cls.__name__}: unknown keys {unknown}, missing keys {missing}"
            )
        return cls(**config)

    def save_pretrained(self, folder: str | Path, modality: type[Modality] | None = None) -> None:
        """Write `codecs/<name>/config.json` and `model.safetensors` under `folder`."""
        hub.write(Path(folder) / "codecs" / (modality or self.modality).name, self.config, self.state_dict())

    @abstractmethod
    def _encode(self, modality: Any) -> Tensor:
        """A checked modality on this device -> tokens (B, n)."""

    @abstractmethod
    def _decode(self, *args: Any, **metadata: Any) -> Any:
        """Tokens (B, n) within the codebook and the class to make -> an instance of it."""

    def _inspect(self, modality: Any) -> list[str]:
        return []

    @classmethod
    def _renamed(cls, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Tensors under the names of this class, where published files have others."""
        return tensors

    def _check(self, modality: Modality) -> None:
        if not isinstance(modality, self.modality):
            raise ModalityTypeError(
                f"{type(self).__name__} encodes {self.modality.__name__}, not {type(modality).__name__}"
            )

    def _checked_tokens(self, tokens: Tensor) -> Tensor:
        codes = torch.as_tensor(tokens, device=self.device).long()
        if codes.ndim != 2:
            raise InputError(f"tokens have shape {tuple(codes.shape)}; (batch, tokens) is expected")
        if codes.numel() and not 0 <= int(codes.min()) <= int(codes.max()) < self.codebook_size:
            found = f"{int(codes.min())}..{int(codes.max())}"
            raise InputError(
                f"tokens range over {found}; {type(self).__name__} has ids 0..{self.codebook_size - 1}"
            )
        return codes


def arguments(local_names: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a constructor from its `locals()`, as JSON values."""
    given = {name: value for name, value in local_names.items() if name not in ("self", "__class__")}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
