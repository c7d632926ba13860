"""Whether the parts of a spectrum agree: which tokens are read alone, and the rule on planted p(z)."""

from dataclasses import replace

import numpy as np
import pytest

from aion.explorer import figures
from aion.explorer.engine.spectrum_arms import compare_arms
from aion.explorer.results.arms import STEP, Agreement, SpectrumArm, SpectrumArms, best_redshift
from aion.io import Entry, Report, SkyObject
from aion.redshift import RedshiftPDF
from tests.explorer.conftest import sky_object
from tests.explorer.figures import samples

SHARP, BROAD = 0.001, 0.5
ALL = ("B", "R", "Z")
"""The DESI arms."""


def peaked_pdf(z: float, width: float = SHARP, share: float = 1.0) -> RedshiftPDF:
    """A p(z) with one peak, half a bin below z, and what is left of it anywhere."""
    grid = samples.pdf((z, width, 1.0))
    flat = samples.pdf((1.0, 1e6, 1.0)).probability
    return replace(grid, probability=share * grid.probability + (1 - share) * flat)


def desi(*alone: RedshiftPDF) -> SpectrumArms:
    """Three arms; the others of each are the product of their p(z)."""
    ends = ((3600.0, 5780.0), (5780.0, 7570.0), (7570.0, 9824.0))
    arms = []
    for i, (name, (low, high)) in enumerate(zip(ALL, ends, strict=True)):
        one, other = (pdf for j, pdf in enumerate(alone) if j != i)
        mixed = one.times(other.probability + 1e-4)
        arms.append(SpectrumArm(f"the {name} arm", low, high, alone[i], mixed))
    return SpectrumArms("tok_spectrum_desi", tuple(arms), alone[0])


def test_parts_with_one_redshift_agree():
    arms = desi(peaked_pdf(0.3), peaked_pdf(0.3), peaked_pdf(0.3))
    assert {arm.agreement for arm in arms.arms} == {Agreement.AGREES} and arms.apart is None
    assert arms.summary() == "The parts agree: the B arm, the R arm and the Z arm alone say z = 0.2990."


def test_a_part_with_a_broad_density_says_nothing_and_does_not_disagree():
    arms = desi(peaked_pdf(0.3), peaked_pdf(1.2, BROAD), peaked_pdf(0.3))
    assert arms.arms[1].agreement is Agreement.SILENT and arms.apart is None
    assert arms.summary().startswith("The parts agree: the B arm and the Z arm alone say z = 0.2990.")
    assert arms.summary().endswith("The R arm alone says nothing, which is no disagreement.")


def test_where_one_part_alone_says_anything_there_is_nothing_to_compare():
    arms = desi(peaked_pdf(0.3), peaked_pdf(1.2, BROAD), peaked_pdf(1.2, BROAD))
    assert arms.arms[0].agreement is Agreement.NOTHING_BESIDE
    assert arms.summary().startswith("Nothing to compare")


@pytest.mark.parametrize("shift", [-100.0, -60.0, 40.0, 100.0])
def test_a_shifted_arm_stands_apart_by_its_shift(shift):
    z = 0.3
    moved = (1 + z) * (1 + shift / 6675) - 1
    arms = desi(peaked_pdf(z), peaked_pdf(moved), peaked_pdf(z))
    assert arms.apart is arms.arms[1] and arms.apart.agreement is Agreement.SHIFTED
    assert arms.apart.dz == pytest.approx(moved - z, abs=0.7 * STEP * (1 + z))
    assert arms.apart.shift == pytest.approx(shift, abs=8)
    assert [arms.can_judge(arm) for arm in arms.arms] == [False, True, False]
    color = "red" if shift > 0 else "blue"
    assert arms.summary().startswith("The R arm stands apart: alone it says z = ")
    assert f"Å too {color} at its center (6675 Å). That may be a wrong wavelength" in arms.summary()


def test_of_two_parts_nobody_can_tell_which_is_shifted():
    arms = samples.arms(peaked_pdf(0.3), peaked_pdf(0.31))
    text = arms.summary()
    assert arms.apart is arms.arms[1]
    assert "Δz = +0.0" in text and "the red arm were" in text and "too red" in text
    assert "or the blue arm" in text and "too blue" in text and "two parts cannot tell which" in text


def test_a_redshift_far_from_that_of_the_others_stands_apart_where_both_are_sure():
    arms = samples.arms(peaked_pdf(0.3), peaked_pdf(0.9))
    assert arms.arms[1].agreement is Agreement.UNRELATED and arms.apart is not None
    assert arms.apart.dz == pytest.approx(0.6, abs=0.01)
    assert arms.apart.shift == pytest.approx(7600 * 0.6 / 1.3, rel=0.01)
    assert "two objects" in arms.summary() and "a line taken for another" in arms.summary()


