"""The log of requests: one line for each, with what finds it again and nothing of a customer."""

import json
import logging
from collections.abc import Iterator

import httpx
import pytest
import structlog
from fastapi import APIRouter, FastAPI, Request

from shared.telemetry import configure_logging
from shared.web.app import Observed
from shared.web.auth import Caller

router = APIRouter()


@router.get("/v1/customers/{customer_id}")
async def known(request: Request, customer_id: str) -> str:
    """A route that knows who calls."""
    request.state.caller = Caller(
        agency="musterbetrieb", subject="crm", scopes=frozenset(), service=False
    )
    return customer_id


@router.get("/links/{signature}")
async def public(signature: str) -> str:
    """A route for whoever holds the link."""
    return signature


@router.get("/readyz")
async def ready() -> str:
    """A probe."""
    return "ok"


@router.get("/broken")
async def broken() -> None:
    """A fault of ours."""
    raise RuntimeError("Bergmann")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[FastAPI]:
    """The routes, observed; logging as before afterwards."""
    handlers, before = logging.getLogger().handlers, structlog.get_config()
    configure_logging("classifier")
    # A logger keeps what was configured when it was first used, by another service's test.
    monkeypatch.setattr("shared.web.app.log", structlog.get_logger())
    app = FastAPI()
    app.include_router(router)
    app.add_middleware(Observed, service="classifier")
    yield app
    logging.getLogger().handlers = handlers
    structlog.configure(**before)


async def asked(
    app: FastAPI, path: str, capsys: pytest.CaptureFixture[str]
) -> list[dict[str, object]]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        await client.get(path, headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if line["event"] == "request"]


async def test_a_request_is_told_by_its_route_and_its_caller(
    app: FastAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = await asked(app, "/v1/customers/K-1?name=Bergmann", capsys)
    took = line.pop("ms")
    del line["timestamp"]
    assert isinstance(took, float)
    assert line == {
        "event": "request",
        "level": "info",
        "service": "classifier",
        "trace_id": "ab" * 16,
        "method": "GET",
        "route": "/customers/{customer_id}",
        "status": 200,
        "agency": "musterbetrieb",
        "subject": "crm",
    }


async def test_a_signed_link_is_told_without_its_signature(
    app: FastAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = await asked(app, "/links/eyJzaWduZWQ", capsys)
    assert line["route"] == "/links/{signature}"
    assert "eyJzaWduZWQ" not in json.dumps(line)


async def test_an_address_that_nobody_serves_is_not_told(
    app: FastAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = await asked(app, "/ute.bergmann@example.de", capsys)
    assert (line["route"], line["status"]) == ("unmatched", 404)
    assert "bergmann" not in json.dumps(line)


async def test_a_fault_of_ours_is_told_as_500(
    app: FastAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = await asked(app, "/broken", capsys)
    assert line["status"] == 500


async def test_probes_that_succeed_are_not_told(
    app: FastAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asked(app, "/readyz", capsys) == []


def test_the_servers_own_access_log_is_not_written(
    app: FastAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    access = logging.getLogger("uvicorn.access")
    access.setLevel(logging.INFO)
    access.info('%s - "%s %s"', "127.0.0.1", "GET", "/links/eyJzaWduZWQ")
    assert capsys.readouterr().out == ""
