"""What an e-mail would say to a customer, without sending it."""

from uuid import UUID

from pydantic import Field

from services.notifier.domain.emails import EmailLinks
from services.notifier.domain.permissions import Suppressed, permission
from services.notifier.domain.templates import (
    TemplateNotFilled,
    TemplateUnknown,
    find_template,
    question_of,
)
from services.notifier.store.sending import ClaimedMessage
from services.notifier.usecases.mailroom import Mailroom
from services.notifier.usecases.preparation import Batch, render
from services.notifier.usecases.recipients import look_up
from shared.contracts.dispatches import DispatchData, MessagePurpose, TemplateKey
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
    now = room.clock.now()
    batch = Batch(
        agency=agency,
        identity=surroundings.agency.sender,
        surroundings=surroundings,
        recipients=recipients,
        now=now,
    )
    question = question_of(template, "email")
    verdict = permission(question, contact, as_of=now.astimezone(surroundings.zone).date())
    suppressed = isinstance(verdict, Suppressed)
    try:
        rendered = render(
            _as_message(order, template.purpose),
            contact,
            batch,
            room,
            links=EmailLinks(unsubscribe=room.links.public_url, answer=room.links.public_url),
            basis="service" if isinstance(verdict, Suppressed) else verdict.basis,
        )
    except TemplateNotFilled as error:
        raise PreviewImpossible(str(error)) from error
    return Preview(
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        allowed=not suppressed,
        reason=verdict.reason.value if isinstance(verdict, Suppressed) else verdict.basis,
    )


def _as_message(order: PreviewOrder, purpose: MessagePurpose) -> ClaimedMessage:
    return ClaimedMessage(
        message_id=UUID(int=0),
        dispatch_id="preview",
        customer_id=order.customer_id,
        purpose=purpose,
        template=order.template,
        data=dict(order.data),
        attempts=0,
    )
