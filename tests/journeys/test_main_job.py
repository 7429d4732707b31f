"""The main job over HTTP, as a broker and their integrator go it: from files to messages and back.

The book is taken in, classified, planned and carried out once; each test looks at one thing the
agency was promised, or goes on from there with a customer of its own.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pypdfium2
import pytest

from kundentakt.demo.context import SETTINGS
from kundentakt.sample import SampleAgency, write_sample_agency
from kundentakt.supervisor.system import System
from shared.clients.http import ServiceRefused
from shared.contracts.customers import Consent, Contract, Customer, LifeSituation, Mandate
from shared.contracts.dispatches import DispatchItem, MessageView, PrintRunView
from shared.contracts.imports import ImportJob
from shared.contracts.plans import RunCounts
from shared.contracts.scheduling import CampaignMove
from tests.fixtures.running import NOW, TODAY, Office, message_id, office, received
from tests.fixtures.waiting import eventually

SOURCE = "maklerverwaltung"
COMPANY = Customer(
    kind="company",
    company_name="Tischlerei Ahorn GmbH",
    mandate=Mandate(contract=True, power_of_attorney=True),
    life=LifeSituation(employees=0),
)
"""Its contents insured it lacks its liability alone (90 €); without both, 154 €: potential."""
CONTENTS = Contract(
    line="commercial_contents", premium_cents=20_000, instalments_per_year=1, commission_rate=0.2
)
READER = Customer(
    kind="person",
    salutation="frau",
    first_name="Ina",
    last_name="Leserin",
    email="ina.leserin@example.org",
    mandate=Mandate(contract=True, power_of_attorney=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDay:
    """The office with its book taken in, classified and planned, and one day carried out."""

    office: Office
    sample: SampleAgency
    imports: list[ImportJob]
    first_run: RunCounts
    second_run: RunCounts
    emails: list[MessageView]
    runs: list[PrintRunView]


@pytest.fixture(scope="module")
async def first_day(
    system: System, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FirstDay]:
    """The broker's first day with the system."""
    sample = write_sample_agency(tmp_path_factory.mktemp("sample"), customers=60, as_of=TODAY)
    async with office(system, f"harz-{uuid4().hex[:8]}") as ours:
        imports = await ours.import_sample(sample)
        await ours.reclassified()
        await hold_newsletter_today(ours)
        await ours.planned_for_everybody()
        await ours.scheduler.open_agency(ours.agency)
        first_run = await ours.scheduler.run_day(ours.agency, TODAY)
        second_run = await ours.scheduler.run_day(ours.agency, TODAY)
        runs = await released(ours)
        emails = await ours.every_email_ended()
        yield FirstDay(
            office=ours,
            sample=sample,
            imports=imports,
            first_run=first_run,
            second_run=second_run,
            emails=emails,
            runs=runs,
        )


@pytest.fixture(scope="module")
async def integrated(system: System) -> AsyncIterator[Office]:
    """An agency whose own programs order messages, without a plan."""
    async with office(system, f"unstrut-{uuid4().hex[:8]}") as ours:
        await ours.classifier.put_agency(ours.agency, SETTINGS)
        yield ours


async def hold_newsletter_today(ours: Office) -> None:
    campaigns = (await ours.scheduler.campaigns(ours.agency)).items
    newsletter = next(each for each in campaigns if each.service == "newsletter")
    moved = await ours.scheduler.move_campaign(
        ours.agency, newsletter.service, newsletter.month, CampaignMove(day=TODAY)
    )
    assert (moved.day, moved.moved) == (TODAY, True)


async def released(ours: Office) -> list[PrintRunView]:
    """Approve and release every print run once it is set."""

    async def all_set() -> bool:
        runs = (await ours.notifier.print_runs(ours.agency)).items
        return bool(runs) and all(run.state == "rendered" for run in runs)

    await eventually(all_set, seconds=90)
    for run in (await ours.notifier.print_runs(ours.agency)).items:
        await ours.notifier.move_print_run(
            ours.agency, run.run_id, "approval", rendering=run.rendering
        )
        await ours.notifier.move_print_run(ours.agency, run.run_id, "release")

    async def all_released() -> bool:
        runs = (await ours.notifier.print_runs(ours.agency)).items
        return all(run.state == "released" for run in runs)

    await eventually(all_released)
    return (await ours.notifier.print_runs(ours.agency)).items


async def report(ours: Office, kind: str, data: dict[str, object], *, key: str) -> bool:
    """Send a signed webhook under a secret of its own; gives whether it was a duplicate."""
    secret = (await ours.classifier.put_webhook_source(ours.agency, SOURCE)).secret
    body = json.dumps({"type": kind, "timestamp": NOW.isoformat(), "data": data}).encode()
    answer = await ours.classifier.report_event(
        ours.agency, SOURCE, secret, webhook_id=key, body=body
    )
    return answer.duplicate


