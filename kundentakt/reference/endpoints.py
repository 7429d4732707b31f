"""The table of a service's endpoints, from its OpenAPI document."""

from typing import Any

from kundentakt.cli.openapi import document
from kundentakt.reference.table import Rows

_METHODS = ("get", "put", "post", "patch", "delete")


def endpoints_table(service: str) -> Rows:
    """Method, path and summary of every endpoint, those under /v1 first."""
    paths: dict[str, dict[str, Any]] = document(service)["paths"]
    return [
        ("method", "path", "what for"),
        *(
            (method.upper(), f"`{path}`", paths[path][method]["summary"])
            for path in sorted(paths, key=lambda path: (not path.startswith("/v1"), path))
            for method in _METHODS
            if method in paths[path]
        ),
    ]
