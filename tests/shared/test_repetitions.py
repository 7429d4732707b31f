"""Requests under an ``Idempotency-Key``: carried out once, answered as often as they are sent."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from shared.db import kept_keys
from tests.shared.edge import MAY_GO_ON, WAITING, Token
from tests.shared.toy import Toy

NOTE = {"day": "2026-11-21", "pages": 2}


async def post(
    client: httpx.AsyncClient, headers: dict[str, str], body: Any, key: str | None = "k-1"
) -> httpx.Response:
    keyed = {} if key is None else {"Idempotency-Key": key}
    return await client.post("/v1/notes", json=body, headers={**headers, **keyed})


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[1]


async def notes(toy: Toy, agency: str = "agency-x") -> int:
    async with toy.notes.transaction(agency) as transaction:
        return int((await transaction.execute("SELECT count(*) FROM note")).scalar_one())


async def change_keys(toy: Toy, values: str, agency: str = "agency-x") -> None:
    async with toy.notes.transaction(agency) as transaction:
        await transaction.execute(f"UPDATE kept_key SET {values} WHERE agency_id = :agency")


async def test_a_repetition_gets_the_first_answer_and_does_nothing(
    client: httpx.AsyncClient, token: Token, toy: Toy
) -> None:
    first = await post(client, token(), NOTE)
    again = await post(client, token(), NOTE)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await notes(toy) == 1


async def test_another_spelling_of_the_same_json_is_the_same_request(
    client: httpx.AsyncClient, token: Token, toy: Toy
) -> None:
    first = await post(client, token(), NOTE)
    spelled = '{ "pages": 2,\n "day": "2026-11-2\\u0031" }'
    headers = {**token(), "Idempotency-Key": "k-1", "Content-Type": "application/json"}
    again = await client.post("/v1/notes", content=spelled, headers=headers)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert await notes(toy) == 1


@pytest.mark.parametrize("pages", ["42.0", "42.000", "4.2e1", "420E-1"])
async def test_a_number_is_the_same_however_it_is_written(
    client: httpx.AsyncClient, token: Token, toy: Toy, pages: str
) -> None:
    first = await post(client, token(), {**NOTE, "pages": 42})
    headers = {**token(), "Idempotency-Key": "k-1", "Content-Type": "application/json"}
    spelled = f'{{"day": "2026-11-21", "pages": {pages}}}'
    again = await client.post("/v1/notes", content=spelled, headers=headers)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    other = spelled.replace(pages, '"42"' if pages == "42.0" else "42.5")
    answer = await client.post("/v1/notes", content=other, headers=headers)
    assert slug(answer) == (422, "idempotency-key-reused")
    assert await notes(toy) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/notes", {**NOTE, "pages": 3}),
        ("/v1/notes", {**NOTE, "day": "2026-11-22"}),
        ("/v1/notes?", {**NOTE, "pages": 3}),
    ],
)
async def test_another_request_under_the_key_is_refused_and_the_first_stays(
    client: httpx.AsyncClient, token: Token, toy: Toy, path: str, body: dict[str, Any]
) -> None:
    first = await post(client, token(), NOTE)
    headers = {**token(), "Idempotency-Key": "k-1"}
    assert slug(await client.post(path, json=body, headers=headers)) == (
        422,
        "idempotency-key-reused",
    )
    assert (await post(client, token(), NOTE)).json() == first.json()
    assert await notes(toy) == 1


async def test_keys_belong_to_an_agency(client: httpx.AsyncClient, token: Token, toy: Toy) -> None:
    first = await post(client, token(), NOTE)
    other = await post(client, token("agency-y"), {**NOTE, "pages": 9})
    assert (other.status_code, other.json() == first.json()) == (201, False)
    assert (await notes(toy), await notes(toy, "agency-y")) == (1, 1)


async def test_a_repetition_needs_the_scope_as_the_first_did(
    client: httpx.AsyncClient, token: Token
) -> None:
    await post(client, token(), NOTE)
    assert slug(await post(client, token(scopes=["customers:read"]), NOTE)) == (
        403,
        "scope-missing",
    )
    assert slug(await post(client, {}, NOTE)) == (401, "token-refused")


async def test_what_was_refused_leaves_its_key_free(
    client: httpx.AsyncClient, token: Token, toy: Toy
) -> None:
    for refused, status in (({**NOTE, "pages": 0}, 404), ({**NOTE, "pages": "two"}, 422)):
        assert (await post(client, token(), refused)).status_code == status
    mended = await post(client, token(), NOTE)
    assert (mended.status_code, "idempotency-replayed" in mended.headers) == (201, False)
    assert await notes(toy) == 1


async def test_a_repetition_waits_for_the_first_that_is_under_way(
    client: httpx.AsyncClient, token: Token, toy: Toy
) -> None:
    WAITING.clear()
    MAY_GO_ON.clear()
    slow = {**NOTE, "pages": 13}
    first = asyncio.create_task(post(client, token(), slow))
    await WAITING.wait()
    assert slug(await post(client, token(), slow)) == (409, "idempotency-key-in-use")
    MAY_GO_ON.set()
    assert (await first).status_code == 201
    again = await post(client, token(), slow)
    assert (again.json(), again.headers["idempotency-replayed"]) == ((await first).json(), "true")
    assert await notes(toy) == 1


async def test_two_at_once_make_one(client: httpx.AsyncClient, token: Token, toy: Toy) -> None:
    answers = await asyncio.gather(*(post(client, token(), NOTE) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.text for answer in answers if answer.status_code == 201}) == 1
    assert await notes(toy) == 1


async def test_a_process_that_died_after_the_work_leaves_what_it_made(
    client: httpx.AsyncClient, token: Token, toy: Toy
) -> None:
    first = await post(client, token(), NOTE)
    await change_keys(toy, "answer = NULL, status = NULL, busy_until = now() - interval '1 second'")
    async with toy.notes.transaction("agency-x") as transaction:
        await transaction.execute("DELETE FROM note WHERE agency_id = :agency")
    again = await post(client, token(), NOTE)
    assert again.json() == first.json(), "the same id, so that what was made is found"
    assert slug(await post(client, token(), {**NOTE, "pages": 3}))[0] == 422


async def test_keys_are_forgotten_after_a_day_and_then_as_good_as_new(
    client: httpx.AsyncClient, token: Token, toy: Toy
) -> None:
    first = await post(client, token(), NOTE)
    await change_keys(toy, "kept_at = now() - interval '25 hours'")
    other = await post(client, token(), {**NOTE, "pages": 5})
    assert (other.status_code, other.json() == first.json()) == (201, False)
    assert await notes(toy) == 2


async def test_an_agency_keeps_so_many_keys_at_most(
    client: httpx.AsyncClient, token: Token, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_keys, "KEYS_OF_AN_AGENCY", 5)
    for number in range(12):
        assert (await post(client, token(), NOTE, key=f"k-{number}")).status_code == 201
    async with toy.notes.transaction("agency-x") as transaction:
        kept = await transaction.execute("SELECT count(*) FROM kept_key")
    assert kept.scalar_one() <= 7


async def test_a_long_answer_is_not_kept_and_the_repetition_makes_nothing_new(
    client: httpx.AsyncClient, token: Token, toy: Toy
) -> None:
    long = {**NOTE, "pages": 100 + kept_keys.ANSWER_BYTES}
    assert (await post(client, token(), long)).status_code == 201
    async with toy.notes.transaction("agency-x") as transaction:
        kept = await transaction.execute("SELECT answer, status FROM kept_key")
        assert tuple(kept.one()) == (None, 201)


@pytest.mark.parametrize("wrong", ["", "x" * 201, "tab\there"])
async def test_a_key_that_is_none_is_refused(
    client: httpx.AsyncClient, token: Token, toy: Toy, wrong: str
) -> None:
    assert slug(await post(client, token(), NOTE, key=wrong)) == (422, "invalid-parameter")
    twice = [*token().items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await client.post("/v1/notes", content=json.dumps(NOTE), headers=[
        *twice, ("Content-Type", "application/json")
    ])  # fmt: skip
    assert slug(answer) == (422, "invalid-parameter")
    assert await notes(toy) == 0


async def test_without_a_key_each_request_makes_its_own(
    client: httpx.AsyncClient, token: Token, toy: Toy
) -> None:
    for _ in range(2):
        assert (await post(client, token(), NOTE, key=None)).status_code == 201
    assert await notes(toy) == 2
    async with toy.notes.transaction("agency-x") as transaction:
        kept = await transaction.execute("SELECT count(*) FROM kept_key")
    assert kept.scalar_one() == 0
