"""Training the transformer on cached tokens: masked modeling over every stream, with the
redshift asked in every batch.

A batch shares one choice of input streams, so that no token is padding: spectra with or without photometry,
photometry alone, images with whatever else. Beside the tokens asked, embeddings are taught who is near whom
(`neighbors`): two views of one object, and objects that are alike. B objects.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from aion.embedding import pool
from aion.model import AION
from aion.training.config import Z_BINS, Schedule
from aion.training.loop import train
from aion.training.neighbors import Labels, Memory, View, neighbor_loss
from aion.training.spectrum_codec import redshift_loss
from aion.training.tokenize import LABELS, Shard

LEGACY = (
    "tok_flux_g",
    "tok_flux_r",
    "tok_flux_i",
    "tok_flux_z",
    "tok_flux_w1",
    "tok_flux_w2",
    "tok_flux_w3",
    "tok_flux_w4",
)
SPECTRA = ("tok_spectrum_sdss", "tok_spectrum_desi")
IMAGES = ("tok_image", "tok_image_hsc")
IMAGE_TOKENS_READ = (96, 288)
"""Fewest and most image tokens the encoder reads in most batches of a training; in use it reads all 576."""
WHOLE_IMAGES = 0.2
"""Share of batches in which images are read whole."""
MIDDLE = 5.0
"""Tokens from the middle of an image within which most of the drawn ones lie:
the object is there, and the rest is mostly sky."""
ASKED = 48
"""Hidden tokens asked of one image or spectrum."""
OTHER_WEIGHT = 0.4
"""Weight of the spectrum and image streams, and of those of one number,
each in units of the entropy of a uniform guess."""
POOL_SHARES = {"spectra": 0.16, "photometry": 0.36, "images": 0.48}
"""How often a batch comes from each pool."""
PHOTOMETRY_BATCH = 16
"""Objects of a batch of photometry, in units of a batch of spectra:
a spectrum has as many tokens as so many catalogs."""
HELD_BACK = 0.05
"""Share of each pool that is kept for the calibration of redshift densities."""
COMPARED, NEIGHBOR_WEIGHT = 0.8, 0.25
"""How often the embeddings of a batch are compared with those of other views and objects,
and the weight of that loss."""
LEVEL_WEIGHT, LEVEL_SPREAD = 0.3, 4.0
"""Weight of the level of a hidden spectrum, one token among 273 that would hardly be learned as one of them,
and the steps of it (1.4 % each) over which its target is spread."""
REDSHIFT = "tok_z"
_LONG = SPECTRA + IMAGES


@dataclass(frozen=True)
class Example:
    """Inputs and targets of one batch, tokens (B, n) with -1 = not there or not asked."""

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]
    bins: Tensor
    compared: "tuple[View, View, Labels] | None" = None
    """Two views of the same objects, to be embedded alike, and what the objects are."""

    def to(self, device: torch.device) -> "Example":
        """The same on a device."""
        inputs, targets = (
            {key: value.to(device) for key, value in part.items()} for part in (self.inputs, self.targets)
        )
        compared = None
        if self.compared is not None:
            first, second, labels = self.compared
            compared = first.to(device), second.to(device), labels.to(device)
        return Example(inputs, targets, self.bins.to(device), compared)


class Learner(nn.Module):
    """The model and the embeddings it lately gave."""

    def __init__(self, model: AION) -> None:
        super().__init__()
        self.model = model
        self.memory = Memory(model.config.dim)


def held_back(shard: Shard) -> Shard:
    """The objects of a pool that training never draws: its last ones."""
    return {key: values[_trained(shard) :] for key, values in shard.items()}


def _trained(shard: Shard) -> int:
    count = len(shard["bins"])
    return count - min(max(4, int(HELD_BACK * count)), count // 2)


def draw_example(pools: dict[str, Shard], batch: int, generator: Generator) -> Example:
    """One batch: a pool, some of its objects, a choice of what is read and what is asked."""
    shares = torch.tensor(list(POOL_SHARES.values()))
    source = list(POOL_SHARES)[int(torch.multinomial(shares, 1, generator=generator))]
    shard = pools[source]
    count = PHOTOMETRY_BATCH * batch if source == "photometry" else batch
    rows = torch.randint(_trained(shard), (count,), generator=generator)
    tokens = {key: values[rows].long() for key, values in shard.items() if key not in LABELS}
    inputs: dict[str, Tensor] = {}
    targets: dict[str, Tensor] = {}
    _choose_scalars(tokens, inputs, targets, generator, always=source == "photometry")
    if source == "spectra":
        _choose_spectra(tokens, inputs, targets, generator, always=True)
    if source == "images":
        _choose_images(tokens, inputs, targets, generator)
        _choose_spectra(tokens, inputs, targets, generator, always=False)
    bins = shard["bins"][rows].long()
    compared = None
    if source != "photometry" and torch.rand((), generator=generator) < COMPARED:
        labels = Labels(bins, *(shard[key][rows].long() for key in ("kind", "morphology")))
        compared = _two_views(tokens, labels, generator)
    return Example(inputs, targets, bins, compared)


def loss_terms(learner: Learner, example: Example) -> dict[str, Tensor]:
    """Redshift cross-entropy (nats) and the other streams' in units of a uniform guess."""
    model = learner.model
    context = model.context(example.inputs)
    positions = {key: _positions(tokens) for key, tokens in example.targets.items()}
    asked = {REDSHIFT: torch.zeros_like(example.bins)[:, None], **positions}
    logits = model.predict_at(context, asked)
    redshift = redshift_loss(logits[REDSHIFT][:, 0, :Z_BINS].float(), example.bins)
    terms = {f"redshift from {_best_input(example)}": redshift}
    loss = redshift
    fields: list[Tensor] = []
    numbers: list[Tensor] = []
    levels: list[Tensor] = []
    for key, position in positions.items():
        truth = example.targets[key].gather(1, position.clamp(min=0)).where(position >= 0, -1)
        if key in SPECTRA:
            is_level = (position == 0) & (truth >= 0)
            levels += [_level_loss(logits[key][is_level], truth[is_level])] if is_level.any() else []
            truth = truth.where(position != 0, -1)
        if (truth >= 0).any():
            (fields if key in _LONG else numbers).append(_cross_entropy(logits[key], truth))
    for name, parts in (("fields", fields), ("numbers", numbers), ("level", levels)):
        if parts:
            terms[name] = torch.stack(parts).mean()
            loss = loss + (LEVEL_WEIGHT if name == "level" else OTHER_WEIGHT) * terms[name]
    if example.compared is not None:
        first, second, labels = example.compared
        vectors = [pool(model.context(view.tokens)) for view in (first, second)]
        terms["neighbors"] = neighbor_loss(learner.memory, (first.is_image, second.is_image), vectors, labels)
        loss = loss + NEIGHBOR_WEIGHT * terms["neighbors"]
    return {"loss": loss} | terms


