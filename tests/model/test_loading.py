"""Saving and loading: the same model comes back, and weights that do not fit are described."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import aion
from aion.errors import ConfigError, WeightsMismatchError, WeightsNotFoundError
from aion.hub import load_into, locate, sha256
from aion.model import AION, AIONConfig
from tests.model.conftest import SMALL, seeded, tokens_of


@pytest.fixture(scope="module")
def saved(ours: AION, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    ours.save_pretrained(folder)
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return shutil.copytree(saved, tmp_path / "copy")


def test_a_saved_model_comes_back(ours: AION, saved: Path, tokens: dict[str, Tensor]) -> None:
    loaded = aion.AION.from_pretrained(saved)
    assert loaded.config == ours.config
    assert not loaded.training
    assert loaded.sha256 == sha256(saved / "model.safetensors")
    assert loaded.source is not None and (loaded.source.id, loaded.source.revision) == (str(saved), None)
    assert {name: t.tolist() for name, t in loaded.state_dict().items()} == {
        name: t.tolist() for name, t in ours.state_dict().items()
    }
    with torch.no_grad():
        torch.testing.assert_close(loaded(tokens, "tok_z"), ours(tokens, "tok_z"), rtol=0, atol=0)


def test_shared_modality_embeddings_stay_shared_and_are_stored_once(saved: Path) -> None:
    loaded = AION.from_pretrained(saved)
    assert loaded.encoder_embeddings["catalog"].mod_emb is loaded.decoder_embeddings["catalog"].mod_emb
    names = load_file(saved / "model.safetensors").keys()
    assert "decoder_embeddings.catalog.mod_emb" in names and "encoder_embeddings.catalog.mod_emb" not in names


def test_separate_modality_embeddings_stay_separate(tmp_path: Path) -> None:
    model = seeded(
        AIONConfig(**SMALL, domains_in=("tok_z",), domains_out=("tok_z",), share_modality_embeddings=False)
    )
    model.save_pretrained(tmp_path)
    loaded = AION.from_pretrained(tmp_path)
    assert torch.equal(loaded.encoder_embeddings["tok_z"].mod_emb, model.encoder_embeddings["tok_z"].mod_emb)
    assert not torch.equal(
        loaded.encoder_embeddings["tok_z"].mod_emb, loaded.decoder_embeddings["tok_z"].mod_emb
    )


def test_weights_stored_in_half_precision_are_used_in_single(
    ours: AION, copy: Path, tokens: dict[str, Tensor]
) -> None:
    weights = copy / "model.safetensors"
    save_file({name: tensor.half() for name, tensor in load_file(weights).items()}, weights)
    loaded = AION.from_pretrained(copy)
    assert loaded.mask_token.dtype == torch.float32
    with torch.no_grad():
        torch.testing.assert_close(loaded(tokens, "tok_z"), ours(tokens, "tok_z"), rtol=0.02, atol=0.02)


def test_models_load_and_answer_in_many_threads_at_once(saved: Path, ours: AION) -> None:
    tokens = tokens_of("tok_flux_g", batch=1)

    def answer(_: int) -> list[float]:
        with torch.no_grad():
            flat: list[float] = AION.from_pretrained(saved)(tokens, "tok_z")["tok_z"].flatten().tolist()
        return flat

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(answer, range(8)))
    with torch.no_grad():
        assert all(found == ours(tokens, "tok_z")["tok_z"].flatten().tolist() for found in answers)


def test_a_model_made_while_another_loads_has_its_weights_initialised(saved: Path) -> None:
    AION.from_pretrained(saved)
    assert float(torch.nn.Linear(50, 50).weight.detach().std()) == pytest.approx((1 / 50 / 3) ** 0.5, rel=0.1)


def test_a_truncated_file_is_told_with_the_tensor_it_breaks_off_at(copy: Path) -> None:
    weights = copy / "model.safetensors"
    size = weights.stat().st_size
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(
        WeightsMismatchError,
        match=rf"truncated, {size - 100} bytes of {size}; the first tensor that is not whole is \S+ \[",
    ):
        AION.from_pretrained(copy)


@pytest.mark.parametrize("content", [b"", b"not a tensor", b"\x80\x02}q\x00." * 50])
def test_a_file_that_is_no_safetensors_is_refused(copy: Path, content: bytes) -> None:
    (copy / "model.safetensors").write_bytes(content)
    with pytest.raises(WeightsMismatchError, match="no safetensors file"):
        AION.from_pretrained(copy)


def test_a_misshapen_tensor_is_told_with_both_shapes(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    tensors["encoder.0.attn.qkv.weight"] = tensors["encoder.0.attn.qkv.weight"][:5].clone()
    save_file(tensors, copy / "model.safetensors")
    with pytest.raises(
        WeightsMismatchError,
        match=r"encoder\.0\.attn\.qkv\.weight is \[5, 32\], the configuration asks for \[96, 32\]",
    ):
        AION.from_pretrained(copy)


def test_missing_and_additional_tensors_are_told(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    tensors["wings"] = tensors.pop("mask_token")
    save_file(tensors, copy / "model.safetensors")
    with pytest.raises(
        WeightsMismatchError,
        match=r"1 missing: mask_token \[1, 1, 32\]; 1 not part of the model: wings \[1, 1, 32\]",
    ):
        AION.from_pretrained(copy)


def test_many_wrong_tensors_are_counted() -> None:
    module = torch.nn.Sequential(*(torch.nn.Linear(2, 2) for _ in range(5)))
    with pytest.raises(WeightsMismatchError, match=r"10 missing: .* and 5 more"):
        load_into(module, {}, origin="nowhere")


def test_an_unknown_key_and_broken_json_are_told(copy: Path) -> None:
    config = copy / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "wings": 2}))
    with pytest.raises(ConfigError, match="unknown configuration keys: wings"):
        AION.from_pretrained(copy)
    for content, words in (("{", "not valid JSON"), ("[]", "holds a list")):
        config.write_text(content)
        with pytest.raises(ConfigError, match=words):
            AION.from_pretrained(copy)


def test_missing_files_and_folders_are_told(copy: Path, tmp_path: Path) -> None:
    (copy / "model.safetensors").unlink()
    with pytest.raises(
        WeightsNotFoundError, match=r"has no model\.safetensors; it needs the published layout"
    ):
        AION.from_pretrained(copy)
    with pytest.raises(WeightsNotFoundError, match=r"there is no folder .*nowhere"):
        AION.from_pretrained(tmp_path / "nowhere")
    with pytest.raises(WeightsNotFoundError, match="neither an existing folder nor a Hub id"):
        AION.from_pretrained("assets/models/nothing")


def test_a_folder_is_read_file_by_file(saved: Path) -> None:
    source = locate(saved)
    assert source.has("config.json") and not source.has("codecs/image/config.json")
    assert source.file("config.json") == saved / "config.json"
