"""A run over the book and the worker of single units classify the same unit: newer facts win."""

import asyncio
from datetime import date

import pytest

from services.classifier.store import reclassifications, work_marks
from services.classifier.store.facts import UnitsBetween
from services.classifier.usecases import classification
from services.classifier.usecases.classification import classify_claimed, reclassify_marked
from shared.clock import Instants
from tests.classifier.conftest import Agency, Send, event
from tests.classifier.rules import commission, four_customers, run_day, segments, work

LATER = date(2027, 11, 25)
"""The first booking has left the window by then."""


@pytest.fixture
async def book(agency: Agency) -> Agency:
    """One customer of class B on a day whose run is queued: by its facts they become C."""
    await agency.customer("K-1", life={"vehicles": 0})
    await commission(agency, "K-1", 100_000)
    await work(agency)
    assert await segments(agency) == "B"
    await run_day(agency, LATER)
    return agency


class Slice:
    """The book as a run read it, to be written when others have been there."""

    def __init__(self, agency: Agency) -> None:
        self.database, self.agency = agency.service.resources.database, agency.agency
        self.now = agency.service.resources.clock.now()

    async def read(self, until: str | None = None) -> None:
        async with self.database.transaction(self.agency) as transaction:
            run = await reclassifications.lease_run(transaction)
        assert run is not None
        self.run = run
        async with self.database.transaction(self.agency) as transaction:
            scope = UnitsBetween("", until)
            self.piece = await classification._read(transaction, scope, as_of=LATER)

    async def write(self) -> None:
        await classification._store(
            self.database, self.agency, self.run, self.piece, Instants(self.now)
        )
        async with self.database.transaction(self.agency) as transaction:
            await reclassifications.advance_run(transaction, self.run, after_unit=None, units=1)


async def earn_again(book: Agency) -> None:
    booking = {"commission_id": "new", "customer_id": "K-1", "booked_on": "2027-11-01",
               "kind": "other", "amount_cents": 1_000_000}  # fmt: skip
    with book.service.not_before(LATER):
        answer = await book.call("POST", "/commissions", json={"items": [booking]})
    assert answer.status_code == 200, answer.text
    assert not answer.json()["refused"], answer.text


async def a_lease_later(book: Agency) -> None:
    async with book.service.resources.database.transaction(book.agency) as transaction:
        await transaction.execute("UPDATE work_mark SET leased_until = now()")
    await work(book)


async def test_a_slice_read_before_a_booking_does_not_have_the_last_word(book: Agency) -> None:
    old = Slice(book)
    await old.read()
    await earn_again(book)
    await reclassify_marked(database=old.database, agency=old.agency, now=old.now)
    assert await segments(book) == "B", "as it was: nothing is written that the run could see"
    await old.write()
    await a_lease_later(book)
    assert (await segments(book), await book.marked_units()) == ("B", set())


async def test_a_unit_written_by_a_run_while_it_is_classified_keeps_its_mark(
    book: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, decide, loop = Slice(book), classification._decide_and_explain, asyncio.get_running_loop()
    booked = {"commission_id": "back", "customer_id": "K-1", "booked_on": "2027-11-20",
              "kind": "other", "amount_cents": -1}  # fmt: skip
    await old.read()
    with book.service.not_before(LATER):
        await book.call("POST", "/commissions", json={"items": [booked]})
    async with old.database.transaction(book.agency) as transaction:
        claimed = await work_marks.claim(transaction, limit=10)
    assert claimed.unit_ids == ["K-1"]

    def write_meanwhile(*given: object) -> object:
        asyncio.run_coroutine_threadsafe(old.write(), loop).result(timeout=20)
        return decide(*given)  # type: ignore[arg-type]  # whatever was given is passed on

    monkeypatch.setattr(classification, "_decide_and_explain", write_meanwhile)
    async with old.database.transaction(book.agency) as transaction:
        await classify_claimed(transaction, claimed, old.now)
    monkeypatch.undo()
    assert await book.marked_units() == {"K-1"}
    await a_lease_later(book)
    assert (await segments(book), await book.marked_units()) == ("C", set())


async def test_a_run_whose_worker_was_killed_in_a_slice_is_finished_by_another_once(
    agency: Agency,
) -> None:
    await four_customers(agency)
    asked = await run_day(agency, LATER)
    killed = Slice(agency)
    await killed.read(until="K-2")
    await classification._store(
        killed.database, agency.agency, killed.run, killed.piece, Instants(killed.now)
    )
    await work(agency)
    path = f"/reclassifications/{asked['reclassification_id']}"
    assert (await agency.get(path))["state"] == "running", "the lease of the killed one holds"
    async with killed.database.transaction(agency.agency) as transaction:
        await transaction.execute("UPDATE reclassification SET leased_until = now()")
    await work(agency)
    run = await agency.get(path)
    assert (run["state"], run["units"], run["changed"]) == ("done", 4, 2)
    written = "SELECT unit_id, count(*) FROM classification WHERE as_of = '2027-11-25' GROUP BY 1"
    once = {"K-1": 1, "K-2": 1}
    assert dict(await agency.rows(written)) == once, "by the first, and not again"
    await killed.write()
    assert dict(await agency.rows(written)) == once, "the first comes back: it is theirs no more"


@pytest.mark.parametrize("way", ["booking", "event"])
async def test_what_happens_to_a_unit_looked_at_during_a_run_is_not_put_off(
    book: Agency, send: Send, way: str
) -> None:
    going_on = Slice(book)
    await going_on.read()
    await earn_again(book)
    await reclassify_marked(database=going_on.database, agency=book.agency, now=going_on.now)
    assert await book.marked_units() == {"K-1"}, "kept, to be looked at again when a lease is over"
    if way == "booking":
        await commission(book, "K-1", 7)
    else:
        answer = await send(event("business.announced", customer_id="K-1"))
        assert answer.status_code == 202, answer.text
    claimed = await claim(book)
    assert claimed.unit_ids == ["K-1"], "marked anew: nobody waits for the lease"


async def claim(book: Agency) -> work_marks.ClaimedUnits:
    async with book.service.resources.database.transaction(book.agency) as transaction:
        return await work_marks.claim(transaction, limit=10)


async def test_unbounded_runs_over_the_book_wait_one_at_a_time(agency: Agency) -> None:
    await agency.customer("K-1")
    asked = await asyncio.gather(
        *(agency.call("POST", "/reclassifications") for _ in range(20)),
        *(
            agency.call("POST", "/reclassifications", headers={"Idempotency-Key": f"k-{number}"})
            for number in range(20)
        ),
    )
    assert {answer.status_code for answer in asked} == {202}
    (waiting,) = {answer.json()["reclassification_id"] for answer in asked}
    assert len(await agency.rows("SELECT 1 FROM reclassification WHERE reason = 'requested'")) == 1
    await work(agency)
    assert (await agency.get(f"/reclassifications/{waiting}"))["state"] == "done"
    anew = (await agency.call("POST", "/reclassifications")).json()
    assert (anew["state"], anew["reclassification_id"] == waiting) == ("waiting", False)
