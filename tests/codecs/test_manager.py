"""The manager: one codec per folder, its own, for every modality; nothing is lost, shared or loaded twice."""

import gc
import json
import shutil
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from aion.codecs import CodecManager, GridScalarCodec, ScalarCodec
from aion.codecs.config import HF_REPO_ID, MODALITY_CODEC_MAPPING
from aion.codecs.manager import ModalityTypeError, TokenKeyError
from aion.errors import ConfigError, InputError, ModalityError, WeightsMismatchError, WeightsNotFoundError
from aion.modalities import (
    MODALITIES,
    DESISpectrum,
    HSCImage,
    Image,
    LegacySurveyCatalog,
    LegacySurveyEBV,
    LegacySurveyFluxG,
    LegacySurveyImage,
    LegacySurveySegmentationMap,
    Modality,
    SDSSSpectrum,
    Z,
)
from tests.codecs.samples import EVERY_MODALITY, sample


@pytest.fixture
def manager(tiny_weights: Path) -> CodecManager:
    return CodecManager(source=tiny_weights)


def test_several_objects_of_one_kind_must_come_as_one_batch(manager: CodecManager) -> None:
    with pytest.raises(
        ModalityError, match="Z was given twice; several objects of one kind go into one batch"
    ):
        manager.encode(Z(0.1), LegacySurveyEBV(0.1), Z(0.2))


def test_all_modalities_of_an_object_are_encoded_together(manager: CodecManager) -> None:
    tokens = manager.encode(*(sample(modality) for modality in EVERY_MODALITY))
    assert set(tokens) == set(MODALITIES)


def test_one_codec_serves_both_surveys(manager: CodecManager) -> None:
    assert manager.codec(HSCImage) is manager.codec(LegacySurveyImage)
    assert manager.codec(DESISpectrum) is manager.codec(SDSSSpectrum)
    assert manager._load_codec(Z) is manager.codec(Z)


def test_managers_share_nothing_and_can_be_forgotten(tiny_weights: Path) -> None:
    one, other = CodecManager(source=tiny_weights), CodecManager(source=tiny_weights)
    assert one.codec(Z) is not other.codec(Z)
    codec = weakref.ref(one.codec(Z))
    del one
    gc.collect()
    assert codec() is None


def test_threads_load_each_codec_once(manager: CodecManager) -> None:
    wanted = [Z, LegacySurveyImage, HSCImage, DESISpectrum, LegacySurveyEBV] * 4
    with ThreadPoolExecutor(8) as pool:
        codecs = list(pool.map(manager.codec, wanted))
    assert len({id(codec) for codec in codecs}) == 4


def test_a_codec_that_failed_to_load_loads_when_its_files_are_there(
    tiny_weights: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny_weights / "codecs" / "EBV", tmp_path / "codecs" / "EBV")
    manager = CodecManager(source=tmp_path)
    with pytest.raises(WeightsNotFoundError, match=r"codecs/Z/config\.json"):
        manager.codec(Z)
    assert manager.has(LegacySurveyEBV) and not manager.has(Z)
    shutil.copytree(tiny_weights / "codecs" / "Z", tmp_path / "codecs" / "Z")
    assert manager.codec(Z).codebook_size == 1024


def test_codecs_saved_to_a_folder_are_read_from_it(manager: CodecManager, tmp_path: Path) -> None:
    manager.save_pretrained(tmp_path)
    again = CodecManager(source=tmp_path)
    assert {path.name for path in (tmp_path / "codecs").iterdir()} == {
        modality.name for modality in MODALITIES.values()
    }
    for modality in EVERY_MODALITY:
        given = sample(modality)
        assert torch.equal(again.encode(given)[modality.token_key], manager.encode(given)[modality.token_key])


def test_the_published_base_model_is_the_default_and_is_not_touched_before_need() -> None:
    assert HF_REPO_ID == "polymathic-ai/aion-base"
    # no network here: reaching for it would fail
    CodecManager(revision="0123abc", token="secret", local_files_only=True)


def test_codecs_can_be_loaded_ahead_with_progress(
    manager: CodecManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, float]] = []
    manager.preload([LegacySurveyImage, HSCImage, Z], lambda name, done: seen.append((name, done)))
    assert seen == [("image", 0.0), ("Z", 0.5), ("codecs", 1.0)]


def test_inputs_of_any_device_go_to_the_device_of_the_manager(manager: CodecManager) -> None:
    tokens = manager.encode(Z(0.3))["tok_z"]
    assert tokens.device == manager.device
    device = "cuda" if torch.cuda.is_available() else "cpu"
    assert manager.encode(Z(torch.tensor([0.3], device=device)))["tok_z"].device == manager.device


@pytest.mark.parametrize("wrong", [0.3, "Z", torch.ones(3), None], ids=str)
def test_things_that_are_not_modalities_are_refused(manager: CodecManager, wrong: object) -> None:
    with pytest.raises(ModalityTypeError, match="is not a modality"):
        manager.encode(wrong)
    with pytest.raises(ModalityTypeError, match="is not a modality"):
        manager.decode({"tok_z": torch.zeros(1, 1)}, wrong)


@pytest.mark.parametrize("base", [Modality, Image], ids=lambda c: c.__name__)
def test_base_classes_have_no_tokens(manager: CodecManager, base: type[Modality]) -> None:
    with pytest.raises(ModalityTypeError, match="has no token stream; use a class such as"):
        manager.decode({}, base)


