"""The fake archive, for lists of targets."""

from tests.sky.conftest import archive, sky_server  # noqa: F401  # fixtures
