"""Reads of a whole book: bounded, whoever asks how often."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.classifier.usecases.portfolio import overview, reviews
from shared import heavy_reads
from shared.heavy_reads import HeavyReads, TooManyHeavyReads
from tests.classifier.conftest import Agency


class AtOnce:
    """A use case as it is, and how many of its calls were under way at once."""

    def __init__(self, do: Callable[..., Awaitable[object]]) -> None:
        self._do = do
        self._now = 0
        self.most = 0

    async def __call__(self, **named: object) -> object:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            return await self._do(**named)
        finally:
            self._now -= 1


async def test_thirty_portfolio_reads_at_once_go_one_by_one_and_nobody_else_waits(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    await agency.customer("K-1")
    read = AtOnce(overview.read_portfolio)
    monkeypatch.setattr(overview, "read_portfolio", read)
    monkeypatch.setattr(heavy_reads, "WAITING_AT_MOST", 25)
    reads = [asyncio.create_task(agency.call("GET", "/portfolio")) for _ in range(30)]
    await asyncio.sleep(0)  # all reads have begun
    assert (await agency.call("GET", "/customers/K-1")).status_code == 200
    codes = [answer.status_code for answer in await asyncio.gather(*reads)]
    assert (codes.count(200), codes.count(503), read.most) == (25, 5, 1)
    assert (await agency.call("GET", "/portfolio")).status_code == 200


async def test_reviews_of_many_quarters_at_once_are_made_one_by_one(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = AtOnce(reviews.make_review)
    monkeypatch.setattr(reviews, "make_review", make)
    monkeypatch.setattr(heavy_reads, "WAITING_AT_MOST", 6)
    quarters = [f"{year}-Q{number}" for year in (2024, 2025) for number in (1, 2, 3, 4)]
    made = await asyncio.gather(
        *(agency.call("POST", "/portfolio/reviews", json={"quarter": each}) for each in quarters)
    )
    codes = [answer.status_code for answer in made]
    assert (codes.count(200), codes.count(503), make.most) == (6, 2, 1)
    pdf = await agency.call("GET", "/portfolio/reviews/2024-Q1/book-review.pdf")
    assert pdf.headers["content-type"] == "application/pdf"


async def test_agencies_share_the_turns_and_nothing_is_left_behind() -> None:
    turns, order = HeavyReads(), []

    async def look(agency: str) -> None:
        async with turns.turn(agency):
            order.append(agency)
            await asyncio.sleep(0)

    await asyncio.gather(*(look("a") for _ in range(10)), look("b"))
    assert order.index("b") <= 2, "one agency with ten reads does not hold up another"
    assert not turns._waiting
    assert not turns._agencies
    with pytest.raises(RuntimeError):
        async with turns.turn("a"):
            raise RuntimeError
    assert not turns._waiting
    assert issubclass(TooManyHeavyReads, Exception)
