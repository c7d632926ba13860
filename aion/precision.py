"""In which number format networks compute: bfloat16 where a processor multiplies it in hardware.

The encoders of codecs always compute in float32: in bfloat16 they would give other tokens.
"""

from typing import Any

import torch
from torch import nn

from aion.constants import PRECISIONS
from aion.errors import ConfigError


def dtype_of(precision: str, device: torch.device) -> torch.dtype:
    """The format that ``"auto"``, ``"float32"`` or ``"bfloat16"`` means on a device.

    Raises:
        ConfigError: none of these.
    """
    if precision not in PRECISIONS:
        raise ConfigError(f"the precision is {precision!r}; it is one of {', '.join(PRECISIONS)}")
    if precision == "auto":
        precision = "bfloat16" if multiplies_bfloat16(device) else "float32"
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether a device multiplies matrices of bfloat16 in hardware: CUDA, AVX-512 BF16, AMX."""
    if device.type != "cpu":
        return device.type == "cuda"
    capabilities: Any = getattr(torch.cpu, "get_capabilities", dict)()  # since PyTorch 2.10
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def dtype_in(modules: nn.Module) -> torch.dtype:
    """The format of the weights of modules that all have one."""
    return next(modules.parameters()).dtype