def test_a_redshift_far_away_that_is_not_sure_is_no_disagreement():
    arms = samples.arms(peaked_pdf(0.3), peaked_pdf(0.9, share=0.8))
    assert arms.arms[1].agreement is Agreement.UNSURE and arms.apart is None
    assert arms.summary().startswith("Not sure: alone, the blue arm says z = 0.2990 (100%)")


def test_a_shift_within_a_bin_agrees():
    arms = samples.arms(peaked_pdf(0.3), peaked_pdf(0.3 + 1.3 * STEP))
    assert {arm.agreement for arm in arms.arms} == {Agreement.AGREES}


def test_the_best_redshift_has_the_most_around_it_on_any_grid():
    coarse = RedshiftPDF(np.linspace(0, 6, 1025), np.eye(1024)[100])
    z, share = best_redshift(coarse)
    assert z == pytest.approx(100.5 * 6 / 1024, abs=0.003) and share == pytest.approx(1)
    two = samples.pdf((0.3, SHARP, 1.0), (1.0, SHARP, 3.0))
    assert best_redshift(two)[0] == pytest.approx(1.0, abs=0.003)
    assert best_redshift(two)[1] < 0.9


@pytest.fixture(scope="module")
def analysis(engine):
    return engine.analyze(sky_object())


def test_each_part_is_read_alone_and_the_rest_without_it(engine, analysis):
    [arms] = compare_arms(engine, sky_object(), analysis)
    assert [arm.name for arm in arms.arms] == ["the blue arm", "the red arm"]
    blue, red = arms.arms
    assert blue.low > 3800 and blue.high < 6000 < red.low  # the first 20 pixels are masked
    key, ids = "tok_spectrum_sdss", analysis.tokens["tok_spectrum_sdss"]
    alone = np.full_like(ids, -1)
    alone[:99] = ids[:99]  # the level, and tokens of 25.6 Å the middle of which lies below 6000 Å
    rest = np.where(alone < 0, ids, -1)
    rest[0] = ids[0]
    for tokens, pdf in ((alone, blue.alone), (rest, blue.others), (rest, red.alone), (alone, red.others)):
        by_hand = engine.analyze(SkyObject("part", tokens={key: tokens}), k=0)
        own = by_hand.model_redshift or by_hand.redshift
        np.testing.assert_allclose(pdf.probability, own.probability, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(arms.whole.probability, analysis.redshift.probability, rtol=1e-3, atol=1e-9)


def test_a_spectrum_of_an_unknown_instrument_has_thirds(engine, analysis):
    entry = Entry("survey", "SDSS", "assumed", "neither grid")
    target = replace(sky_object(), reports=(Report("table", "a.csv", "f" * 64, (entry,)),))
    [arms] = compare_arms(engine, target, analysis)
    assert [arm.name for arm in arms.arms] == ["the blue third", "the middle third", "the red third"]
    width = [arm.high - arm.low for arm in arms.arms]
    assert max(width) < 1.05 * min(width)


def test_a_part_without_a_good_pixel_is_left_out(engine, analysis):
    [spectrum] = analysis.spectra
    half = replace(analysis, spectra=(replace(spectrum, bad=spectrum.wavelength > 6000),))
    [arms] = compare_arms(engine, sky_object(), half)
    assert [arm.name for arm in arms.arms] == ["the blue arm"]
    assert arms.summary() == "Nothing to compare: all good pixels lie in one part of the spectrum."
    assert arms.apart is None and not arms.can_judge(arms.arms[0])
    nothing = replace(analysis, spectra=(replace(spectrum, bad=spectrum.wavelength > 0),))
    assert compare_arms(engine, sky_object(), nothing)[0].arms == ()


def test_an_object_of_a_catalog_has_the_arms_of_its_survey(engine):
    entry = engine.catalog.entry("object 1")
    [arms] = compare_arms(engine, entry, engine.analyze(entry))
    assert [round(end, -1) for arm in arms.arms for end in (arm.low, arm.high)] == [3800, 6000, 6000, 9200]


def test_a_spectrum_that_is_not_read_has_no_parts(engine):
    analysis = engine.analyze(sky_object(), use={"tok_image"})
    assert compare_arms(engine, sky_object(), analysis) == ()


def test_the_figure_has_every_part_and_shows_the_redshifts_that_are_said():
    drawn = figures.spectrum_arms(desi(peaked_pdf(0.3), peaked_pdf(2.0, BROAD), peaked_pdf(0.31)))
    names = [trace.name for trace in drawn.data]
    assert names == ["All data", "B arm, 3600 to 5780 Å", "R arm, 5780 to 7570 Å", "Z arm, 7570 to 9824 Å"]
    low, high = drawn.layout.xaxis.range
    assert 0.2 < low < 0.3 and 0.31 < high < 0.4
    assert len({trace.line.dash for trace in drawn.data[1:]}) == 3
    nothing = figures.spectrum_arms(samples.arms(peaked_pdf(2.0, BROAD), peaked_pdf(2.0, BROAD)))
    assert nothing.layout.xaxis.range == pytest.approx((0, 5), abs=0.01)
