"""Spectra: what is read, what is refused, and what is said about it.
Each test is about an input that the published package got wrong."""

import numpy as np
import pytest
import torch

from aion.codecs import SpectrumCodec
from aion.errors import ConfigError, InputError, ModalityError
from aion.modalities import DESISpectrum, SDSSSpectrum, Spectrum
from tests.codecs.samples import SPECTRUM, arrays, sample


@pytest.fixture(scope="module")
def codec() -> SpectrumCodec:
    torch.manual_seed(0)
    made = SpectrumCodec(**SPECTRUM).eval()
    made.quant_conv.weight.data *= 30
    return made


def changed(**changes: object) -> Spectrum:
    return DESISpectrum(**arrays(DESISpectrum) | changes)


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.float64, ">i4"])
def test_an_integer_mask_gives_the_tokens_of_a_boolean_one(codec: SpectrumCodec, dtype: str) -> None:
    mask = arrays(DESISpectrum)["mask"]
    assert torch.equal(codec.encode(changed(mask=mask.astype(dtype))), codec.encode(changed()))


def test_descending_wavelengths_give_the_same_tokens(codec: SpectrumCodec) -> None:
    fields = arrays(DESISpectrum)
    backwards = DESISpectrum(**{name: values[:, ::-1] for name, values in fields.items()})
    assert torch.equal(codec.encode(backwards), codec.encode(changed()))


@pytest.mark.parametrize("filler", [0.0, np.nan, 99999.0])
def test_however_a_row_is_filled_up_the_tokens_are_the_same(codec: SpectrumCodec, filler: float) -> None:
    fields = {name: np.pad(values, ((0, 0), (0, 27))) for name, values in arrays(DESISpectrum).items()}
    fields["wavelength"][:, 7781:] = filler
    fields["mask"][:, 7781:] = True
    assert torch.equal(codec.encode(DESISpectrum(**fields)), codec.encode(changed()))


@pytest.mark.parametrize(("modality", "length"), [(DESISpectrum, 7808), (SDSSSpectrum, 4800)])
def test_spectra_are_filled_up_as_they_were_in_training(
    codec: SpectrumCodec, modality: type[Spectrum], length: int
) -> None:
    given = sample(modality)
    assert torch.equal(codec.preprocess(given)[0], codec.preprocess(given.padded(length))[0])
    plain = Spectrum(given.flux, given.ivar, given.mask, given.wavelength)
    beyond = codec.latent_grid.wavelength > given.wavelength.max()
    assert (codec.preprocess(plain)[0][..., beyond] == 0).all()
    assert (codec.preprocess(given)[0][:, 0, beyond] != 0).all()
    assert codec.encode(
        Spectrum(*(getattr(given.padded(9000), name) for name in ("flux", "ivar", "mask", "wavelength")))
    ).shape == (2, 273)


def test_wavelengths_beyond_the_grid_are_refused(codec: SpectrumCodec) -> None:
    with pytest.raises(ModalityError, match="0 good pixels between 3500 and 10462 Å; at least 32"):
        codec.encode(changed(wavelength=arrays(DESISpectrum)["wavelength"] + 8000))
    with pytest.raises(ModalityError, match="mask True means bad"):
        codec.encode(changed(mask=np.ones((2, 7781), bool)))


def test_pixels_that_are_not_finite_count_as_masked(codec: SpectrumCodec) -> None:
    fields = arrays(DESISpectrum)
    hole = np.zeros((2, 7781), bool)
    hole[:, 2000:2050] = True
    masked = changed(
        flux=np.where(hole, 0, fields["flux"]),
        ivar=np.where(hole, 0, fields["ivar"]),
        mask=fields["mask"] | hole,
    )
    for unknown in (np.nan, np.inf, -np.inf):
        broken = changed(
            flux=np.where(hole, unknown, fields["flux"]), ivar=np.where(hole, np.nan, fields["ivar"])
        )
        assert torch.equal(codec.encode(broken), codec.encode(masked))
        assert codec.inspect(broken) == ("100 pixels are not finite and count as masked",)