async def ended(ours: Office, item: DispatchItem) -> MessageView:
    """Order one message and wait for its end."""
    (answer,) = (await ours.notifier.dispatch(ours.agency, [item])).items
    assert answer.message_id is not None, answer.errors
    ordered = answer.message_id

    async def at_its_end() -> bool:
        return (await ours.notifier.message(ours.agency, ordered)).ended_at is not None

    await eventually(at_its_end, seconds=90)
    return await ours.notifier.message(ours.agency, ordered)


async def test_every_broken_row_is_reported_where_it_stands_and_all_good_ones_are_taken(
    first_day: FirstDay,
) -> None:
    reported = {
        (job.filename, row.line, row.column, row.value)
        for job in first_day.imports
        for row in job.rejections
    }
    broken = {(row.file, row.line, row.column, row.value) for row in first_day.sample.broken_rows}
    assert reported == broken
    assert len(broken) == 5
    written = [job.written for job in first_day.imports]
    sample = first_day.sample
    assert written[0].customers == sample.customers
    assert written[1].contracts == sample.contracts
    assert written[2].commissions == sample.commissions
    assert written[3].interactions == sample.interactions
    assert (written[4].customers, written[4].contracts) == (
        sample.gdv.persons,
        sample.gdv.contracts,
    )


async def test_every_class_says_why_in_german_sentences(first_day: FirstDay) -> None:
    classes = await first_day.office.classes()
    assert len(classes) > 40
    assert set(Counter(each.segment for each in classes)) <= set("ABOC")
    assert all(each.reasons and each.facts for each in classes)
    assert all(reason.de.endswith(".") for each in classes for reason in each.reasons)
    assert {each.as_of for each in classes} == {TODAY}


async def test_the_plan_gives_nobody_more_than_their_plannable_minutes(first_day: FirstDay) -> None:
    capacity = await first_day.office.scheduler.capacity(first_day.office.agency)
    assert {day.staff_id for day in capacity.days} == {"VJ", "BM", "HS"}
    assert [day for day in capacity.days if day.placed_minutes > day.plannable_minutes] == []
    assert sum(day.placed_minutes for day in capacity.days) > 0


async def test_running_the_day_again_changes_nothing(first_day: FirstDay) -> None:
    first, second = first_day.first_run, first_day.second_run
    assert (first.already_run, second.already_run) == (False, True)
    assert (second.due, second.tasks) == (first.due, first.tasks)
    assert first.handed_over + first.tasks + first.suppressed == first.due > 0
    ordered = Counter(m.dispatch_id for m in await first_day.office.messages())
    assert set(ordered.values()) == {1}


async def test_what_arrived_by_mail_is_what_was_sent_each_once_to_whom_it_was_meant(
    first_day: FirstDay,
) -> None:
    ours = first_day.office
    sent = {m.message_id: m for m in first_day.emails if m.state == "sent"}
    assert sent
    assert all(m.reason for m in first_day.emails if m.state != "sent")
    ids = sorted({m.customer_id for m in sent.values()})
    contacts = (await ours.classifier.contacts(ours.agency, ids)).items
    addresses = {contact.customer_id: contact.email for contact in contacts}
    arrived = [m for m in received(ours.system) if message_id(m) in sent]
    assert Counter(map(message_id, arrived)) == Counter(dict.fromkeys(sent, 1))
    for mail in arrived:
        assert mail["X-Envelope-To"] == addresses[sent[message_id(mail)].customer_id]
        assert "D-ABCD-12345-67" in str(mail.get_body(("plain",)).get_content())  # type: ignore[attr-defined]  # the modern policy gives EmailMessage


async def test_a_print_run_has_a_page_and_a_line_for_each_letter_and_says_so_in_its_manifest(
    first_day: FirstDay,
) -> None:
    ours = first_day.office
    messages = await ours.messages()
    assert first_day.runs
    for run in first_day.runs:
        files = {
            name: await ours.notifier.print_run_file(ours.agency, run.run_id, name)
            for name in ("letters.pdf", "recipients.csv", "manifest.json")
        }
        document = pypdfium2.PdfDocument(files["letters.pdf"])
        pages = len(document)
        document.close()
        manifest = json.loads(files["manifest.json"])
        rows = files["recipients.csv"].decode("utf-8-sig").splitlines()[1:]
        letters = [m for m in messages if m.run == run.run_id]
        assert manifest["count"] == run.letters == len(rows) == len(letters)
        assert manifest["pages"] == run.pages == pages
        assert {m.state for m in letters} == {"sent"}


async def test_a_cancellation_changes_class_and_plan_and_its_repetition_is_known(
    first_day: FirstDay,
) -> None:
    ours, customer = first_day.office, "FIRMA-1"
    await ours.classifier.put_customer(ours.agency, customer, COMPANY)
    await ours.classifier.put_contract(ours.agency, customer, "V-1", CONTENTS)

    async def has_class(segment: str) -> bool:
        return await ours.segment(customer) == segment

    await eventually(lambda: has_class("C"))
    day = TODAY.isoformat()
    cancelled: dict[str, object] = {
        "customer_id": customer,
        "contract_id": "V-1",
        "cancelled_on": day,
        "effective_on": day,
        "reason": "zu teuer",
    }
    assert not await report(ours, "contract.cancelled", cancelled, key="cancellation")
    await eventually(lambda: has_class("O"))

    async def plan_follows() -> bool:
        found = await ours.touchpoints(customer)
        services = {each.service for each in found}
        # What is owed is kept first and gets its day in a later step.
        days = all(each.day for each in found if each.state == "planned")
        return days and {"cancellation_confirmation", "saving", "development"} <= services

    async def planned() -> set[tuple[str, str]]:
        # Not the states: what is due goes on to be handed over meanwhile.
        return {(each.touchpoint_id, str(each.day)) for each in await ours.touchpoints(customer)}

    await eventually(plan_follows)
    before = await planned()
    assert await report(ours, "contract.cancelled", cancelled, key="cancellation")
    assert await planned() == before
    await ours.audited(TODAY)


