"""What sending needs open: database, clock, neighbours, templates, keys, the mail server."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from services.notifier.channels.email import DkimSigner, SmtpSender
from services.notifier.channels.templates import MessageTemplates
from services.notifier.clients import Neighbours
from services.notifier.domain.public_links import LinkKind, PublicLink, make_token
from services.notifier.usecases.surroundings import SurroundingsReader
from shared.clock import Clock
from shared.contracts.customers import ConsentPurpose
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicLinks:
    """Makes the links that customers may follow without a login."""

    public_url: str
    secret: str

    def unsubscribe(
        self,
        agency: AgencyId,
        customer_id: CustomerId,
        message_id: UUID,
        *,
        purpose: ConsentPurpose,
    ) -> str:
        """Where a customer withdraws the consent for ``purpose``."""
        return self._link("unsubscribe", "unsubscribe", agency, customer_id, message_id, purpose)

    def answer(self, agency: AgencyId, customer_id: CustomerId, message_id: UUID) -> str:
        """Where a customer says that they want to be called back about a message."""
        return self._link("answer", "answers", agency, customer_id, message_id, None)

    def _link(
        self,
        kind: LinkKind,
        path: str,
        agency: AgencyId,
        customer_id: CustomerId,
        message_id: UUID,
        purpose: ConsentPurpose | None,
    ) -> str:
        link = PublicLink(
            kind=kind,
            agency_id=agency,
            customer_id=customer_id,
            purpose=purpose,
            message_id=str(message_id),
        )
        token = make_token(link, secret=self.secret)
        return f"{self.public_url.rstrip('/')}/v1/{path}/{token}"


class DkimKeys:
    """Private keys in ``<directory>/<domain>/<selector>.pem``; read once a process."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self.of_domain = cache(self._read)

    def _read(self, domain: str) -> DkimSigner | None:
        """The key of a sender's domain, the last selector by name; None: mails go unsigned."""
        if self._directory is None or "/" in domain or domain.startswith("."):
            return None
        files = sorted((self._directory / domain).glob("*.pem"))
        if not files:
            return None
        return DkimSigner.from_pem(files[-1].read_bytes(), domain=domain, selector=files[-1].stem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailroom:
    """Everything that messages are made with and leave by."""

    database: Database
    clock: Clock
    neighbours: Neighbours
    surroundings: SurroundingsReader
    templates: MessageTemplates
    links: PublicLinks
    dkim: DkimKeys
    smtp: SmtpSender
    lease_seconds: float
    gathering_seconds: float
    print_directory: Path
