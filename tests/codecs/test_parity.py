"""With the same weights, our codecs give the tokens and the decoded data of polymathic-aion 0.0.2."""

import pytest
import torch

from aion import modalities
from aion.codecs import CodecManager, ImageCodec, SpectrumCodec
from aion.codecs.config import MODALITY_CODEC_MAPPING
from aion.codecs.quantizers import LookupFreeQuantizer
from aion.modalities import (
    DESISpectrum,
    HSCImage,
    Image,
    LegacySurveyCatalog,
    LegacySurveyImage,
    Modality,
    SDSSSpectrum,
    Spectrum,
)
from tests.codecs.conftest import Published
from tests.codecs.samples import EVERY_MODALITY


@pytest.fixture(scope="module")
def manager(published: Published) -> CodecManager:
    return CodecManager(source=published.folder)


def metadata(published: Published, key: str, modality: type[Modality]) -> dict[str, object]:
    if issubclass(modality, Image):
        return {"bands": published.inputs[f"bands:{key}"].tolist()}
    return {"wavelength": published.inputs[f"decode:{key}"]} if issubclass(modality, Spectrum) else {}


def assert_same_decoded(decoded: Modality, expected: dict[str, torch.Tensor]) -> None:
    for name, values in expected.items():
        torch.testing.assert_close(getattr(decoded, name), values, rtol=1e-5, atol=1e-5, check_dtype=False)


def test_classes_have_the_published_names_token_keys_and_codecs(published: Published) -> None:
    for name, folder, token_key, codec, num_tokens in published.outputs["classes"].tolist():
        ours = getattr(modalities, name)
        assert (ours.name, ours.token_key, MODALITY_CODEC_MAPPING[ours].__name__) == (
            folder,
            token_key,
            codec,
        )
        assert num_tokens in (str(ours.num_tokens), "")  # catalogs and maps had none


@pytest.mark.parametrize("modality", EVERY_MODALITY, ids=lambda m: m.__name__)
def test_tokens_are_those_of_the_published_package(
    published: Published, manager: CodecManager, modality: type[Modality]
) -> None:
    tokens = manager.encode(published.sample(modality.token_key, modality))[modality.token_key]
    expected = published.tokens(modality.token_key)
    assert torch.equal(tokens, expected.reshape(len(tokens), -1))
    assert len(tokens.unique()) > 1


@pytest.mark.parametrize("modality", EVERY_MODALITY, ids=lambda m: m.__name__)
def test_decoded_data_are_those_of_the_published_package(
    published: Published, manager: CodecManager, modality: type[Modality]
) -> None:
    key = modality.token_key
    tokens = published.tokens(key)
    tokens = tokens if tokens.ndim == 2 else tokens[:, None]
    decoded = manager.decode({key: tokens}, modality, **metadata(published, key, modality))
    expected = published.decoded(key)
    # places without an object come back as 9999; the published package says -1
    if modality is LegacySurveyCatalog:
        assert all((values[:, 4:] == -1).all() for values in expected.values())
        assert all((getattr(decoded, name)[:, 4:] == 9999).all() for name in expected)
        for name, values in expected.items():
            torch.testing.assert_close(getattr(decoded, name)[:, :4], values[:, :4], check_dtype=False)
        return
    assert_same_decoded(decoded, expected)


@pytest.mark.parametrize("key", ["ls_grz", "ls_one", "ls_odd", "hsc_gri"])
def test_any_bands_and_any_size_above_the_field_are_encoded_the_same(
    published: Published, manager: CodecManager, key: str
) -> None:
    modality = HSCImage if "hsc" in key else LegacySurveyImage
    image = published.sample(key, modality)
    tokens = manager.encode(image)[modality.token_key]
    assert torch.equal(tokens, published.tokens(key))
    assert_same_decoded(
        manager.decode({modality.token_key: tokens}, modality, bands=image.bands), published.decoded(key)
    )


@pytest.mark.parametrize("modality", [DESISpectrum, SDSSSpectrum], ids=lambda m: m.__name__)
def test_a_spectrum_decodes_on_the_codecs_own_grid(
    published: Published, manager: CodecManager, modality: type[Spectrum]
) -> None:
    key = modality.token_key
    decoded = manager.decode({key: published.tokens(key)}, modality)
    torch.testing.assert_close(
        decoded.flux, torch.tensor(published.outputs[f"{key}/on_grid"]), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize(
    ("name", "codec", "modality"),
    [("image", ImageCodec, LegacySurveyImage), ("spectrum", SpectrumCodec, DESISpectrum)],
    ids=["image", "spectrum"],
)
def test_the_full_published_size_gives_the_same(
    published: Published, name: str, codec: type, modality: type[Modality]
) -> None:
    key = f"full_{name}"
    full = codec.from_pretrained(published.folder / "full", modality=modality)
    tokens = full.encode(published.sample(key, modality))
    expected = published.tokens(key)
    # a value on the edge of two codes may fall on either side
    assert (tokens != expected).float().mean() < 0.002
    decoded = full.decode(expected, modality=modality, **metadata(published, key, modality))
    assert_same_decoded(decoded, published.decoded(key))


def test_lookup_free_quantization_trains_with_the_published_loss(published: Published) -> None:
    quantised, loss, usage = LookupFreeQuantizer(10, 1024).train()(torch.tensor(published.inputs["latent"]))
    torch.testing.assert_close(quantised, torch.tensor(published.outputs["lfq/quantised"]))
    torch.testing.assert_close(loss, torch.tensor(published.outputs["lfq/loss"]), rtol=1e-4, atol=1e-5)
    assert usage == pytest.approx(float(published.outputs["lfq/usage"]))


def test_scalar_codecs_saved_under_the_older_name_load(published: Published, tmp_path) -> None:
    from safetensors.torch import load_file, save_file

    from aion.codecs import LogScalarCodec
    from aion.modalities import LegacySurveyFluxG

    ours = LogScalarCodec.from_pretrained(published.folder, modality=LegacySurveyFluxG)
    ours.save_pretrained(tmp_path)
    file = tmp_path / "codecs" / "FLUX_G" / "model.safetensors"
    save_file({name.removeprefix("_"): tensor for name, tensor in load_file(file).items()}, file)
    again = LogScalarCodec.from_pretrained(tmp_path, modality=LegacySurveyFluxG)
    assert torch.equal(again.quantizer.codebook, ours.quantizer.codebook)
