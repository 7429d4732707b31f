"""The examples of the e-mail tests: one agency, one carer, one customer, and what they are sent."""

from datetime import UTC, date, datetime
from typing import Any

from services.notifier.channels.email import Mailbox, OutgoingEmail
from services.notifier.channels.templates import MessageTemplates
from services.notifier.domain.emails import Carer, EmailLinks, RenderedEmail
from services.notifier.domain.salutations import Person
from shared.contracts.contacts import Contact, ContactAddress, ContactConsent
from shared.contracts.identities import SenderIdentity

TEMPLATES = MessageTemplates()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
MESSAGE_ID = "5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11"
UNSUBSCRIBE = "https://kontakt.example/unsubscribe/abc.def"
ANSWER = "https://kontakt.example/answer/abc.def"

AGENCY = SenderIdentity(
    name="Musterbetrieb Versicherungsmakler GmbH",
    legal_form="GmbH",
    street="Marktplatz 3",
    postcode="06526",
    city="Sangerhausen",
    managing_directors=("Jana Muster",),
    seat="Sangerhausen",
    register_court="Amtsgericht Stendal",
    register_number="HRB 12345",
    supervisory_authority="IHK Halle-Dessau",
    broker_register_number="D-ABCD-12345-67",
    phone="+49 3464 123456",
    email="post@musterbetrieb.example",
    vat_id="DE123456789",
)
CARER = Carer(name="Jonas Adler", email="jonas.adler@musterbetrieb.example", phone="+49 3464 1")
UTE = Person(salutation="frau", title="Dr.", first_name="Ute", last_name="Bergmann")
LINKS = EmailLinks(unsubscribe=UNSUBSCRIBE, answer=ANSWER)
DATA: dict[str, Any] = {
    "years": 10,
    "line": "household",
    "title": "Wein & Wissen",
    "starts_at": "2026-12-03T18:30:00+01:00",
    "place": "Altes Rathaus",
    "at": "2027-01-19T10:00:00+01:00",
    "appointment": "5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11",
    "way": "visit",
    "minutes": 90,
    "sequence": 0,
    "contract_id": "HR-4711",
    "cancelled_on": "2026-11-20",
    "change": "birth",
}


def ute(**changes: Any) -> Contact:
    """Dr. Ute Bergmann, an active customer with every address and no consent at all."""
    contact = Contact(
        customer_id="K-0001",
        kind="person",
        salutation="frau",
        first_name="Ute",
        last_name="Bergmann",
        email="ute.bergmann@example.org",
        address=ContactAddress(street="Lindenallee 4", postcode="06526", city="Sangerhausen"),
    )
    return contact.model_copy(update=changes)


def word(**changes: Any) -> ContactConsent:
    """Ute's consent to advertising by e-mail."""
    consent = ContactConsent(
        purpose="advertising",
        channel="email",
        state="granted",
        basis="consent",
        at=NOW,
        wording="Ja, bitte.",
    )
    return consent.model_copy(update=changes)


def outgoing(**changes: Any) -> OutgoingEmail:
    """A short mail to Ute."""
    fields: dict[str, Any] = {
        "message_id": MESSAGE_ID,
        "sender": Mailbox(name="Musterbetrieb GmbH", address="post@musterbetrieb.example"),
        "recipient": Mailbox(name="Dr. Ute Bergmann", address="ute.bergmann@example.org"),
        "rendered": RenderedEmail(subject="Grüße", html="<p>Schöne Grüße</p>", text="Grüße\n"),
        "date": NOW,
    }
    return OutgoingEmail(**{**fields, **changes})
