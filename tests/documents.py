"""Runs what the documents say: their fenced blocks, found by name."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(
    r"^```(?P<language>\w+)(?: name=(?P<name>[\w-]+))?\n(?P<text>.*?)^```$", re.M | re.S
)


def block(document: str, name: str) -> str:
    """The fenced block of this name, which exactly one block has."""
    text = (ROOT / document).read_text(encoding="utf-8")
    (found,) = (match["text"] for match in _BLOCK.finditer(text) if match["name"] == name)
    return found


def run_shell(
    script: str, *, folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> str:
    """Run lines as a reader would paste them, up to the first that fails; gives what they print."""
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", with_this_environment(script)],
        cwd=folder, env={**os.environ, **(environment or {}), "PATH": _path()},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, f"{script}\n{finished.stdout}\n{finished.stderr}"
    return finished.stdout


def with_this_environment(script: str) -> str:
    """The commands of `.venv` are those of the environment that runs the tests."""
    return script.replace(".venv/bin/", f"{Path(sys.executable).parent}/")


def _path() -> str:
    """A machine without curl gets our stand-in, which knows the options that the documents use."""
    path = os.environ["PATH"]
    return path if shutil.which("curl") else f"{Path(__file__).parent / 'stand_ins'}:{path}"
