"""The optimizer loop that every stage shares: resumable, with a progress bar,
a loss curve and a metrics table at the end."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from aion.training.config import Schedule

LossFunction = Callable[[int, torch.Generator], Mapping[str, Tensor]]
"""(step, generator of that step) -> named terms; ``"loss"`` is minimised, the others are recorded."""


def train(
    modules: nn.Module,
    loss_of: LossFunction,
    schedule: Schedule,
    *,
    folder: Path,
    title: str,
    seed: int,
    device: torch.device,
) -> list[dict[str, float]]:
    """Minimise until ``schedule.steps``, going on from the last checkpoint in ``folder``;
    returns the recorded history."""
    folder.mkdir(parents=True, exist_ok=True)
    optimizer = torch.optim.AdamW(
        _groups(modules, schedule.weight_decay), lr=schedule.peak_lr, betas=(0.9, 0.98)
    )
    start, history = _resume(folder / "checkpoint.pt", modules, optimizer, device)
    modules.train()
    bar = tqdm(range(start, schedule.steps), initial=start, total=schedule.steps, desc=title, mininterval=5.0)
    for step in bar:
        # a step draws the same whether resumed or not
        generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
        for group in optimizer.param_groups:
            group["lr"] = schedule.lr(step)
        with torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device)):
            terms = loss_of(step, generator)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(terms["loss"])
        nn.utils.clip_grad_norm_(modules.parameters(), 1.0)
        optimizer.step()
        history.append({"step": step, **{name: float(value.detach()) for name, value in terms.items()}})
        if (step + 1) % 10 == 0:
            bar.set_postfix({name: f"{_recent(history, name):.3f}" for name in terms})
        if (step + 1) % schedule.checkpoint_every == 0 or step + 1 == schedule.steps:
            _checkpoint(folder / "checkpoint.pt", modules, optimizer, step + 1, history)
    modules.eval()
    loss_curve(history, folder / "loss.png", title)
    (folder / "history.json").write_text(json.dumps(history))
    return history


def has_bfloat16(device: torch.device) -> bool:
    """Whether half precision pays: on CUDA, and on processors that multiply bfloat16 themselves."""
    return device.type == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def loss_curve(history: list[dict[str, float]], path: Path, title: str) -> None:
    """Every recorded term against the step, smoothed over a hundredth of the run."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = sorted({name for record in history for name in record} - {"step"})
    figure, axes = pyplot.subplots(len(names), 1, figsize=(7, 2.2 * len(names)), sharex=True, squeeze=False)
    for axis, name in zip(axes[:, 0], names, strict=True):
        points = [(record["step"], record[name]) for record in history if name in record]
        steps, values = torch.tensor(points).T
        window = max(1, len(values) // 100)
        kept = len(values) // window * window
        axis.plot(steps[:kept].view(-1, window).mean(1), values[:kept].view(-1, window).mean(1))
        axis.set_ylabel(name)
    axes[-1, 0].set_xlabel("optimizer step")
    figure.suptitle(title)
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    pyplot.close(figure)


def write_metrics(folder: Path, name: str, metrics: Mapping[str, object]) -> None:
    """One stage's numbers as JSON and as a Markdown table."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(metrics, indent=2) + "\n")
    rows = "\n".join(f"| {key} | {_readable(value)} |" for key, value in metrics.items())
    (folder / f"{name}.md").write_text(f"| {name} | value |\n|---|---|\n{rows}\n")


def _readable(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _groups(modules: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    matrices = [p for p in modules.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in modules.parameters() if p.requires_grad and p.ndim <= 1]
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _recent(history: list[dict[str, float]], name: str) -> float:
    values = [record[name] for record in history[-50:] if name in record]
    return sum(values) / max(1, len(values))


def _checkpoint(
    path: Path,
    modules: nn.Module,
    optimizer: torch.optim.Optimizer,
    step: int,
    history: list[dict[str, float]],
) -> None:
    state = {
        "modules": modules.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
        "history": history,
    }
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)  # a kill in the middle leaves the previous checkpoint


def _resume(
    path: Path, modules: nn.Module, optimizer: torch.optim.Optimizer, device: torch.device
) -> tuple[int, list[dict[str, float]]]:
    if not path.exists():
        return 0, []
    state = torch.load(path, map_location=device, weights_only=True)
    modules.load_state_dict(state["modules"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"]), list(state["history"])
