"""p(z) against true redshifts: where both come from, by which groups they are compared, what corrects it."""

from aion.explorer.redshift.calibration.measuring import Fitted, Measurement, fit_half, measure
from aion.explorer.redshift.calibration.samples import (
    Sample,
    ask_model,
    join_truths,
    read_p_z,
    truth_columns,
    write_p_z,
)

__all__ = [
    "Fitted",
    "Measurement",
    "Sample",
    "ask_model",
    "fit_half",
    "join_truths",
    "measure",
    "read_p_z",
    "truth_columns",
    "write_p_z",
]
