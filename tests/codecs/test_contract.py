"""What every codec promises, for every modality."""

import copy

import pytest
import torch

from aion.codecs import CodecManager, ImageCodec, ScalarFieldCodec, SpectrumCodec
from aion.errors import InputError, ModalityTypeError
from aion.modalities import (
    DESISpectrum,
    Image,
    LegacySurveyCatalog,
    LegacySurveyImage,
    LegacySurveySegmentationMap,
    Modality,
    Scalar,
    Spectrum,
    Z,
    concatenate,
)
from tests.codecs.samples import EVERY_MODALITY, EVERY_SCALAR, IMAGE, SCALAR_FIELD, SPECTRUM, sample

every_modality = pytest.mark.parametrize("modality", EVERY_MODALITY, ids=lambda m: m.__name__)


@pytest.fixture(scope="module")
def manager(tiny_weights) -> CodecManager:
    return CodecManager(source=tiny_weights)


def encode(manager: CodecManager, given: Modality) -> torch.Tensor:
    return manager.encode(given)[given.token_key]


def assert_same(one: Modality, other: Modality) -> None:
    for name, values in one._tensors().items():
        torch.testing.assert_close(values, other._tensors()[name], rtol=0, atol=0, equal_nan=True)


@every_modality
def test_tokens_are_whole_numbers_within_the_codebook(
    manager: CodecManager, modality: type[Modality]
) -> None:
    given = sample(modality)
    tokens = encode(manager, given)
    assert tokens.dtype == torch.int64
    assert len(tokens) == len(given)
    assert tokens.shape[1] == (30 if modality is LegacySurveyCatalog else modality.num_tokens)
    present = tokens[tokens != 9999] if modality is LegacySurveyCatalog else tokens
    assert present.min() >= 0 and present.max() < manager.codec(modality).codebook_size


@every_modality
def test_encoding_leaves_the_input_alone_and_repeats_itself(
    manager: CodecManager, modality: type[Modality]
) -> None:
    given = sample(modality)
    before = copy.deepcopy(given)
    first = encode(manager, given)
    assert torch.equal(first, encode(manager, given))
    assert_same(given, before)


@every_modality
def test_a_batch_is_its_objects(manager: CodecManager, modality: type[Modality]) -> None:
    given = sample(modality)
    alone = copy.copy(given)
    alone._set(**{name: values[:1] for name, values in given._tensors().items()})
    tokens = encode(manager, given)
    assert torch.equal(encode(manager, alone), tokens[:1])
    assert torch.equal(encode(manager, concatenate([given, alone])), torch.cat([tokens, tokens[:1]]))


@every_modality
def test_tokens_decode_to_the_class_asked_for(manager: CodecManager, modality: type[Modality]) -> None:
    tokens = manager.encode(sample(modality))
    before = tokens[modality.token_key].clone()
    decoded = manager.decode(tokens, modality)
    assert type(decoded) is modality
    assert len(decoded) == len(before)
    assert torch.equal(tokens[modality.token_key], before)


@every_modality
def test_a_codec_that_was_saved_gives_the_same_tokens(
    manager: CodecManager, modality: type[Modality], tmp_path
) -> None:
    codec = manager.codec(modality)
    codec.save_pretrained(tmp_path, modality)
    again = type(codec).from_pretrained(tmp_path, modality=modality)
    assert again.config == codec.config
    assert not again.training
    given = sample(modality)
    assert torch.equal(again.encode(given), codec.encode(given))


@pytest.mark.parametrize(
    "modality", [LegacySurveyImage, DESISpectrum, Z, LegacySurveySegmentationMap], ids=lambda m: m.__name__
)
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_the_gpu_gives_the_tokens_of_the_cpu(
    tiny_weights, manager: CodecManager, modality: type[Modality]
) -> None:
    on_gpu = CodecManager("cuda", source=tiny_weights)
    given = sample(modality)
    same = encode(on_gpu, given).cpu() == encode(manager, given)
    assert same.float().mean() > 0.99


