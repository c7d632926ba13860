"""A linear layer over bands of which only some are there. Shapes: (B, C, H, W), `present` (B, C) bool."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SubsampledLinear(nn.Module):
    """Bands -> shared channels (`subsample_in`), scaled as if all bands were there,
    or shared channels -> bands."""

    def __init__(self, dim_in: int, dim_out: int, *, subsample_in: bool) -> None:
        super().__init__()
        linear = nn.Linear(dim_in, dim_out)
        self.weight, self.bias = linear.weight, linear.bias
        self.subsample_in = subsample_in

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        keep = present[:, None, None, :].to(x.dtype)
        x = x.movedim(1, -1)
        if self.subsample_in:
            scale = torch.sqrt(present.shape[1] / present.sum(1))[:, None, None, None]
            x = scale * F.linear(x * keep, self.weight, self.bias)
        else:
            x = F.linear(x, self.weight, self.bias) * keep
        return x.movedim(-1, 1)
