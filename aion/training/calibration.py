"""Densities of redshift that are neither too sure nor too vague:
two factors on the logits, fitted on objects never trained on.

A redshift's logits are those of the decoder plus those of the redshift correlation. One factor each, folded
into the weights, so that nothing is left to do in use. With photometry it counts how often the
highest-density regions of galaxies hold the truth: likelihood is ruled by the few objects that a density
misses, and leaves it too wide for all others. Densities from spectra are as narrow as a bin, and truths known
to a bin cannot tell what they cover: there it is the likelihood of galaxies and quasars. B objects.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from aion.model import AION
from aion.redshift_scores import LEVELS
from aion.training.config import Z_BINS
from aion.training.masked_modeling import LEGACY, REDSHIFT, SPECTRA, held_back
from aion.training.simulate.population import KINDS
from aion.training.tokenize import Shard

FACTORS = torch.logspace(-0.5, 0.5, 101)
"""What is tried: from a third to three times."""
_LEGACY_CATALOG = (*LEGACY, "tok_ebv", "tok_shape_r", "tok_shape_e1", "tok_shape_e2")
_BATCH = 64


@dataclass(frozen=True)
class Calibration:
    """Factors on the logits; 1 changes nothing, below 1 is less sure."""

    decoder: float
    correlation: float


def fit(model: AION, pools: dict[str, Shard]) -> Calibration:
    """The decoder's factor from photometry, then the correlation's from spectra."""
    model.eval()
    shards = [held_back(pools[pool]) for pool in ("spectra", "images")]
    parts = [_logits(model, shard, _LEGACY_CATALOG, ("galaxy",)) for shard in shards]
    photometry, _, bins = (torch.cat(part) for part in zip(*parts, strict=True))
    decoder = best_factor(torch.zeros(()), photometry, bins, coverage_error)
    parts = [_logits(model, shard, (stream,), ("galaxy", "quasar")) for shard in shards for stream in SPECTRA]
    of_decoder, of_correlation, bins = (torch.cat(part) for part in zip(*parts, strict=True))
    return Calibration(decoder, best_factor(decoder * of_decoder, of_correlation, bins, surprise))


@torch.no_grad()
def apply(model: AION, found: Calibration) -> None:
    """Fold the factors into the weights."""
    model.get_parameter(f"decoder_embeddings.{REDSHIFT}.to_logits.weight").mul_(found.decoder)
    model.get_buffer("redshift_correlation.sharpness").mul_(found.correlation)


def best_factor(
    fixed: Tensor, scaled: Tensor, bins: Tensor, error: Callable[[Tensor, Tensor], Tensor]
) -> float:
    """The factor f of `FACTORS` for which probabilities softmax(fixed + f * scaled), both (B, bins),
    of truths ``bins`` (B,) err least."""
    errors = torch.stack([error((fixed + factor * scaled).softmax(1), bins) for factor in FACTORS])
    return float(FACTORS[int(errors.argmin())])


def surprise(probability: Tensor, bins: Tensor) -> Tensor:
    """Mean -ln of what probabilities (B, bins) give to the truths (B,): nats."""
    return -probability.gather(1, bins[:, None]).clamp(min=1e-30).log().mean()


def coverage_error(probability: Tensor, bins: Tensor) -> Tensor:
    """Largest |coverage - nominal| at `LEVELS`, of highest-density regions of probabilities (B, bins);
    a truth is anywhere in its bin."""
    own = probability.gather(1, bins[:, None])
    above = probability.where(probability > own, 0.0).sum(1, keepdim=True)
    levels = torch.tensor(LEVELS)
    covered = ((levels - above) / own.clamp(min=1e-12)).clamp(0, 1).mean(0)
    return (covered - levels).abs().max()


@torch.no_grad()
def _logits(
    model: AION, shard: Shard, streams: tuple[str, ...], kinds: tuple[str, ...]
) -> tuple[Tensor, Tensor, Tensor]:
    """Logits (B, bins) of the decoder and of the correlation from some streams,
    and the true bins (B,), of objects that have them all."""
    wanted = torch.isin(shard["kind"], torch.tensor([KINDS.index(kind) for kind in kinds]))
    there = torch.stack([wanted, *((shard[key] >= 0).all(1) for key in streams)]).all(0)
    tokens = {key: shard[key][there].long() for key in streams}
    decoder, correlation = [], []
    for start in range(0, int(there.sum()), _BATCH):
        context = model.context({key: ids[start : start + _BATCH] for key, ids in tokens.items()})
        assert context.redshift is not None
        decoder.append(model.predict(context, REDSHIFT)[REDSHIFT][:, 0, :Z_BINS] - context.redshift)
        correlation.append(context.redshift)
    return torch.cat(decoder), torch.cat(correlation), shard["bins"][there].long()