@every_modality
def test_another_modality_is_refused_by_both_names(manager: CodecManager, modality: type[Modality]) -> None:
    other = Z(0.3) if modality is not Z else sample(LegacySurveyImage)
    with pytest.raises(ModalityTypeError, match=f"encodes .*, not {type(other).__name__}"):
        manager.codec(modality).encode(other)


@pytest.mark.parametrize(
    "modality", [m for m in EVERY_MODALITY if m is not LegacySurveyCatalog], ids=lambda m: m.__name__
)
@pytest.mark.parametrize("wrong", [-1, 100_000])
def test_ids_outside_the_codebook_are_refused(
    manager: CodecManager, modality: type[Modality], wrong: int
) -> None:
    tokens = encode(manager, sample(modality)).clone()
    tokens[0, -1] = wrong
    with pytest.raises(InputError, match=r"tokens range over .* has ids 0\.\."):
        manager.decode({modality.token_key: tokens}, modality)


@pytest.mark.parametrize("modality", EVERY_SCALAR, ids=lambda m: m.__name__)
def test_a_decoded_scalar_has_the_same_token_again(manager: CodecManager, modality: type[Scalar]) -> None:
    tokens = manager.encode(sample(modality))
    for centered in (False, True):
        again = encode(manager, manager.decode(tokens, modality, centered=centered))
        assert (again - tokens[modality.token_key]).abs().max() <= 1  # float32 may put an edge on either side
        assert (again == tokens[modality.token_key]).float().mean() > (0.99 if centered else 0.4)


@pytest.mark.parametrize(
    "modality", [m for m in EVERY_MODALITY if issubclass(m, Image | Spectrum)], ids=lambda m: m.__name__
)
def test_a_valid_sample_gives_nothing_to_remark_on(manager: CodecManager, modality: type[Modality]) -> None:
    given = sample(modality)
    if isinstance(given, Image):
        given = modality(given.flux.clamp(-1, 1), given.bands)
    assert manager.inspect(given) == {modality.token_key: ()}


def test_the_image_autoencoder_can_be_trained_through() -> None:
    codec = ImageCodec(**IMAGE).train()
    x, present = codec.preprocess(sample(LegacySurveyImage))
    quantised, loss, usage = codec.quantizer(codec.encode_latent(x, present))
    (codec.decode_latent(quantised)[:, 5:] - x[:, 5:]).square().mean().backward()
    assert x.shape == (2, 9, 96, 96) and present.tolist() == [[False] * 5 + [True] * 4] * 2
    assert loss == 0 and 0 < usage <= 1
    assert all(p.grad is not None and p.grad.isfinite().all() for p in codec.parameters())
    assert codec.subsample_in.weight.grad.abs().sum() > 0


def test_the_spectrum_autoencoder_can_be_trained_through() -> None:
    codec = SpectrumCodec(**SPECTRUM).train()
    given = sample(DESISpectrum)
    x, normalization = codec.preprocess(given)
    quantised, loss, usage = codec.quantizer(codec.encode_latent(x))
    flux, mask_logits = codec.decode_latent(quantised).unbind(1)
    assert x.shape == (2, 2, 8704) and flux.shape == mask_logits.shape == (2, 8704)
    assert normalization.shape == (2,)
    wanted = (given.flux / codec.scale(normalization) - 1)[:, None]
    target = codec.latent_grid.to_latent(wanted, given.wavelength)[:, 0]
    assert torch.allclose(
        x[:, 0, 200:7000], torch.arcsinh(target * codec.input_scaling)[:, 200:7000], atol=1e-5
    )
    ((flux - target).square().mean() + mask_logits.sigmoid().mean() + loss).backward()
    assert loss.isfinite() and 0 < usage <= 1
    assert codec.encoder.downsample_layers[0][0].weight.grad.abs().sum() > 0


def test_the_map_autoencoder_can_be_trained_through() -> None:
    codec = ScalarFieldCodec(**SCALAR_FIELD).train()
    field = sample(LegacySurveySegmentationMap).field
    quantised, _, _ = codec.quantizer(codec.encode_latent(field[:, None]))
    (codec.decode_latent(quantised) - field).square().mean().backward()
    assert codec.encode_proj.weight.grad.abs().sum() > 0
