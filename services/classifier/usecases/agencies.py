"""The agency's settings, and the secrets of who sends it events."""

import base64
import secrets

from cachetools import TTLCache

from services.classifier.store import agencies
from shared.contracts.agencies import (
    Agency,
    AgencySettings,
    SourceName,
    WebhookSecret,
    WebhookSource,
    WebhookSources,
)
from shared.contracts.etags import UNCONDITIONAL, Condition, etag_of
from shared.contracts.identities import SenderIdentity
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database
from shared.db.kept_keys import RepeatableRequest, forget_made, keep_made
from shared.return_lines import return_line
from shared.typesetting import Substitutions, printable

SECRET_BYTES = 32
KNOWN_SECONDS = 5.0
REMEMBERED_SOURCES = 10_000

_Remembered = TTLCache[tuple[AgencyId, SourceName], tuple[str, ...]]


async def get_agency(*, database: Database, agency: AgencyId) -> Agency:
    """The settings, those of a new agency where none were given yet."""
    async with database.transaction(agency) as transaction:
        return await agencies.agency(transaction)


class SenderTooLong(Exception):
    """the sender's name, street and city do not fit into the return line of a letter"""

    def __init__(self) -> None:
        super().__init__(
            f"{type(self).__doc__} (66 mm at 5 pt), however they are shortened: "
            "give a shorter street or city"
        )


class SenderNotPrintable(Exception):
    """this part of the sender cannot be printed"""

    def __init__(self, field: str) -> None:
        super().__init__(
            f"/sender/{field}: a letter can print Latin, Greek and Cyrillic, and the legal notice "
            "must say something: give at least one letter or digit, and no other script"
        )
        self.field = field


class SenderNotAnswerable(Exception):
    """/sender/email: not every mail server carries an address with umlauts before its @ (SMTPUTF8),
    so customers could not answer; give one without"""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


async def put_agency(
    *,
    database: Database,
    agency: AgencyId,
    settings: AgencySettings,
    condition: Condition = UNCONDITIONAL,
) -> Agency:
    """Replace the settings. Days move with the time zone, so the whole book is looked at again
    with the next day run; single customers as they change.

    Raises ConditionFailed, SenderTooLong and SenderNotPrintable, because no letter of such a sender
    could be printed, and SenderNotAnswerable, because none of their e-mails could leave.
    """
    sender = settings.sender
    if sender is not None:
        _require_printable(sender)
        place = f"{sender.postcode} {sender.city}"
        if return_line(sender.name, sender.street, place) is None:
            raise SenderTooLong
        if not sender.email.rpartition("@")[0].isascii():
            raise SenderNotAnswerable
    async with database.transaction(agency) as transaction:
        if condition.asked:
            condition.require(etag_of(await agencies.locked_agency(transaction)))
        await agencies.put_agency(transaction, settings)
        return await agencies.agency(transaction)


def _require_printable(sender: SenderIdentity) -> None:
    for name, value in sender:
        for text in value if isinstance(value, tuple) else (value,):
            counted = Substitutions()
            if text is None:
                continue
            shown = printable(text, counted)
            if counted.replaced or not any(map(str.isalnum, shown)):
                raise SenderNotPrintable(name)


class WebhookSourceNotFound(Exception):
    """there is no webhook source of that name"""

    def __init__(self, source: SourceName) -> None:
        super().__init__(f"{source}: {type(self).__doc__}")


def new_secret() -> str:
    """A secret as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


async def put_webhook_source(
    *, database: Database, agency: AgencyId, source: SourceName
) -> WebhookSecret:
    """Add a source. A repetition changes nothing and returns the same secret, because whoever sends
    the call again did not hear the answer."""
    async with database.transaction(agency) as transaction:
        secret = await agencies.add_source(transaction, source=source, secret=new_secret())
    return _told(agency, source, secret, rotated=False)


async def rotate_webhook_secret(
    *, database: Database, agency: AgencyId, source: SourceName, request: RepeatableRequest
) -> WebhookSecret:
    """Give a source a new secret; the one before stays good until the next rotation.

    A repeated request, whose sender did not hear the answer, returns the secret that the first one
    made: a second rotation would end the secret in use. Raises WebhookSourceNotFound.
    """
    secret = new_secret()
    async with database.transaction(agency) as transaction:
        if request.made is not None:
            known = await agencies.source_secrets(transaction, source)
            if not known:
                raise WebhookSourceNotFound(source)
            return _told(agency, source, known[0], rotated=True)
        if not await agencies.rotate_secret(transaction, source=source, secret=secret):
            raise WebhookSourceNotFound(source)
        await keep_made(transaction, request, _secret_of(source))
    return _told(agency, source, secret, rotated=True)


def _secret_of(source: SourceName) -> str:
    return f"webhook secret of {source}"


def _told(agency: AgencyId, source: SourceName, secret: str, *, rotated: bool) -> WebhookSecret:
    url = url_of(agency, source)
    return WebhookSecret(source=source, secret=secret, url=url, rotated=rotated)


def url_of(agency: AgencyId, source: SourceName) -> str:
    """Where a source posts its events, below the service's address."""
    return f"/v1/events/{agency}/{source}"


async def list_webhook_sources(*, database: Database, agency: AgencyId) -> WebhookSources:
    """The agency's sources by name, without their secrets."""
    async with database.transaction(agency) as transaction:
        rows = await agencies.sources(transaction)
    return WebhookSources(
        items=[
            WebhookSource(
                source=row.source,
                url=url_of(agency, row.source),
                rotated_at=row.rotated_at,
                previous_valid=row.previous_secret is not None,
            )
            for row in rows
        ]
    )


async def delete_webhook_source(
    *, database: Database, agency: AgencyId, source: SourceName
) -> None:
    """Accept nothing more from a source, and forget the secrets that it was told.

    Raises WebhookSourceNotFound.
    """
    async with database.transaction(agency) as transaction:
        if not await agencies.delete_source(transaction, source):
            raise WebhookSourceNotFound(source)
        await forget_made(transaction, _secret_of(source))


class WebhookSecrets:
    """The secrets of webhook sources, remembered for a few seconds.

    A new secret is good at once in the process that made it, and in the others within
    :data:`KNOWN_SECONDS`. An unknown source is remembered as well and gets a secret that nobody
    has: the time of an answer must not tell which sources exist.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._nobodys = (new_secret(),)
        # Apart, because anybody can ask for sources that do not exist, and as many as they like.
        self._known: _Remembered = TTLCache(maxsize=REMEMBERED_SOURCES, ttl=KNOWN_SECONDS)
        self._unknown: _Remembered = TTLCache(maxsize=REMEMBERED_SOURCES, ttl=KNOWN_SECONDS)

    async def of(self, agency: AgencyId, source: SourceName) -> tuple[str, ...]:
        """What this source may sign with; a secret that nobody has if it is unknown."""
        name = (agency, source)
        try:
            return self._known[name]  # its `get` looks twice, and every event asks
        except KeyError:
            pass
        if name in self._unknown:
            return self._nobodys
        async with self._database.transaction(agency) as transaction:
            secrets = await agencies.source_secrets(transaction, source)
        if secrets:
            self._known[name] = secrets
            return secrets
        self._unknown[name] = self._nobodys
        return self._nobodys

    def forget(self, agency: AgencyId, source: SourceName) -> None:
        """Read this source's secrets anew next time."""
        self._known.pop((agency, source), None)
        self._unknown.pop((agency, source), None)
