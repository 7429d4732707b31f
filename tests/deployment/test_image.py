"""The image holds the whole product, and nothing of this machine."""

import re
from pathlib import Path

import pytest

from tests.deployment.compose import ROOT
from tests.deployment.image import copied, dockerfile, installed_as_in_the_image, let_through

PACKAGES = ("kundentakt", "services", "shared", "migrations")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed_as_in_the_image(tmp_path_factory.mktemp("image"))


def test_what_is_copied_exists_and_is_let_through() -> None:
    assert all((ROOT / source).exists() for source in copied())
    assert set(copied()) == let_through()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_a_package_is_installed(package: str, installed: Path) -> None:
    wanted = {
        path.relative_to(ROOT)
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    there = {path.relative_to(installed) for path in (installed / package).rglob("*")}
    assert wanted <= there


def test_packages_are_pinned_by_hash_and_no_address_is_named() -> None:
    assert "pip install --no-cache-dir --require-hashes -r requirements.lock" in dockerfile()
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", lock, re.M | re.S)
    assert len(pinned) > 50
    assert all("--hash=sha256:" in entry for entry in pinned)
    assert "://" not in lock + dockerfile()


def test_nobody_is_root_in_the_image() -> None:
    final = dockerfile().split("\nFROM ")[-1]
    assert re.search(r"^USER 10001:10001$", final, re.M)
    # The volume of print runs takes owner and rights from this folder.
    assert re.search(r"install -d -o 10001 -g 10001 .*/var/lib/kundentakt/print", final)
