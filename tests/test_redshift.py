"""The redshift density: hand-made cases whose answers are known without a model."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from aion.constants import SPEED_OF_LIGHT
from aion.redshift import BROAD, EDGE, LOW_COVERAGE, MULTIMODAL, RedshiftPDF, redshift_pdfs

LOG_GRID = np.expm1(np.linspace(0.0, np.log1p(5.5), 1024))


def pdf_of(probability, buckets=LOG_GRID) -> RedshiftPDF:
    """The density whose token probabilities are these."""
    logits = torch.from_numpy(np.log(np.maximum(probability, 1e-300)))[None, None]
    return redshift_pdfs(logits, buckets)[0]


def hump(z: float, sigma: float, buckets=LOG_GRID) -> np.ndarray:
    """Token probabilities of a Gaussian at z."""
    middle = np.concatenate([[buckets[0]], (buckets[1:] + buckets[:-1]) / 2])
    share = np.exp(-0.5 * ((middle - z) / sigma) ** 2) * np.concatenate([[0], np.diff(buckets)])
    return share / share.sum()


def random_pdf(seed: int) -> RedshiftPDF:
    generator = np.random.default_rng(seed)
    return redshift_pdfs(generator.normal(0, 3, (1, 1, 1025)), LOG_GRID)[0]


def test_a_certain_answer_is_the_middle_of_its_bin():
    share = np.zeros(1024)
    share[300] = 1
    pdf = pdf_of(share)
    low, high = LOG_GRID[299], LOG_GRID[300]
    middle = (low + high) / 2
    assert pdf.mode == pytest.approx(middle) == pytest.approx(pdf.mean)
    assert pdf.median == pytest.approx(middle)
    assert len(pdf.peaks) == 1 and pdf.peaks[0].probability == pytest.approx(1)
    assert pdf.flags == ()
    ((start, end),) = pdf.ci68
    assert low <= start < end <= high and end - start == pytest.approx(0.68 * (high - low))


def test_the_density_integrates_to_one_and_the_masses_sum_to_one():
    for pdf in redshift_pdfs(np.random.default_rng(0).normal(0, 2, (7, 1, 1025)), LOG_GRID):
        assert pdf.probability.sum() == pytest.approx(1)
        assert (pdf.density * np.diff(pdf.edges)).sum() == pytest.approx(1)
        assert len(pdf.edges) == len(pdf.z) + 1 == 1024


@pytest.mark.parametrize("level", [0.1, 0.5, 0.68, 0.95])
@pytest.mark.parametrize("seed", range(5))
def test_a_credible_region_holds_exactly_its_level(seed, level):
    pdf = random_pdf(seed)
    region = pdf.region(level)
    assert sum(pdf.coverage(low, high) for low, high in region) == pytest.approx(level, abs=1e-12)
    assert all(before[1] < after[0] for before, after in pairwise(region))


def test_a_credible_region_has_the_densest_bins():
    pdf = random_pdf(3)
    inside = np.array([any(low <= z <= high for low, high in pdf.ci68) for z in pdf.z])
    # the bin that is cut may be on either side
    assert pdf.density[inside].min() >= np.sort(pdf.density[~inside])[-2]


@pytest.mark.parametrize("level", [0.1, 0.5, 0.68, 0.95])
@pytest.mark.parametrize("seed", range(5))
def test_a_region_of_peaks_holds_exactly_its_level_too(seed, level):
    pdf = replace(random_pdf(seed), regions_of_peaks=True)
    region = pdf.region(level)
    assert sum(pdf.coverage(low, high) for low, high in region) == pytest.approx(level, abs=1e-12)
    assert all(before[1] < after[0] for before, after in pairwise(region))


def test_ripples_and_a_small_peak_do_not_part_a_region_of_peaks():
    ripples = 1 + 0.3 * np.sin(np.arange(len(hump(0.5, 0.1))))
    jagged = pdf_of(0.95 * hump(0.5, 0.1) * ripples + 0.05 * hump(2.0, 0.002))
    assert len(jagged.ci68) > 5
    ((low, high),) = replace(jagged, regions_of_peaks=True).ci68
    assert low < 0.4 and 0.6 < high < 0.75 and jagged.coverage(low, high) == pytest.approx(0.68)
    assert len(replace(jagged, regions_of_peaks=True).ci95) == 2, "it leaves out 5 %: the small peak matters"


def test_a_region_of_peaks_has_a_piece_for_each_that_matters():
    two = replace(pdf_of(0.7 * hump(0.5, 0.01) + 0.3 * hump(2.0, 0.02)), regions_of_peaks=True)
    assert len(two.ci68) == 2 == len(two.ci95)
    twelve = sum(hump(0.25 * (1 + step), 0.01) for step in range(12)) / 12
    many = replace(pdf_of(twelve), regions_of_peaks=True)
    assert len(many.ci68) >= 8, "no peak has much, so that all of them matter"


def test_two_peaks_are_found_with_their_masses_and_flagged():
    pdf = pdf_of(0.7 * hump(0.5, 0.01) + 0.3 * hump(2.0, 0.02))
    first, second = pdf.peaks
    assert (first.probability, second.probability) == (
        pytest.approx(0.7, abs=1e-3),
        pytest.approx(0.3, abs=1e-3),
    )
    assert first.z == pytest.approx(0.5, abs=0.003) and second.z == pytest.approx(2.0, abs=0.006)
    assert first.low < 0.5 < first.high and second.high - second.low == pytest.approx(0.04, rel=0.1)
    assert MULTIMODAL in pdf.flags and len(pdf.ci95) == 2


def test_a_second_peak_below_one_in_ten_does_not_make_it_multimodal():
    assert MULTIMODAL not in pdf_of(0.95 * hump(0.5, 0.01) + 0.05 * hump(2.0, 0.02)).flags


def test_peaks_closer_than_1000_km_s_are_one():
    fine = np.linspace(0, 0.2, 1024)
    apart = 1.1 * 800 / SPEED_OF_LIGHT
    close = pdf_of(0.6 * hump(0.1, 0.0002, fine) + 0.4 * hump(0.1 + apart, 0.0002, fine), fine)
    far = pdf_of(0.6 * hump(0.1, 0.0002, fine) + 0.4 * hump(0.1 + 2 * apart, 0.0002, fine), fine)
    assert len(close.peaks) == 1 and close.peaks[0].probability == pytest.approx(1)
    assert close.peaks[0].z == pytest.approx(0.1, abs=2e-4)
    assert len(far.peaks) == 2


def test_ripples_on_a_hump_are_not_peaks():
    ripples = 1 + 0.2 * np.sin(np.arange(1024))
    share = hump(0.8, 0.15) * ripples
    assert len(pdf_of(share / share.sum()).peaks) == 1


def slow_peaks(pdf: RedshiftPDF) -> list[tuple[float, float]]:
    """z and probability of each peak: local maxima, of which the two with the highest valley between them
    that count as one are united, until there are no such two."""
    z, density = pdf.z, pdf.density
    inner = range(len(z))
    tops = [i for i in inner if density[i] > max([*density[max(i - 1, 0) : i], *density[i + 1 : i + 2], 0])]
    cuts = [left + int(np.argmin(density[left : right + 1])) for left, right in pairwise(tops)]
    while True:
        pairs = enumerate(pairwise(tops))
        one = [
            (density[cuts[i]], -i)
            for i, (a, b) in pairs
            if SPEED_OF_LIGHT * (z[b] - z[a]) / (1 + (z[a] + z[b]) / 2) < 1000
            or density[cuts[i]] > 0.5 * min(density[a], density[b])
        ]
        if not one:
            break
        i = -max(one)[1]
        tops.pop(i if density[tops[i]] < density[tops[i + 1]] else i + 1)
        cuts.pop(i)
    bounds = [0, *cuts, len(z)]
    masses = [pdf.probability[start:stop].sum() for start, stop in pairwise(bounds)]
    ordered = sorted(zip(masses, z[tops], strict=True), reverse=True)
    return [(where, mass) for mass, where in ordered if mass >= 0.01][:5]


@pytest.mark.parametrize("seed", range(5))
def test_the_peaks_of_a_noisy_answer_are_those_of_a_slow_search(seed):
    pdf = random_pdf(seed)
    found = [(peak.z, peak.probability) for peak in pdf.peaks]
    np.testing.assert_allclose(found, slow_peaks(pdf))
    assert len(found) > 1
    for peak in pdf.peaks:
        assert pdf.coverage(peak.low, peak.high) == pytest.approx(0.68 * peak.probability)


def test_a_flat_answer_is_broad_and_has_one_peak_and_a_central_region():
    flat = np.linspace(0, 1, 1025)
    pdf = redshift_pdfs(np.zeros((1, 1, 1025)), flat)[0]
    folded = redshift_pdfs(np.zeros((1, 1, 1024)), flat[1:])[0]
    assert BROAD in folded.flags and len(folded.peaks) == 1
    assert folded.median == pytest.approx(0.5) and folded.mean == pytest.approx(0.5)
    assert folded.ci68[0] == (pytest.approx(0.16, abs=1e-3), pytest.approx(0.84, abs=1e-3))
    assert BROAD in pdf.flags


def test_an_answer_at_the_upper_end_is_flagged_and_one_at_zero_is_not():
    assert EDGE in pdf_of(hump(LOG_GRID[-1], 0.005)).flags
    star = pdf_of(hump(0.0, 0.001))
    assert EDGE not in star.flags and star.mode == pytest.approx(LOG_GRID[1] / 2)


def test_the_first_token_is_folded_into_the_bin_above_a_grid_that_starts_at_zero():
    share = np.zeros(1024)
    share[0], share[1], share[500] = 0.25, 0.25, 0.5
    pdf = pdf_of(share)
    assert len(pdf.z) == 1023 and pdf.probability[0] == pytest.approx(0.5) and pdf.edges[0] == 0


def test_the_first_token_is_a_bin_from_zero_where_the_grid_starts_above_zero():
    share = np.zeros(1024)
    share[0] = 1
    pdf = pdf_of(share, LOG_GRID + 0.01)
    assert len(pdf.z) == 1024 and pdf.mode == pytest.approx(0.005)


def test_the_spare_logit_is_dropped_reported_and_the_rest_renormalised():
    logits = np.zeros((1, 1, 1025))
    logits[..., -1] = 20
    pdf = redshift_pdfs(logits, LOG_GRID)[0]
    assert pdf.spare == pytest.approx(1, abs=1e-4) and pdf.probability.sum() == pytest.approx(1)
    np.testing.assert_allclose(pdf.probability[1:], 1 / 1024)


def test_half_precision_logits_and_two_dimensions_are_welcome():
    logits = torch.randn(3, 1, 1025, generator=torch.Generator().manual_seed(0))
    whole = redshift_pdfs(logits, torch.from_numpy(LOG_GRID))
    flat = redshift_pdfs(logits[:, 0].numpy(), LOG_GRID)
    half = redshift_pdfs(logits.bfloat16(), LOG_GRID)
    for one, two, three in zip(whole, flat, half, strict=True):
        np.testing.assert_array_equal(one.probability, two.probability)
        np.testing.assert_allclose(one.probability, three.probability, rtol=0.05)


def test_the_median_halves_the_area():
    for seed in range(5):
        pdf = random_pdf(seed)
        assert pdf.coverage(pdf.edges[0], pdf.median) == pytest.approx(0.5)


def test_a_given_flag_is_kept_once():
    pdf = pdf_of(hump(0.5, 0.01)).with_flag(LOW_COVERAGE).with_flag(LOW_COVERAGE)
    assert pdf.flags == (LOW_COVERAGE,)
    assert LOW_COVERAGE in pdf.summary() and "z = 0.4997" in pdf.summary()


@pytest.mark.parametrize(
    ("logits", "buckets", "words"),
    [
        (np.zeros((2, 1, 100)), LOG_GRID, "expected"),
        (np.zeros((2, 3, 1024)), LOG_GRID, "expected"),
        (np.full((1, 1, 1024), np.nan), LOG_GRID, "NaN"),
        (np.zeros((1, 1, 1024)), LOG_GRID[::-1], "increasing"),
    ],
)
def test_impossible_inputs_are_refused_with_a_reason(logits, buckets, words):
    with pytest.raises(ValueError, match=words):
        redshift_pdfs(logits, buckets)
