"""How fast the transformer answers on an NVIDIA card, and which share of the card's speed that is:
`python -m benchmarks.gpu`, or `--sizes base --batches 1 256`.

Random weights in bfloat16; tokens of an image and a DESI spectrum (849) -> embedding and p(z). Three ways:
step by step, blocks that `torch.compile` made, and blocks replayed as one CUDA graph. Operations are counted
by torch; the peak is the rate of one product of two square matrices, measured first, beside what the maker
says. Codecs are not in it.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from aion.embedding import pool
from aion.modalities import DESISpectrum, LegacySurveyImage, Z
from aion.model import AION, AIONConfig

STREAMS = (LegacySurveyImage.token_key, DESISpectrum.token_key, Z.token_key)
SIZES: dict[str, Callable[[], AIONConfig]] = {
    "base": AIONConfig.base,
    "large": AIONConfig.large,
    "xlarge": AIONConfig.xlarge,
}
BATCHES = (1, 4, 16, 64, 256)
MATRIX = 8192
"""Rows and columns of the matrices whose product sets the peak."""
TOLD = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12}
"""Operations a second in bfloat16 without sparsity, of NVIDIA's data sheets (SXM where there are several)."""


@dataclass(frozen=True)
class Rate:
    """One line of the table."""

    size: str
    way: str
    batch: int
    seconds: float
    """Of one batch, median."""
    operations: float
    """Multiplications and additions of one batch."""

    def cells(self, peak: float) -> list[str]:
        """As they are printed."""
        speed = self.operations / self.seconds
        rate = f"{self.batch / self.seconds:.1f}"
        return [self.size, self.way, str(self.batch), rate, f"{speed / 1e12:.1f}", f"{speed / peak:.0%}"]


HEADER = ("size", "way", "batch", "objects/s", "T operations/s", "of the measured peak")


class Replayed(nn.Module):
    """Blocks as one CUDA graph for each shape of their inputs: captured at first, then replayed."""

    def __init__(self, blocks: nn.ModuleList) -> None:
        super().__init__()
        self.blocks = blocks
        self._graphs: dict[tuple[torch.Size, ...], tuple[Any, list[Tensor], Tensor]] = {}

    def parameters(self, recurse: bool = True) -> Iterator[nn.Parameter]:
        return self.blocks.parameters(recurse)

    def __iter__(self) -> Iterator["Replayed"]:
        yield self  # the model goes through its blocks: it meets one

    def forward(self, *inputs: Any) -> Tensor:
        """As all blocks one after the other."""
        tensors = [one for one in inputs if isinstance(one, Tensor)]
        shapes = tuple(one.shape for one in tensors)
        if shapes not in self._graphs:
            self._graphs[shapes] = self._capture(inputs)
        graph, places, output = self._graphs[shapes]
        for place, given in zip(places, tensors, strict=True):
            place.copy_(given)
        graph.replay()
        return output.clone()

    def _capture(self, inputs: tuple[Any, ...]) -> tuple[Any, list[Tensor], Tensor]:
        places = [one.clone() if isinstance(one, Tensor) else one for one in inputs]
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # once outside, so that libraries have what they allocate
            self._run(*places)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            output = self._run(*places)
        return graph, [one for one in places if isinstance(one, Tensor)], output

    def _run(self, x: Tensor, *rest: Any) -> Tensor:
        for block in self.blocks:
            x = block(x, *rest)
        return x


def compiled(model: AION) -> AION:
    """Every block compiled when it first runs."""
    for block in (*model.encoder, *model.decoder):
        block.compile()
    return model


def replayed(model: AION) -> AION:
    """The blocks of the encoder as one CUDA graph, those of the decoder as another."""
    model.encoder, model.decoder = Replayed(model.encoder), Replayed(model.decoder)
    return model


WAYS: dict[str, Callable[[AION], AION]] = {
    "step by step": lambda model: model,
    "compiled": compiled,
    "CUDA graphs": replayed,
}


def random_model(config: AIONConfig, device: torch.device) -> AION:
    """In bfloat16, with the streams of an image, a spectrum and the redshift."""
    torch.manual_seed(0)
    chosen = AIONConfig.from_dict(config.to_dict() | {"domains_in": STREAMS, "domains_out": STREAMS})
    return AION(chosen).eval().compute_in(torch.bfloat16).to(device)


def random_tokens(batch: int, device: torch.device) -> dict[str, Tensor]:
    """(batch, n) ids of an image and a spectrum."""
    generator = torch.Generator().manual_seed(0)
    kinds = (LegacySurveyImage, DESISpectrum)
    ids = {
        kind.token_key: torch.randint(1000, (batch, kind.num_tokens), generator=generator) for kind in kinds
    }
    return {key: rows.to(device) for key, rows in ids.items()}


def answer(model: AION, tokens: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Embeddings (B, D) and logits of the redshift (B, 1, bins), one pass of the encoder."""
    context = model.context(tokens)
    return pool(context), model.predict(context, Z)[Z.token_key]


def seconds_of(work: Callable[[], object], device: torch.device, repeats: int) -> float:
    """Median over repeats after two that warm up, until the card has finished."""
    times = []
    for _ in range(repeats + 2):
        start = perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(perf_counter() - start)
    return median(times[2:])


def peak_of(device: torch.device, *, rows: int = MATRIX, repeats: int = 20) -> float:
    """Operations a second of one product of two square matrices in bfloat16."""
    left, right = (torch.randn(rows, rows, device=device, dtype=torch.bfloat16) for _ in range(2))
    return 2 * rows**3 / seconds_of(lambda: left @ right, device, repeats)


def rates(
    size: str, way: str, config: AIONConfig, device: torch.device, batches: Sequence[int], repeats: int
) -> Iterator[Rate]:
    """A line for each batch, until one does not fit into the memory of the card."""
    model = random_model(config, device)
    with torch.inference_mode():
        with FlopCounterMode(display=False) as counter:
            answer(model, random_tokens(1, device))
        model = WAYS[way](model)
        for batch in batches:
            work = partial(answer, model, random_tokens(batch, device))
            try:
                seconds = seconds_of(work, device, repeats)
            except torch.OutOfMemoryError:
                return
            yield Rate(size, way, batch, seconds, batch * counter.get_total_flops())


def main() -> None:
    """Print the table, or why there is none."""
    parser = argparse.ArgumentParser(description="The transformer on an NVIDIA card.")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--batches", nargs="+", type=int, default=list(BATCHES))
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("not measured: torch finds no NVIDIA card here")
    device = torch.device("cuda")
    name, peak = torch.cuda.get_device_name(device), peak_of(device)
    told = next((rate for card, rate in TOLD.items() if card in name.split()), None)
    maker = f"; the maker says {told / 1e12:.0f}" if told else ""
    print(f"{name}: peak measured {peak / 1e12:.0f} T operations/s in bfloat16{maker}\n")
    print(f"| {' | '.join(HEADER)} |\n{'|---' * len(HEADER)}|")
    for size in options.sizes:
        for way in WAYS:
            for rate in rates(size, way, SIZES[size](), device, options.batches, options.repeats):
                print(f"| {' | '.join(rate.cells(peak))} |", flush=True)


if __name__ == "__main__":
    main()
