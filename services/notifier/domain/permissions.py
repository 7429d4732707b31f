"""Decides by law whether a message may be sent, and returns the reason.

Sources: UWG § 7 (e-mail and letter advertising), GDPR art. 6(1)(f), 7 and 21, CJEU 13.11.2025
C-654/23 (a newsletter with editorial content is advertising; indirect payment is a sale). The last
check is just before transmission, because a withdrawal works at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.contracts.contacts import Contact, ContactConsent
from shared.contracts.customers import ConsentPurpose
from shared.contracts.dispatches import DispatchChannel, MessagePurpose
from shared.law import mandate_state


class SuppressionReason(StrEnum):
    """Why a message must not leave; the value is stored and counted."""

    DECEASED = "deceased"
    ADDRESS_BLOCKED = "address_blocked"
    MANDATE_ENDED = "mandate_ended"
    MANDATE_ENDING = "mandate_ending"
    NO_MANDATE = "no_mandate"
    OBJECTION_ADVERTISING = "objection_advertising"
    OBJECTION_PROFILING = "objection_profiling"
    MINOR = "minor"
    CONSENT_DENIED = "consent_denied"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_UNCONFIRMED = "consent_unconfirmed"
    NO_CONSENT = "no_consent"
    ADDRESS_MISSING = "address_missing"


SENTENCES: dict[SuppressionReason, str] = {
    SuppressionReason.DECEASED: "Der Tod ist vermerkt: nichts Automatisches mehr.",
    SuppressionReason.ADDRESS_BLOCKED: "Diese Adresse ist gesperrt, weil sie nicht erreichbar ist.",
    SuppressionReason.MANDATE_ENDED: "Der Maklervertrag ist beendet: nur noch Abwicklung.",
    SuppressionReason.MANDATE_ENDING: "Der Maklervertrag ist gekündigt: keine Werbung mehr.",
    SuppressionReason.NO_MANDATE: "Ohne Maklervertrag oder Vollmacht keine Betreuung.",
    SuppressionReason.OBJECTION_ADVERTISING: "Der Kunde hat Werbung widersprochen (Art. 21 DSGVO).",
    SuppressionReason.OBJECTION_PROFILING: "Der Kunde hat der Profilbildung widersprochen.",
    SuppressionReason.MINOR: "Keine Werbung an Minderjährige.",
    SuppressionReason.CONSENT_DENIED: "Die Einwilligung dafür wurde verweigert.",
    SuppressionReason.CONSENT_WITHDRAWN: "Die Einwilligung dafür wurde widerrufen.",
    SuppressionReason.CONSENT_UNCONFIRMED: "Die Einwilligung wurde noch nicht bestätigt.",
    SuppressionReason.NO_CONSENT: "Für Werbung per E-Mail fehlt die Einwilligung (§ 7 UWG).",
    SuppressionReason.ADDRESS_MISSING: "Für diesen Weg ist keine Adresse bekannt.",
}

CONSENT_ASKED: dict[MessagePurpose, ConsentPurpose] = {
    "advertising": "advertising",
    "newsletter": "newsletter",
    "events": "events",
}
"""The consent that each purpose needs. Consent is given for the specific case (GDPR art. 4 no. 11),
so a consent to newsletters does not permit offers, nor the reverse. Purposes that are missing here
are no advertising."""

SIMILAR_SERVICES: frozenset[ConsentPurpose] = frozenset({"advertising", "newsletter", "review"})
"""What § 7 (3) UWG can permit: advertising for own similar services. An event is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What would be sent, and by which channel.

    ``consent`` replaces the consent of the purpose (an invitation to a review that is advertising
    needs ``review``). ``winding_up`` messages complete a mandate that has ended, ``before_mandate``
    messages lead to one, and ``from_profile`` messages depend on what the customer lacks.
    """

    channel: DispatchChannel
    purpose: MessagePurpose
    consent: ConsentPurpose | None = None
    winding_up: bool = False
    before_mandate: bool = False
    from_profile: bool = False

    @property
    def advertises(self) -> bool:
        return self.purpose in CONSENT_ASKED

    @property
    def asked_consent(self) -> ConsentPurpose:
        return self.consent or CONSENT_ASKED[self.purpose]


@dataclass(frozen=True, slots=True)
class Allowed:
    """The message may leave; ``basis`` names what permits it."""

    basis: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The message must not leave."""

    reason: SuppressionReason

    @property
    def sentence(self) -> str:
        """The reason as a German sentence for the people of the agency."""
        return SENTENCES[self.reason]


Permission = Allowed | Suppressed


def permission(question: Question, contact: Contact, *, as_of: date) -> Permission:
    """Decide whether a message may be sent; the first rule that objects returns the reason.

    No rule applies to staff messages, because they go to the agency's own people.
    """
    if question.purpose == "staff":
        return Allowed("staff")
    for rule in RULES:
        reason = rule(question, contact, as_of)
        if reason is not None:
            return Suppressed(reason)
    return Allowed(_basis(question, contact))


