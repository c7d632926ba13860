"""Ingredients of training tests: whatever needs the downloaded templates skips without them."""

import pytest

from aion.training.ingredients import Ingredients, is_cached, locate


@pytest.fixture(scope="session")
def ingredients() -> Ingredients:
    if not is_cached():
        pytest.skip(
            "the training ingredients are not in .cache/ingredients; `python -m aion.training` fetches them"
        )
    return locate()
