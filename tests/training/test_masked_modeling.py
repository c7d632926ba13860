"""What a batch reads and asks, and how the answers are judged."""

import pytest
import torch
from torch import Generator

pytest.importorskip("speclite", reason="the simulator needs speclite, of requirements-training.txt")

from aion.training import masked_modeling
from aion.training.masked_modeling import IMAGES, SPECTRA


@pytest.fixture
def generator():
    return Generator().manual_seed(5)


def test_most_of_the_drawn_tokens_of_an_image_are_near_its_middle(generator):
    image = torch.arange(576).expand(64, -1).clone()
    image[:, 300] = -1
    drawn = masked_modeling._some(image, 96, generator, masked_modeling._towards_the_middle(image)) >= 0
    assert (drawn.sum(1) == 96).all() and not drawn[:, 300].any()
    share = drawn.float().mean(0).view(24, 24)
    assert share[9:15, 9:15].mean() > 0.4 and 0 < share[[0, -1]].mean() < 0.05


def test_tokens_are_drawn_evenly_where_nothing_is_said_of_their_weight(generator):
    drawn = masked_modeling._some(torch.zeros(2000, 12), 3, generator) >= 0
    assert drawn.float().mean(0).numpy() == pytest.approx([0.25] * 12, abs=0.04)


def test_a_level_nearby_is_less_wrong_than_one_far_away():
    truth = torch.tensor([500])
    losses = []
    for answer in (500, 504, 600):
        logits = torch.zeros(1, 1024)
        logits[0, answer] = 2.0
        losses.append(float(masked_modeling._level_loss(logits, truth)))
    flat = float(masked_modeling._level_loss(torch.zeros(1, 1024), truth))
    assert losses[0] < losses[1] < flat < losses[2] and flat == pytest.approx(1.0, abs=1e-5)


def test_a_hidden_spectrum_is_always_asked_for_its_level():
    pools = _pools()
    for seed in range(60):
        example = masked_modeling.draw_example(pools, 4, Generator().manual_seed(seed))
        for key in set(SPECTRA) & set(example.targets) - set(example.inputs):
            assert (example.targets[key][:, 0] >= 0).all()


def test_images_are_read_whole_now_and_then():
    """In use all tokens are read: a model that never saw them all would be a stranger to it."""
    counts = set()
    for seed in range(120):
        example = masked_modeling.draw_example(_pools(), 4, Generator().manual_seed(seed))
        counts |= {int((example.inputs[key][0] >= 0).sum()) for key in IMAGES if key in example.inputs}
    assert 576 in counts and min(counts) < 288


def _pools():
    count = 40
    labels = {"bins": torch.arange(count), "kind": torch.zeros(count), "morphology": torch.zeros(count)}
    scalars = {key: torch.zeros(count, 1) for key in (*masked_modeling.LEGACY, "tok_ebv", "tok_mag_g")}
    spectra = {key: torch.zeros(count, 273) for key in SPECTRA}
    images = {key: torch.zeros(count, 576) for key in IMAGES}
    return {
        "photometry": scalars | labels,
        "spectra": scalars | spectra | labels,
        "images": scalars | spectra | images | labels,
    }
