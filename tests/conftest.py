"""What every test may use; the fixtures live in `tests/fixtures/`, by what they provide."""

import gc

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.fixtures.servers",
    "tests.fixtures.databases",
    "tests.fixtures.emptied_databases",
    "tests.fixtures.browsers",
]

# By default the garbage collector looks through all that was imported again and again, which is a
# tenth of the processor's time.
gc.set_threshold(20_000, 20, 20)

# How long one example takes is the machine's business: by default 200 ms are a failure.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
