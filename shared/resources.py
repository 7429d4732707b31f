"""What every process of a service holds open; each service's ``resources.py`` adds its own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

from shared.access import Revocations, TokenVerifier
from shared.clients.http import ServiceHttp
from shared.clock import Clock
from shared.db.connection_limits import WORK_SECONDS
from shared.db.database import Database, Transaction
from shared.db.followers import Follower
from shared.db.schema_version import known_migrations
from shared.db.sweep_database import SweepDatabase
from shared.jobs.doorbell import Doorbell
from shared.settings import ServiceSettings
from shared.telemetry import traceparent
from shared.token_expiry import ServiceTokenExpiry, expiry_of

Widened = TypeVar("Widened", bound="Resources")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much work waits or failed for one reason, and since when."""

    reason: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Database, doorbell, clock, keys and neighbours of one process."""

    service: str
    settings: ServiceSettings
    database: Database
    sweep: SweepDatabase
    doorbell: Doorbell
    clock: Clock
    tokens: TokenVerifier
    revocations: Revocations
    neighbours: Mapping[str, ServiceHttp]
    token_expiry: ServiceTokenExpiry
    migrations: Sequence[str] = ()
    """Revisions shipped with this code, oldest first; ready only at the last one or a newer one."""
    followers: dict[str, Follower] = field(default_factory=dict)
    """By the service whose feed is followed; the service's ``resources.py`` fills it."""

    async def waiting_work(self, transaction: Transaction) -> Sequence[Waiting]:
        """What does not go on in this service, by reason; a service with such work says so."""
        return ()

    def widened(self, own: type[Widened], **more: Any) -> Widened:
        """The service's own resources: these, and what it adds."""
        kernel = {field.name: getattr(self, field.name) for field in fields(Resources)}
        return own(**kernel, **more)


@asynccontextmanager
async def open_resources(
    service: str, settings: ServiceSettings, *, statement_seconds: int = WORK_SECONDS
) -> AsyncIterator[Resources]:
    """Open everything one process needs; refuses a database role that could see too much."""
    async with AsyncExitStack() as stack:
        doorbell = Doorbell(url=settings.redis_url.get_secret_value(), service=service)
        stack.push_async_callback(doorbell.close)
        database = Database(
            service=service,
            url=settings.database_url.get_secret_value(),
            ring=doorbell.ring,
            pool=settings.database_pool,
            statement_seconds=statement_seconds,
        )
        stack.push_async_callback(database.close)
        await database.refuse_unsafe_role()
        sweep = SweepDatabase(url=settings.sweep_database_url.get_secret_value())
        stack.push_async_callback(sweep.close)
        urls = {
            "classifier": settings.classifier_url,
            "scheduler": settings.scheduler_url,
            "notifier": settings.notifier_url,
        }
        token = settings.service_token.get_secret_value()
        neighbours = {
            name: ServiceHttp(url=url, token=token, trace=traceparent)
            for name, url in urls.items()
            if name != service
        }
        for neighbour in neighbours.values():
            stack.push_async_callback(neighbour.close)
        expiry = ServiceTokenExpiry(service=service, expires_at=expiry_of(token))
        expiry.warning()
        yield Resources(
            service=service,
            token_expiry=expiry,
            settings=settings,
            database=database,
            sweep=sweep,
            doorbell=doorbell,
            clock=Clock.started_at(settings.now, settings.now_since),
            tokens=TokenVerifier(settings.token_keys),
            revocations=Revocations(database),
            neighbours=neighbours,
            migrations=known_migrations(service),
        )
