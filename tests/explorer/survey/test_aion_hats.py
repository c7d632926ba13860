"""What the first client that nobody here wrote takes from this package:
https://github.com/astronomy-commons/lsdb-foundation-model turns a HATS catalog into one of tokens."""

import numpy as np
import pytest
import torch

from aion.codecs import CodecManager
from aion.codecs.config import HF_REPO_ID, MODALITY_CODEC_MAPPING
from aion.codecs.preprocessing.band_to_index import BAND_TO_INDEX
from aion.modalities import (
    MODALITIES,
    DESISpectrum,
    HSCImage,
    LegacySurveyFluxG,
    LegacySurveyImage,
    SDSSSpectrum,
)


@pytest.fixture(scope="module")
def manager(tiny_weights) -> CodecManager:
    return CodecManager(device="cpu", source=tiny_weights)


def test_codecs_are_loaded_one_by_one_onto_a_device(manager):
    assert HF_REPO_ID == "polymathic-ai/aion-base" and CodecManager(device="cpu")
    for modality in (LegacySurveyImage, DESISpectrum, LegacySurveyFluxG):
        codec = manager._load_codec(modality).to("cpu")
        assert isinstance(codec, MODALITY_CODEC_MAPPING[modality])


def test_modalities_say_their_name_and_where_their_tokens_go():
    for modality in (LegacySurveyImage, HSCImage, DESISpectrum, SDSSSpectrum, LegacySurveyFluxG):
        assert modality.name and modality.num_tokens >= 1 and MODALITIES[modality.token_key] is modality


def test_batches_of_images_and_spectra_become_tokens(manager):
    bands = ["DES-G", "DES-R", "DES-I", "DES-Z"]
    assert set(bands) < BAND_TO_INDEX.keys()
    image = LegacySurveyImage(flux=torch.ones(2, 4, 96, 96), bands=bands)
    wavelength = np.tile(np.linspace(3600, 9824, 7781, dtype=np.float32), (2, 1))
    ones = np.ones_like(wavelength)
    spectrum = DESISpectrum(flux=ones, ivar=ones, mask=ones == 0, wavelength=wavelength)
    for modality in (image, spectrum):
        tokens = manager.encode(modality)[modality.token_key]
        assert len(tokens) == 2 and tokens.dtype == torch.int64
