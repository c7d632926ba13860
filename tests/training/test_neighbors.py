"""Who is near whom: the loss of embeddings, on hand-made cases."""

import pytest
import torch
from torch.nn import functional as F

pytest.importorskip("speclite", reason="the simulator needs speclite, of requirements-training.txt")

from aion.training.neighbors import Labels, Memory, likeness, neighbor_loss

SPECTRA = (False, False)


def units(n: int, seed: int = 3) -> torch.Tensor:
    return F.normalize(torch.randn(n, 32, generator=torch.Generator().manual_seed(seed)), dim=1)


def labels(n: int) -> Labels:
    """Far from one another in redshift."""
    return Labels(100 * torch.arange(n), torch.zeros(n, dtype=torch.long), torch.zeros(n, dtype=torch.long))


def test_two_views_of_an_object_must_be_told_from_all_others():
    vectors = units(8)
    right = neighbor_loss(Memory(32), SPECTRA, [vectors, vectors], labels(8))
    wrong = neighbor_loss(Memory(32), SPECTRA, [vectors, vectors.roll(1, 0)], labels(8))
    assert right < 0.1 < 1.0 < wrong


def test_objects_that_are_alike_may_be_near():
    """The other half of the batch repeats the first in class and redshift:
    its vectors are better near than far."""
    same = Labels(
        torch.tensor([0, 500] * 4), torch.zeros(8, dtype=torch.long), torch.zeros(8, dtype=torch.long)
    )
    two = units(2).repeat(4, 1)
    apart = units(8, seed=4)
    assert neighbor_loss(Memory(32), SPECTRA, [two, two], same) < neighbor_loss(
        Memory(32), SPECTRA, [apart, apart], same
    )


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((10, 0, 1, 0), 1.0),
        ((10, 1, 0, 0), 0.0),  # another class
        ((16, 0, 0, 0), 0.35),  # 6 bins of 0.00175
        ((500, 0, 0, 0), 0.0),
        ((10, 0, 0, 1), 1.0),  # an image of the same class and redshift, whatever its shape
    ],
)
def test_likeness_of_a_spectrum_is_class_and_redshift(other, expected):
    assert likeness(torch.tensor([[10, 0, 0, 0]]), torch.tensor([other])).item() == pytest.approx(
        expected, abs=0.01
    )


def test_likeness_of_two_images_is_morphology_too():
    image = torch.tensor([[10, 0, 2, 1]])
    assert likeness(image, torch.tensor([[10, 0, 2, 1], [10, 0, 3, 1]])).tolist() == [[1.0, 0.0]]


def test_the_memory_forgets_the_oldest_and_takes_part():
    memory = Memory(32)
    vectors = units(8)
    alone = neighbor_loss(memory, SPECTRA, [vectors, vectors], labels(8))
    assert int((memory.labels[:, 1] >= 0).sum()) == 16
    # the memory holds the same vectors under the same labels
    crowded = neighbor_loss(memory, SPECTRA, [vectors, vectors], labels(8))
    assert crowded > alone
    for _ in range(260):
        memory.remember(vectors, torch.full((8, 4), 7))
    assert (memory.labels == 7).all() and len(memory.vectors) == len(memory.labels)
