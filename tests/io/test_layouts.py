"""Every layout under tests/io/layouts is read as its definition says, is asked about, or is refused."""

import importlib
import pkgutil

import pytest

from aion.errors import ChoiceNeededError
from aion.io import Overrides, read
from tests.io import layouts
from tests.io.compare import check
from tests.io.layouts import LAYOUTS, Layout

for module in pkgutil.iter_modules(layouts.__path__):
    importlib.import_module(f"tests.io.layouts.{module.name}")


def objects_of(layout: Layout) -> list:
    source = layout.build()
    return read(source, name=layout.file, overrides=Overrides.parse(layout.settings))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_layout_is_read_as_its_definition_says(layout: Layout) -> None:
    expected = layout.expected
    if expected.asks:
        with pytest.raises(ChoiceNeededError) as choice:
            objects_of(layout)
        assert set(expected.asks) <= set(choice.value.choices)
        for setting in expected.asks:  # each of them answers the question
            assert read(
                layout.build(), name=layout.file, overrides=Overrides.parse((*layout.settings, setting))
            )
        return
    check(lambda: objects_of(layout), expected)
