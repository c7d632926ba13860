"""The passes of a generation: a few samples each, a few positions a step, each step a piece of work of its
own, so that the engine answers others between. Shapes: S samples, n positions of a stream.

A pass always has `ROWS` rows, and a sample always the same row: the tokens of a sample are the same however
many are drawn.
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from aion.context import Context
from aion.errors import InputError, StoppedError
from aion.explorer.engine.encoding import EncodedObject, encode
from aion.explorer.engine.engine import Engine
from aion.explorer.engine.networks import Networks, Tokens
from aion.explorer.results import Floats
from aion.generate import Sampling, draw_next
from aion.io import SkyObject
from aion.modalities import MODALITIES, Modality, Z
from aion.streams import STREAMS

ROWS = 8
"""Samples of a pass."""
MOST = 256
"""Samples of one request."""

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class GenerationRequest:
    """What is asked for.

    Raises:
        InputError: an impossible number.
    """

    target: str
    """One of `generation_targets`."""
    samples: int = 16
    """How many; the most probable tokens are drawn once."""
    sampling: Sampling = field(default_factory=Sampling)
    use: tuple[str, ...] | None = None
    """Token keys that may be read; None = all. The target never is."""

    @classmethod
    def of(
        cls,
        target: str,
        samples: int,
        method: str,
        *,
        seed: int,
        temperature: float,
        use: Collection[str] | None = None,
    ) -> Self:
        """From what a person chooses. Raises InputError: an impossible value."""
        sampling = Sampling(method, seed=seed, temperature=temperature)  # type: ignore[arg-type]  # it checks
        return cls(target, samples, sampling, None if use is None else tuple(use))

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= MOST:
            raise InputError(f"{self.samples} samples were asked for; 1 to {MOST} can be drawn")
        if self.sampling.method == "argmax":
            object.__setattr__(self, "samples", 1)


class GenerationProgress:
    """How far it is, and the wish to stop."""

    def __init__(self) -> None:
        self.done, self.total = 0, 0
        """Tokens."""
        self._stop = threading.Event()

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End before the next step."""
        self._stop.set()

    def check(self) -> None:
        """Raises StoppedError: it was asked to stop."""
        if self.is_stopping:
            raise StoppedError("the generation was stopped")


