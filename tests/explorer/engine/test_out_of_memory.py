"""Too little memory on the device: smaller batches, what failed is freed,
and at last the CPU with the same weights."""

import weakref
from dataclasses import replace

import pytest
import torch

from aion.explorer.engine import Engine
from tests.explorer.engine.conftest import same_numbers
from tests.hub.server import COMMIT


def test_too_little_memory_halves_the_batch_and_frees_what_failed(engine, make_object, monkeypatch):
    networks, sizes, failed = engine._networks, [], []
    whole = networks.answer

    def small(objects):
        assert not [held for held in failed if held() is not None], (
            "the tensors of the pass that failed are still held"
        )
        sizes.append(len(objects))
        if len(objects) > 1:
            activations = torch.zeros(len(objects))
            failed.append(weakref.ref(activations))
            raise torch.OutOfMemoryError("no memory")
        return whole(objects)

    monkeypatch.setattr(networks, "answer", small)
    targets = [make_object(i) for i in range(4)]
    found = engine.batch(targets)
    monkeypatch.undo()
    assert max(sizes) > 1
    for one, target in zip(found, targets, strict=True):
        same_numbers(one, engine.analyze(target))


@pytest.fixture
def full_gpu(monkeypatch):
    """Makes the networks of an engine say that their GPU has no room."""

    def fill(engine):
        def full(objects):
            raise torch.OutOfMemoryError("no memory")

        monkeypatch.setattr(engine._networks, "device", torch.device("cuda"))
        monkeypatch.setattr(engine._networks, "answer", full)

    return fill


def test_a_gpu_without_memory_hands_over_to_the_cpu_and_says_so(settings, make_object, full_gpu):
    engine = Engine(settings)
    full_gpu(engine)
    analysis = engine.analyze(make_object(1))
    assert any("computed on the CPU" in note for note in analysis.notes)
    assert analysis.redshift.probability.sum() == pytest.approx(1)
    engine.close()


def test_the_cpu_takes_the_commit_that_the_gpu_answers_with(
    settings, make_object, full_gpu, online, tmp_path
):
    online.go.set()
    engine = Engine(replace(settings, model="owner/name", revision="main", catalog=tmp_path))
    full_gpu(engine)
    online.requests.clear()
    engine.analyze(make_object(1))
    engine.close()
    asked = [path for path in map(str, online.requests) if "/resolve/" in path]
    assert engine.info.revision == COMMIT
    assert not [path for path in asked if f"/resolve/{COMMIT}/" not in path]
    assert engine._cpu_fallback.model.source.revision == COMMIT
