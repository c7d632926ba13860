"""Calibration of redshift densities by factors on logits."""

from dataclasses import replace

import pytest
import torch

pytest.importorskip("speclite", reason="the simulator needs speclite, of requirements-training.txt")

from aion.correlation import RedshiftCorrelationConfig
from aion.model import AION, AIONConfig
from aion.training.calibration import Calibration, apply, best_factor, coverage_error, surprise
from aion.training.masked_modeling import REDSHIFT, SPECTRA


@pytest.mark.parametrize("error", [coverage_error, surprise])
@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_the_factor_that_the_truths_were_drawn_with_is_found(factor, error):
    generator = torch.Generator().manual_seed(1)
    logits = 2 * torch.randn(5_000, 12, generator=generator)
    bins = torch.multinomial((factor * logits).softmax(1), 1, generator=generator)[:, 0]
    assert best_factor(torch.zeros(()), logits, bins, error) == pytest.approx(factor, rel=0.1)


def test_what_is_fixed_takes_part_without_a_factor():
    generator = torch.Generator().manual_seed(2)
    fixed, logits = torch.randn(5_000, 12, generator=generator), torch.randn(5_000, 12, generator=generator)
    bins = torch.multinomial((fixed + 2 * logits).softmax(1), 1, generator=generator)[:, 0]
    assert best_factor(fixed, logits, bins, surprise) == pytest.approx(2, rel=0.1)


def test_folded_factors_scale_both_parts_of_the_logits():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        correlation = RedshiftCorrelationConfig(bins=1024, width=8, channels=2, depth=1, samples_per_token=1)
        config = AIONConfig(
            dim=16,
            encoder_depth=1,
            decoder_depth=1,
            num_heads=2,
            domains_in=SPECTRA,
            domains_out=(*SPECTRA, REDSHIFT),
        )
        model = AION(replace(config, redshift_correlation=correlation)).eval()
    tokens = {SPECTRA[0]: torch.arange(273)[None]}
    with torch.no_grad():
        context = model.context(tokens)
        own = context.redshift
        whole = model.predict(context, REDSHIFT)[REDSHIFT][:, 0, :1024]
        apply(model, Calibration(decoder=0.5, correlation=2.0))
        after = model.predict(model.context(tokens), REDSHIFT)[REDSHIFT][:, 0, :1024]
    torch.testing.assert_close(after, 0.5 * (whole - own) + 2 * own, rtol=1e-4, atol=1e-5)
