"""The agency's settings, and the secrets of who sends it events."""

import base64
import secrets

from cachetools import TTLCache

from services.classifier.store import agencies
from shared.contracts.agencies import Agency, AgencySettings, SourceName, WebhookSecret
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database

SECRET_BYTES = 32
KNOWN_SECONDS = 5.0
KNOWN_SOURCES = 10_000
"""How many sources a process remembers: anybody can ask for sources that do not exist."""


async def get_agency(*, database: Database, agency: AgencyId) -> Agency:
    """The settings, those of a new agency where none were given yet."""
    async with database.transaction(agency) as transaction:
        return await agencies.agency(transaction)


async def put_agency(*, database: Database, agency: AgencyId, settings: AgencySettings) -> Agency:
    """Replace the settings. Days move with the time zone, so the whole book is looked at again
    with the next day run; single customers as they change."""
    async with database.transaction(agency) as transaction:
        await agencies.put_agency(transaction, settings)
        return await agencies.agency(transaction)


async def rotate_webhook_secret(
    *, database: Database, agency: AgencyId, source: SourceName
) -> WebhookSecret:
    """Give a source a new secret, told this once; the one before stays good until the next."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    async with database.transaction(agency) as transaction:
        rotated = await agencies.rotate_secret(transaction, source=source, secret=secret)
    return WebhookSecret(
        source=source, secret=secret, url=f"/v1/events/{agency}/{source}", rotated=rotated
    )


class WebhookSecrets:
    """The secrets of webhook sources, remembered for a few seconds.

    A new secret is good at once in the process that made it, and in the others within
    :data:`KNOWN_SECONDS`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: TTLCache[tuple[AgencyId, SourceName], tuple[str, ...]] = TTLCache(
            maxsize=KNOWN_SOURCES, ttl=KNOWN_SECONDS
        )

    async def of(self, agency: AgencyId, source: SourceName) -> tuple[str, ...]:
        """What this source may sign with; empty if agency or source are unknown."""
        known = self._known.get((agency, source))
        if known is not None:
            return known
        async with self._database.transaction(agency) as transaction:
            secrets = await agencies.source_secrets(transaction, source)
        if secrets:
            # An unknown source is not remembered, because it may be made the next moment.
            self._known[agency, source] = secrets
        return secrets

    def forget(self, agency: AgencyId, source: SourceName) -> None:
        """Read this source's secrets anew next time."""
        self._known.pop((agency, source), None)
