"""The exact redshift in the rows of a survey: within the best peak, from the surest spectrum, or why not."""

from typing import Any

import numpy as np
import pytest
import torch

from aion.exact_redshift import ExactRedshift
from aion.explorer.results import MeasuredObject
from aion.explorer.survey.contract import Contract
from aion.explorer.survey.partition import Reading, tabulate_readings
from aion.io import SkyObject
from aion.modalities import DESISpectrum, Modality, SDSSSpectrum
from aion.redshift import RedshiftPDF
from tests.test_exact_redshift import EMISSION, Made, believing, spectrum

Z = 0.1


def observed(made: Made, kind: Any = SDSSSpectrum) -> Modality:
    arrays = {"flux": made.flux, "ivar": made.ivar, "wavelength": made.wavelength, "mask": made.bad}
    return kind(**{name: torch.tensor(values[None]) for name, values in arrays.items()})


def row(*modalities: Modality, pdf: RedshiftPDF, used: tuple[str, ...] | None = None) -> dict[str, Any]:
    if used is None:
        used = tuple(one.token_key for one in modalities)
    measured = MeasuredObject({}, used, {}, np.zeros(4, np.float32), pdf, ())
    reading = Reading(SkyObject("one", modalities), measured, {}, None)
    table, failures = tabulate_readings([reading], Contract(4))
    assert not failures
    [found] = table.to_pylist()
    return found


def test_a_row_has_the_redshift_of_the_lines_within_the_best_peak():
    found = row(observed(spectrum(Z, EMISSION, noise=0.5)), pdf=believing(Z, 0.25))
    assert abs(found["z_exact"] - Z) < 5 * found["z_exact_error"] < 1e-3
    assert found["exact_lines"] >= 4 and found["not_refined"] is None


def test_of_two_spectra_the_surer_one_speaks():
    faint, bright = spectrum(Z, EMISSION, noise=1.5, seed=1), spectrum(Z, EMISSION, noise=0.2, seed=2)
    found = row(observed(faint), observed(bright, DESISpectrum), pdf=believing(Z))
    alone = bright.refined(Z)
    assert isinstance(alone, ExactRedshift)
    assert found["z_exact"] == pytest.approx(alone.z, abs=1e-7)


def test_where_the_lines_hold_none_the_reason_stands_there():
    found = row(observed(spectrum(Z, {}, noise=0.5)), pdf=believing(Z))
    assert found["z_exact"] is None and "noise" in found["not_refined"]


def test_a_spectrum_that_the_model_did_not_read_refines_nothing():
    found = row(observed(spectrum(Z, EMISSION, noise=0.5)), pdf=believing(Z), used=("tok_image",))
    assert found["z_exact"] is None and "did not read the spectrum" in found["not_refined"]


def test_without_a_spectrum_nothing_is_said():
    found = row(pdf=believing(Z))
    assert {found[name] for name in ("z_exact", "z_exact_error", "exact_lines", "not_refined")} == {None}
