"""A number with its error as text."""

import pytest

from aion.error_text import with_error


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.9324, 0.0123, "0.932 ± 0.012"),
        (-0.0012, 0.11, "0.00 ± 0.11"),
        (-0.815, float("nan"), "−0.815"),
        (-1.25, 0.5, "−1.25 ± 0.50"),
        (float("nan"), 0.1, "–"),
    ],
)
def test_a_number_and_its_error_end_at_the_same_digit_and_nothing_is_minus_zero(value, error, text):
    assert with_error(value, error) == text
