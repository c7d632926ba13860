"""The local Hub, for what the engine fetches, and when two analyses have the same numbers."""

import numpy as np

from tests.hub.conftest import online, served_weights  # noqa: F401  # fixtures


def same_numbers(one, two, rtol=1e-4):
    """Tokens alike, redshift and embedding within rounding, the same neighbors."""
    assert one.id == two.id and one.used == two.used
    for key in one.tokens:
        np.testing.assert_array_equal(one.tokens[key], two.tokens[key])
    np.testing.assert_allclose(one.redshift.probability, two.redshift.probability, rtol=rtol)
    np.testing.assert_allclose(one.embedding, two.embedding, atol=1e-5)
    assert [n.id for n in one.neighbors] == [n.id for n in two.neighbors]
