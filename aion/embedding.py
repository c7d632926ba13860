"""One unit vector per object: a context (B, N, D) is averaged over its kept tokens and scaled to length 1."""

from collections.abc import Collection

import torch
from torch import Tensor

from aion.errors import TokenKeyError
from aion.model import Context


def pool(context: Context, streams: Collection[str] | None = None) -> Tensor:
    """The mean state of the tokens that were read, as a vector of length 1.

    Args:
        context: from ``AION.context``, B objects, N tokens, width D.
        streams: token keys to average over, such as ``["tok_image"]``; None = all.

    Returns:
        (B, D) float32. Padding never takes part.

    Raises:
        TokenKeyError: a stream is not in the context, or an object has no kept token of these streams.
    """
    keep = context.keep
    if streams is not None:
        missing = sorted(set(streams) - set(context.streams))
        if missing or not streams:
            raise TokenKeyError(
                f"{', '.join(missing) or 'nothing'} is not in this context; "
                f"it has {', '.join(context.streams)}"
            )
        keep = torch.stack([context.of(stream) for stream in streams]).any(dim=0)
    counts = keep.sum(dim=1, keepdim=True)  # (B, 1)
    if (counts == 0).any():
        empty = torch.nonzero(counts[:, 0] == 0)[:, 0].tolist()
        raise TokenKeyError(f"objects {empty} have no token to average over")
    weights = (keep / counts).unsqueeze(-1)  # (B, N, 1)
    mean = (context.states.float() * weights).sum(dim=1)
    return torch.nn.functional.normalize(mean, dim=-1)