async def test_one_click_in_a_received_mail_ends_advertising_from_the_next_message_on(
    integrated: Office,
) -> None:
    ours, customer = integrated, "LESERIN-1"
    await ours.classifier.put_customer(ours.agency, customer, READER)
    granted = Consent(state="granted", at=NOW, wording="Ja, bitte.", source="Formular")
    await ours.classifier.put_consent(ours.agency, customer, "newsletter", "email", granted)
    first, second = (
        DispatchItem(
            dispatch_id=f"{customer}-{number}",
            customer_id=customer,
            channel="email",
            purpose="newsletter",
            template="newsletter",
            priority="waiting_customer",
        )
        for number in (1, 2)
    )
    sent = await ended(ours, first)
    assert (sent.state, sent.reason) == ("sent", None)
    (mail,) = received(ours.system, of=lambda each: message_id(each) == sent.message_id)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = str(mail["List-Unsubscribe"]).strip("<>")
    async with httpx.AsyncClient(trust_env=False) as mail_program:
        assert (await mail_program.get(link)).status_code == 200
        looked_at = await consent_state(ours, customer)
        clicked = await mail_program.post(link, content=b"List-Unsubscribe=One-Click")
    assert (looked_at, clicked.status_code) == ("granted", 200)

    async def withdrawn() -> bool:
        return await consent_state(ours, customer) == "withdrawn"

    await eventually(withdrawn)
    refused = await ended(ours, second)
    assert (refused.state, refused.reason) == ("suppressed", "consent_withdrawn")


async def consent_state(ours: Office, customer: str) -> str:
    (contact,) = (await ours.classifier.contacts(ours.agency, [customer])).items
    (consent,) = [c for c in contact.consents if c.purpose == "newsletter"]
    return consent.state


async def test_after_a_death_nothing_automatic_leaves_and_one_person_is_told_to_condole(
    first_day: FirstDay,
) -> None:
    ours = first_day.office
    customer = await somebody_with_much_planned(ours)
    await report(ours, "customer.died", {"customer_id": customer}, key="death")

    async def stopped() -> bool:
        ahead = [t for t in await ours.touchpoints(customer) if t.state in ("planned", "due")]
        return {each.service for each in ahead} == {"condolence"}

    await eventually(stopped)
    (condolence,) = [t for t in await ours.touchpoints(customer) if t.service == "condolence"]
    assert condolence.channel not in ("email", "letter")


async def test_to_the_dead_not_even_a_service_message_leaves(integrated: Office) -> None:
    ours, customer = integrated, "VERSTORBEN-1"
    await ours.classifier.put_customer(ours.agency, customer, READER)
    assert not await report(ours, "customer.died", {"customer_id": customer}, key="death")
    service = DispatchItem(
        dispatch_id="after-death",
        customer_id=customer,
        channel="email",
        purpose="service",
        template="change_questionnaire",
        priority="waiting_customer",
    )
    refused = await ended(ours, service)
    assert (refused.state, refused.reason) == ("suppressed", "deceased")


async def somebody_with_much_planned(ours: Office) -> str:
    """A customer living alone with the most touchpoints ahead."""
    page = await ours.scheduler.touchpoints(ours.agency, state="planned", limit=1000)
    planned = Counter(each.customer_id for each in page.items)
    alone = {each.customer_id for each in await ours.classes() if len(each.care_unit) == 1}
    customer = max(alone, key=lambda each: planned[each])
    assert planned[customer] > 1
    return customer


async def test_the_audit_finds_every_due_contact_in_exactly_one_place(first_day: FirstDay) -> None:
    findings = await first_day.office.audited(TODAY)
    assert findings.places.total() >= first_day.first_run.due
    assert findings.messages.total() == len(await first_day.office.messages())


async def test_a_negative_premium_is_refused_and_changes_nothing(first_day: FirstDay) -> None:
    ours = first_day.office
    (unit,) = (await ours.classifier.classifications(ours.agency, limit=1)).items
    path = f"/v1/customers/{unit.customer_id}/contracts/NEGATIV"
    http = ours.http("classifier")
    with pytest.raises(ServiceRefused) as refused:
        await http.call("PUT", path, json={"line": "household", "premium_cents": -1})
    assert refused.value.status == 422
    with pytest.raises(ServiceRefused) as missing:
        await http.call("GET", path)
    assert missing.value.status == 404
    await http.close()
