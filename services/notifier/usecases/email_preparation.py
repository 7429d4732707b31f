"""One e-mail from order to bytes: may it leave, what does it say, how is it signed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notifier.channels.email import (
    AddressUnusable,
    BuiltEmail,
    Mailbox,
    OutgoingEmail,
    build_email,
)
from services.notifier.domain.colleagues import carer_of
from services.notifier.domain.delivery import SENTENCES, WAIT
from services.notifier.domain.emails import EmailLinks, RenderedEmail
from services.notifier.domain.permissions import Question, Suppressed, permission
from services.notifier.domain.salutations import Person, full_name
from services.notifier.domain.templates import (
    TemplateNotFilled,
    find_template,
    question_of,
)
from services.notifier.store.emails import ClaimedMessage, Content, Settlement
from services.notifier.usecases.agency_profile import Surroundings
from services.notifier.usecases.mailroom import Mailroom
from services.notifier.usecases.recipients import Recipients
from shared.contracts.contacts import Contact
from shared.contracts.dispatches import MessageState, TemplateKey
from shared.contracts.identities import SenderIdentity
from shared.contracts.vocabulary import AgencyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """An e-mail that may leave, as it leaves."""

    message: ClaimedMessage
    mail: BuiltEmail
    content: Content
    copied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What all e-mails of one batch share."""

    agency: AgencyId
    identity: SenderIdentity
    surroundings: Surroundings
    recipients: Recipients
    now: datetime


def prepare(message: ClaimedMessage, batch: Batch, room: Mailroom) -> Ready | Settlement:
    """Build the e-mail, or say how the message goes on without one."""
    question = question_of(find_template(message.template, channel="email"), "email")
    contact = batch.recipients.contacts.get(message.customer_id)
    if batch.recipients.copied and (contact is None or question.advertises):
        # A withdrawal of a minute ago would not be in the copy.
        return waiting(message, "classifier_away", batch.now)
    if contact is None:
        return ended(message, "failed", "customer_unknown")
    as_of = batch.now.astimezone(batch.surroundings.zone).date()
    verdict = permission(question, contact, as_of=as_of)
    if isinstance(verdict, Suppressed):
        return ended(message, "suppressed", verdict.reason.value, verdict.sentence)
    links = links_of(message, question, batch.agency, room)
    try:
        rendered = render(
            message.template, message.data, contact, batch, room, links=links, basis=verdict.basis
        )
        mail = _built(message, contact, batch, rendered, links)
    except TemplateNotFilled as error:
        return ended(message, "failed", "rendering_failed", f"Vorlage: {error}")
    except AddressUnusable as error:
        if error.role == "recipient":
            return ended(message, "failed", "address_unusable")
        return waiting(message, "sender_identity_missing", batch.now)
    signer = room.dkim.of_domain(batch.identity.email.rpartition("@")[2])
    return Ready(
        message=message,
        mail=signer.signed(mail) if signer else mail,
        content=Content(
            message_id=message.message_id,
            subject=rendered.subject,
            digest=hashlib.sha256(rendered.text.encode()).digest(),
            basis=verdict.basis,
        ),
        copied=batch.recipients.copied,
    )


def render(
    template: TemplateKey,
    data: Mapping[str, Any],
    contact: Contact,
    batch: Batch,
    room: Mailroom,
    *,
    links: EmailLinks,
    basis: str,
) -> RenderedEmail:
    """Return one e-mail as its reader would see it. Raises TemplateNotFilled."""
    colleague = batch.surroundings.colleagues.get(str(data.get("staff_id")))
    return room.templates.render_email(
        template,
        contact.language,
        person=person_of(contact),
        carer=carer_of(colleague, batch.identity, contact.language),
        agency=batch.identity,
        data=data,
        links=links,
        basis=basis,
        on=batch.now.astimezone(batch.surroundings.zone).date(),
    )


def links_of(
    message: ClaimedMessage, question: Question, agency: AgencyId, room: Mailroom
) -> EmailLinks:
    """Return the public links that this message carries."""
    ids = (agency, message.customer_id, message.message_id)
    wanted = question.asked_consent if question.advertises else None
    return EmailLinks(
        unsubscribe=room.links.unsubscribe(*ids, purpose=wanted) if wanted else None,
        answer=room.links.answer(*ids) if room.templates.asks(message.template) else None,
    )


def person_of(contact: Contact) -> Person:
    """Whom a message greets."""
    return Person(
        kind=contact.kind,
        salutation=contact.salutation,
        title=contact.title,
        first_name=contact.first_name,
        last_name=contact.last_name,
        company_name=contact.company_name,
        contact_person=contact.contact_person,
        form_of_address=contact.form_of_address,
        language=contact.language,
    )


def ended(
    message: ClaimedMessage, state: MessageState, reason: str, detail: str | None = None
) -> Settlement:
    """The message ends here."""
    return Settlement(
        message_id=message.message_id,
        dispatch_id=message.dispatch_id,
        customer_id=message.customer_id,
        state=state,
        reason=reason,
        detail=detail or SENTENCES[reason],
    )


def waiting(message: ClaimedMessage, reason: str, now: datetime) -> Settlement:
    """The message waits for something of ours; that is no failed attempt."""
    return Settlement(
        message_id=message.message_id,
        dispatch_id=message.dispatch_id,
        customer_id=message.customer_id,
        state="accepted",
        reason=reason,
        detail=SENTENCES[reason],
        due_at=now + WAIT,
    )


def _built(
    message: ClaimedMessage,
    contact: Contact,
    batch: Batch,
    rendered: RenderedEmail,
    links: EmailLinks,
) -> BuiltEmail:
    identity = batch.identity
    colleague = batch.surroundings.colleagues.get(str(message.data.get("staff_id")))
    reply_to = (
        Mailbox(name=colleague.name, address=colleague.email)
        if colleague is not None and colleague.email
        else None
    )
    return build_email(
        OutgoingEmail(
            message_id=str(message.message_id),
            sender=Mailbox(name=identity.name, address=identity.email),
            recipient=Mailbox(name=full_name(person_of(contact)), address=contact.email or ""),
            rendered=rendered,
            date=batch.now.astimezone(batch.surroundings.zone),
            language=contact.language,
            reply_to=reply_to,
            unsubscribe_url=links.unsubscribe,
        )
    )
