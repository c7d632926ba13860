"""One object, image + spectrum, from arrays to embedding, redshift logits and both reconstructions:
in ours or in the published package.

Run by ``run.py`` as a process of its own, since both packages are named ``aion``:
``python one_object.py ours|float32|published base|tiny``; ``ours`` computes in the precision that is
chosen by itself. Weights are random. For every line read from standard input it analyzes the object once and
answers with one line of JSON: seconds by step, the seconds that matrix products and convolutions took of
each where the line is ``products``, and the highest memory of the process so far in bytes.
"""

import json
import os
import resource
import sys
from collections.abc import Callable
from contextlib import nullcontext
from time import perf_counter
from typing import Any

import torch
from torch.autograd.profiler import profile

from aion.codecs.image import ImageCodec
from aion.codecs.spectrum import SpectrumCodec
from aion.modalities import DESISpectrum, LegacySurveyImage, Z
from aion.model import AION

BANDS = ["DES-G", "DES-R", "DES-I", "DES-Z"]
STREAMS = ["tok_image", "tok_spectrum_desi", "tok_z"]
FLAGS = dict.fromkeys(("qkv_bias", "proj_bias", "mlp_bias", "norm_bias"), False)
SIZES: dict[str, dict[str, dict[str, Any]]] = {
    "base": {
        "model": {"dim": 768, "encoder_depth": 12, "decoder_depth": 12, "num_heads": 12},
        "image": {"quantizer_levels": [7, 5, 5, 5, 5], "hidden_dims": 512, "multisurvey_projection_dims": 54},
        "spectrum": {
            "encoder_depths": (3, 3, 27, 3),
            "encoder_dims": (64, 128, 256, 512),
            "decoder_depths": (3, 9, 3, 3),
            "decoder_dims": (256, 128, 64, 2),
        },
    },
    "tiny": {
        "model": {"dim": 32, "encoder_depth": 2, "decoder_depth": 2, "num_heads": 4},
        "image": {
            "quantizer_levels": [7, 5, 5, 5, 5],
            "hidden_dims": 16,
            "multisurvey_projection_dims": 8,
            "num_consecutive": 1,
        },
        "spectrum": {
            "encoder_depths": (1, 1, 1, 1),
            "encoder_dims": (8, 8, 16, 16),
            "decoder_depths": (1, 1, 1, 1),
            "decoder_dims": (16, 8, 8, 2),
            "latent_channels": 16,
        },
    },
}
PRODUCTS = ("mm", "addmm", "bmm", "baddbmm", "mkldnn_convolution", "_slow_conv2d_forward", "mkldnn_linear",
            "_scaled_dot_product_flash_attention_for_cpu", "thnn_conv2d", "linear")  # fmt: skip
"""Operators of torch whose own time is that of matrix products and convolutions."""
Step = Callable[[], object]


def main(package: str, size: str) -> None:
    torch.manual_seed(0)
    steps = _steps(package, SIZES[size])
    for line in sys.stdin:
        seconds, products = {}, {}
        if line.strip() == "products":  # the profiler writes lines of its own that nobody needs
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
        with torch.inference_mode():
            for name, step in steps.items():
                profiled = profile(use_kineto=False) if line.strip() == "products" else None
                start = perf_counter()
                with profiled or nullcontext():
                    step()
                    seconds[name] = perf_counter() - start
                if profiled is not None:
                    products[name] = _seconds_of_products(profiled)
        for times in (seconds, *([products] if products else [])):
            times["all"] = sum(times.values())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "products": products, "peak": peak}), flush=True)


def _steps(package: str, sizes: dict[str, dict[str, Any]]) -> dict[str, Step]:
    """Name -> what is done; each step needs the ones before it."""
    image_codec = ImageCodec(**sizes["image"]).eval()
    spectrum_codec = SpectrumCodec(**sizes["spectrum"], embedding_dim=10).eval()
    config = {
        "act_layer": "SiLU",
        "gated_mlp": True,
        "mlp_ratio": 4,
        **FLAGS,
        "domains_in": STREAMS,
        "domains_out": STREAMS,
    }
    if package == "published":
        predict = _published(config | sizes["model"])
    else:
        from aion.precision import dtype_of

        dtype = dtype_of("auto" if package == "ours" else package, torch.device("cpu"))
        predict = _ours(config | sizes["model"], dtype)
        image_codec.decode_in(dtype)
        spectrum_codec.decode_in(dtype)
    flux, pixels = torch.randn(1, len(BANDS), 160, 160), torch.randn(1, 7781) + 5
    wavelength = torch.linspace(3600, 9824, 7781)[None]
    tokens: dict[str, torch.Tensor] = {}

    def read_image() -> None:
        image = LegacySurveyImage(flux=flux.clone(), bands=BANDS)  # the published clamp writes into its input
        tokens["tok_image"] = image_codec.encode(image)

    def read_spectrum() -> None:
        spectrum = DESISpectrum(
            flux=pixels, ivar=torch.ones_like(pixels), mask=pixels > 9, wavelength=wavelength
        )
        tokens["tok_spectrum_desi"] = spectrum_codec.encode(spectrum)

    return {
        "image to tokens": read_image,
        "spectrum to tokens": read_spectrum,
        "embedding and redshift": lambda: predict(tokens),
        "image from tokens": lambda: image_codec.decode(tokens["tok_image"], bands=BANDS),
        "spectrum from tokens": lambda: spectrum_codec.decode(
            tokens["tok_spectrum_desi"], wavelength=wavelength
        ),
    }


def _seconds_of_products(profiled: profile) -> float:
    names = {f"aten::{name}" for name in PRODUCTS}
    events = profiled.key_averages()
    return sum(event.self_cpu_time_total for event in events if event.key in names) / 1e6


def _ours(config: dict[str, Any], dtype: torch.dtype) -> Any:
    from aion.embedding import pool
    from aion.model import AIONConfig

    model = AION(AIONConfig(**config)).eval().compute_in(dtype)

    def predict(tokens: dict[str, torch.Tensor]) -> Any:
        context = model.context(tokens)  # once, whatever is asked of it
        return pool(context), model.predict(context, Z)

    return predict


def _published(config: dict[str, Any]) -> Any:
    model = AION(config).eval()

    def predict(tokens: dict[str, torch.Tensor]) -> Any:
        states = model.encode(tokens, num_encoder_tokens=sum(ids.shape[1] for ids in tokens.values()))
        return torch.nn.functional.normalize(states.mean(1), dim=-1), model(tokens, target_modality=Z)

    return predict


if __name__ == "__main__":
    main(*sys.argv[1:])
