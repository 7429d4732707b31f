"""The book of an agency, read in slices, some ahead of the one that is being worked on.

Postgres sums a slice with one process and waits while we decide, explain and write: reading one
after the other would leave a core standing still.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import TypeVar

from services.classifier.store.facts import UnitsBetween, end_of_slice
from shared.db.database import Transaction
from shared.turns import UNLIMITED, Turn

SLICE_UNITS = 25_000
"""Facts of so many units take some seconds to sum and some 50 MB to hold."""
READ_AT_ONCE = 3
"""Slices being read, each in a transaction of its own."""

T = TypeVar("T")
Open = Callable[[], AbstractAsyncContextManager[Transaction]]
Read = Callable[[Transaction, UnitsBetween], Awaitable[T]]


@asynccontextmanager
async def book_slices(
    open_transaction: Open, read: Read[T], *, after: str = "", turn: Turn = UNLIMITED
) -> AsyncIterator[AsyncIterator[T]]:
    """What ``read`` makes of each slice from the first unit after one to the end, in their order.

    When the turn is over no further slice is begun, but what was read ahead is still returned. At
    the end nothing is being read any more.
    """
    async with aclosing(_read_ahead(open_transaction, read, after, turn)) as slices:
        yield slices


async def _read_ahead(
    open_transaction: Open, read: Read[T], after: str, turn: Turn
) -> AsyncGenerator[T, None]:
    ahead: deque[asyncio.Task[T]] = deque()
    rest: str | None = after
    try:
        while True:
            while rest is not None and len(ahead) < READ_AT_ONCE and turn.goes_on():
                async with open_transaction() as transaction:
                    end = await end_of_slice(transaction, after=rest, size=SLICE_UNITS)
                scope = UnitsBetween(rest, end)
                ahead.append(asyncio.create_task(_in_its_own(open_transaction, read, scope)))
                rest = end
            if not ahead:
                return
            yield await ahead.popleft()
    finally:
        for task in ahead:
            task.cancel()
        await asyncio.gather(*ahead, return_exceptions=True)


async def _in_its_own(open_transaction: Open, read: Read[T], scope: UnitsBetween) -> T:
    async with open_transaction() as transaction:
        return await read(transaction, scope)
