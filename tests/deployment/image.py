"""Makes what the Dockerfile makes, as far as that goes without a container engine."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.deployment.compose import ROOT

_COPY = re.compile(r"^COPY (?!--from)(?P<sources>.+) (?P<target>\S+)$", re.M)


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def copied() -> dict[str, str]:
    """What the Dockerfile copies from the checkout: source and target, as written."""
    return {
        source: match["target"]
        for match in _COPY.finditer(dockerfile())
        for source in match["sources"].split()
    }


def let_through() -> set[str]:
    """What .dockerignore leaves of the checkout: it forbids all and names what is wanted."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    return {line[1:].rstrip("/") for line in lines if line.startswith("!")}


def installed_as_in_the_image(folder: Path) -> Path:
    """The packages that the image installs, built from what it copies and nothing else."""
    context = folder / "context"
    context.mkdir()
    for source in copied():
        here, there = ROOT / source, context / source
        if here.is_dir():
            shutil.copytree(here, there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(here, there)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=context, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    installed = folder / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    return installed
