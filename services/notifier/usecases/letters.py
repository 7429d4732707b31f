"""Writes the letters of a print run to those who may be written to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.notifier.channels.templates import MessageTemplates
from services.notifier.domain.addresses import AddressNotPostable, PostalAddress
from services.notifier.domain.agency_profile import AgencyProfile
from services.notifier.domain.colleagues import signer_of
from services.notifier.domain.last_sensible_days import is_too_late
from services.notifier.domain.letters import Letter, compose_letter
from services.notifier.domain.permissions import Question, Suppressed, permission
from services.notifier.domain.templates import (
    TemplateNotFilled,
    find_template,
    question_of,
)
from services.notifier.store.emails import ClaimedMessage, NextState
from services.notifier.store.print_run_assembly import ClaimedRun
from services.notifier.usecases.next_states import ended
from services.notifier.usecases.recipients import Recipients, person_of
from shared.contracts.contacts import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedRun:
    """The letters to print, what permits each, and the ends of all others."""

    letters: Sequence[Letter]
    bases: Mapping[str, str]
    decided: Sequence[NextState]


def compose(
    messages: Sequence[ClaimedMessage],
    recipients: Recipients,
    templates: MessageTemplates,
    profile: AgencyProfile,
    run: ClaimedRun,
) -> ComposedRun:
    """Write the letters of a run; end those that must not or cannot be written."""
    letters: list[Letter] = []
    bases: dict[str, str] = {}
    decided: list[NextState] = []
    question = letter_question(run.template)
    for message in messages:
        if is_too_late(run.template, message.data, on=run.day, zone=profile.zone):
            decided.append(ended(message, "suppressed", "too_late"))
            continue
        contact = recipients.contacts.get(message.customer_id)
        if contact is None:
            decided.append(ended(message, "failed", "customer_unknown"))
            continue
        verdict = permission(question, contact, as_of=run.day)
        if isinstance(verdict, Suppressed):
            reason = verdict.reason.value
            decided.append(ended(message, "suppressed", reason, verdict.sentence))
            continue
        try:
            letters.append(_composed(message, contact, templates, profile, run))
            bases[str(message.message_id)] = verdict.basis
        except AddressNotPostable as error:
            detail = f"Anschrift unvollständig: {', '.join(error.faults)}"
            decided.append(ended(message, "failed", "address_not_postable", detail))
        except TemplateNotFilled as error:
            detail = f"Dem Brief fehlen Angaben: {error.field}"
            decided.append(ended(message, "failed", "rendering_failed", detail))
    return ComposedRun(letters=letters, bases=bases, decided=decided)


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
    *,
    as_of: date,
) -> list[NextState]:
    """Return the ends of letters that were permitted when they were written, and are not now."""
    decided: list[NextState] = []
    for message in messages:
        contact = recipients.contacts.get(message.customer_id)
        if contact is None:
            decided.append(ended(message, "failed", "customer_unknown"))
            continue
        verdict = permission(question, contact, as_of=as_of)
        if isinstance(verdict, Suppressed):
            reason = verdict.reason.value
            decided.append(ended(message, "suppressed", reason, verdict.sentence))
    return decided


def _composed(
    message: ClaimedMessage,
    contact: Contact,
    templates: MessageTemplates,
    profile: AgencyProfile,
    run: ClaimedRun,
) -> Letter:
    person, address = person_of(contact), contact.address
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
            data=message.data,
            on=run.day,
        ),
        person=person,
        address=PostalAddress(
            street=address.street if address else None,
            postcode=address.postcode if address else None,
            city=address.city if address else None,
            country=address.country if address else "DE",
        ),
        signer=carer,
        dated=run.day,
    )
