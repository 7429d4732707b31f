"""From rows in Postgres to stored classes with reasons, by event and by book alike."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.classifier.domain.money import (
    Booking,
    Expectation,
    Window,
    earned_cents,
    estimated_cents,
    revenue_cents,
    round_half_up,
)
from services.classifier.domain.needs import default_policy
from services.classifier.store.facts import TheseUnits, UnitsBetween, facts_of
from services.classifier.store.work_marks import mark_units
from services.classifier.usecases.classification import reclassify_book, reclassify_marked
from services.classifier.usecases.classification_reading import read_classification, read_history
from services.classifier.usecases.policies import activate_policy, add_policy, policy_in_force
from services.classifier.usecases.reclassification import run_day
from shared.contracts.policies import EarningMonths, Policy
from shared.db.database import Database
from shared.db.rings import Ring
from tests.fixtures.databases import FreshDatabases

AGENCY = "agency-x"
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")


class Book:
    """Writes the rows that a broker system would have sent."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def insert(self, table: str, **values: Any) -> None:
        columns = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        async with self.database.transaction(AGENCY) as transaction:
            await transaction.execute(
                f"INSERT INTO {table} (agency_id, {columns}) VALUES (:agency, {places})", values
            )

    async def customer(self, customer_id: str, *, unit: str | None = None, **life: Any) -> None:
        await self.insert(
            "customer", customer_id=customer_id, unit_id=unit or customer_id,
            kind=life.pop("kind", "person"), status=life.pop("status", "active"),
            last_name="Muster", form_of_address="sie", language="de", country="DE",
            mandate_contract=True, mandate_power_of_attorney=True, identities="{}", **life,
        )  # fmt: skip

    async def commission(
        self, customer_id: str, cents: int, *, kind: str = "other", on: date = TODAY, **more: Any
    ) -> None:
        await self.insert(
            "commission", commission_id=f"{customer_id}-{kind}-{on}-{cents}",
            customer_id=customer_id, booked_on=on, kind=kind, amount_cents=cents,
            contract_id=more.get("contract_id"),
        )  # fmt: skip

    async def contract(self, customer_id: str, contract_id: str, line: str, **more: Any) -> None:
        await self.insert(
            "contract", customer_id=customer_id, contract_id=contract_id, number_key=contract_id,
            line=line, status=more.pop("status", "active"),
            held_elsewhere=more.pop("foreign", False), **more,
        )  # fmt: skip

    async def mark(self, *units: str) -> None:
        async with self.database.transaction(AGENCY) as transaction:
            await mark_units(transaction, units)

    async def changes(self) -> list[tuple[str, str, str]]:
        async with self.database.transaction(AGENCY) as transaction:
            rows = await transaction.execute(
                "SELECT kind, subject, payload ->> 'segment' AS segment FROM change "
                "WHERE kind = 'classification.changed' ORDER BY revision"
            )
            return [(row.kind, row.subject, row.segment) for row in rows]

    async def classify_marked(self, now: datetime = NOW) -> int:
        done = await reclassify_marked(database=self.database, agency=AGENCY, now=now)
        return done.changed

    async def segment(self, customer_id: str) -> str | None:
        read = await read_classification(
            database=self.database, agency=AGENCY, customer_id=customer_id, now=NOW
        )
        return read.stored.segment if read else None


@pytest.fixture
async def book(fresh_database: FreshDatabases) -> AsyncIterator[Book]:
    """An empty book."""
    urls = await fresh_database("classifier")

    async def ring(rings: Sequence[Ring]) -> None:
        return None

    database = Database(service="classifier", url=urls.app_url, ring=ring)
    yield Book(database)
    await database.close()


async def revenue_of(book: Book, unit: str, policy: Policy, as_of: date = TODAY) -> int:
    async with book.database.transaction(AGENCY) as transaction:
        loaded = await facts_of(
            transaction, TheseUnits([unit]), policy=policy, as_of=as_of, zone=ZONE
        )
    return int(loaded.facts["revenue_cents"][0])


async def revenues(
    book: Book, units: list[str], policy: Policy, as_of: date
) -> dict[str, tuple[int, bool]]:
    async with book.database.transaction(AGENCY) as transaction:
        loaded = await facts_of(
            transaction, TheseUnits(units), policy=policy, as_of=as_of, zone=ZONE
        )
    rows = loaded.facts.select("unit_id", "revenue_cents", "revenue_estimated").iter_rows()
    return {unit: (revenue, estimated) for unit, revenue, estimated in rows}


BOOKINGS = [
    Booking(kind="initial", booked_on=date(2024, 2, 29), amount_cents=120_001),
    Booking(kind="clawback", booked_on=date(2026, 1, 31), amount_cents=-33_333),
    Booking(kind="increase", booked_on=date(2021, 11, 21), amount_cents=77_777),
    Booking(kind="other", booked_on=date(2025, 11, 20), amount_cents=10_001),
    Booking(kind="other", booked_on=date(2025, 11, 21), amount_cents=10_001),
    Booking(kind="renewal", booked_on=date(2026, 8, 31), amount_cents=1_234),
    Booking(
        kind="renewal", booked_on=date(2026, 10, 31), amount_cents=999, instalments_per_year=12
    ),
    Booking(kind="renewal", booked_on=date(2025, 10, 1), amount_cents=555, instalments_per_year=2),
    Booking(kind="other", booked_on=date(2026, 11, 21), amount_cents=1_000_000),
]


