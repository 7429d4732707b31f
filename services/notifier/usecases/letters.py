"""Writes the letters of a print run to those who may be written to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from services.notifier.channels.templates import MessageTemplates
from services.notifier.domain.addresses import AddressNotPostable, PostalAddress
from services.notifier.domain.agency_profile import AgencyProfile
from services.notifier.domain.colleagues import signer_of
from services.notifier.domain.last_sensible_days import is_too_late
from services.notifier.domain.letters import Letter, compose_letter
from services.notifier.domain.permissions import Allowed, Question, Suppressed, permission
from services.notifier.domain.templates import (
    TemplateNotFilled,
    find_template,
    question_of,
)
from services.notifier.store.emails import ClaimedMessage, NextState
from services.notifier.store.print_run_assembly import ClaimedRun
from services.notifier.usecases.next_states import ended, poisoned
from services.notifier.usecases.recipients import Recipients, person_of
from shared.contracts.contacts import Contact

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedRun:
    """The letters to print, what permits each, and how all others go on."""

    letters: Sequence[Letter]
    bases: Mapping[str, str]
    decided: Sequence[NextState]


def compose(
    messages: Sequence[ClaimedMessage],
    recipients: Recipients,
    templates: MessageTemplates,
    profile: AgencyProfile,
    run: ClaimedRun,
    *,
    now: datetime,
) -> ComposedRun:
    """Write the letters of a run; end those that must not or cannot be written."""
    letters: list[Letter] = []
    bases: dict[str, str] = {}
    decided: list[NextState] = []
    question = letter_question(run.template)
    for message in messages:
        contact = recipients.contacts.get(message.customer_id)
        verdict = _allowed(message, contact, question, profile, now=now)
        if isinstance(verdict, NextState):
            decided.append(verdict)
            continue
        assert contact is not None, "nothing is allowed to whom nobody knows"
        written = _written(message, contact, templates, profile, run, now=now)
        if isinstance(written, NextState):
            decided.append(written)
        else:
            letters.append(written)
            bases[written.letter_id] = verdict.basis
    return ComposedRun(letters=letters, bases=bases, decided=decided)


def _written(
    message: ClaimedMessage,
    contact: Contact,
    templates: MessageTemplates,
    profile: AgencyProfile,
    run: ClaimedRun,
    *,
    now: datetime,
) -> Letter | NextState:
    """Return the letter, or how the message goes on without one; no letter holds back another."""
    try:
        return _composed(message, contact, templates, profile, run)
    except AddressNotPostable as error:
        detail = f"Anschrift unvollständig: {', '.join(error.faults)}"
        return ended(message, "failed", "address_not_postable", detail)
    except TemplateNotFilled as error:
        detail = f"Dem Brief fehlen Angaben: {error.field}"
        return ended(message, "failed", "rendering_failed", detail)
    except Exception as error:
        log.error(
            "letter not written", message_id=str(message.message_id), error=type(error).__name__
        )
        return poisoned(message, error, now=now)


def letter_question(template: str) -> Question:
    """Return what the law is asked about the letters of a run."""
    return question_of(find_template(template, channel="letter"), "letter")


def must_wait(
    messages: Sequence[ClaimedMessage], recipients: Recipients, question: Question
) -> bool:
    """Return whether the last copies are not enough.

    Advertising needs today's consents, and nobody can write to a customer without a copy.
    """
    known = recipients.contacts
    return question.advertises or any(each.customer_id not in known for each in messages)


def no_longer_allowed(
    messages: Sequence[ClaimedMessage],
    recipients: Recipients,
    question: Question,
    profile: AgencyProfile,
    *,
    now: datetime,
) -> list[NextState]:
    """Return the ends of letters that might leave when they were written, and must not now."""
    verdicts = [
        _allowed(each, recipients.contacts.get(each.customer_id), question, profile, now=now)
        for each in messages
    ]
    return [verdict for verdict in verdicts if isinstance(verdict, NextState)]


def address_of(contact: Contact) -> PostalAddress:
    """Return where a letter to the contact goes."""
    address = contact.address
    return PostalAddress(
        street=address.street if address else None,
        postcode=address.postcode if address else None,
        city=address.city if address else None,
        country=address.country if address else "DE",
    )


def _allowed(
    message: ClaimedMessage,
    contact: Contact | None,
    question: Question,
    profile: AgencyProfile,
    *,
    now: datetime,
) -> Allowed | NextState:
    """Return what permits the letter today, or its end."""
    if is_too_late(message.template, message.data, now=now, zone=profile.zone):
        return ended(message, "suppressed", "too_late")
    if contact is None:
        return ended(message, "failed", "customer_unknown")
    verdict = permission(question, contact, as_of=profile.day(now))
    if isinstance(verdict, Suppressed):
        return ended(message, "suppressed", verdict.reason.value, verdict.sentence)
    return verdict


def _composed(
    message: ClaimedMessage,
    contact: Contact,
    templates: MessageTemplates,
    profile: AgencyProfile,
    run: ClaimedRun,
) -> Letter:
    person = person_of(contact)
    colleague = profile.colleague_of(message.data)
    carer = signer_of(colleague, profile.sender, person.language, familiar=person.is_familiar)
    return compose_letter(
        letter_id=str(message.message_id),
        customer_id=message.customer_id,
        text=templates.render_letter(
            run.template,
            person=person,
            carer=carer,
            agency=profile.sender,
            data=profile.named(message.data),
            on=run.day,
        ),
        person=person,
        address=address_of(contact),
        signer=carer,
        dated=run.day,
    )
