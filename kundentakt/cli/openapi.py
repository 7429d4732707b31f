"""The OpenAPI documents of the services, committed under `openapi/` and checked for drift.

A service's app is made without environment, database or Redis, so the documents can be written
anywhere.
"""

import importlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from kundentakt.servers.embedded import SERVICES
from kundentakt.supervisor.installation import checkout

DOCUMENTS = "openapi"


@cache
def application(service: str) -> FastAPI:
    """A service's app that is not started: it has its routes and models, and opens nothing.

    Made once, because drawing two hundred routes takes a second or two.
    """
    made = importlib.import_module(f"services.{service}.main").create_application()
    assert isinstance(made, FastAPI)
    return made


def document(service: str) -> dict[str, Any]:
    """The document of a service, as `GET /openapi.json` answers it."""
    return application(service).openapi()


def write_documents(folder: Path | None = None) -> list[Path]:
    """Write `openapi/<service>.json` for every service; returns the files written."""
    written = []
    for path, text in _documents(folder):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def check_documents(folder: Path | None = None) -> list[str]:
    """The files that are missing or differ from the code; empty if all agree."""
    return [
        f"{path.parent.name}/{path.name}"
        for path, text in _documents(folder)
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def _documents(folder: Path | None) -> Iterator[tuple[Path, str]]:
    place = folder if folder is not None else checkout() / DOCUMENTS
    for service in SERVICES:
        # Sorted, because the order of imports must not look like a change.
        text = json.dumps(document(service), indent=2, sort_keys=True, ensure_ascii=False)
        yield place / f"{service}.json", text + "\n"