class Passes:
    """One request: what is read of the object, and the passes over it."""

    def __init__(
        self,
        engine: Engine,
        target: SkyObject,
        request: GenerationRequest,
        keys: tuple[str, ...],
        progress: GenerationProgress,
        *,
        given: Ids | None = None,
    ) -> None:
        """``given``: (n,) tokens of the only stream that is drawn, of which those that are -1 are drawn."""
        self.engine, self.target, self.request, self.keys = engine, target, request, keys
        self.progress, self._given = progress, given
        self._contexts: dict[Networks, Context] = {}
        """What the encoder made of the object alone, kept over all passes."""
        read = self._readable(target, request.use, keys, given)
        self.encoding: EncodedObject = self.ask(lambda networks: encode(networks, read, None))

    @staticmethod
    def _readable(
        target: SkyObject, use: Sequence[str] | None, keys: Sequence[str], given: Ids | None
    ) -> SkyObject:
        """The object without what is withheld, and with what is given of it."""
        streams = [key for key in target.streams if key not in keys and (use is None or key in use)]
        if given is None and not [key for key in streams if key != Z.token_key]:
            names = ", ".join(MODALITIES[key].name for key in keys)
            raise InputError(f"nothing is left to read: {names} is all that is known of {target.id}")
        modalities = tuple(one for one in target.modalities if one.token_key in streams)
        tokens = {key: ids for key, ids in target.tokens.items() if key in streams}
        tokens |= {} if given is None else {keys[0]: given}
        return replace(target, modalities=modalities, tokens=tokens)

    def calibrate(self, first_temperature: Mapping[str, float]) -> None:
        """Draw the first token of the target with the temperature of its stream, where one was fitted."""
        factor = first_temperature.get(self.keys[0], 1.0)
        sampling = replace(self.request.sampling, first_temperature=factor)
        self.request = replace(self.request, sampling=sampling)

    def ask(self, work: Callable[[Networks], Any]) -> Any:
        """What the networks give, unless it was stopped."""
        self.progress.check()
        return self.engine.work_between(work)

    def passes(self) -> range:
        """First samples of the passes."""
        return range(0, self.request.samples, ROWS)

    def draw(self) -> dict[str, Ids]:
        """Token key -> (S, n)."""
        self.progress.total = self.request.samples * sum(len(self._free(key)) for key in self.keys)
        parts = [self._pass(first) for first in self.passes()]
        return {key: np.concatenate([part[key] for part in parts]) for key in self.keys}

    def _free(self, key: str) -> Ids:
        """Positions of a stream that are drawn."""
        count = MODALITIES[key].num_tokens
        return np.arange(count) if self._given is None else np.flatnonzero(self._given < 0)

    def _pass(self, first: int) -> dict[str, Ids]:
        """`ROWS` samples, of which those that were asked for are kept; of several numbers each is drawn with
        those before it, so that they go together."""
        sampling = self.request.sampling
        rows = 1 if sampling.method == "argmax" else ROWS
        kept = min(rows, self.request.samples - first)
        drawn: dict[str, Ids] = {}
        for key in self.keys:
            none = np.full(MODALITIES[key].num_tokens, -1, dtype=np.int64)
            ids = np.tile(none if self._given is None else self._given, (rows, 1))
            for step in range(sampling.passes(len(self._free(key)))):
                known = dict(drawn) if sampling.method == "maskgit" else {}
                known |= {key: ids} if step else {}
                numbers, before = range(first, first + rows), int((ids[0] >= 0).sum())
                ids = self.ask(partial(self._step, key=key, ids=ids, known=known, step=step, numbers=numbers))
                self.progress.done += (int((ids[0] >= 0).sum()) - before) * kept
            drawn[key] = ids
        return {key: ids[:kept] for key, ids in drawn.items()}

    def _step(
        self,
        networks: Networks,
        *,
        key: str,
        ids: Ids,
        known: Mapping[str, Ids],
        step: int,
        numbers: Sequence[int],
    ) -> Ids:
        """The ids (rows, n) of one stream after one more step; ``known``: what was drawn before it."""
        with torch.inference_mode():
            context = self._context(networks, known, len(ids))
            tokens = torch.from_numpy(ids).to(networks.device)
            drawn = draw_next(
                networks.model,
                context,
                key,
                tokens,
                self.request.sampling,
                step=step,
                numbers=numbers,
                among=self._free(key),
            )
        ids_now: Ids = drawn.cpu().numpy()
        return ids_now

    def _context(self, networks: Networks, known: Mapping[str, Ids], rows: int) -> Context:
        """Of the object, and of what was drawn, for each row."""
        inputs: Tokens = {key: self.encoding.tokens[key] for key in self.encoding.used}
        if known:
            wide = {key: np.broadcast_to(ids, (rows, len(ids))) for key, ids in inputs.items()}
            together = {
                key: torch.tensor(ids, device=networks.device) for key, ids in {**wide, **known}.items()
            }
            return networks.model.context(together)
        if networks not in self._contexts:
            alone = {key: torch.from_numpy(ids)[None].to(networks.device) for key, ids in inputs.items()}
            self._contexts[networks] = networks.model.context(alone)
        return self._contexts[networks].repeated(rows)

    def density(self, key: str) -> Floats:
        """(codes,) probabilities of the token of a number, from what is read of the object."""

        def logits(networks: Networks) -> Floats:
            with torch.inference_mode():
                context = self._context(networks, {}, 1)
                answer = networks.model.predict(context, key)[key][0, 0, : STREAMS[key].codes]
            found: Floats = answer.double().cpu().numpy()
            return found

        scaled: Floats = self.ask(logits) / self.request.sampling.temperature
        weight = np.exp(scaled - scaled.max())
        probability: Floats = weight / weight.sum()
        return probability

    def decode(self, key: str, ids: Ids, **options: Any) -> list[Any]:
        """The modality of each pass over ids (S, n), so that others are answered between."""
        cls = MODALITIES[key]

        def decoded(networks: Networks, some: Ids) -> Any:
            with torch.inference_mode():
                return networks.codecs.decode(
                    {key: torch.from_numpy(some).to(networks.device)}, cls, **options
                )

        starts = range(0, len(ids), ROWS)
        return [self.ask(partial(decoded, some=ids[first : first + ROWS])) for first in starts]

    def decode_values(self, key: str, ids: Ids, **options: Any) -> Floats:
        """(n,) numbers that ids (n, 1) stand for, in one pass."""

        def decoded(networks: Networks) -> Any:
            return networks.codecs.decode({key: torch.from_numpy(ids)}, MODALITIES[key], **options)

        values: Floats = self.ask(decoded).value.double().cpu().numpy()
        return values

    def truth(self, key: str) -> Modality | None:
        """What is known of the target, as it was given."""
        return next((one for one in self.target.modalities if one.token_key == key), None)

    def kept(self, key: str) -> Modality | None:
        """The truth of an object of a catalog: what its tokens decode to, without noise."""
        ids = self.target.tokens.get(key)
        return None if ids is None else self.decode(key, ids[None])[0]
