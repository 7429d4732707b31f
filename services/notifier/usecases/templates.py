"""Templates at work: what an e-mail would say to a customer, without sending it."""

from pydantic import Field

from services.notifier.domain.emails import EmailLinks
from services.notifier.domain.permissions import Question, Suppressed, permission
from services.notifier.domain.templates import (
    TemplateNotFilled,
    TemplateUnknown,
    find_template,
    question_of,
)
from services.notifier.usecases.email_preparation import Batch, render
from services.notifier.usecases.mailroom import Mailroom
from services.notifier.usecases.recipients import look_up
from shared.contracts.contacts import Contact
from shared.contracts.dispatches import DispatchData, TemplateKey
from shared.contracts.vocabulary import AgencyId, CustomerId, Strict


class PreviewImpossible(Exception):
    """an e-mail of this kind to this customer cannot be shown"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class PreviewOrder(Strict):
    """Body of ``POST /v1/previews``: as in a dispatch, for one e-mail."""

    customer_id: CustomerId
    template: TemplateKey
    data: DispatchData = Field(
        default_factory=dict,
        description="What the template needs beyond the person.",
        examples=[{"staff_id": "S-1"}],
    )


class Preview(Strict):
    """An e-mail as its reader would see it."""

    subject: str
    html: str
    text: str
    allowed: bool = Field(description="Whether it might leave now.")
    reason: str | None = Field(description="Why not, or what allows it.", examples=["no_consent"])


async def preview(*, room: Mailroom, agency: AgencyId, order: PreviewOrder) -> Preview:
    """Render one e-mail. Raises PreviewImpossible, SurroundingsUnknown."""
    try:
        template = find_template(order.template, channel="email")
    except TemplateUnknown as error:
        raise PreviewImpossible(f"there is no e-mail template {order.template}") from error
    surroundings = await room.surroundings.of(agency)
    if surroundings.agency.sender is None:
        raise PreviewImpossible("the agency has no legal notice yet: set its sender first")
    recipients = await look_up(
        database=room.database,
        classifier=room.neighbours.classifier,
        agency=agency,
        customer_ids=[order.customer_id],
    )
    contact = recipients.contacts.get(order.customer_id)
    if contact is None:
        raise PreviewImpossible(f"there is no customer {order.customer_id}")
    batch = Batch(
        agency=agency,
        identity=surroundings.agency.sender,
        surroundings=surroundings,
        recipients=recipients,
        now=room.clock.now(),
    )
    return _preview(order, question_of(template, "email"), contact, batch, room)


def _preview(
    order: PreviewOrder, question: Question, contact: Contact, batch: Batch, room: Mailroom
) -> Preview:
    as_of = batch.now.astimezone(batch.surroundings.zone).date()
    verdict = permission(question, contact, as_of=as_of)
    if isinstance(verdict, Suppressed):
        allowed, reason, basis = False, verdict.reason.value, "service"
    else:
        allowed, reason, basis = True, verdict.basis, verdict.basis
    try:
        rendered = render(
            order.template,
            order.data,
            contact,
            batch,
            room,
            links=EmailLinks(unsubscribe=room.links.public_url, answer=room.links.public_url),
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