def fit(
    model: AION, pools: dict[str, Shard], schedule: Schedule, seed: int, folder: Path, device: torch.device
) -> AION:
    """Train the model, going on where it stopped."""
    learner = Learner(model).to(device)

    def loss_of(step: int, generator: Generator) -> dict[str, Tensor]:
        return loss_terms(learner, draw_example(pools, schedule.batch, generator).to(device))

    train(learner, loss_of, schedule, folder=folder, title="model", seed=seed, device=device)
    return model


def _best_input(example: Example) -> str:
    for kind, streams in (("spectrum", SPECTRA), ("image", IMAGES)):
        if any(key in example.inputs for key in streams):
            return kind
    return "photometry"


def _cross_entropy(logits: Tensor, truth: Tensor) -> Tensor:
    loss = F.cross_entropy(logits.flatten(0, 1).float(), truth.flatten(), ignore_index=-1)
    return loss / math.log(logits.shape[-1])


def _level_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Of levels (n,): logits (n, levels) against a normal distribution around the truth."""
    steps = torch.arange(logits.shape[-1], device=logits.device) - truth[:, None]
    target = (-0.5 * (steps / LEVEL_SPREAD) ** 2).softmax(-1)
    return F.cross_entropy(logits.float(), target) / math.log(logits.shape[-1])


def _choose_scalars(
    tokens: Shard, inputs: Shard, targets: Shard, generator: Generator, *, always: bool
) -> None:
    """Catalogs of one survey or both; half of the columns that are not read are asked."""
    scalars = [key for key in tokens if key not in _LONG]
    survey = int(torch.randint(3, (), generator=generator))  # Legacy Survey, HSC, both
    wanted = [key for key in scalars if survey == 2 or _of_legacy(key) == (survey == 0)]
    keep = 0.3 + 1.4 * float(torch.rand((), generator=generator))  # half of the time every column
    read = always or torch.rand((), generator=generator) < 0.5
    for key in scalars:
        if key in wanted and read and torch.rand((), generator=generator) < keep:
            inputs[key] = tokens[key]
        elif torch.rand((), generator=generator) < 0.5:
            targets[key] = tokens[key]
    if always and not inputs:
        inputs[wanted[0]] = tokens[wanted[0]]
        targets.pop(wanted[0], None)


def _of_legacy(key: str) -> bool:
    return key in LEGACY or key in ("tok_ebv", "tok_shape_r", "tok_shape_e1", "tok_shape_e2")


def _choose_spectra(
    tokens: Shard, inputs: Shard, targets: Shard, generator: Generator, *, always: bool
) -> None:
    """The spectrum of one survey whole, or a part hidden and asked, or not read at all and asked."""
    choice, share = torch.rand(2, generator=generator).tolist()
    key = SPECTRA[int(torch.randint(len(SPECTRA), (), generator=generator))]
    values = tokens[key]
    if always or choice < 0.3:
        hidden = torch.rand(values.shape, generator=generator) < (share if choice < 0.25 else 0.0)
        inputs[key] = values.where(~hidden, -1)
        if choice < 0.25:
            targets[key] = values.where(hidden, -1)
    else:
        targets[key] = _some(values, ASKED, generator)
        targets[key][:, 0] = values[:, 0]  # the level


def _choose_images(tokens: Shard, inputs: Shard, targets: Shard, generator: Generator) -> None:
    """One survey's image, mostly a part of it; the rest of it or the other survey's asked."""
    read = IMAGES[int(torch.randint(2, (), generator=generator))]
    low, high = IMAGE_TOKENS_READ
    inputs[read] = _shown(
        tokens[read], low + int(torch.randint(high - low, (), generator=generator)), generator
    )
    asked = IMAGES[int(torch.randint(2, (), generator=generator))]
    hidden = tokens[asked].where(inputs[read] < 0, -1) if asked == read else tokens[asked]
    targets[asked] = _some(hidden, ASKED, generator, _towards_the_middle(hidden))


def _shown(image: Tensor, count: int, generator: Generator) -> Tensor:
    """An image whole, or ``count`` of its tokens, most of them near its middle."""
    if torch.rand((), generator=generator) < WHOLE_IMAGES:
        return image
    return _some(image, count, generator, _towards_the_middle(image))


def _towards_the_middle(image: Tensor) -> Tensor:
    """ln of the weight of each of the tokens (tokens,) of an image (B, tokens)."""
    side = math.isqrt(image.shape[1])
    offset = torch.arange(side) - (side - 1) / 2
    return -(offset[:, None] ** 2 + offset**2).flatten() / (2 * MIDDLE**2)


def _two_views(tokens: Shard, labels: Labels, generator: Generator) -> tuple[View, View, Labels]:
    """Two different streams among spectra and images, of each image only a part of the tokens;
    without objects that lack one.

    Most of the time they are two images, where there are any:
    who is near is harder to see for them than for spectra.
    """
    hard = torch.rand((), generator=generator) < 0.7
    streams = [key for key in (IMAGES if hard and IMAGES[0] in tokens else _LONG) if key in tokens]
    keys = [streams[i] for i in torch.randperm(len(streams), generator=generator)[:2].tolist()]
    there = torch.stack([(tokens[key] >= 0).any(1) for key in keys]).all(0)
    read = {key: tokens[key][there] for key in keys}
    first, second = (
        View(
            {key: values if key in SPECTRA else _shown(values, IMAGE_TOKENS_READ[1], generator)},
            key in IMAGES,
        )
        for key, values in read.items()
    )
    return first, second, labels[there]


def _some(values: Tensor, count: int, generator: Generator, log_weight: Tensor | float = 0.0) -> Tensor:
    """``count`` random places of each row that hold a token,
    drawn by weight without putting back (Gumbel's trick); -1 elsewhere."""
    noise = -torch.empty(values.shape).exponential_(generator=generator).log()
    rank = (noise + log_weight).where(values >= 0, -math.inf).argsort(1, descending=True).argsort(1)
    return values.where(rank < count, -1)


def _positions(tokens: Tensor) -> Tensor:
    """Where each row has tokens, (B, most), -1 to fill up."""
    there = tokens >= 0
    order = (~there).long().argsort(dim=1, stable=True)[:, : max(1, int(there.sum(1).max()))]
    return order.where(there.gather(1, order), -1)
