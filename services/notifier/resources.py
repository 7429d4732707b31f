"""What a process of the notifier opens at its start, be it app or worker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from services.notifier.channels.email import DkimKeys, SmtpSender
from services.notifier.channels.print_folders import PrintFolders
from services.notifier.channels.templates import MessageTemplates
from services.notifier.clients import Neighbours
from services.notifier.domain.public_links import PublicLinks
from services.notifier.settings import NotifierSettings
from services.notifier.store import messages
from services.notifier.usecases.agency_profile import AgencyProfileReader
from services.notifier.usecases.email_preparation import EmailComposer
from services.notifier.usecases.follow_classifier import KeptFiles, apply_classifier_changes
from services.notifier.usecases.print_run_recheck import Rechecker
from services.notifier.usecases.recipients import RecipientReader
from shared.contracts.vocabulary import AgencyId
from shared.db.connection_limits import WORK_SECONDS
from shared.db.database import Transaction
from shared.db.followers import Follower
from shared.resources import Resources, Waiting, open_resources

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierResources(Resources):
    """What every service holds open, and what messages are written with and leave by."""

    profiles: AgencyProfileReader
    recipients: RecipientReader
    templates: MessageTemplates
    composer: EmailComposer
    smtp: SmtpSender
    print_folders: PrintFolders
    local_mailboxes: Path | None
    rechecker: Rechecker
    link_secrets: tuple[str, ...]
    lease_seconds: float
    quiet_seconds: float
    """A print run takes no more letters if none has joined it for this time."""

    async def waiting_work(self, transaction: Transaction) -> Sequence[Waiting]:
        """Messages that wait for something of ours, or could not be prepared within a week."""
        return await messages.waiting_by_reason(transaction, now=self.clock.now())


@asynccontextmanager
async def open_service(
    *, statement_seconds: int = WORK_SECONDS
) -> AsyncIterator[NotifierResources]:
    """Open all that a process of this service needs; close it when the block ends."""
    settings = NotifierSettings()
    async with (
        open_resources("notifier", settings, statement_seconds=statement_seconds) as opened,
        _mail_server(settings) as smtp,
    ):
        neighbours = Neighbours.over(opened.neighbours)
        resources = _resources(settings, opened, neighbours, smtp)
        resources.followers["classifier"] = _follower(resources, neighbours)
        yield resources


def _mail_server(settings: NotifierSettings) -> SmtpSender:
    return SmtpSender(
        settings.smtp_url.get_secret_value(),
        connections=settings.smtp_connections,
        answer_seconds=settings.smtp_answer_seconds,
    )


def _resources(
    settings: NotifierSettings, opened: Resources, neighbours: Neighbours, smtp: SmtpSender
) -> NotifierResources:
    database, secret = opened.database, settings.link_secret.get_secret_value()
    templates = MessageTemplates()
    profiles = AgencyProfileReader(database=database, neighbours=neighbours)
    recipients = RecipientReader(database=database, classifier=neighbours.classifier)
    folders = PrintFolders(settings.print_directory)
    return opened.widened(
        NotifierResources,
        profiles=profiles,
        recipients=recipients,
        templates=templates,
        composer=EmailComposer(
            templates=templates,
            links=PublicLinks(public_url=settings.public_url, secret=secret),
            dkim_keys=DkimKeys(settings.dkim_directory),
        ),
        smtp=smtp,
        print_folders=folders,
        local_mailboxes=settings.local_mailboxes,
        rechecker=Rechecker(
            database=database, profiles=profiles, recipients=recipients, folders=folders
        ),
        link_secrets=(secret,),
        lease_seconds=settings.lease_seconds,
        quiet_seconds=settings.assembly_quiet_seconds,
    )


def _follower(resources: NotifierResources, neighbours: Neighbours) -> Follower:
    async def rebuild(agency: AgencyId) -> None:
        # Contacts are asked for at each send, so nothing here can be out of date for long; who
        # was erased in the lost part of the feed is unknown to the lookup and is not written to.
        log.warning("classifier was restored, following from its head", agency=agency)

    return Follower(
        feed_of="classifier",
        feed=neighbours.classifier,
        database=resources.database,
        sweep=resources.sweep,
        apply=apply_classifier_changes(
            resources.clock,
            KeptFiles(folders=resources.print_folders, mailboxes=resources.local_mailboxes),
        ),
        rebuild=rebuild,
    )
