"""The redshift correlation: a translation in ln(wavelength), exactly."""

import pytest
import torch

from aion.context import Context
from aion.correlation import RedshiftCorrelation, RedshiftCorrelationConfig
from aion.errors import ConfigError

SMALL = RedshiftCorrelationConfig(
    bins=16,
    log_step=0.01,
    channels=3,
    width=8,
    depth=2,
    samples_per_token=2,
    tokens=10,
    wavelength_min=3500.0,
    token_width=200.0,
)
DIM = 12


@pytest.fixture
def correlation() -> RedshiftCorrelation:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return RedshiftCorrelation(SMALL, DIM).eval()


def random(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def context(
    streams: tuple[str, ...], stream: torch.Tensor, position: torch.Tensor, keep: torch.Tensor
) -> Context:
    return Context(random(*keep.shape, DIM) * keep.unsqueeze(-1), keep, stream, position, streams)


def test_the_fourier_transform_gives_the_direct_sum(correlation):
    observed = random(2, SMALL.channels, SMALL.log_samples)
    table = correlation.table
    shifts = [
        table[:, SMALL.bins - 1 - k : SMALL.bins - 1 - k + SMALL.log_samples] for k in range(SMALL.bins)
    ]
    direct = torch.stack([(observed * shifted).sum((1, 2)) for shifted in shifts], dim=1)
    torch.testing.assert_close(correlation._cross_correlate(observed), direct, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("moved", [1, 5])
def test_features_moved_by_n_bins_move_the_logits_by_n(correlation, moved):
    observed = random(1, SMALL.channels, SMALL.log_samples)
    observed[..., -moved:] = 0
    before = correlation._cross_correlate(observed)
    after = correlation._cross_correlate(observed.roll(moved, -1))
    torch.testing.assert_close(after[:, moved:], before[:, :-moved], rtol=1e-4, atol=1e-5)


def test_the_log_grid_reads_the_wavelength_it_stands_for(correlation):
    width = SMALL.token_width / SMALL.samples_per_token
    centers = SMALL.wavelength_min + (torch.arange(SMALL.samples) + 0.5) * width
    read = torch.lerp(centers[correlation.left], centers[correlation.left + 1], correlation.weight)
    expected = SMALL.wavelength_min * torch.exp(torch.arange(SMALL.log_samples) * SMALL.log_step)
    inside = (expected >= centers[0]) & (expected <= centers[-1])
    assert inside.sum() > 40
    torch.testing.assert_close(read[inside], expected[inside], rtol=1e-5, atol=0)


def test_absent_tokens_do_not_count(correlation):
    states, present = random(2, SMALL.tokens, DIM), torch.ones(2, SMALL.tokens, dtype=torch.bool)
    present[:, 3:6] = False
    changed = states.clone()
    changed[:, 3:6] = 100 * random(2, 3, DIM, seed=2)
    torch.testing.assert_close(
        correlation.correlate(changed, present), correlation.correlate(states, present), rtol=0, atol=0
    )


def test_an_object_without_a_spectrum_gets_zeros_beside_one_that_has_one(correlation):
    keep = torch.ones(2, SMALL.tokens, dtype=torch.bool)
    keep[1] = False
    position = torch.arange(1, SMALL.tokens + 1).expand(2, -1)
    logits = correlation(
        context(("tok_spectrum_sdss",), torch.zeros(2, SMALL.tokens, dtype=torch.long), position, keep)
    )
    assert logits.shape == (2, SMALL.bins) and logits[0].any() and not logits[1].any()


def test_a_context_without_any_spectrum_stream_gets_zeros(correlation):
    one = torch.zeros(3, 1, dtype=torch.long)
    assert not correlation(context(("tok_flux_g",), one, one, torch.ones(3, 1, dtype=torch.bool))).any()


def test_the_normalisation_token_in_front_is_not_read(correlation):
    one = torch.zeros(1, 1, dtype=torch.long)
    assert not correlation(
        context(("tok_spectrum_desi",), one, one, torch.ones(1, 1, dtype=torch.bool))
    ).any()


def test_the_order_of_the_tokens_in_the_context_does_not_matter(correlation):
    keep = torch.ones(1, SMALL.tokens, dtype=torch.bool)
    straight = context(
        ("tok_spectrum_sdss",),
        torch.zeros_like(keep, dtype=torch.long),
        torch.arange(1, SMALL.tokens + 1)[None],
        keep,
    )
    order = torch.randperm(SMALL.tokens, generator=torch.Generator().manual_seed(3))
    shuffled = Context(
        straight.states[:, order], keep, straight.stream, straight.position[:, order], straight.streams
    )
    torch.testing.assert_close(correlation(shuffled), correlation(straight), rtol=0, atol=0)


def test_every_state_is_told_of_a_sharp_redshift_and_a_flat_one_tells_nothing(correlation, monkeypatch):
    """Of two objects only the first has a spectrum; the third state of the first is no token."""
    keep = torch.tensor([[True, True, False], [True, True, True]])
    before = context(
        ("tok_spectrum_sdss", "tok_flux_g"),
        torch.zeros(2, 3, dtype=torch.long),
        torch.ones(2, 3, dtype=torch.long),
        keep,
    )
    logits = torch.zeros(2, SMALL.bins)
    logits[0, 5] = 50.0
    monkeypatch.setattr(RedshiftCorrelation, "forward", lambda self, context: logits)
    after = correlation.with_redshift(before)
    sharp = correlation.belief.weight[:, 5] - correlation.belief.weight.mean(1)
    torch.testing.assert_close(after.states[0, :2], before.states[0, :2] + sharp)
    torch.testing.assert_close(after.states[0, 2], before.states[0, 2])
    torch.testing.assert_close(after.states[1], before.states[1])
    assert torch.equal(after.redshift, logits)


def test_the_sharpness_is_of_what_is_handed_on_not_of_what_is_told(correlation):
    keep = torch.ones(1, SMALL.tokens, dtype=torch.bool)
    read = context(
        ("tok_spectrum_sdss",),
        torch.zeros_like(keep, dtype=torch.long),
        torch.arange(1, SMALL.tokens + 1)[None],
        keep,
    )
    before = correlation.with_redshift(read)
    correlation.sharpness.fill_(0.5)
    after = correlation.with_redshift(read)
    torch.testing.assert_close(after.redshift, 0.5 * before.redshift)
    torch.testing.assert_close(after.states, before.states)


def test_what_is_told_does_not_teach_the_correlation(correlation):
    keep = torch.ones(1, SMALL.tokens, dtype=torch.bool)
    read = context(
        ("tok_spectrum_sdss",),
        torch.zeros_like(keep, dtype=torch.long),
        torch.arange(1, SMALL.tokens + 1)[None],
        keep,
    )
    correlation.with_redshift(read).states.square().sum().backward()
    assert correlation.belief.weight.grad is not None and correlation.table.grad is None


@pytest.mark.parametrize(
    "name",
    ["bins", "log_step", "channels", "width", "samples_per_token", "tokens", "wavelength_min", "token_width"],
)
def test_a_size_that_is_not_above_zero_is_refused_with_its_name(name):
    with pytest.raises(ConfigError, match=rf"redshift_correlation\.{name} is 0; it must be above 0"):
        RedshiftCorrelationConfig(**{name: 0})


def test_streams_read_from_json_become_a_tuple():
    assert RedshiftCorrelationConfig(streams=["tok_spectrum_sdss"]).streams == ("tok_spectrum_sdss",)
