"""The files of p(z) in the hands of qp, the library of LSST DESC: it reads them, and its numbers are ours."""

import numpy as np
import pytest
import qp
from qp.metrics import CDELossMetric
from qp.metrics.pit import PIT

from aion.explorer.export.analysis import pdf_hdf5
from aion.explorer.redshift.calibration import join_truths, measure, write_p_z
from tests.explorer.redshift.calibration.test_calibration import EDGES, sample


@pytest.fixture(scope="module")
def measured():
    return measure(join_truths(sample(), "z_spec"))


@pytest.fixture(scope="module")
def ensemble(measured, tmp_path_factory):
    path = tmp_path_factory.mktemp("qp") / "pz.hdf5"
    path.write_bytes(write_p_z(measured.sample))
    return qp.read(str(path))


def test_qp_reads_the_densities_of_many_objects_with_their_truths(measured, ensemble):
    assert ensemble.npdf == len(measured.sample)
    np.testing.assert_allclose(ensemble.ancil["z_true"], measured.sample.truth)
    middles = (EDGES[1:] + EDGES[:-1]) / 2
    np.testing.assert_allclose(
        ensemble.pdf(middles), measured.sample.probability / np.diff(EDGES), rtol=1e-6, atol=1e-9
    )


def test_qp_gives_the_same_pit_cde_loss_and_crps(measured, ensemble):
    truth, found = measured.sample.truth, measured.found
    np.testing.assert_allclose(PIT(ensemble, truth).pit_samps, found.below, atol=1e-6)
    fine = np.linspace(0, 2, 4001)
    cde = CDELossMetric(fine).evaluate(ensemble, truth)
    cde = cde.statistic if hasattr(cde, "statistic") else cde
    assert cde == pytest.approx(measured.groups["all"][1]["CDE loss"].value, abs=0.05)
    cumulative = ensemble.cdf(fine)
    crps = np.trapezoid((cumulative - (fine >= truth[:, None])) ** 2, fine, axis=1)
    np.testing.assert_allclose(crps, found.crps, atol=2e-3)


def test_qp_reads_the_file_of_one_analysis(engine, make_object, tmp_path):
    analysis = engine.analyze(make_object(1))
    (tmp_path / "one.hdf5").write_bytes(pdf_hdf5(analysis))
    one = qp.read(str(tmp_path / "one.hdf5"))
    z = analysis.redshift.z
    np.testing.assert_allclose(one.pdf(z).ravel(), analysis.redshift.density, rtol=1e-5, atol=1e-9)
