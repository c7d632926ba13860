"""The engine and the catalog of the explorer's tests."""

from tests.explorer.conftest import catalog, engine, make_object, settings  # noqa: F401  # fixtures
