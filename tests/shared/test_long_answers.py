"""What would hold up everybody is done before the first request, or in a thread."""

import gc
import threading

import httpx
from pydantic import BaseModel

from shared.web.long_answers import drawn


class Drawn(BaseModel):
    """Who drew an answer."""

    thread: str


async def test_a_long_answer_is_drawn_off_the_event_loop() -> None:
    answer = await drawn(lambda: Drawn(thread=threading.current_thread().name), status=202)
    assert answer.status_code == 202
    assert Drawn.model_validate_json(bytes(answer.body)).thread != threading.current_thread().name


async def test_the_garbage_collector_leaves_alone_what_stays(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez")).status_code == 200
    assert gc.get_freeze_count() > 10_000
