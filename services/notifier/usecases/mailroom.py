"""What sending needs open: database, clock, neighbours, templates, keys, the mail server."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.notifier.channels.email import DkimSigner, SmtpSender
from services.notifier.channels.templates import MessageTemplates
from services.notifier.clients import Neighbours
from services.notifier.domain.public_links import PublicLinks
from services.notifier.usecases.agency_profile import SurroundingsReader
from shared.clock import Clock
from shared.db.database import Database


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
