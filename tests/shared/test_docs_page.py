"""The page on which operations are tried out loads nothing from elsewhere."""

import re

import httpx
import pytest
from fastapi import FastAPI

from shared.web import problems
from shared.web.docs import router


@pytest.fixture
def client() -> httpx.AsyncClient:
    """A service with the page."""
    app = FastAPI(title="Kundentakt toy", docs_url=None)
    app.include_router(router)
    problems.install(app, {})
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://toy")


async def test_all_that_the_page_loads_comes_from_the_service(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 3
    for name in loaded:
        assert ":" not in name
        found = await client.get(f"/{name}")
        assert (found.status_code, len(found.content) > 100) == (200, True)
    script = (await client.get("/docs/swagger-ui-bundle.js")).text
    assert "SwaggerUIBundle" in script


async def test_the_page_allows_no_script_and_no_frame_of_others(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/docs")).headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("name", ["__init__.py", "..%2f..%2fetc%2fpasswd", "start.js.map"])
async def test_no_other_file_is_served(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/docs/{name}")).status_code == 404
