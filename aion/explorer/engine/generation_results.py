"""Tokens that were drawn -> results, beside the truth where it was withheld. Shapes: S samples."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from aion.constants import HSC_COUNTS_PER_NANOMAGGY
from aion.explorer.engine import reconstruction
from aion.explorer.engine.generation_passes import Ids, Passes
from aion.explorer.results import Floats
from aion.explorer.results.generated import (
    GeneratedImage,
    GeneratedNumber,
    GeneratedSpectrum,
    Withheld,
    compare_withheld,
    covered,
)
from aion.modalities import MODALITIES, PADDING_WAVELENGTH, Image, Spectrum
from aion.streams import STREAMS


def generated_spectrum(passes: Passes, key: str, ids: Ids) -> GeneratedSpectrum:
    """On the pixels of the truth where there is one, else on the codec's in the range of the survey."""
    original = passes.truth(key) or passes.kept(key)
    assert original is None or isinstance(original, Spectrum)
    options = {} if original is None else {"wavelength": original.wavelength}
    decoded = passes.decode(key, ids, **options)
    flux = _joined([one.flux for one in decoded])
    if original is None:
        bare = reconstruction.spectrum_result(None, decoded[0])
        inside = np.isin(_joined([decoded[0].wavelength])[0], bare.wavelength)
        return GeneratedSpectrum(bare.survey, bare.wavelength, flux[:, inside], None, None)
    truth = reconstruction.spectrum_result(original, decoded[0])
    samples = flux[:, (original.wavelength[0] < PADDING_WAVELENGTH).cpu().numpy()]
    assert truth.flux is not None and truth.sigma is not None
    exact = passes.truth(key) is None
    usable = ~truth.bad & (exact | np.isfinite(truth.sigma)) & np.isfinite(samples).all(axis=0)
    sigma = np.where(usable, 0.0 if exact else truth.sigma, np.nan)
    levels = samples[:, usable].mean(axis=1)
    level = float(truth.flux[usable].mean()) if usable.any() else np.nan
    withheld = compare_withheld(samples, truth.flux, sigma, levels, level, "mean flux")
    return GeneratedSpectrum(truth.survey, truth.wavelength, samples, truth, withheld)


def generated_image(passes: Passes, key: str, ids: Ids) -> GeneratedImage:
    """In the bands of the truth where there is one, else in all of the survey."""
    original = passes.truth(key) or passes.kept(key)
    assert original is None or isinstance(original, Image)
    cls = MODALITIES[key]
    decoded = passes.decode(key, ids, **reconstruction.decode_options(cls, original))
    scale = 1 / HSC_COUNTS_PER_NANOMAGGY if key == "tok_image_hsc" else 1.0
    samples = _joined([one.flux for one in decoded]) * scale
    assert issubclass(cls, Image)
    bands, survey = tuple(decoded[0].bands), reconstruction.SURVEYS[key]
    if original is None:
        return GeneratedImage(survey, bands, samples, cls.pixel_scale, None, None)
    first = type(decoded[0])(decoded[0].flux[:1], bands)
    truth = reconstruction.image_result(original, first, passes.target.frames.get(key))
    assert truth.original is not None
    noise = 0.0 if passes.truth(key) is None else reconstruction.image_noise(truth)
    levels = samples.sum(axis=(1, 2, 3))
    withheld = compare_withheld(
        samples.reshape(len(samples), -1),
        truth.original.reshape(-1),
        np.broadcast_to(noise, truth.original.shape).reshape(-1),
        levels,
        float(np.nansum(truth.original)),
        "total flux of all bands",
    )
    return GeneratedImage(survey, bands, samples, cls.pixel_scale, truth, withheld)


def generated_numbers(
    passes: Passes, tokens: Mapping[str, Ids]
) -> tuple[tuple[GeneratedNumber, ...], Withheld | None]:
    """Every number, and how the known ones agree together."""
    numbers = tuple(_number(passes, key, ids) for key, ids in tokens.items())
    places = np.array([one.below for one in numbers if one.below is not None])
    if not len(places):
        return numbers, None
    in68, in95 = covered(places)
    name, rank = next(
        (one.name, int((one.samples < one.truth).sum())) for one in numbers if one.truth is not None
    )
    return numbers, Withheld(in68, in95, None, rank, name)


def _number(passes: Passes, key: str, ids: Ids) -> GeneratedNumber:
    cls, codes = MODALITIES[key], STREAMS[key].codes
    every = np.arange(codes)[:, None]
    upper = passes.decode_values(key, every)
    middle = passes.decode_values(key, every, centered=True)
    edges = np.concatenate([[2 * middle[0] - upper[0]], upper])
    original = passes.truth(key) or passes.kept(key)
    truth = None if original is None else float(original.value[0])  # type: ignore[attr-defined]
    return GeneratedNumber(
        cls.name, cls.unit, np.maximum.accumulate(edges), passes.density(key), middle[ids[:, 0]], truth
    )


def _joined(parts: Sequence[torch.Tensor]) -> Floats:
    """(S, ...) of the passes."""
    return torch.cat([part.cpu() for part in parts]).float().numpy()
