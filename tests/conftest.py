"""What every test may use; the fixtures live in `tests/fixtures/`, by what they provide."""

import gc

pytest_plugins = ["tests.fixtures.servers", "tests.fixtures.databases", "tests.fixtures.browsers"]

# By default the garbage collector looks through all that was imported again and again, which is a
# tenth of the processor's time.
gc.set_threshold(20_000, 20, 20)
