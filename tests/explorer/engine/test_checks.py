"""Reasons to trust an analysis: its distance to the catalog, χ² of the reconstruction, coverage, clamping."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from aion.explorer.engine import Engine
from aion.explorer.engine.checks import chi2_check, distance_check
from aion.explorer.engine.neighbor_distance import NeighborDistance
from aion.explorer.engine.quantiles import TABLE, chi2_quantiles
from aion.explorer.settings import Settings
from aion.io import ImageFrame, SkyObject
from aion.modalities import SDSSSpectrum
from aion.redshift import LOW_COVERAGE
from aion.search import Index


def test_photometry_alone_and_bad_spectra_have_low_coverage(engine, make_object):
    target = make_object(1)
    numbers = engine.analyze(SkyObject("numbers", target.modalities[2:], ()))
    assert LOW_COVERAGE in numbers.redshift.flags
    assert any("catalog numbers alone" in note for note in numbers.notes)
    whole = target.modalities[1]
    mask = whole.mask.clone()
    mask[:, :3000] = True
    cut = SDSSSpectrum(flux=whole.flux, ivar=whole.ivar, mask=mask, wavelength=whole.wavelength)
    poor = engine.analyze(SkyObject("cut", (cut,), ()))
    assert LOW_COVERAGE in poor.redshift.flags
    assert any("of the survey's wavelength range" in note for note in poor.notes)
    for good in (SkyObject("spectrum", (whole,), ()), SkyObject("image", target.modalities[:1], ())):
        assert LOW_COVERAGE not in engine.analyze(good).redshift.flags


def test_the_distance_to_the_catalog_is_a_percentile_of_its_own_distances():
    vectors = np.random.default_rng(0).normal(size=(400, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    known = NeighborDistance(Index.build(vectors, list(map(str, range(400)))))
    assert known.percentile(np.ones(5)) == 0.0
    assert known.percentile(np.full(5, -1.0)) == 1.0
    shares = []
    for row in range(0, 400, 10):
        similarity = np.sort(np.delete(vectors @ vectors[row], row))[::-1]
        shares.append(known.percentile(similarity))
    assert np.mean(shares) == pytest.approx(0.5, abs=0.15)


ORDINARY = [
    (0.5, "ordinary", True),
    (0.94, "ordinary", True),
    (0.97, "at its edge", True),
    (0.99, "unlike its objects", False),
]


@pytest.mark.parametrize(("rank", "word", "fine"), ORDINARY)
def test_an_ordinary_object_reads_as_ordinary(rank, word, fine):
    check = distance_check({"all": rank})
    assert check.value == f"{word}, rank {rank:.0%}" and check.passed is fine


@pytest.mark.parametrize(("chi2", "fine"), [(0.7, False), (0.95, True), (1.9, True), (2.1, False)])
def test_a_reconstruction_is_fine_while_it_loses_less_than_the_noise_hides(chi2, fine):
    check = chi2_check("Reconstruction", chi2, 5000, None)
    assert check.passed is fine
    assert check.value == f"reduced χ² {chi2:.2f}, rank not measured for these weights"
    assert "1 ± 0.02 on 5,000 pixels" in check.explanation and "from 2 on" in check.explanation


def test_a_reconstruction_has_a_rank_among_those_of_held_out_objects():
    row = {"n": 3201, "0.05": 0.9, "0.5": 1.2, "0.95": 1.8, "note": 3}
    known = chi2_quantiles(
        {TABLE: {"tok_spectrum_sdss": row, "tok_image": {"n": 3}, "tok_image_hsc": {"0.1": 2, "0.9": 1}}}
    )
    assert list(known) == ["tok_spectrum_sdss"], "a row without a distribution is none"
    told = [chi2_check("", chi2, 5000, known["tok_spectrum_sdss"]) for chi2 in (0.85, 1.2, 1.5, 1.9)]
    assert [check.value.split(", ", 1)[1] for check in told] == [
        "below 5% of 3,201 held-out objects",
        "rank 50% of 3,201 held-out objects",
        "rank 72% of 3,201 held-out objects",
        "above 95% of 3,201 held-out objects",
    ]
    assert [check.passed for check in told] == [True, True, True, False]
    assert chi2_quantiles({}) == chi2_quantiles({TABLE: 3}) == {}


def test_the_distribution_of_held_out_objects_is_read_beside_the_weights(tiny_weights, make_object, tmp_path):
    folder = shutil.copytree(tiny_weights, tmp_path / "weights")
    rows = {"tok_spectrum_sdss": {"n": 10, "0.1": 1.0, "0.9": 1e9}, "tok_image": {"0.1": 0.0, "0.9": 1e9}}
    (folder / "metrics.json").write_text(json.dumps({TABLE: rows}))
    engine = Engine(Settings(model=str(folder), device="cpu", precision="float32", catalog=tmp_path))
    target = replace(
        make_object(1),
        frames={"tok_image": ImageFrame(0.262, {}, np.full((4, 110, 104), 4.0, dtype=np.float32))},
    )
    told = {check.name: check.value for check in engine.analyze(target).trust}
    engine.close()
    assert "of 10 held-out objects" in told["Reconstruction of the SDSS spectrum"]
    assert "of held-out objects" in told["Reconstruction of the Legacy Survey image"]


def test_reasons_to_doubt_are_measured_on_the_data(engine, make_object):
    checks = {check.name: check for check in engine.analyze(make_object(1)).trust}
    assert checks["Field"].value == "96 × 96 of 110 × 104 pixels are read"
    assert checks["Clamped pixels"].value == "0.00%" and checks["Clamped pixels"].passed
    assert checks["Wavelengths covered by the SDSS spectrum"].passed
    assert "reduced χ²" in checks["Reconstruction of the SDSS spectrum"].value
    assert "Distance to the reference catalog" in checks
