"""Previews: what an e-mail would say to a customer, without sending it."""

from collections.abc import Mapping
from datetime import datetime

from services.notifier.domain.emails import EmailLinks
from services.notifier.domain.permissions import Question, Suppressed, permission
from services.notifier.domain.template_fields import unreadable_fields
from services.notifier.domain.templates import (
    TemplateNotFilled,
    TemplateUnknown,
    find_template,
    question_of,
)
from services.notifier.usecases.agency_profile import AgencyProfileReader, SenderIdentityMissing
from services.notifier.usecases.email_preparation import EmailBatch, EmailComposer
from services.notifier.usecases.recipients import RecipientReader
from shared.contracts.contacts import Contact
from shared.contracts.previews import Preview, PreviewOrder
from shared.contracts.vocabulary import AgencyId


class PreviewImpossible(Exception):
    """an e-mail of this kind to this customer cannot be shown"""

    def __init__(self, reason: str, faults: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        told = (faults or {}).items()
        self.pointers = [{"pointer": f"/data{place}", "detail": detail} for place, detail in told]


async def preview(
    *,
    agency: AgencyId,
    order: PreviewOrder,
    profiles: AgencyProfileReader,
    recipients: RecipientReader,
    composer: EmailComposer,
    now: datetime,
) -> Preview:
    """Render one e-mail. Raises ``PreviewImpossible`` and ``AgencyUnknown``."""
    try:
        template = find_template(order.template, channel="email")
    except TemplateUnknown as error:
        raise PreviewImpossible(f"there is no e-mail template {order.template}") from error
    if faults := unreadable_fields(order.data):
        raise PreviewImpossible("the data cannot be read", faults)
    try:
        profile = await profiles.of(agency)
    except SenderIdentityMissing as error:
        raise PreviewImpossible(
            "the agency has no legal notice yet: set its sender first"
        ) from error
    found = await recipients.of(agency, [order.customer_id])
    contact = found.contacts.get(order.customer_id)
    if contact is None:
        raise PreviewImpossible(f"there is no customer {order.customer_id}")
    batch = EmailBatch(agency=agency, profile=profile, recipients=found, now=now)
    return _preview(order, question_of(template, "email"), contact, batch, composer)


def _preview(
    order: PreviewOrder,
    question: Question,
    contact: Contact,
    batch: EmailBatch,
    composer: EmailComposer,
) -> Preview:
    verdict = permission(question, contact, as_of=batch.today)
    if isinstance(verdict, Suppressed):
        allowed, reason, basis = False, verdict.reason.value, "service"
    else:
        allowed, reason, basis = True, verdict.basis, verdict.basis
    nowhere = composer.links.public_url
    try:
        rendered = composer.render(
            order.template,
            order.data,
            contact,
            batch,
            links=EmailLinks(unsubscribe=nowhere, answer=nowhere),
            basis=basis,
        )
    except TemplateNotFilled as error:
        raise PreviewImpossible(str(error)) from error
    return Preview(
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        allowed=allowed,
        reason=reason,
    )
