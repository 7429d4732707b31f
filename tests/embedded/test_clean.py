"""`make clean` deletes an installation, but not under programs that use it."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def clean(checkout: Path) -> subprocess.CompletedProcess[str]:
    command = ["make", "clean", f"PYTHON={sys.executable}"]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    return subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )


def test_make_clean_keeps_what_is_in_use_and_the_signing_key(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, tmp_path)
    shutil.copytree(CHECKOUT / "kundentakt", tmp_path / "kundentakt")
    var = tmp_path / "var"
    for folder in ("services", "data", "secrets"):
        (var / folder).mkdir(parents=True)
    claim = os.open(var / "services", os.O_RDONLY)
    fcntl.flock(claim, fcntl.LOCK_EX)  # as the command does that runs the services
    refused = clean(tmp_path)
    assert refused.returncode != 0
    assert "End it first" in refused.stdout
    assert (var / "data").is_dir()
    os.close(claim)
    done = clean(tmp_path)
    assert done.returncode == 0, done.stderr
    assert [each.name for each in var.iterdir()] == ["secrets"]
