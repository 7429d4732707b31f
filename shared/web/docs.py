"""The page on which operations are tried out, with scripts and styles that we serve ourselves.

FastAPI's own page loads them from another host: whoever changes a file there reads every token that
is typed in here, and without the internet there is no page.
"""

from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from shared.web.problems import NOT_FOUND, ProblemError

router = APIRouter(include_in_schema=False)

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body></html>
"""
_START: Final = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
  layout: "BaseLayout", presets: [SwaggerUIBundle.presets.apis],
});
"""
_TYPES: Final = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "start.js": "text/javascript",
}
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """The page itself."""
    return HTMLResponse(_PAGE.format(title=request.app.title), headers=HEADERS)


@router.get("/docs/{name}")
async def docs_file(name: str) -> Response:
    """One of the page's own files."""
    if name not in _TYPES:
        raise ProblemError(NOT_FOUND, f"{name} is no file of this page")
    headers = {**HEADERS, "Cache-Control": "public, max-age=86400"}
    return Response(_content(name), media_type=_TYPES[name], headers=headers)


@cache
def _content(name: str) -> bytes:
    if name == "start.js":
        return _START.encode()
    return (files("fastapi_swagger.resources") / name).read_bytes()
