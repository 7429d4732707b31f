"""Whatever the scheduler may hand over, the notifier has the words for: no running system needed.

A catalogue's cells can be changed to any channel, so every service that is not a person's work
needs its words by e-mail and by letter.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

import pytest

from services.notifier.domain.dispatches import faults_of
from services.notifier.domain.salutations import Person
from services.scheduler.domain.dispatches import dispatch_of
from services.scheduler.domain.services import ANSWERS
from services.scheduler.domain.starting_catalogues import starting_catalogue
from services.scheduler.domain.subjects import (
    CancellationSubject,
    ContractSubject,
    GapSubject,
    LifeChangeSubject,
    PreviousCarerSubject,
    Subject,
    YearsSubject,
)
from shared.contracts.catalogues import Service
from shared.contracts.dispatches import DispatchItem
from shared.contracts.events import LifeChange
from shared.contracts.templates import TEMPLATES as KNOWN
from tests.notifier.email.examples import AGENCY, CARER, LINKS, TEMPLATES, TODAY
from tests.notifier.letters.examples import UTE, a_letter

WAYS: tuple[Literal["email", "letter"], ...] = ("email", "letter")
READERS = (UTE, replace(UTE, form_of_address="du"), replace(UTE, language="en"))
BARGAINING = ("rabatt", "nachlass", "günstiger", "billiger", "bonus", "discount", "cheaper")
OFFERING = (*BARGAINING, "angebot", "abschließ", "sparen", "offer")

SUBJECTS: dict[str, tuple[Subject | None, ...]] = {
    "development": (GapSubject(line="household"), None),
    "birthday": (YearsSubject(years=50),),
    "anniversary": (YearsSubject(years=1), YearsSubject(years=10)),
    "cancellation_confirmation": (
        CancellationSubject(contract_id="V-4711", cancelled_on=date(2026, 11, 20)),
    ),
    "contract_expiry": (ContractSubject(contract_id="V-4711"),),
    "saving": (ContractSubject(contract_id="V-4711"), None),
    "life_event": tuple(LifeChangeSubject(change=each) for each in get_args(LifeChange)),
    "carer_introduction": (PreviousCarerSubject(previous_staff_id="S-2"), None),
}
"""What touchpoints of a service are about; those of all others say nothing more."""


@dataclass(frozen=True, slots=True)
class Handed:
    """One kind of message that can be handed over."""

    service: Service
    item: DispatchItem

    def __str__(self) -> str:
        return f"{self.service.key}-{self.item.channel}"


def every_service() -> dict[str, Service]:
    catalogues = (starting_catalogue("revenue_potential"), starting_catalogue("revenue_effort"))
    return {service.key: service for catalogue in catalogues for service in catalogue.services}


def sent_services() -> list[Service]:
    """Without answers, which are tasks of a request, and what is for the bereaved."""
    answers = {kind.key for kind in ANSWERS.values()}
    return [
        service
        for service in every_service().values()
        if service.key not in answers and service.served != "bereaved"
    ]


def everything_handed_over() -> Iterator[Handed]:
    for service in sent_services():
        for channel in WAYS:
            for subject in SUBJECTS.get(service.key, (None,)):
                yield Handed(service, handed(service, channel, subject))


def handed(service: Service, channel: str, subject: Subject | None) -> DispatchItem:
    return dispatch_of(
        touchpoint_id="5f0c1c5e-6a1b-5a0e-9b7e-0d8a3a3f2b11",
        customer_id="K-0001",
        service=service.key,
        template=service.template,
        channel=channel,
        purpose=service.purpose,
        staff_id="S-1",
        because="interval",
        subject=subject,
        due=date(2026, 11, 20),
        run_day=TODAY,
    )


def words(item: DispatchItem, reader: Person) -> str:
    """What the reader is told, without notice and frame where it is a letter."""
    if item.channel == "email":
        mail = TEMPLATES.render_email(
            item.template,
            reader.language,
            person=reader,
            carer=CARER,
            agency=AGENCY,
            data=item.data,
            links=LINKS,
            basis="consent",
            on=TODAY,
        )
        return f"{mail.subject}\n{mail.text}"
    letter = a_letter(template=item.template, person=reader, data=item.data)
    pieces = (text for block in letter.blocks for text in (block.text, *block.items))
    return "\n".join([letter.subject, *pieces])


EVERYTHING = list(everything_handed_over())


@pytest.mark.parametrize("one", EVERYTHING, ids=str)
def test_the_notifier_takes_every_message_and_can_write_it_to_everybody(one: Handed) -> None:
    assert faults_of(one.item) == []
    for reader in READERS:
        written = words(one.item, reader)
        assert "{" not in written
        assert "None" not in written


@pytest.mark.parametrize("one", EVERYTHING, ids=str)
def test_service_offers_nothing_and_nobody_is_held_by_a_bargain(one: Handed) -> None:
    forbidden = OFFERING if one.service.purpose == "service" else BARGAINING
    for reader in READERS:
        written = words(one.item, reader).lower()
        assert [word for word in forbidden if word in written] == []


def test_each_change_of_a_life_has_words_of_its_own() -> None:
    service = every_service()["life_event"]
    for channel in WAYS:
        told = {words(handed(service, channel, each), UTE) for each in SUBJECTS[service.key]}
        assert len(told) == len(get_args(LifeChange))


@pytest.mark.parametrize("channel", WAYS)
def test_a_condolence_cannot_even_be_ordered(channel: str) -> None:
    faults = faults_of(handed(every_service()["condolence"], channel, None))
    assert [fault.pointer for fault in faults] == ["/template"]


def test_every_answer_is_a_persons_work() -> None:
    answers = [
        each
        for each in every_service().values()
        if each.key in {kind.key for kind in ANSWERS.values()}
    ]
    assert {each.key for each in answers} == {kind.key for kind in ANSWERS.values()}
    for service in answers:
        assert all(cell.on_request and cell.answer for cell in service.segments.values())


def test_a_service_without_a_template_is_noticed() -> None:
    service = every_service()["birthday"].model_copy(update={"key": "name_day"})
    assert service.key not in KNOWN
    for channel in WAYS:
        (fault,) = faults_of(handed(service, channel, None))
        assert fault.pointer == "/template"
