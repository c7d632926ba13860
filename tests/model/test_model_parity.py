"""With the same weights, our model gives the states and logits of polymathic-aion 0.0.2,
at small and at full size."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from aion.errors import TruncationWarning
from aion.hub import locate, read_config, read_tensors
from aion.modalities import DESISpectrum, LegacySurveyImage, Modality, Z
from aion.model import AION, AIONConfig
from aion.streams import STREAMS
from tests.model.conftest import tokens_of
from tests.upstream import run_upstream

SMALL = {**AIONConfig(dim=32, encoder_depth=2, decoder_depth=2, num_heads=4).to_dict()}
CONFIGS: dict[str, dict[str, Any]] = {
    "published": SMALL,
    "every option": {
        **SMALL,
        **dict.fromkeys(("qkv_bias", "proj_bias", "mlp_bias", "norm_bias", "qk_norm"), True),
        "act_layer": "GELU",
        "gated_mlp": False,
        "share_modality_embeddings": False,
        "mlp_ratio": 3,
    },
}
INPUTS = ("tok_image", "tok_spectrum_sdss", "tok_flux_g", "catalog")
TARGETS: list[type[Modality]] = [Z, LegacySurveyImage, DESISpectrum]

PRELUDE = """
import json
from aion.model import AION
from aion import modalities as m
config, folder = json.loads(str(inputs["config"])), str(inputs["folder"])
tokens = {key: torch.from_numpy(inputs[key]) for key in inputs if key.startswith(("tok_", "catalog"))}
N = sum(values.shape[1] for values in tokens.values())
torch.set_grad_enabled(False)
"""
MAKE = """
model = AION(config).eval()
for name, p in model.named_parameters():
    if p.ndim == 1:
        p.add_(0.1 * torch.randn_like(p))  # biases and norms that do something
model.save_pretrained(folder, config=config)
"""
SHAPES = """
outputs["states"] = model.encode(tokens, num_encoder_tokens=N)
for target in (m.Z, m.LegacySurveyImage, m.DESISpectrum):
    outputs[target.token_key] = model(tokens, target)[target.token_key]