def test_tokens_that_are_not_there_are_named(manager: CodecManager) -> None:
    with pytest.raises(TokenKeyError, match="no 'tok_z' tokens for Z; given: tok_image, tok_ebv"):
        manager.decode({"tok_image": torch.zeros(1), "tok_ebv": torch.zeros(1)}, Z)


@pytest.mark.parametrize("value", [-0.01, 6.5, 1e6])
def test_a_redshift_beyond_the_grid_of_the_weights_is_refused_with_its_range(
    manager: CodecManager, value: float
) -> None:
    with pytest.raises(ModalityError, match=r"Z = .* is outside the grid of these weights, 0 to 6"):
        manager.encode(Z([0.5, value]))


def test_the_redshift_grid_is_that_of_the_file(manager: CodecManager) -> None:
    codec = manager.codec(Z)
    assert isinstance(codec, GridScalarCodec)
    assert codec.quantizer.buckets[-1].item() == pytest.approx(6.0)
    assert manager.decode(manager.encode(Z(5.0)), Z).value.item() == pytest.approx(5.0, abs=0.02)


def test_the_token_beyond_the_codebook_of_the_redshift_is_refused(manager: CodecManager) -> None:
    with pytest.raises(InputError, match=r"1024\.\.1024; GridScalarCodec has ids 0\.\.1023"):
        manager.decode({"tok_z": torch.tensor([[1024]])}, Z)


def test_a_scalar_decodes_to_the_middle_of_its_bin_on_request(manager: CodecManager) -> None:
    z = torch.linspace(0.5, 0.6, 2000)
    tokens = manager.encode(Z(z))
    edge, middle = (manager.decode(tokens, Z, centered=centered).value - z for centered in (False, True))
    assert edge.mean() > 20 * middle.mean().abs()


def test_a_value_outside_what_training_saw_is_said(manager: CodecManager) -> None:
    note = manager.inspect(LegacySurveyFluxG([1e9]))["tok_flux_g"][0]
    assert note.startswith("FLUX_G is outside ")
    assert note.endswith("nanomaggies: its token is the nearest end")
    assert manager.inspect(LegacySurveyFluxG([5.0]))["tok_flux_g"] == ()


def test_places_without_an_object_have_an_id_that_no_object_has(manager: CodecManager) -> None:
    codec = manager.codec(LegacySurveyCatalog)
    given = sample(LegacySurveyCatalog)
    tokens = manager.encode(given)["catalog"].reshape(2, 6, 5)
    assert (tokens[:, 4:] == 9999).all() and tokens[:, :4].max() < codec.codebook_size == 2 * 96 + 3 * 1024
    decoded = manager.decode({"catalog": tokens.flatten(1)}, LegacySurveyCatalog)
    assert torch.equal(decoded.X, given.X) and torch.equal(decoded.Y, given.Y)
    assert (decoded.SHAPE_R[:, 4:] == 9999).all()


def test_catalog_pixels_outside_the_field_are_refused(manager: CodecManager) -> None:
    with pytest.raises(ModalityError, match=r"must be pixels 0\.\.95"):
        manager.encode(LegacySurveyCatalog([96], [4], [0.1], [0.2], [1.0]))


def test_catalog_objects_with_missing_columns_are_left_out_and_said(manager: CodecManager) -> None:
    partial = LegacySurveyCatalog([3, 5], [4, 6], [0.1, float("nan")], [0.2, 0.1], [1.0, 1.0])
    assert (manager.encode(partial)["catalog"][0, 5:] == 9999).all()
    assert manager.inspect(partial)["catalog"] == ("1 catalog objects have missing columns and are left out",)


def test_every_modality_can_be_a_target() -> None:
    assert LegacySurveyCatalog.num_tokens == 50
    assert LegacySurveySegmentationMap.num_tokens == 144
    assert all(modality in MODALITY_CODEC_MAPPING for modality in MODALITIES.values())


def test_an_unknown_or_missing_key_of_a_configuration_is_named(tiny_weights: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_weights / "codecs" / "EBV", tmp_path / "codecs" / "EBV")
    file = tmp_path / "codecs" / "EBV" / "config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps(config | {"colour": 1}))
    with pytest.raises(ConfigError, match=r"codecs/EBV .*unknown keys \['colour'\], missing keys \[\]"):
        ScalarCodec.from_pretrained(tmp_path, modality=LegacySurveyEBV)
    file.write_text(json.dumps({"modality": "EBV", "codebook_size": 1024}))
    with pytest.raises(ConfigError, match=r"missing keys \['reservoir_size'\]"):
        ScalarCodec.from_pretrained(tmp_path, modality=LegacySurveyEBV)


def test_weights_of_another_size_are_refused_with_both_shapes(tiny_weights: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_weights / "codecs" / "Z", tmp_path / "codecs" / "Z")
    (tmp_path / "codecs" / "Z" / "config.json").write_text(
        json.dumps({"modality": "Z", "codebook_size": 512})
    )
    with pytest.raises(
        WeightsMismatchError, match=r"_quantizer.buckets is \[1024\], the configuration asks for \[512\]"
    ):
        GridScalarCodec.from_pretrained(tmp_path, modality=Z)


def test_a_folder_with_the_codec_of_another_quantity_is_refused(tiny_weights: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_weights / "codecs" / "a_g", tmp_path / "codecs" / "EBV")
    with pytest.raises(ModalityTypeError, match="a codec of HSCAG, not of LegacySurveyEBV"):
        ScalarCodec.from_pretrained(tmp_path, modality=LegacySurveyEBV)
