"""A few requests of schemathesis to every operation; `make fuzz` asks sixty times as many."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kundentakt.servers.embedded import SERVICES
from kundentakt.supervisor.system import System
from tests.fixtures.running import running
from tests.fuzz.book import seed
from tests.fuzz.runs import Fuzzed


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """The system of these tests alone: what they write is no agency's."""
    with running() as ready:
        yield ready


@pytest.fixture(scope="module")
async def fuzzed(system: System) -> Fuzzed:
    """An agency with one of everything."""
    agency, secret, known = await seed(system)
    return Fuzzed(system=system, agency=agency, secret=secret, known=known)


@pytest.mark.parametrize("service", SERVICES)
def test_no_request_finds_an_error_or_a_status_that_is_not_told(
    fuzzed: Fuzzed, service: str, tmp_path: Path
) -> None:
    done = fuzzed.run(service, tmp_path, examples=1, phases=["fuzzing"], seed=7)
    assert done.returncode == 0, done.stdout + done.stderr
