"""What the command line offers can be loaded on its own, in whatever order a person asks for it."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    ["cli.audit", "cli.main", "demo.run", "cli.doctor", "cli.openapi", "supervisor.system"],
)
def test_each_command_stands_alone(module: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", f"import kundentakt.{module}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (loaded.returncode, loaded.stderr) == (0, "")
