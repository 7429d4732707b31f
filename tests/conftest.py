"""What every test may use; the fixtures live in `tests/fixtures/`, by what they provide."""

pytest_plugins = ["tests.fixtures.servers", "tests.fixtures.databases", "tests.fixtures.browsers"]
