"""One running system for all journeys; each goes with an agency of its own."""

from collections.abc import Iterator

import pytest

from kundentakt.supervisor.system import System
from tests.fixtures.running import running


@pytest.fixture(scope="package")
def system() -> Iterator[System]:
    """The system, ready."""
    with running() as ready:
        yield ready
