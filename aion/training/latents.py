"""What keeps the codes of a codec in use: latent channels that vary, are centred and uncorrelated."""

import torch
from torch import Tensor


def spread_loss(latent: Tensor) -> Tensor:
    """0 when the channels of n tokens (n, C) have mean 0,
    a standard deviation of at least 1 and no correlation (arXiv:2105.04906).

    Quantisers round each channel for itself: channels of this kind use all of
    their codes, alike ones only a few.
    """
    if len(latent) < 2:
        return latent.new_zeros(())
    mean, deviation = latent.mean(0), latent.std(0)
    standard = (latent - mean) / deviation.clamp(min=1e-4)
    correlation = standard.T @ standard / len(latent)
    repeated = (correlation - torch.diag(correlation.diagonal())).square().sum() / latent.shape[1]
    return (1 - deviation).clamp(min=0).mean() + 0.1 * mean.square().mean() + 0.5 * repeated
