"""`kundentakt doctor` tells which messages and letters are stuck, of every agency."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn

from kundentakt.cli import doctor
from kundentakt.cli.waiting_work import stuck_work
from kundentakt.supervisor.installation import Installation
from tests.fixtures.waiting import eventually
from tests.notifier.conftest import KEY, Notifier, order
from tests.notifier.neighbours import Neighbours


@pytest.fixture
async def url(notifier: Notifier) -> AsyncIterator[str]:
    """Where the running app answers over HTTP."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(notifier.app, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))

    async def started() -> bool:
        return server.started

    await eventually(started)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving
    listener.close()


async def test_doctor_tells_what_is_stuck_and_failed_by_agency_and_reason(
    notifier: Notifier,
    neighbours: Neighbours,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    neighbours.customer("K-0001")
    neighbours.customer("K-0002")
    await notifier.dispatch(order(1), order(2, channel="letter"))
    installation = Installation(tmp_path / "var")
    installation.secrets.mkdir(parents=True)
    (installation.secrets / "signing-key.json").write_text(json.dumps(KEY._jwk))
    running = SimpleNamespace(urls={"notifier": url})
    monkeypatch.setattr(doctor, "running_services", lambda _: running)

    async def found() -> list[str]:
        findings = await asyncio.to_thread(lambda: list(doctor._waiting_work(installation)))
        return [each.fact.partition(" seit ")[0] for each in findings if each.mend]

    assert await found() == []
    await notifier.execute(
        "UPDATE message SET data = '[]' WHERE agency_id = :agency AND dispatch_id = 'd-2'"
    )
    await notifier.execute(
        "UPDATE message SET due_at = due_at - interval '1 hour'"
        " WHERE agency_id = :agency AND dispatch_id = 'd-1'"
    )
    await notifier.work("render_print_runs")
    assert sorted(await found()) == [
        "musterbetrieb: 1 × not_picked_up",
        "musterbetrieb: 1 × preparation_failed",
    ]
    await notifier.work("send_emails")
    assert await found() == ["musterbetrieb: 1 × preparation_failed"]


async def test_services_that_do_not_answer_are_no_silence(notifier: Notifier) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(httpx.HTTPError):
        list(stuck_work({"notifier": f"http://127.0.0.1:{port}"}, KEY))
