"""The optimizer loop: a run that was cut goes on as if it had not been."""

import json

import pytest
import torch
from torch import nn

from aion.training.config import Schedule
from aion.training.loop import train, write_metrics

SCHEDULE = Schedule(steps=7, batch=4, peak_lr=1e-2, warmup=1, checkpoint_every=2)


class CutError(Exception):
    """The power fails."""


def run(folder, seed: int = 0, cut_at: int | None = None, steps: list[int] | None = None):
    """One call of `train` on a small regression; returns the module and its history."""
    torch.manual_seed(seed)
    module = nn.Linear(3, 1)

    def loss_of(step, generator):
        if step == cut_at:
            raise CutError
        if steps is not None:
            steps.append(step)
        x = torch.randn(SCHEDULE.batch, 3, generator=generator)
        loss = (module(x) - x.sum(1, keepdim=True)).square().mean()
        return {"loss": loss, "size": x.abs().mean()}

    return module, train(
        module, loss_of, SCHEDULE, folder=folder, title="toy", seed=5, device=torch.device("cpu")
    )


def test_a_run_that_was_cut_ends_with_the_weights_of_one_that_was_not(tmp_path):
    whole, history = run(tmp_path / "whole")
    with pytest.raises(CutError):
        run(tmp_path / "cut", cut_at=5)
    steps: list[int] = []
    resumed, again = run(tmp_path / "cut", seed=99, steps=steps)
    assert steps == [4, 5, 6]  # from the checkpoint after step 3
    assert again == history and [record["step"] for record in history] == list(range(7))
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value, rtol=0, atol=0)


def test_a_finished_run_takes_no_further_step(tmp_path):
    first, history = run(tmp_path)
    steps: list[int] = []
    second, again = run(tmp_path, seed=99, steps=steps)
    assert steps == [] and again == history
    assert torch.equal(first.weight, second.weight)


def test_the_loss_curve_the_history_and_the_checkpoint_are_written(tmp_path):
    module, history = run(tmp_path / "new" / "folder")
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == {
        "checkpoint.pt",
        "history.json",
        "loss.png",
    }
    assert json.loads((tmp_path / "new" / "folder" / "history.json").read_text()) == history
    assert (tmp_path / "new" / "folder" / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert not module.training and {"step", "loss", "size"} == set(history[0])


def test_metrics_are_written_as_json_and_as_a_table(tmp_path):
    write_metrics(tmp_path, "model", {"parameters": 12, "loss": 0.123456})
    assert json.loads((tmp_path / "model.json").read_text()) == {"parameters": 12, "loss": 0.123456}
    table = (tmp_path / "model.md").read_text()
    assert table == "| model | value |\n|---|---|\n| parameters | 12 |\n| loss | 0.1235 |\n"


def test_the_learning_rate_rises_to_its_peak_and_falls_to_a_fiftieth():
    schedule = Schedule(steps=100, batch=1, peak_lr=1.0, warmup=10)
    rates = [schedule.lr(step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == rates[10] == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True) and rates[100] == pytest.approx(0.02)


def test_a_schedule_that_only_warms_up_is_refused():
    with pytest.raises(ValueError, match=r"warmup \(5\) must be below steps \(5\)"):
        Schedule(steps=5, batch=1, peak_lr=1.0, warmup=5)