def test_flux_in_plain_cgs_units_gives_the_same_tokens(codec: SpectrumCodec) -> None:
    fields = arrays(DESISpectrum)
    with pytest.warns(UserWarning, match="looks like erg/s/cm2/Å"):
        raw = changed(flux=fields["flux"] * 1e-17, ivar=fields["ivar"] * 1e34)
    assert (codec.encode(raw) == codec.encode(changed())).float().mean() > 0.99


def test_a_spectrum_too_faint_to_keep_its_level_is_said(codec: SpectrumCodec) -> None:
    flux = arrays(DESISpectrum)["flux"]
    (note,) = codec.inspect(changed(flux=flux / 1000))
    assert "below the codec's floor of 0.1: its level is not kept" in note
    assert "above the codec's largest" in codec.inspect(changed(flux=flux * 1e6))[0]


def test_pixels_outside_the_grid_are_said(codec: SpectrumCodec) -> None:
    (note,) = codec.inspect(changed(wavelength=np.tile(np.linspace(3000, 9824, 7781), (2, 1))))
    assert note.endswith("% of the pixels lie outside 3500-10462 Å and are not read")


@pytest.mark.parametrize("channels", [1, 2])
def test_decoded_flux_is_unknown_and_masked_outside_the_grid(channels: int) -> None:
    codec = SpectrumCodec(**SPECTRUM | {"decoder_dims": [8, 6, 4, channels]}).eval()
    tokens = codec.encode(sample(DESISpectrum))
    decoded = codec.decode(tokens, wavelength=[3000.0, 3499.0, 5000.0, 9000.0, 10463.0])
    assert decoded.flux.isnan().tolist() == [[True, True, False, False, True]] * 2
    assert decoded.mask[:, [0, 1, 4]].all()


def test_a_decoder_without_a_mask_channel_masks_nothing_inside_the_grid() -> None:
    codec = SpectrumCodec(**SPECTRUM | {"decoder_dims": [8, 6, 4, 1]}).eval()
    tokens = codec.encode(sample(DESISpectrum))
    for wavelength in (None, np.linspace(3600, 9800, 50)):
        decoded = codec.decode(tokens, wavelength=wavelength)
        assert decoded.flux.isfinite().all() and not decoded.mask.any()


def test_the_decoded_inverse_variance_is_unknown(codec: SpectrumCodec) -> None:
    decoded = codec.decode(codec.encode(sample(DESISpectrum)), modality=DESISpectrum)
    assert decoded.ivar.isnan().all()
    again = DESISpectrum(decoded.flux, decoded.ivar, torch.zeros_like(decoded.mask), decoded.wavelength)
    assert codec.encode(again).shape == (2, 273)


def test_one_wavelength_array_serves_all_tokens_and_any_number_type(codec: SpectrumCodec) -> None:
    tokens = codec.encode(sample(DESISpectrum))
    grid = np.linspace(4000, 9000, 100)
    decoded = codec.decode(tokens, wavelength=grid.astype(">f8"))
    torch.testing.assert_close(
        decoded.flux, codec.decode(tokens, wavelength=torch.tensor(grid)[None].float()).flux
    )
    assert decoded.flux.shape == (2, 100)


def test_encoding_again_keeps_the_normalisation_token(codec: SpectrumCodec) -> None:
    _, normalization = codec.preprocess(sample(DESISpectrum))
    quantizer = codec.normalization_quantizer
    assert torch.equal(quantizer.quantize(normalization), normalization)


def test_tokens_of_another_length_are_refused(codec: SpectrumCodec) -> None:
    with pytest.raises(InputError, match="272 tokens are not a spectrum; 273 are expected"):
        codec.decode(torch.zeros(1, 272))


@pytest.mark.parametrize(
    "wrong",
    [{"embedding_dim": 4}, {"latent_channels": 8}, {"num_pixels": 8700}, {"decoder_dims": [8, 6, 4, 3]}],
)
def test_sizes_that_do_not_fit_together_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        SpectrumCodec(**SPECTRUM | wrong)