async def test_the_sum_in_sql_is_the_exact_sum_of_the_domain(book: Book) -> None:
    policy = default_policy()
    for number, booking in enumerate(BOOKINGS):
        unit = f"K-{number}"
        await book.customer(unit)
        await book.contract(unit, "V", "legal", instalments_per_year=booking.instalments_per_year)
        await book.commission(
            unit, booking.amount_cents, kind=booking.kind, on=booking.booked_on, contract_id="V"
        )
    for as_of in (TODAY, date(2026, 2, 28), date(2024, 2, 29), date(2027, 11, 19)):
        window = Window.ending(as_of)
        for number, booking in enumerate(BOOKINGS):
            counted = [booking] if booking.booked_on <= as_of else []
            expected = revenue_cents(counted, window, months=EarningMonths())
            got = await revenue_of(book, f"K-{number}", policy, as_of)
            assert got == expected, (as_of, booking)


async def test_the_estimate_of_uncovered_days_in_sql_is_that_of_the_domain(book: Book) -> None:
    policy, months = default_policy(), EarningMonths()
    cases = [
        (count, starts_on, [replace(b, instalments_per_year=yearly) for b in found])
        for count in (1, 2, 3)
        for found in itertools.combinations(BOOKINGS, count)
        for yearly, starts_on in [(1, None), (4, date(2026, 7, 3)), (12, date(2019, 4, 1))]
    ][::3]
    for number, (_, starts_on, bookings) in enumerate(cases):
        unit, yearly = f"K-{number}", bookings[0].instalments_per_year
        await book.customer(unit)
        await book.contract(
            unit, "V", "household", premium_cents=12_345, instalments_per_year=yearly,
            starts_on=starts_on,
        )  # fmt: skip
        for booking in bookings:
            await book.commission(
                unit, booking.amount_cents, kind=booking.kind, on=booking.booked_on,
                contract_id="V",
            )  # fmt: skip
    units = [f"K-{number}" for number in range(len(cases))]
    for as_of in (TODAY, date(2026, 12, 29), date(2028, 2, 29)):
        window = Window.ending(as_of)
        found = await revenues(book, units, policy, as_of)
        for number, (_, starts_on, bookings) in enumerate(cases):
            by_premium = Fraction(12_345 * (bookings[0].instalments_per_year or 0), 5)
            known = [booking for booking in bookings if booking.booked_on <= as_of]
            exact = sum((earned_cents(b, window, months=months) for b in known), Fraction(0))
            estimate = estimated_cents(
                Expectation(yearly_cents=by_premium, starts_on=starts_on),
                bookings, window, months=months,
            )  # fmt: skip
            expected = (round_half_up(exact + estimate), estimate > 0)
            assert found[f"K-{number}"] == expected, (as_of, bookings, starts_on)


async def test_a_contract_without_bookings_is_estimated_by_the_usual_rate(book: Book) -> None:
    await book.customer("K-1")
    await book.contract("K-1", "V1", "household", premium_cents=10_000, instalments_per_year=1)
    await book.contract("K-1", "V2", "legal", premium_cents=5_000, instalments_per_year=4)
    await book.contract(
        "K-1", "V3", "motor", premium_cents=90_000, instalments_per_year=1, foreign=True
    )
    await book.commission("K-1", 4_000, kind="renewal", contract_id="V2")
    async with book.database.transaction(AGENCY) as transaction:
        loaded = await facts_of(
            transaction, TheseUnits(["K-1"]), policy=default_policy(), as_of=TODAY, zone=ZONE
        )
    row = loaded.facts.row(0, named=True)
    # Household: 100,00 € × 20 %; legal: one day of a quarter of 40,00 €, the others by the premium,
    # 4 × 50,00 € × 20 %.
    assert row["revenue_cents"] == 2_000 + round(4_000 / 92 + 4_000 * 364 / 365)
    assert row["revenue_estimated"]
    assert row["contracts"] == 2


async def test_a_marked_customer_gets_a_class_with_reasons_and_the_feed_tells_it(
    book: Book,
) -> None:
    await book.customer("K-1", birth_date=date(1984, 3, 12), home="owns", employment="employed")
    await book.commission("K-1", 84_210)
    await book.mark("K-1")
    later = datetime(2027, 11, 19, 10, tzinfo=UTC)
    assert await book.classify_marked(later) == 1
    read = await read_classification(
        database=book.database, agency=AGENCY, customer_id="K-1", now=later
    )
    assert read is not None
    assert read.revision == 1
    assert read.stored.segment == "A"
    assert {reason["rule"] for reason in read.stored.reasons} == {"revenue.high", "potential.high"}
    assert "842,10 €" in read.stored.reasons[0]["de"]
    assert await book.changes() == [("classification.changed", "K-1", "A")]
    assert await book.classify_marked(later) == 0


