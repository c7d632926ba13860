"""The local Hub, for what the engine fetches."""

from tests.hub.conftest import online, served_weights  # noqa: F401  # fixtures
