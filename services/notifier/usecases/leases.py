"""Work under a lease: renewed while its process lives, free again soon after it was killed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.db.failures import is_transient

log = structlog.get_logger(__name__)

KeepLease = Callable[[Transaction], Awaitable[None]]


@asynccontextmanager
async def kept_lease(
    *, database: Database, agency: AgencyId, keep: KeepLease, lease_seconds: float
) -> AsyncIterator[None]:
    """Renew a lease three times in its time until the block ends."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(lease_seconds / 3)
            try:
                async with database.transaction(agency) as transaction:
                    await keep(transaction)
            except Exception as error:
                # Once is no harm; three in a row lose the lease, and the next step finds that out.
                log.warning("lease not renewed", agency=agency, error=type(error).__name__)
                if not is_transient(error):
                    raise

    task = asyncio.create_task(renew())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
