"""One transaction of bulk work publishes a limited number of customers, whatever their units."""

from collections.abc import Sequence

import pytest

from services.classifier.store import work_marks
from services.classifier.usecases import classification
from tests.classifier.conftest import Agency
from tests.classifier.rules import activate, post, work

HOUSEHOLDS = (2, 1, 1, 3, 5, 1, 2)
"""Customers of each unit, in the order in which they come."""
AT_ONCE = 4
TOGETHER = [4, 3, 5, 3]
"""Two, one and one; then three, for the five would not fit; the five; one and two."""


async def households(agency: Agency, sizes: Sequence[int]) -> None:
    for unit, size in enumerate(sizes):
        head = {"connections": [{"customer_id": f"K-{unit}-0", "kind": "household"}]}
        for member in range(size):
            await agency.customer(f"K-{unit}-{member}", **head if member else {})


async def published_together(agency: Agency) -> list[int]:
    """How many classes each transaction published, in order."""
    rows = await agency.rows(
        """
        SELECT count(*) FROM change
         WHERE agency_id = :agency AND kind = 'classification.changed'
         GROUP BY xmin ORDER BY min(revision)
        """
    )
    return [row[0] for row in rows]


@pytest.fixture
async def book(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> Agency:
    await households(agency, HOUSEHOLDS)
    monkeypatch.setattr(classification, "WRITTEN_AT_ONCE", AT_ONCE)
    return agency


async def test_marked_units_are_claimed_by_the_customers_they_hold(book: Agency) -> None:
    async with book.service.resources.database.transaction(book.agency) as transaction:
        await transaction.execute("DELETE FROM work_mark WHERE unit_id NOT LIKE '%-0'")
    await work(book)
    assert await published_together(book) == TOGETHER
    assert await book.marked_units() == set()


async def test_a_run_over_the_book_is_written_by_the_customers_of_its_units(book: Agency) -> None:
    async with book.service.resources.database.transaction(book.agency) as transaction:
        await transaction.execute("DELETE FROM work_mark WHERE agency_id = :agency")
    await activate(book, await post(book))
    await work(book)
    assert await published_together(book) == TOGETHER
    run = (await book.get("/activations"))["items"][0]["reclassification_id"]
    assert (await book.get(f"/reclassifications/{run}"))["units"] == len(HOUSEHOLDS)


async def test_a_unit_that_nobody_belongs_to_any_more_is_claimed_with_others(book: Agency) -> None:
    async with book.service.resources.database.transaction(book.agency) as transaction:
        await transaction.execute("DELETE FROM work_mark WHERE unit_id NOT IN ('K-4-0', 'K-0-1')")
    async with book.service.resources.database.transaction(book.agency) as transaction:
        claimed = await work_marks.claim(transaction, limit=AT_ONCE)
    assert list(claimed.unit_ids) == ["K-0-1", "K-4-0"]
