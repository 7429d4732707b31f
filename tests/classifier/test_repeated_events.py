"""Events that come again after what they told of has changed."""

import pytest

from shared.contracts.event_examples import EVENT_EXAMPLES
from tests.classifier.conftest import Agency, Send, event


@pytest.mark.parametrize("told", ["contract.cancelled", "contract.upserted", "claim.reported"])
async def test_an_event_that_comes_again_after_its_contract_is_gone_is_a_repetition(
    agency: Agency, send: Send, told: str
) -> None:
    await agency.customer("K-0001")
    await agency.put("/customers/K-0001/contracts/C-1", {"line": "motor", "status": "active"})
    body = event(told, **EVENT_EXAMPLES[told])
    assert (await send(body, webhook_id="w-1")).json()["duplicate"] is False
    gone = await agency.call("DELETE", "/customers/K-0001/contracts/C-1")
    assert gone.status_code == 204, gone.text
    assert (await send(body, webhook_id="w-1")).json()["duplicate"] is True
    assert await agency.rows("SELECT count(*) FROM event") == [(1,)]


async def test_an_event_that_was_refused_is_asked_anew_when_it_comes_again(
    agency: Agency, send: Send
) -> None:
    await agency.customer("K-0001")
    body = event("contract.cancelled", **EVENT_EXAMPLES["contract.cancelled"])
    assert (await send(body, webhook_id="w-1")).status_code == 404
    assert await agency.rows("SELECT count(*) FROM event") == [(0,)]
    await agency.put("/customers/K-0001/contracts/C-1", {"line": "motor", "status": "active"})
    assert (await send(body, webhook_id="w-1")).json()["duplicate"] is False
