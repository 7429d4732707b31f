"""Contracts and clients work where nothing of the server is installed."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVER = (
    "alembic", "arq", "asyncpg", "fastapi", "jinja2", "numpy", "ortools", "polars",
    "prometheus_client", "redis", "sqlalchemy", "sqlmodel", "starlette", "structlog", "typst",
    "uvicorn",
)  # fmt: skip
CLIENT = {"email-validator", "httpx", "pydantic", "standardwebhooks", "tzdata"}
LOAD = """
import importlib, pkgutil, sys
for name in ("shared.contracts", "shared.clients"):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        importlib.import_module(module.name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
WORKER = """
import sys
import services.{service}.worker, services.{service}.resources
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""


def loaded_by(program: str) -> set[str]:
    """The top-level packages that a fresh interpreter holds after a program."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_contracts_and_clients_load_nothing_of_the_server() -> None:
    loaded = loaded_by(LOAD)
    assert "httpx" in loaded
    assert loaded.isdisjoint(SERVER)


def test_installing_the_client_alone_brings_no_server() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["dependencies"]) == CLIENT
    assert project["optional-dependencies"]["client"] == []


@pytest.mark.parametrize("service", ["classifier", "scheduler", "notifier"])
def test_a_worker_loads_no_web_framework(service: str) -> None:
    loaded = loaded_by(WORKER.format(service=service))
    assert "sqlalchemy" in loaded
    assert loaded.isdisjoint({"fastapi", "starlette", "uvicorn"})
