"""Which vector is made from which modalities of an object. Knows nothing of the model that makes them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aion.modalities import MODALITIES, Image, Spectrum

ALL = "all"
"""The view that every catalog has: vectors made from all that is known of each object."""

Tokens = Mapping[str, NDArray[np.int64]]
"""Token key -> (n,) ids of one object; only the streams it has."""
Vector = NDArray[np.float32]
"""(D,), length 1."""
Views = Callable[[Collection[str]], Mapping[str, Collection[str]]]
"""Token keys that were read -> view -> those of them that it is made from, such as `views_of`."""

Embed = Callable[[Sequence[Tokens]], Sequence[Vector]]
"""Tokens of parts of objects -> their unit vectors."""


@dataclass(frozen=True, eq=False)
class EmbeddedObject:
    """An object that a model has read."""

    tokens: Tokens
    """Of every modality that has a codec, whether or not it was used."""
    used: tuple[str, ...]
    """Token keys that were read, in order."""
    ignored: Mapping[str, str]
    """Token key or name -> why it was not read (switched off, not a stream of this model ...)."""
    embedding: Vector
    """Made from all that was read together."""


def views_of(streams: Collection[str]) -> dict[str, list[str]]:
    """View -> those of the streams that it is made from; only views with any."""
    spectra = [key for key in streams if issubclass(MODALITIES[key], Spectrum)]
    images = [key for key in streams if issubclass(MODALITIES[key], Image)]
    numbers = [key for key in streams if key not in spectra + images]
    parts = {ALL: list(streams), "spectrum": spectra, "image": images, "photometry": numbers}
    return {view: held for view, held in parts.items() if held}


def vectors_of(objects: Sequence[EmbeddedObject], views: Views, embed: Embed) -> list[dict[str, Vector]]:
    """For each object, view -> the unit vector made from that part. The whole is not embedded again."""
    chosen = [{view: set(streams) for view, streams in views(one.used).items()} for one in objects]
    parts = [
        (i, view)
        for i, made in enumerate(chosen)
        for view, streams in made.items()
        if streams != set(objects[i].used)
    ]
    vectors = embed(
        [
            {key: objects[i].tokens[key] for key in objects[i].used if key in chosen[i][view]}
            for i, view in parts
        ]
    )
    made_from = dict(zip(parts, vectors, strict=True))
    return [
        {view: made_from.get((i, view), objects[i].embedding) for view in made}
        for i, made in enumerate(chosen)
    ]
