"""Teaching embeddings who is near whom, in the terms of the simulation:
an object's other view first, then objects that are alike.

The embeddings of recent batches take part too, as in MoCo (arXiv:1911.05722):
a batch alone holds few that are alike. B objects.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aion.training.config import EmbeddedConfig

TEMPERATURE = 0.07
OWN = 0.5
"""Share of the target that is the object itself in its other view; the rest is of all that are alike."""
KEPT = 2_048
"""Embeddings remembered."""
ALIKE_IN_SPECTRA, ALIKE_IN_IMAGES = 0.01, 0.05
"""ln(1+z) over which likeness falls to 1/e, between two spectra and where an image takes part."""
_LOG_STEP = EmbeddedConfig().correlation.log_step


@dataclass(frozen=True)
class Labels:
    """What B objects are: redshift bins, numbers of class and of morphology (B,)."""

    bins: Tensor
    kind: Tensor
    morphology: Tensor

    def __getitem__(self, chosen: Tensor) -> "Labels":
        return Labels(self.bins[chosen], self.kind[chosen], self.morphology[chosen])

    def to(self, device: torch.device) -> "Labels":
        """The same on a device."""
        return Labels(self.bins.to(device), self.kind.to(device), self.morphology.to(device))


@dataclass(frozen=True)
class View:
    """One stream of B objects, tokens (B, n) by key."""

    tokens: dict[str, Tensor]
    is_image: bool

    def to(self, device: torch.device) -> "View":
        """The same on a device."""
        return View({key: values.to(device) for key, values in self.tokens.items()}, self.is_image)


class Memory(nn.Module):
    """The last `KEPT` embeddings with their labels; checkpointed, so that a resumed run goes on the same."""

    vectors: Tensor
    labels: Tensor
    """(KEPT, 4): bin, class, morphology, whether from an image; class -1 where nothing is remembered yet."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.zeros(KEPT, dim))
        self.register_buffer("labels", torch.full((KEPT, 4), -1))

    @torch.no_grad()
    def remember(self, vectors: Tensor, labels: Tensor) -> None:
        """Put (B, D) and (B, 4) in front; the oldest are forgotten."""
        self.vectors = torch.cat([vectors.detach().float(), self.vectors])[:KEPT]
        self.labels = torch.cat([labels, self.labels])[:KEPT]


def neighbor_loss(
    memory: Memory, is_image: tuple[bool, bool], vectors: list[Tensor], labels: Labels
) -> Tensor:
    """Cross-entropy (nats) of who is near: unit vectors (B, D) of two views of the same objects,
    each looked for among the rest."""
    columns = [labels.bins, labels.kind, labels.morphology]
    first, second = (
        torch.stack([*columns, torch.full_like(labels.bins, int(image))], 1) for image in is_image
    )
    loss = _one_way(memory, vectors[0], first, vectors[1], second)
    loss = loss + _one_way(memory, vectors[1], second, vectors[0], first)
    for view, of_view in zip(vectors, (first, second), strict=True):
        memory.remember(view, of_view)
    return loss / 2


def likeness(queries: Tensor, others: Tensor) -> Tensor:
    """(B, N) from 0 to 1, of labels (B, 4) and (N, 4): the same class, a redshift nearby and,
    between images, the same morphology."""
    a, b = queries[:, None], others[None]
    both_images = (a[..., 3] == 1) & (b[..., 3] == 1)
    scale = torch.where((a[..., 3] == 0) & (b[..., 3] == 0), ALIKE_IN_SPECTRA, ALIKE_IN_IMAGES)
    near = torch.exp(-(a[..., 0] - b[..., 0]).abs() * _LOG_STEP / scale)
    return near * (a[..., 1] == b[..., 1]) * ((a[..., 2] == b[..., 2]) | ~both_images)


def _one_way(memory: Memory, queries: Tensor, of_queries: Tensor, twins: Tensor, of_twins: Tensor) -> Tensor:
    if len(queries) == 0:
        return queries.sum()
    held = memory.labels[:, 1] >= 0
    candidates = torch.cat([twins.float(), memory.vectors[held]])
    alike = likeness(of_queries, torch.cat([of_twins, memory.labels[held]]))
    own = torch.eye(*alike.shape, device=alike.device)
    target = OWN * own + (1 - OWN) * alike / alike.sum(1, keepdim=True)
    return F.cross_entropy(queries.float() @ candidates.T / TEMPERATURE, target)
