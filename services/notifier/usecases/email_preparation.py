"""One e-mail from order to bytes: it is permitted, written and signed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.notifier.channels.email import (
    AddressUnusable,
    BuiltEmail,
    DkimKeys,
    Mailbox,
    OutgoingEmail,
    build_email,
)
from services.notifier.channels.templates import MessageTemplates
from services.notifier.domain.agency_profile import AgencyProfile
from services.notifier.domain.calendar_entries import CalendarEntry, calendar_entry
from services.notifier.domain.colleagues import carer_of
from services.notifier.domain.emails import EmailLinks, RenderedEmail
from services.notifier.domain.last_sensible_days import is_too_late
from services.notifier.domain.permissions import Question, Suppressed, permission
from services.notifier.domain.public_links import PublicLinks
from services.notifier.domain.salutations import full_name
from services.notifier.domain.template_fields import read_fields
from services.notifier.domain.templates import (
    TemplateNotFilled,
    find_template,
    question_of,
)
from services.notifier.store.emails import ClaimedMessage, NextState
from services.notifier.store.message_contents import Content
from services.notifier.usecases.next_states import ended, waiting
from services.notifier.usecases.recipients import Recipients, person_of
from shared.contracts.contacts import Contact
from shared.contracts.dispatches import TemplateKey
from shared.contracts.vocabulary import AgencyId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyEmail:
    """An e-mail that may leave, as it leaves, to the ``address`` that the contact has.

    ``copied`` says that the classifier could not be asked.
    """

    message: ClaimedMessage
    mail: BuiltEmail
    content: Content
    address: str
    copied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailBatch:
    """What all e-mails of one batch share."""

    agency: AgencyId
    profile: AgencyProfile
    recipients: Recipients
    now: datetime

    @property
    def today(self) -> date:
        """The agency's day."""
        return self.profile.day(self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailComposer:
    """Writes e-mails: the words, the public links, and the keys that sign."""

    templates: MessageTemplates
    links: PublicLinks
    dkim_keys: DkimKeys

    def prepare(self, message: ClaimedMessage, batch: EmailBatch) -> ReadyEmail | NextState:
        """Return the signed e-mail, or how the message goes on without one."""
        question = question_of(find_template(message.template, channel="email"), "email")
        zone = batch.profile.zone
        if is_too_late(message.template, message.data, now=batch.now, zone=zone):
            return ended(message, "suppressed", "too_late")
        contact = batch.recipients.contacts.get(message.customer_id)
        if batch.recipients.copied and (contact is None or question.advertises):
            # A withdrawal of a minute ago would not be in the copy.
            return waiting(message, "classifier_away", batch.now)
        if contact is None:
            return ended(message, "failed", "customer_unknown")
        verdict = permission(question, contact, as_of=batch.today)
        if isinstance(verdict, Suppressed):
            return ended(message, "suppressed", verdict.reason.value, verdict.sentence)
        try:
            return self._ready(message, question, contact, batch, verdict.basis)
        except TemplateNotFilled as error:
            return ended(message, "failed", "rendering_failed", f"Vorlage: {error}")
        except AddressUnusable as error:
            if error.role == "recipient":
                return ended(message, "failed", "address_unusable")
            return waiting(message, "sender_identity_missing", batch.now)

    def render(
        self,
        template: TemplateKey,
        data: Mapping[str, Any],
        contact: Contact,
        batch: EmailBatch,
        *,
        links: EmailLinks,
        basis: str,
    ) -> RenderedEmail:
        """Return one e-mail as its reader would see it. Raises ``TemplateNotFilled``."""
        sender = batch.profile.sender
        return self.templates.render_email(
            template,
            contact.language,
            person=person_of(contact),
            carer=carer_of(batch.profile.colleague_of(data), sender, contact.language),
            agency=sender,
            data=batch.profile.named(data),
            links=links,
            basis=basis,
            on=batch.today,
            zone=batch.profile.zone,
        )

    def _ready(
        self,
        message: ClaimedMessage,
        question: Question,
        contact: Contact,
        batch: EmailBatch,
        basis: str,
    ) -> ReadyEmail:
        links = self._links_of(message, question, batch.agency)
        rendered = self.render(
            message.template, message.data, contact, batch, links=links, basis=basis
        )
        mail = _built(message, contact, batch, rendered, links)
        signer = self.dkim_keys.of_domain(batch.profile.sender.email.rpartition("@")[2])
        return ReadyEmail(
            message=message,
            mail=signer.signed(mail) if signer else mail,
            content=Content(
                message_id=message.message_id,
                subject=rendered.subject,
                digest=hashlib.sha256(rendered.text.encode()).digest(),
                basis=basis,
                template_version=self.templates.version_of(message.template),
            ),
            address=contact.email or "",
            copied=batch.recipients.copied,
        )

    def _links_of(
        self, message: ClaimedMessage, question: Question, agency: AgencyId
    ) -> EmailLinks:
        ids = (agency, message.customer_id, message.message_id)
        consent = question.asked_consent if question.advertises else None
        return EmailLinks(
            unsubscribe=self.links.unsubscribe(*ids, purpose=consent) if consent else None,
            answer=self.links.answer(*ids) if self.templates.asks(message.template) else None,
        )


def _built(
    message: ClaimedMessage,
    contact: Contact,
    batch: EmailBatch,
    rendered: RenderedEmail,
    links: EmailLinks,
) -> BuiltEmail:
    sender = batch.profile.sender
    colleague = batch.profile.answerer_of(message.data)
    reply_to = (
        Mailbox(name=colleague.name, address=colleague.email)
        if colleague is not None and colleague.email
        else None
    )
    return build_email(
        OutgoingEmail(
            message_id=str(message.message_id),
            sender=Mailbox(name=sender.name, address=sender.email),
            recipient=Mailbox(name=full_name(person_of(contact)), address=contact.email or ""),
            rendered=rendered,
            date=batch.now.astimezone(batch.profile.zone),
            language=contact.language,
            reply_to=reply_to,
            unsubscribe_url=links.unsubscribe,
            calendar=_calendar_of(message, contact, batch),
        )
    )


def _calendar_of(
    message: ClaimedMessage, contact: Contact, batch: EmailBatch
) -> CalendarEntry | None:
    template = find_template(message.template, channel="email")
    if template.calendar is None:
        return None
    return calendar_entry(
        template.calendar,
        read_fields(template, message.data),
        carer=carer_of(
            batch.profile.colleague_of(message.data), batch.profile.sender, contact.language
        ),
        agency=batch.profile.sender,
        language=contact.language,
        written_at=batch.now,
    )
