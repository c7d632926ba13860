"""All codecs of one source on one device: encode and decode any modality.
Loads a codec when it is first needed, once per folder."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import torch
from torch import Tensor

from aion import hub
from aion.codecs.base import Codec
from aion.codecs.config import HF_REPO_ID, MODALITY_CODEC_MAPPING
from aion.errors import ModalityError, ModalityTypeError, TokenKeyError
from aion.modalities import MODALITIES, Modality

__all__ = ["CodecManager", "ModalityTypeError", "TokenKeyError"]

M = TypeVar("M", bound=Modality)


class CodecManager:
    """Codecs are shared by modalities of one folder (images of both surveys, spectra of both)
    and belong to this manager alone.

    Methods may be called from several threads.
    """

    def __init__(
        self,
        device: str | torch.device = "cpu",
        source: str | Path = HF_REPO_ID,
        *,
        revision: str | None = None,
        token: str | None = None,
        local_files_only: bool = False,
        decode_dtype: torch.dtype = torch.float32,
    ) -> None:
        """`source`: a folder in the published layout or a Hub id, not touched before a codec is needed;
        `revision`: a commit or branch; `decode_dtype`: in which decoders compute (`Codec.decode_in`)."""
        self.device = torch.device(device)
        self._decode_dtype = decode_dtype
        self._locate = partial(
            hub.locate, source, revision=revision, token=token, local_files_only=local_files_only
        )
        self._source: hub.Source | None = None
        self._codecs: dict[str, Codec] = {}
        self._lock = Lock()

    def encode(self, *modalities: Modality) -> dict[str, Tensor]:
        """Token key -> tokens (B, n) int64, on the manager's device.
        The modalities may lie on any device and are not changed.

        Raises:
            ModalityTypeError: not a modality, or one without a token stream.
            ModalityError: two of one kind (make one batch of them),
                or data that would give meaningless tokens.
            WeightsError: the codec cannot be loaded.
        """
        tokens: dict[str, Tensor] = {}
        for modality in modalities:
            codec = self.codec(type(modality))
            if modality.token_key in tokens:
                raise ModalityError(
                    f"{type(modality).__name__} was given twice; "
                    "several objects of one kind go into one batch"
                )
            tokens[modality.token_key] = codec.encode(modality)
        return tokens

    def decode(self, tokens: Mapping[str, Tensor], modality_type: type[M], **metadata: Any) -> M:
        """The modality that its tokens stand for.

        `metadata`: ``wavelength=`` (Å) for spectra, ``bands=`` for images,
        ``centered=True`` for the middle of a scalar's bin.

        Raises:
            ModalityTypeError: not a modality class, or one without a token stream.
            TokenKeyError: `tokens` has none of that kind.
            InputError: token ids that the codec does not have.
        """
        codec = self.codec(modality_type)
        if modality_type.token_key not in tokens:
            raise TokenKeyError(
                f"there are no {modality_type.token_key!r} tokens for {modality_type.__name__}; "
                f"given: {', '.join(tokens)}"
            )
        decoded: M = codec.decode(tokens[modality_type.token_key], modality=modality_type, **metadata)
        return decoded

    def inspect(self, *modalities: Modality) -> dict[str, tuple[str, ...]]:
        """Token key -> sentences on what encoding leaves out or changes."""
        return {modality.token_key: self.codec(type(modality)).inspect(modality) for modality in modalities}

    def codec(self, modality_type: type[Modality]) -> Codec:
        """The codec of a modality, loaded if need be.

        Raises:
            ModalityTypeError: not a modality class, or one without a token stream.
            WeightsError: the codec cannot be loaded.
        """
        if not (isinstance(modality_type, type) and issubclass(modality_type, Modality)):
            raise ModalityTypeError(
                f"{getattr(modality_type, '__name__', modality_type)} is not a modality; see aion.modalities"
            )
        if not modality_type.token_key or modality_type not in MODALITY_CODEC_MAPPING:
            raise ModalityTypeError(
                f"{modality_type.__name__} has no token stream; "
                "use a class such as LegacySurveyImage or DESISpectrum"
            )
        with self._lock:
            if modality_type.name not in self._codecs:
                codec = MODALITY_CODEC_MAPPING[modality_type].from_pretrained(self._located(), modality_type)
                self._codecs[modality_type.name] = codec.decode_in(self._decode_dtype).to(self.device)
            return self._codecs[modality_type.name]

    @property
    def loaded(self) -> tuple[Codec, ...]:
        """The codecs that were needed so far."""
        with self._lock:
            return tuple(self._codecs.values())

    def has(self, modality_type: type[Modality]) -> bool:
        """Whether the source has a codec for it."""
        with self._lock:
            config = f"codecs/{modality_type.name}/config.json"
            return modality_type.name in self._codecs or self._located().has(config)

    def preload(
        self, modality_types: Iterable[type[Modality]], progress: Callable[[str, float], None] | None = None
    ) -> None:
        """Load codecs now; `progress(name, fraction done)` is called before each one and at the end."""
        wanted = list({modality_type.name: modality_type for modality_type in modality_types}.values())
        report = progress or (lambda name, done: None)
        for i, modality_type in enumerate(wanted):
            report(modality_type.name, i / len(wanted))
            self.codec(modality_type)
        report("codecs", 1.0)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write every codec that the source has, `codecs/<name>/...` under `folder`."""
        for modality_type in {
            modality_type.name: modality_type for modality_type in MODALITIES.values()
        }.values():
            if self.has(modality_type):
                self.codec(modality_type).save_pretrained(folder, modality_type)

    def _load_codec(self, modality_type: type[Modality]) -> Codec:
        """Name of `codec` in the published package."""
        return self.codec(modality_type)

    def _located(self) -> hub.Source:
        if self._source is None:
            self._source = self._locate()
        return self._source
