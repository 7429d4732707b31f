"""A small brokerage that has one of everything, so that a request can name what there is."""

import re
from collections.abc import Mapping, Sequence
from email.message import Message
from uuid import uuid4

from kundentakt.demo.context import SETTINGS
from kundentakt.supervisor.system import System
from shared.contracts.customers import (
    Address,
    Commission,
    Consent,
    Contract,
    Customer,
    Mandate,
)
from shared.contracts.dispatches import DispatchChannel, DispatchItem
from shared.contracts.merges import MergeOrder
from shared.contracts.scheduling import NewRequest
from shared.contracts.staff import StaffDetails
from tests.fixtures.running import NOW, TODAY, Office, office, received
from tests.fixtures.waiting import eventually
from tests.fuzz.hooks import SOURCE

Known = Mapping[str, Sequence[str | int]]
"""Values by the name of what they are: customers, contracts, runs."""

READER = Customer(
    kind="person",
    salutation="frau",
    first_name="Ina",
    last_name="Leserin",
    email="ina.leserin@example.org",
    address=Address(street="Lindenallee 4", postcode="06526", city="Sangerhausen"),
    mandate=Mandate(contract=True, power_of_attorney=True),
)
CONTRACT = Contract(line="household", premium_cents=20_000, instalments_per_year=1)
STAYING = ("F-1", "F-2", "F-3")
LEAVING = tuple(f"F-{number}" for number in range(10, 30))
"""Customers that may be erased: nobody else asks for them."""
DOUBLE = "F-9"
"""A second record of the first customer, merged into it."""
CONTRACTS = ("V-1", "V-2")
COMMISSIONS = ("B-1", "B-2")
STAFF = ("S-1", "S-2")
QUARTER = "2026-Q3"
FILE = "Kundennummer;Name;Vorname\nF-4;Muster;Ida\nF-5;Ohne;;\n"
PATIENCE_SECONDS = 90.0
LINK = re.compile(r"/v1/(unsubscribe|answers)/([A-Za-z0-9._~-]+)")


async def seed(system: System) -> tuple[str, str, Known]:
    """The agency's name, the secret of its webhooks, and what it has."""
    async with office(system, f"bode-{uuid4().hex[:8]}") as ours:
        await ours.classifier.put_agency(ours.agency, SETTINGS)
        for staff in STAFF:
            details = StaffDetails(role="adviser", name="Jana Vogt")
            await ours.scheduler.put_staff(ours.agency, staff, details)
        for customer in (*STAYING, *LEAVING, DOUBLE):
            await _put(ours, customer)
        await _book(ours)
        imported = await ours.classifier.start_import(ours.agency, FILE.encode(), filename="a.csv")
        run = await ours.classifier.reclassify(ours.agency)
        await ours.classifier.make_review(ours.agency, QUARTER)
        await ours.planned_for_everybody()
        await ours.scheduler.open_agency(ours.agency)
        await ours.scheduler.run_day(ours.agency, TODAY)
        merge = await _merged(ours)
        secret = (await ours.classifier.put_webhook_source(ours.agency, SOURCE)).secret
        return (
            ours.agency,
            secret,
            {
                "customers": STAYING,
                "leaving": LEAVING,
                "contracts": CONTRACTS,
                "staff": STAFF,
                "quarters": (QUARTER,),
                "versions": (1,),
                "days": (TODAY.isoformat(),),
                "months": (TODAY.isoformat()[:7],),
                "services": ("newsletter", "birthday"),
                "imports": (str(imported.import_id),),
                "reclassifications": (str(run.reclassification_id),),
                "tasks": await _requests(ours),
                "touchpoints": await _touchpoints(ours),
                "commissions": COMMISSIONS,
                "merges": (merge,),
                **await _messages(ours, system),
            },
        )


async def _put(ours: Office, customer: str) -> None:
    await ours.classifier.put_customer(ours.agency, customer, READER)
    for contract in CONTRACTS:
        await ours.classifier.put_contract(ours.agency, customer, contract, CONTRACT)
    granted = Consent(state="granted", basis="consent", at=NOW, source="Gespräch")
    await ours.classifier.put_consent(ours.agency, customer, "newsletter", "email", granted)


async def _book(ours: Office) -> None:
    bookings = [
        Commission(
            commission_id=name,
            customer_id=STAYING[0],
            booked_on=TODAY,
            kind="renewal",
            amount_cents=1_000,
        )
        for name in COMMISSIONS
    ]
    await ours.classifier.record_commissions(ours.agency, bookings)


async def _merged(ours: Office) -> str:
    order = MergeOrder(into=STAYING[0], reason="Dublette")
    path = f"/v1/customers/{DOUBLE}/merge"
    answer = await ours.classifier.http.call("POST", path, agency=ours.agency, json=order)
    return str(answer.json()["merge_id"])


async def _touchpoints(ours: Office) -> list[str]:
    """Those that are planned and those that cannot be moved any more."""
    found = [each for who in STAYING for each in await ours.touchpoints(who)]
    return [str(each.touchpoint_id) for each in found]


async def _requests(ours: Office) -> list[str]:
    wanted = NewRequest(kind="callback", customer_id=STAYING[0])
    return [str((await ours.scheduler.open_request(ours.agency, wanted)).task_id) for _ in range(5)]


async def _messages(ours: Office, system: System) -> dict[str, Sequence[str]]:
    """A print run that is set, messages that are at their ends, and the links of one of them."""
    ordered = [_newsletter(channel, who) for channel in ("letter", "email") for who in STAYING]
    answers = (await ours.notifier.dispatch(ours.agency, ordered)).items

    async def all_set() -> bool:
        runs = (await ours.notifier.print_runs(ours.agency)).items
        return bool(runs) and all(run.state == "rendered" for run in runs)

    await eventually(all_set, seconds=PATIENCE_SECONDS)
    await ours.every_email_ended()
    runs = (await ours.notifier.print_runs(ours.agency)).items
    links = [found for mail in received(system) for found in LINK.findall(_text(mail))]
    return {
        "messages": [answer.message_id for answer in answers if answer.message_id],
        "dispatches": [item.dispatch_id for item in ordered],
        "runs": [run.run_id for run in runs],
        "links": list(dict.fromkeys(token for _, token in links)),
    }


def _newsletter(channel: DispatchChannel, customer: str) -> DispatchItem:
    return DispatchItem(
        dispatch_id=f"{channel}-{customer}",
        customer_id=customer,
        channel=channel,
        purpose="newsletter",
        template="newsletter",
        priority="waiting_customer",
    )


def _text(mail: Message) -> str:
    parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    bodies = [bytes(part.get_payload(decode=True)).decode() for part in parts]
    return " ".join([str(mail["List-Unsubscribe"]), *bodies])
