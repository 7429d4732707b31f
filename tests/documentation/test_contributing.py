"""The worked example of docs/contributing.md works on the code as it is."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import ROOT, text_of

_BLOCK = re.compile(r"^```diff\n\+\+\+ (?P<path>\S+)\n(?P<lines>.*?)^```$", re.M | re.S)
EXAMPLE = text_of("docs/contributing.md").split("## A worked example")[1].split("\n## ")[0]
CHANGES = [(match["path"], match["lines"]) for match in _BLOCK.finditer(EXAMPLE)]
RULES = "tests/scheduler/domain/test_tasks.py"
PROBLEMS = "tests/documentation/test_problems.py"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the code that an example may change."""
    for folder in ("services", "shared", "kundentakt", "tests", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def changed(text: str, lines: str) -> str:
    """The text with the lines of a diff applied, whose context must stand in it just once."""
    marked = [(line[:1], line[1:]) for line in lines.splitlines(keepends=True)]
    before = "".join(line for mark, line in marked if mark != "+")
    assert text.count(before) == 1, f"stands not once, but {text.count(before)} times: {before}"
    return text.replace(before, "".join(line for mark, line in marked if mark != "-"))


def failing(copy: Path, *tests: str) -> str:
    """What these tests print in the copy if some fail, else nothing."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout if ran.returncode else ""


def apply(copy: Path, *, to_tests: bool) -> None:
    """Make the example's changes of the tests, or all others."""
    for path, lines in CHANGES:
        if path.startswith("tests/") is to_tests:
            file = copy / path
            file.write_text(changed(file.read_text("utf-8"), lines), "utf-8")


def test_the_worked_example_makes_its_own_test_pass(copy: Path) -> None:
    apply(copy, to_tests=True)
    assert "ReasonTooShort" in failing(copy, RULES)
    apply(copy, to_tests=False)
    assert failing(copy, RULES, PROBLEMS) == ""
