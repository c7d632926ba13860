"""A number with its error as text: both to the second digit of the error."""

import math


def with_error(value: float, error: float) -> str:
    """``"0.932 ± 0.012"``; the number alone where there is no error, a dash where there is no number."""
    if not math.isfinite(value):
        return "–"
    if not (math.isfinite(error) and error > 0):
        return f"{value:.3g}".replace("-", "−")
    decimals = min(6, max(0, 1 - math.floor(math.log10(error))))
    rounded = round(value, decimals) + 0.0  # not −0.00
    return f"{rounded:.{decimals}f} ± {error:.{decimals}f}".replace("-", "−")