def _death(question: Question, contact: Contact, as_of: date) -> SuppressionReason | None:
    return SuppressionReason.DECEASED if contact.deceased else None


def _block(question: Question, contact: Contact, as_of: date) -> SuppressionReason | None:
    blocked = any(block.channel == question.channel for block in contact.blocks)
    return SuppressionReason.ADDRESS_BLOCKED if blocked else None


def _mandate(question: Question, contact: Contact, as_of: date) -> SuppressionReason | None:
    """Without a mandate there is no service, and who has given notice of it gets no advertising
    until then. An unknown mandate is no reason to suppress."""
    mandate = contact.mandate
    state = mandate and mandate_state(
        contract=mandate.contract,
        power_of_attorney=mandate.power_of_attorney,
        ended_on=mandate.ended_on,
        on=as_of,
    )
    if state == "ended" or contact.status == "former":
        return None if question.winding_up else SuppressionReason.MANDATE_ENDED
    if question.advertises and mandate and mandate.ended_on is not None:
        return SuppressionReason.MANDATE_ENDING
    if question.winding_up or question.before_mandate:
        return None
    if state == "pending" and contact.status == "active":
        return SuppressionReason.NO_MANDATE
    return None


def _objection(question: Question, contact: Contact, as_of: date) -> SuppressionReason | None:
    if not question.advertises:
        return None
    if contact.objections.advertising is not None:
        return SuppressionReason.OBJECTION_ADVERTISING
    if question.from_profile and contact.objections.profiling is not None:
        return SuppressionReason.OBJECTION_PROFILING
    return None


def _minor(question: Question, contact: Contact, as_of: date) -> SuppressionReason | None:
    return SuppressionReason.MINOR if question.advertises and contact.minor else None


def _consent(question: Question, contact: Contact, as_of: date) -> SuppressionReason | None:
    """E-mail needs consent or § 7 (3) UWG; a letter only needs that nobody refused."""
    if not question.advertises or question.channel == "webhook":
        return None
    own = _recorded(contact, question, question.asked_consent)
    if own is not None and own.state == "denied":
        return SuppressionReason.CONSENT_DENIED
    if own is not None and own.state == "withdrawn":
        return SuppressionReason.CONSENT_WITHDRAWN
    if question.channel == "letter":
        return None
    if own is not None and own.basis == "consent":
        return SuppressionReason.CONSENT_UNCONFIRMED if own.confirmed is False else None
    covered = _existing_customer(question, contact)
    return None if covered else SuppressionReason.NO_CONSENT


def _address(question: Question, contact: Contact, as_of: date) -> SuppressionReason | None:
    address = contact.address
    known = {
        "email": bool(contact.email),
        "letter": bool(address and address.street and address.postcode and address.city),
        "webhook": True,
    }
    return None if known[question.channel] else SuppressionReason.ADDRESS_MISSING


Rule = Callable[[Question, Contact, date], SuppressionReason | None]
RULES: tuple[Rule, ...] = (_death, _block, _mandate, _objection, _minor, _consent, _address)
"""The order of decision. The address comes last, so that a reason of the law is shown first."""


def _recorded(
    contact: Contact, question: Question, purpose: ConsentPurpose
) -> ContactConsent | None:
    """Return the customer's newest statement about a purpose and this channel."""
    stated = [c for c in contact.consents if (c.purpose, c.channel) == (purpose, question.channel)]
    return max(stated, key=lambda consent: consent.at, default=None)


def _existing_customer(question: Question, contact: Contact) -> bool:
    """Return whether all four conditions of § 7 (3) UWG hold.

    (a) A record says that the address came with a sale, and the customer is active. (b) The message
    is about similar services. (c) The customer has not objected to the use of the address: refusing
    one of these purposes by this channel ends the exception for all of them. (d) The notice at
    collection is on record; every advertising template repeats it. A stock file of an
    insurer proves neither (a) nor (d).
    """
    if question.asked_consent not in SIMILAR_SERVICES or contact.status != "active":
        return False
    said = [_recorded(contact, question, purpose) for purpose in SIMILAR_SERVICES]
    if any(record is not None and record.state != "granted" for record in said):
        return False
    general = _recorded(contact, question, "advertising")
    own = _recorded(contact, question, question.asked_consent)
    return any(_proves_sale(record) for record in (own, general) if record is not None)


def _proves_sale(record: ContactConsent) -> bool:
    from_stock_file = (record.source or "").lower().startswith("gdv")
    stated = record.basis == "existing_customer" and record.state == "granted"
    return stated and bool(record.wording) and not from_stock_file


def _basis(question: Question, contact: Contact) -> str:
    if not question.advertises:
        return "service"
    if question.channel != "email":
        return "legitimate_interest"
    own = _recorded(contact, question, question.asked_consent)
    return "consent" if own is not None and own.basis == "consent" else "existing_customer"