catalog = model._forward(tokens, {"catalog": torch.zeros(2, 51)}, num_encoder_tokens=N)["catalog"]
outputs["catalog"] = catalog.reshape(2, 50, -1)
hidden = {"tok_spectrum_sdss": torch.from_numpy(inputs["hidden"])}
outputs["hidden"] = model.encode(tokens, hidden, num_encoder_tokens=N)
outputs["short"] = model.encode(tokens, num_encoder_tokens=300)
together = model(tokens, [m.Z, m.DESISpectrum])
outputs["together"] = together["tok_z"]
"""
REOPEN = """
model = AION.from_pretrained(folder, strict=True).eval()
outputs["states"] = model.encode(tokens, num_encoder_tokens=N)
outputs["tok_z"] = model(tokens, m.Z)["tok_z"]
"""


class Published:
    """What the published package saved and answered."""

    def __init__(self, config: dict[str, Any], folder: Path) -> None:
        self.folder = folder
        self.tokens = tokens_of(*INPUTS)
        self.hidden = torch.rand(2, 273, generator=torch.Generator().manual_seed(5)) < 0.4
        self.answers = run_upstream(
            PRELUDE + MAKE + SHAPES,
            config=json.dumps(config),
            folder=str(folder),
            hidden=self.hidden,
            **self.tokens,
        )
        self.model = AION.from_pretrained(folder)


@pytest.fixture(scope="module", params=list(CONFIGS))
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return Published(CONFIGS[request.param], tmp_path_factory.mktemp("published"))


@pytest.fixture(autouse=True)
def no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def assert_equal_within_1e5(ours: Tensor, theirs: np.ndarray) -> None:
    """To 1e-5 of the largest value."""
    expected = torch.from_numpy(theirs)
    scale = float(expected.abs().max())
    assert scale > 0
    torch.testing.assert_close(ours / scale, expected / scale, rtol=1e-5, atol=1e-5)


def test_its_weights_are_ours_key_for_key(published: Published) -> None:
    source = locate(published.folder)
    stored = read_tensors(source, "model.safetensors").keys()
    names = published.model.state_dict().keys()
    shared = {
        f"encoder_embeddings.{key}.mod_emb"
        for key in STREAMS
        if AIONConfig.from_dict(read_config(source)).share_modality_embeddings
    }
    assert names - stored == shared  # stored once, under the decoder's name
    assert stored <= names


def test_states_are_those_of_the_published_package(published: Published) -> None:
    assert_equal_within_1e5(published.model.encode(published.tokens), published.answers["states"])


@pytest.mark.parametrize("target", TARGETS, ids=lambda m: m.__name__)
def test_logits_are_those_of_the_published_package(published: Published, target: type[Modality]) -> None:
    logits = published.model(published.tokens, target)
    assert_equal_within_1e5(logits[target.token_key], published.answers[target.token_key])


def test_logits_of_a_catalog_are_those_of_the_published_package(published: Published) -> None:
    # it drops the last position of a sequence: 51 positions give 50 answers
    assert_equal_within_1e5(
        published.model.predict(published.model.context(published.tokens), "catalog")["catalog"],
        published.answers["catalog"],
    )


def test_states_with_hidden_tokens_are_those_of_the_published_package(published: Published) -> None:
    # of the hidden tokens it returns states too, at the end of each row; ours are gone or zero
    context = published.model.context(published.tokens, input_mask={"tok_spectrum_sdss": published.hidden})
    theirs = published.answers["hidden"][:, : context.states.shape[1]]
    assert_equal_within_1e5(context.states[context.keep], theirs[context.keep.numpy()])


def test_a_token_budget_keeps_the_tokens_that_the_published_package_keeps(published: Published) -> None:
    with pytest.warns(TruncationWarning):
        states = published.model.encode(published.tokens, num_encoder_tokens=300)
    assert_equal_within_1e5(states, published.answers["short"])


def test_targets_asked_together_do_not_mix_as_they_do_in_the_published_package(published: Published) -> None:
    # there the decoder averages the queries of all targets, so that a redshift depends on what else is asked
    assert np.abs(published.answers["together"] - published.answers["tok_z"]).max() > 1e-4
    assert_equal_within_1e5(
        published.model(published.tokens, [Z, DESISpectrum])["tok_z"], published.answers["tok_z"]
    )


def test_the_published_package_opens_what_we_save(published: Published, tmp_path: Path) -> None:
    published.model.save_pretrained(tmp_path)
    config = json.dumps(published.model.config.to_dict())
    answers = run_upstream(PRELUDE + REOPEN, config=config, folder=str(tmp_path), **published.tokens)
    assert np.array_equal(answers["states"], published.answers["states"])
    assert np.array_equal(answers["tok_z"], published.answers["tok_z"])


def test_the_full_base_model_is_that_of_the_published_package(tmp_path: Path) -> None:
    tokens = tokens_of("tok_spectrum_desi", "tok_flux_r", batch=1)
    ask = """
outputs["states"] = model.encode(tokens, num_encoder_tokens=N)
outputs["tok_z"] = model(tokens, m.Z)["tok_z"]
outputs["parameters"] = sum(p.numel() for p in model.parameters())
"""
    try:
        make = "model = AION(config).eval()\nmodel.save_pretrained(folder, config=config)\n"
        answers = run_upstream(
            PRELUDE + make + ask,
            config=json.dumps(AIONConfig.base().to_dict()),
            folder=str(tmp_path),
            **tokens,
        )
        model = AION.from_pretrained(tmp_path)
    finally:
        shutil.rmtree(tmp_path)  # 1.3 GB
    assert sum(p.numel() for p in model.parameters()) == int(answers["parameters"])
    context = model.context(tokens)
    assert_equal_within_1e5(context.states, answers["states"])
    assert_equal_within_1e5(model.predict(context, Z)["tok_z"], answers["tok_z"])