async def test_classifying_again_writes_nothing_where_nothing_changed(book: Book) -> None:
    await book.customer("K-1")
    await book.mark("K-1")
    await book.classify_marked()
    await book.mark("K-1")
    assert await book.classify_marked() == 0
    assert len(await book.changes()) == 1


async def test_every_member_of_a_household_carries_its_class(book: Book) -> None:
    await book.customer("K-1", unit="K-1")
    await book.customer("K-2", unit="K-1")
    await book.commission("K-2", 50_000, on=date(2025, 11, 21))
    await book.mark("K-1")
    await book.classify_marked()
    assert await book.segment("K-1") == await book.segment("K-2")
    assert sorted(subject for _, subject, _ in await book.changes()) == ["K-1", "K-2"]


async def test_who_joins_a_household_is_told_its_class_even_if_it_stays(book: Book) -> None:
    await book.customer("K-1")
    await book.mark("K-1")
    await book.classify_marked()
    await book.customer("K-2", unit="K-1")
    await book.mark("K-1")
    await book.classify_marked()
    assert [subject for _, subject, _ in await book.changes()] == ["K-1", "K-1", "K-2"]


async def test_a_unit_marked_again_while_it_is_classified_keeps_its_mark(book: Book) -> None:
    from services.classifier.store import work_marks

    await book.customer("K-1")
    await book.mark("K-1")
    async with book.database.transaction(AGENCY) as transaction:
        claimed = await work_marks.claim(transaction, limit=10)
    await book.mark("K-1")
    async with book.database.transaction(AGENCY) as transaction:
        assert await work_marks.finish(transaction, claimed) == 1
    assert await book.classify_marked() == 1


async def test_a_unit_leased_by_a_worker_is_not_claimed_by_another(book: Book) -> None:
    from services.classifier.store import work_marks

    await book.customer("K-1")
    await book.mark("K-1")
    async with book.database.transaction(AGENCY) as transaction:
        assert list((await work_marks.claim(transaction, limit=10)).unit_ids) == ["K-1"]
    async with book.database.transaction(AGENCY) as transaction:
        assert list((await work_marks.claim(transaction, limit=10)).unit_ids) == []


async def test_a_new_day_classifies_the_whole_book_by_the_same_function(book: Book) -> None:
    for number in range(25):
        await book.customer(f"K-{number:02}", children=number % 3, home="rents")
        await book.commission(f"K-{number:02}", 40_000, on=date(2025, 11, 21))
    run = await run_day(database=book.database, agency=AGENCY, day=TODAY, now=NOW)
    done = await reclassify_book(database=book.database, agency=AGENCY, now=NOW)
    assert (done.units, done.changed) == (25, 25)
    again = await run_day(database=book.database, agency=AGENCY, day=TODAY, now=NOW)
    assert again.reclassification_id == run.reclassification_id
    assert again.state == "done"
    by_book = {f"K-{n:02}": await book.segment(f"K-{n:02}") for n in range(25)}
    await book.mark(*by_book)
    assert await book.classify_marked() == 0, "by event and by book the class is the same"


async def test_a_new_policy_classifies_anew_and_history_knows_both(book: Book) -> None:
    await book.customer("K-1")
    await book.commission("K-1", 40_000, on=date(2025, 11, 21))
    await book.mark("K-1")
    await book.classify_marked()
    before = await book.segment("K-1")
    stricter = default_policy().model_dump(mode="json")
    stricter["revenue"] = {"threshold": {"kind": "amount", "cents": 900_000}}
    policy = Policy.model_validate_json(__import__("json").dumps(stricter))
    version = await add_policy(database=book.database, agency=AGENCY, policy=policy, author="owner")
    activated = await activate_policy(
        database=book.database, agency=AGENCY, version=version, from_day=None, now=NOW
    )
    assert activated.version == 2
    await reclassify_book(database=book.database, agency=AGENCY, now=NOW)
    history = await read_history(
        database=book.database, agency=AGENCY, customer_id="K-1", after=None, limit=10
    )
    assert [entry.policy_version for entry in history] == [2, 1]
    assert (before, history[0].segment) in {("B", "C"), ("A", "O")}


async def test_a_new_agency_gets_the_default_policy_once_however_many_ask_at_once(
    book: Book,
) -> None:
    async def ask() -> int:
        async with book.database.transaction(AGENCY) as transaction:
            return (await policy_in_force(transaction, TODAY)).version

    assert set(await asyncio.gather(*(ask() for _ in range(6)))) == {1}


async def test_slices_of_the_book_meet_without_gap_or_overlap(book: Book) -> None:
    from services.classifier.store.facts import end_of_slice

    for number in range(7):
        await book.customer(f"K-{number}")
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        async with book.database.transaction(AGENCY) as transaction:
            until = await end_of_slice(transaction, after=after, size=3)
            loaded = await facts_of(
                transaction,
                UnitsBetween(after, until),
                policy=default_policy(),
                as_of=TODAY,
                zone=ZONE,
            )
        seen += loaded.facts["unit_id"].to_list()
        after = until
    assert sorted(seen) == [f"K-{number}" for number in range(7)]
