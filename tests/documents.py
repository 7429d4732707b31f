"""Runs what the documents say: their fenced blocks, found by name."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
STAND_INS = Path(__file__).parent / "stand_ins"
DOCUMENTS = tuple(
    path.relative_to(ROOT).as_posix()
    for place in (".", "docs", "docs/runbooks", "examples")
    for path in sorted((ROOT / place).glob("*.md"))
)
"""Every document but the decisions, which name files as they were called when they were taken."""

_BLOCK = re.compile(r"^```(?P<language>\w+) name=(?P<name>[\w-]+)\n(?P<text>.*?)^```$", re.M | re.S)


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def block(document: str, name: str) -> str:
    """The fenced block of this name, which exactly one block has."""
    (found,) = (
        match["text"] for match in _BLOCK.finditer(text_of(document)) if match["name"] == name
    )
    return found


def block_names(document: str) -> list[str]:
    """The names of all named blocks, in order."""
    return [match["name"] for match in _BLOCK.finditer(text_of(document))]


# With another PYTHONPATH the commands would be those of another checkout, and use its signing key.
_THIS_CHECKOUT = {"PYTHONPATH": str(ROOT), "no_proxy": "127.0.0.1"}


def run_shell(
    script: str,
    *,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    without_curl: bool = False,
) -> str:
    """Run lines as a reader would paste them, up to the first that fails; gives what they print.

    A machine without curl gets a stand-in that knows the options which the documents use.
    """
    path = os.environ["PATH"]
    if without_curl or shutil.which("curl") is None:
        path = f"{STAND_INS}:{path}"
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", with_this_environment(script)],
        cwd=folder,
        env={**os.environ, **(environment or {}), **_THIS_CHECKOUT, "PATH": path},
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, f"{script}\n{finished.stdout}\n{finished.stderr}"
    return finished.stdout


def with_this_environment(script: str) -> str:
    """The commands of `.venv` are those of the environment that runs the tests."""
    return script.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
