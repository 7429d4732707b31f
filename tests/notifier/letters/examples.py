"""Example recipients, and the agency that writes to them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.notifier.domain.addresses import PostalAddress
from services.notifier.domain.emails import Carer
from services.notifier.domain.letters import Letter, compose_letter
from services.notifier.domain.print_runs import PrintRun
from services.notifier.domain.salutations import Person
from shared.contracts.identities import SenderIdentity
from tests.notifier.email.examples import TEMPLATES

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
    website="www.musterbetrieb.example",
    vat_id="DE123456789",
)
JANA = Carer(
    name="Jana Muster",
    role="Inhaberin",
    phone="+49 3464 123456",
    email="jana.muster@musterbetrieb.example",
)
UTE = Person(salutation="frau", title="Dr.", first_name="Ute", last_name="Bergmann")
BAKERY = Person(
    kind="company", company_name="Bäckerei Weiß & Söhne KG", contact_person="Herr Jörg Weiß"
)
SANGERHAUSEN = PostalAddress(street="Lindenallee 4", postcode="06526", city="Sangerhausen")
MADRID = PostalAddress(street="Calle de Alcalá 42", postcode="28014", city="Madrid", country="ES")
MONDAY = date(2026, 11, 23)


def a_letter(
    letter_id: str = "L-1",
    *,
    template: str = "newsletter",
    person: Person = UTE,
    address: PostalAddress = SANGERHAUSEN,
    data: Mapping[str, Any] | None = None,
    remarks: tuple[str, ...] = (),
    dated: date = MONDAY,
) -> Letter:
    return compose_letter(
        letter_id=letter_id,
        customer_id="K-0001",
        text=TEMPLATES.render_letter(
            template, person=person, carer=JANA, agency=AGENCY, data=data or {}, on=dated
        ),
        person=person,
        address=address,
        signer=JANA,
        dated=dated,
        remarks=remarks,
    )


def a_run(**changes: object) -> PrintRun:
    values = {"run_id": "run-1", "agency": "musterbetrieb", "created_on": MONDAY, **changes}
    return PrintRun(**{"due_on": date(2026, 11, 27), **values})  # type: ignore[arg-type]  # any field may be changed
