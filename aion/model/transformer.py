"""The transformer: token dictionary -> Context (one encoder pass) -> logits of any target.
Shapes: B objects, N tokens, D width.

Token ids are (B, n) integers per stream; how they were made, or what becomes of the logits, this file does
not know. Public masks have the published sense, True = hidden; inside it is ``keep``, True = used.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aion import hub
from aion.config import AIONConfig
from aion.context import Context, kept_positions, packed
from aion.correlation import RedshiftCorrelation
from aion.errors import InputError, TokenKeyError
from aion.generate import Method, generate
from aion.layers import (
    DecoderBlock,
    DecoderEmbedding,
    EncoderBlock,
    EncoderEmbedding,
    LayerNorm,
    Queries,
    concatenated,
    initialise,
    something_visible,
    without_initialisation,
)
from aion.model.token_checks import Tokens, check_batch, checked_shape, range_problems, read_target
from aion.precision import dtype_in
from aion.streams import STREAMS

__all__ = ["AION", "AIONConfig", "Context"]


class AION(nn.Module):
    """AION-1: reads any subset of its streams and predicts any of them.
    Parameter names are those of the checkpoints."""

    def __init__(self, config: AIONConfig | Mapping[str, Any]) -> None:
        super().__init__()
        self.config = config = config if isinstance(config, AIONConfig) else AIONConfig.from_dict(config)
        self.source: hub.Source | None = None
        self.sha256: str | None = None
        dim, bias, uniform = config.dim, config.norm_bias, config.decoder_attention == "upstream"
        self.encoder_embeddings = nn.ModuleDict(
            {key: EncoderEmbedding(STREAMS[key], dim) for key in config.domains_in}
        )
        self.decoder_embeddings = nn.ModuleDict(
            {key: DecoderEmbedding(STREAMS[key], dim) for key in config.domains_out}
        )
        self.encoder = nn.ModuleList(EncoderBlock(config.dimensions) for _ in range(config.encoder_depth))
        self.encoder_norm = LayerNorm(dim, bias=bias)
        self.decoder_proj_context = nn.Linear(dim, dim)
        self.decoder = nn.ModuleList(
            DecoderBlock(config.dimensions, uniform_attention=uniform) for _ in range(config.decoder_depth)
        )
        self.decoder_norm = LayerNorm(dim, bias=bias)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, dim))
        initialise(self)
        if config.share_modality_embeddings:
            for key in set(config.domains_in) & set(config.domains_out):
                self._output(key).mod_emb = self._input(key).mod_emb
        correlation = config.redshift_correlation
        self.redshift_correlation = None if correlation is None else RedshiftCorrelation(correlation, dim)

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path,
        *,
        revision: str | None = None,
        token: str | bool | None = None,
        local_files_only: bool = False,
    ) -> Self:
        """The model of a folder or a Hub id, in evaluation mode, on the CPU.

        Raises: WeightsNotFoundError, AccessError, ConnectionFailedError, WeightsMismatchError, ConfigError.
        """
        place = hub.locate(source, revision=revision, token=token, local_files_only=local_files_only)
        config = AIONConfig.from_dict(hub.read_config(place))
        weights = place.file(hub.WEIGHTS_FILE)
        with without_initialisation():
            model = cls(config)
        hub.load_into(model, hub.read_tensors(place, hub.WEIGHTS_FILE), origin=place.id)
        model.source, model.sha256 = place, hub.sha256(weights)
        return model.eval()

    def save_pretrained(self, folder: str | Path) -> None:
        """``config.json`` and ``model.safetensors``, as the published repositories have them."""
        hub.write(Path(folder), self.config.to_dict(), self.state_dict())

    @property
    def device(self) -> torch.device:
        """Where the weights are; inputs are moved there."""
        return self.mask_token.device

    def compute_in(self, dtype: torch.dtype) -> Self:
        """The same model whose blocks compute in this format; embeddings, norms at the ends, the redshift
        correlation and logits stay in float32, and so do states and logits that are given."""
        self.encoder.to(dtype)
        self.decoder.to(dtype)
        return self

    def encode(
        self, tokens: Tokens, input_mask: Tokens | None = None, num_encoder_tokens: int | None = None
    ) -> Tensor:
        """The states (B, N, D) of `context`."""
        return self.context(tokens, input_mask=input_mask, num_encoder_tokens=num_encoder_tokens).states

    def context(
        self, tokens: Tokens, *, input_mask: Tokens | None = None, num_encoder_tokens: int | None = None
    ) -> Context:
        """One encoder pass over tokens (B, n) per stream.

        Args:
            tokens: ids per token key; a negative id is no token.
            input_mask: True = hidden, per token key; streams without one are read whole.
            num_encoder_tokens: at most so many tokens of each object, in the order given; None = all.

        Raises:
            TokenKeyError: a stream that the model does not read.
            InputError: shapes or ids that do not fit a stream.
        Warns:
            TruncationWarning: ``num_encoder_tokens`` leaves tokens out.
        """
        read = self._read(tokens, input_mask or {})
        return self._encoded(packed(read, num_encoder_tokens))

    def extended(self, context: Context, token_key: str, tokens: Tensor) -> Context:
        """The context with more tokens (B, n) of one stream, by position; negative ids are left out.
        One more encoder pass."""
        more = self._read({token_key: tokens}, {})
        assert context.tokens is not None and more.tokens is not None
        streams = (*context.streams, *(key for key in more.streams if key not in context.streams))
        joined = replace(
            context,
            keep=torch.cat([context.keep & ~context.of(token_key), more.keep], dim=1),
            stream=torch.cat([context.stream, torch.full_like(more.stream, streams.index(token_key))], dim=1),
            position=torch.cat([context.position, more.position], dim=1),
            streams=streams,
            tokens=torch.cat([context.tokens, more.tokens], dim=1),
        )
        return self._encoded(packed(joined, None))

    def predict(self, context: Context, *targets: Any) -> dict[str, Tensor]:
        """Logits (B, n, vocabulary) of all tokens of each target; targets do not influence one another.

        Args:
            targets: modality classes or objects (``token_key``, ``num_tokens``), or token keys.
        """
        batch = len(context.states)
        counts = dict(read_target(target) for target in targets)
        everywhere = {key: torch.arange(n, device=self.device).expand(batch, n) for key, n in counts.items()}
        return self.predict_at(context, everywhere)

    def predict_at(self, context: Context, positions: Tokens) -> dict[str, Tensor]:
        """Logits (B, m, vocabulary) at chosen positions (B, m) of each stream; position -1 asks nothing."""
        for key in positions:
            self._known(key, self.decoder_embeddings, "predicts")
        if not positions:
            return {}
        asked = concatenated([position >= 0 for position in positions.values()])
        ranges = [torch.stack(position.aminmax()) for position in positions.values()]
        lowest, highest = torch.stack(ranges).T.tolist()
        for key, top in zip(positions, highest, strict=True):
            if top >= STREAMS[key].positions:
                raise InputError(
                    f"{key} has the positions 0 to {STREAMS[key].positions - 1}; {top} was asked"
                )
        sizes = [position.shape[1] for position in positions.values()]
        queries = Queries(sizes, None if min(lowest) >= 0 else asked)
        x = concatenated([self._query(key, position) for key, position in positions.items()])
        visible = None if bool(context.keep.all()) else something_visible(context.keep)
        dtype = dtype_in(self.decoder)
        full, x, states = x.dtype, x.to(dtype), context.states.to(dtype)
        for block in self.decoder:
            x = block(x, states, visible, queries)
        parts = torch.split(self.decoder_norm(x.to(full)), queries.sizes, dim=1)
        logits = {key: self._output(key).to_logits(part) for key, part in zip(positions, parts, strict=True)}
        if "tok_z" in logits and context.redshift is not None:
            correlation = context.redshift.unsqueeze(1)  # (B, 1, bins)
            spare = logits["tok_z"].shape[-1] - correlation.shape[-1]
            logits["tok_z"] = logits["tok_z"] + F.pad(correlation, (0, spare)).to(logits["tok_z"].dtype)
        return logits

    def forward(
        self,
        input_dict: Tokens,
        target_modality: Any = None,
        input_mask: Tokens | None = None,
        *,
        target_mask: Tokens | None = None,
        num_encoder_tokens: int | None = None,
    ) -> dict[str, Tensor]:
        """Logits of targets given tokens, in either published spelling.

        Args:
            target_modality: a modality class or a list of them, as in package 0.0.2.
            target_mask: or, as in the API reference, a mask (B, n) per token key, True = not asked.
        """
        if (target_modality is None) == (target_mask is None):
            raise InputError("give either target_modality or target_mask: what shall be predicted?")
        context = self.context(input_dict, input_mask=input_mask, num_encoder_tokens=num_encoder_tokens)
        if target_mask is None:
            targets = target_modality if isinstance(target_modality, (list, tuple)) else [target_modality]
            return self.predict(context, *targets)
        positions = {key: kept_positions(~self._mask(mask)) for key, mask in target_mask.items()}
        for key, position in positions.items():
            if bool((position < 0).any()):
                raise InputError(
                    f"target_mask of {key} asks a different number of tokens of each object; "
                    "ask the same of all"
                )
        return self.predict_at(context, positions)

    def loss(
        self,
        inputs: Tokens,
        targets: Tokens,
        *,
        input_mask: Tokens | None = None,
        target_mask: Tokens | None = None,
    ) -> dict[str, Tensor]:
        """Masked-modeling loss: cross-entropy in nats of each target stream, mean over the positions asked.

        Args:
            inputs: tokens (B, n) that the encoder reads, unless ``input_mask`` hides them (True).
            targets: the true tokens (B, n); those hidden by ``target_mask`` (True) or negative are not asked.
        """
        context = self.context(inputs, input_mask=input_mask)
        truth = self._read(targets, target_mask or {}, are_targets=True)
        if len(truth.keep) != len(context.keep):
            raise InputError(f"the targets hold {len(truth.keep)} objects, the inputs {len(context.keep)}")
        assert truth.tokens is not None
        ids, positions = {}, {}
        for key in targets:
            of_stream = truth.stream[0] == truth.streams.index(key)
            positions[key] = kept_positions(truth.keep[:, of_stream])
            ids[key] = truth.tokens[:, of_stream].gather(1, positions[key].clamp(min=0))
        logits = self.predict_at(context, positions)
        return {key: _cross_entropy(logits[key], ids[key], positions[key] >= 0) for key in targets}

    def generate(
        self,
        context: Context,
        target: Any,
        *,
        method: Method = "argmax",
        steps: int = 8,
        temperature: float = 1.0,
        seed: int | None = None,
        first_temperature: float = 1.0,
    ) -> Tensor:
        """Tokens (B, n) of a target; see `aion.generate.generate`."""
        key, count = read_target(target)
        return generate(
            self,
            context,
            key,
            count,
            method=method,
            steps=steps,
            temperature=temperature,
            seed=seed,
            first_temperature=first_temperature,
        )

    def _input(self, key: str) -> EncoderEmbedding:
        embedding = self.encoder_embeddings[key]
        assert isinstance(embedding, EncoderEmbedding)
        return embedding

    def _output(self, key: str) -> DecoderEmbedding:
        embedding = self.decoder_embeddings[key]
        assert isinstance(embedding, DecoderEmbedding)
        return embedding

    def _query(self, key: str, position: Tensor) -> Tensor:
        return self._output(key).query(position.clamp(min=0), self.mask_token)

    def _known(self, key: str, embeddings: nn.ModuleDict, does: str) -> None:
        if key not in embeddings:
            raise TokenKeyError(
                f"{key!r} is no stream that this model {does}; it {does} {', '.join(embeddings)}"
            )

    def _mask(self, mask: Tensor) -> Tensor:
        mask = torch.as_tensor(mask).to(self.device, torch.bool)
        return mask.unsqueeze(1) if mask.dim() == 1 else mask

    def _read(self, tokens: Tokens, hidden: Tokens, *, are_targets: bool = False) -> Context:
        """Checked tokens of all streams side by side, not yet encoded (``states`` is empty)."""
        if not tokens:
            raise TokenKeyError("there are no tokens; give at least one stream")
        if stray := [key for key in hidden if key not in tokens]:
            raise TokenKeyError(f"a mask was given for {', '.join(stray)}, of which there are no tokens")
        embeddings = self.decoder_embeddings if are_targets else self.encoder_embeddings
        does = "predicts" if are_targets else "reads"
        ids, keep, position, out_of_range = [], [], [], []
        for key, given in tokens.items():
            self._known(key, embeddings, does)
            stream_ids = checked_shape(key, torch.as_tensor(given).to(self.device, torch.long))
            stream_keep = stream_ids >= 0
            if STREAMS[key].padding_id is not None:
                stream_keep &= stream_ids != STREAMS[key].padding_id
            if key in hidden:
                mask = self._mask(hidden[key])
                if mask.shape != stream_ids.shape:
                    raise InputError(
                        f"the mask of {key} is {list(mask.shape)}, its tokens are {list(stream_ids.shape)}"
                    )
                stream_keep &= ~mask
            out_of_range.append((stream_keep & (stream_ids >= STREAMS[key].vocab_size)).any())
            columns = torch.arange(stream_ids.shape[1], device=self.device).expand_as(stream_ids)
            ranks = (stream_keep.cumsum(dim=1) - 1).clamp(min=0)
            position.append(ranks if STREAMS[key].is_sequence else columns)
            ids.append(stream_ids)
            keep.append(stream_keep)
        check_batch(tokens, ids)
        if bool(torch.stack(out_of_range).any()):
            raise InputError("; ".join(range_problems(tokens, ids, keep)))
        sizes = [part.shape[1] for part in ids]
        index = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes)).to(self.device)
        joined_keep, joined_ids = concatenated(keep), concatenated(ids)
        no_states = self.mask_token[:, :, :0].expand(len(joined_ids), 0, 0)
        return Context(
            no_states,
            joined_keep,
            index.expand_as(joined_ids),
            concatenated(position),
            tuple(tokens),
            torch.where(joined_keep, joined_ids, 0),
        )

    def _encoded(self, read: Context) -> Context:
        """The encoder pass over packed tokens."""
        token, place = self._embedded(read)
        visible = None if bool(read.keep.all()) else something_visible(read.keep)
        x = (token + place).to(dtype_in(self.encoder))
        for block in self.encoder:
            x = block(x, visible)
        states = self.decoder_proj_context(self.encoder_norm(x.to(place.dtype))) + place
        if visible is not None:
            states = states * read.keep.unsqueeze(-1)
        context = replace(read, states=states)
        correlation = self.redshift_correlation
        return context if correlation is None else correlation.with_redshift(context)

    def _embedded(self, read: Context) -> tuple[Tensor, Tensor]:
        """Embeddings (B, N, D) of the ids, and of where they stand; zero where no token stands."""
        assert read.tokens is not None
        hidden = len(read.streams)
        stream = torch.where(read.keep, read.stream, hidden).flatten()
        # all tokens of the first stream, of the second, ..., the hidden ones
        order = stream.argsort(stable=True)
        groups = torch.split(order, stream.bincount(minlength=hidden + 1).tolist())
        ids, position = read.tokens.flatten(), read.position.flatten()
        zeros = self.mask_token.new_zeros(len(groups[hidden]), self.config.dim)
        groups_of = [(self._input(key), group) for key, group in zip(read.streams, groups, strict=False)]
        token = [embedding.token_emb(ids[group]) for embedding, group in groups_of]
        place = [embedding.place(position[group]) for embedding, group in groups_of]
        back = torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=order.device))
        shape = (*read.keep.shape, self.config.dim)
        return torch.cat([*token, zeros])[back].view(shape), torch.cat([*place, zeros])[back].view(shape)


def _cross_entropy(logits: Tensor, ids: Tensor, asked: Tensor) -> Tensor:
    """Mean over the asked positions in nats; 0 when nothing is asked."""
    total = F.cross_entropy(
        logits.flatten(0, 1).float(), torch.where(asked, ids, -1).flatten(), ignore_index=-1, reduction="sum"
    )
    return total / asked.sum().clamp(min=1)
