"""bfloat16 changes no token, and nothing of redshifts, embeddings and decoded data that a person sees."""

import json

import numpy as np
import pytest
import torch

from aion.errors import ConfigError
from aion.explorer.engine.networks import Networks
from aion.explorer.settings import Settings
from aion.io import read
from aion.modalities import MODALITIES, Image, Spectrum
from aion.precision import dtype_of
from aion.resources import resource

EXAMPLES = resource("assets/examples")
LARGEST_KL = 1e-4
"""Nats, of p(z) in bfloat16 from p(z) in float32."""


@pytest.fixture(scope="module")
def networks():
    return {name: Networks(Settings(precision=name), torch.device("cpu")) for name in ("float32", "bfloat16")}


@pytest.fixture(scope="module")
def targets():
    examples = json.loads((EXAMPLES / "examples.json").read_text())
    files = [[EXAMPLES / example["slug"] / name for name in example["files"]] for example in examples]
    return [target for group in files for target in read(group)]


def log_probability(logits):
    top = logits.max()
    return logits - top - np.log(np.exp(logits - top).sum())


def compare(networks, targets):
    """Cosine of the embeddings, KL of p(z), and whether the mode is the same, for each target."""
    for target in targets:
        tokens = {m.token_key: networks["float32"].encode(m)[0] for m in target.modalities}
        exact, fast = (networks[name].answer([tokens])[0] for name in ("float32", "bfloat16"))
        p, q = log_probability(exact.logits), log_probability(fast.logits)
        yield (
            float(exact.embedding @ fast.embedding),
            float((np.exp(p) * (p - q)).sum()),
            p.argmax() == q.argmax(),
        )


def check(networks, targets):
    cosines, divergences, same = zip(*compare(networks, targets), strict=True)
    assert min(cosines) >= 0.9999
    assert max(divergences) <= LARGEST_KL
    return same


def test_redshifts_and_embeddings_in_bfloat16_are_those_of_float32(networks, targets):
    with_spectrum = [t for t in targets if any(isinstance(m, Spectrum) for m in t.modalities)]
    assert all(check(networks, with_spectrum))
    check(networks, [target for target in targets if target not in with_spectrum])


@pytest.mark.real_data
def test_redshifts_of_real_spectra_in_bfloat16_are_those_of_float32(networks, real_data):
    files = sorted((real_data / "spectra" / "sdss").glob("*.fits*"))
    targets = [target for file in files for target in read(file)]
    assert len(targets) > 20 and all(check(networks, targets))


def test_tokens_are_the_same_in_every_precision(networks, targets):
    for modality in (modality for target in targets for modality in target.modalities):
        one, two = (networks[name].encode(modality)[0] for name in networks)
        np.testing.assert_array_equal(one, two)


def test_decoded_data_in_bfloat16_are_those_of_float32_within_their_noise(networks, targets):
    modalities = [m for t in targets for m in t.modalities if isinstance(m, (Image, Spectrum))]
    for modality in modalities[:12]:
        tokens = networks["float32"].encode(modality)[0]
        cls = MODALITIES[modality.token_key]
        exact, fast = (networks[name].decode(tokens, cls).flux.float() for name in networks)
        known = exact.isfinite()
        scatter = (exact[known] - exact[known].median()).abs().median()
        assert (exact[known] - fast[known]).abs().median() <= 0.05 * scatter


def test_auto_is_one_of_the_formats_and_anything_else_is_refused():
    assert dtype_of("auto", torch.device("cpu")) in (torch.float32, torch.bfloat16)
    assert dtype_of("auto", torch.device("cuda")) is torch.bfloat16
    assert dtype_of("float32", torch.device("cuda")) is torch.float32
    with pytest.raises(ConfigError, match="float32, bfloat16"):
        dtype_of("half", torch.device("cpu"))
    with pytest.raises(ConfigError, match="AION_PRECISION is 'half'"):
        Settings(precision="half")
