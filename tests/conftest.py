"""What every test may use; the fixtures live in `tests/fixtures/`, by what they provide."""

import asyncio
import gc
from collections.abc import Callable, Mapping

import uvloop
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.fixtures.servers",
    "tests.fixtures.databases",
    "tests.fixtures.emptied_databases",
    "tests.fixtures.browsers",
]

# By default the garbage collector looks through all objects again and again, which is a tenth of
# the processor's time.
gc.set_threshold(20_000, 20, 20)

# How long one example takes is the machine's business: by default 200 ms are a failure.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests run on the loop that servers and workers run on."""
    return {"uvloop": uvloop.new_event_loop}


def pytest_collection_finish() -> None:
    """Modules live until the end, so the garbage collector need not look through them."""
    gc.collect()
    gc.freeze()
