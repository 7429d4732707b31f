"""Checks that the migrations make the tables that the code works with."""

import asyncio
import os

from alembic.util import CommandError

from kundentakt.servers.bootstrap import (
    ROLES,
    ServiceDatabase,
    bootstrap,
    check_drift,
    drop_database,
    drop_roles,
    migrate,
)
from kundentakt.servers.embedded import SERVICES, EmbeddedServers
from kundentakt.supervisor.installation import Installation


def drifted_services(*, installation: Installation | None = None) -> dict[str, str]:
    """What differs, by service; empty when nothing does.

    Migrates scratch databases of an embedded server of its own, so it needs no running system
    and tells nothing about one.
    """
    place = (
        installation
        if installation is not None
        else Installation(Installation.of_checkout().var / "drift")
    )
    with EmbeddedServers(
        installation=place, durable=False, environment={}, with_redis=False
    ) as servers:
        return asyncio.run(_drifted(servers))


async def _drifted(servers: EmbeddedServers) -> dict[str, str]:
    found = {}
    for service in SERVICES:
        difference = await _difference(servers, service)
        if difference is not None:
            found[service] = difference
    return found


async def _difference(servers: EmbeddedServers, service: str) -> str | None:
    admin_url = servers.admin_database_url()
    scratch = ServiceDatabase(
        service=service,
        database=f"drift{os.getpid()}_{service}",
        passwords=dict.fromkeys(ROLES, servers.installation.secret("scratch-password")),
    )
    try:
        await bootstrap(admin_url=admin_url, database=scratch)
        owner_url = scratch.url("owner", server_url=admin_url)
        await migrate(service=service, owner_url=owner_url)
        await check_drift(service=service, owner_url=owner_url)
    except CommandError as error:
        return str(error)
    finally:
        await drop_database(admin_url=admin_url, database=scratch.database)
        await drop_roles(admin_url=admin_url, database=scratch)
    return None
