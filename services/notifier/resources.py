"""What a process of the notifier holds open: app and worker alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from services.notifier.channels.email import SmtpSender
from services.notifier.channels.templates import MessageTemplates
from services.notifier.clients import Neighbours
from services.notifier.domain.public_links import PublicLinks
from services.notifier.settings import NotifierSettings
from services.notifier.usecases.agency_profile import SurroundingsReader
from services.notifier.usecases.follow_classifier import apply_classifier_changes
from services.notifier.usecases.mailroom import DkimKeys, Mailroom
from shared.contracts.vocabulary import AgencyId
from shared.db.followers import Follower
from shared.resources import Resources, open_resources

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierResources(Resources):
    """What every service holds open, and what messages leave by."""

    room: Mailroom
    link_secrets: tuple[str, ...]


@asynccontextmanager
async def open_service() -> AsyncIterator[NotifierResources]:
    """Open all that a process of this service needs; close it when the block ends."""
    settings = NotifierSettings()
    async with open_resources("notifier", settings) as opened:
        neighbours = Neighbours.over(opened.neighbours)
        smtp = SmtpSender(
            settings.smtp_url.get_secret_value(),
            connections=settings.smtp_connections,
            answer_seconds=settings.smtp_answer_seconds,
        )
        async with smtp:
            room = _mailroom(settings, opened, neighbours, smtp)
            resources = opened.widened(
                NotifierResources,
                room=room,
                link_secrets=(settings.link_secret.get_secret_value(),),
            )
            resources.followers["classifier"] = _follower(resources, neighbours)
            yield resources


def _mailroom(
    settings: NotifierSettings, opened: Resources, neighbours: Neighbours, smtp: SmtpSender
) -> Mailroom:
    return Mailroom(
        database=opened.database,
        clock=opened.clock,
        neighbours=neighbours,
        surroundings=SurroundingsReader(database=opened.database, neighbours=neighbours),
        templates=MessageTemplates(),
        links=PublicLinks(
            public_url=settings.public_url, secret=settings.link_secret.get_secret_value()
        ),
        dkim=DkimKeys(settings.dkim_directory),
        smtp=smtp,
        lease_seconds=settings.lease_seconds,
        gathering_seconds=settings.gathering_seconds,
        print_directory=settings.print_directory,
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
        apply=apply_classifier_changes(resources.clock),
        rebuild=rebuild,
    )
