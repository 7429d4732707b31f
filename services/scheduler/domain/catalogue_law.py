"""What law and the promises of every brokerage forbid in a catalogue: one table, with sources.

A rule finds faults with their places (JSON pointers). ``catalogues`` refuses a catalogue with one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from services.scheduler.domain.services import (
    KINDS,
    ServiceKind,
    fixed_purpose,
    kind_of_row,
)
from services.scheduler.domain.starting_catalogues import classes_of
from shared.contracts.catalogues import (
    AnswerWithin,
    Catalogue,
    Cell,
    Segment,
    Service,
    leaves_as_message,
)

Fault = tuple[str, str]
"""The place, and what is wrong there and how to mend it."""

REVIEW_MONTHS: Final = 12
"""A guaranteed review comes at least so often, in months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that no catalogue may do. ``source`` is where it is written."""

    source: str
    faults: Callable[[Catalogue], Iterator[Fault]]


OWED_TO_ALL: Final[Mapping[str, int]] = {
    kind.key: kind.owed_within for kind in KINDS.values() if kind.owed_within is not None
}
"""Working days within which every class alike is answered, by service."""


def _places(catalogue: Catalogue) -> Iterator[tuple[str, Service]]:
    for number, service in enumerate(catalogue.services):
        yield f"/services/{number}", service


def _cells(catalogue: Catalogue) -> Iterator[tuple[str, Service, Segment, Cell]]:
    for place, service in _places(catalogue):
        for segment, cell in service.segments.items():
            yield f"{place}/segments/{segment}", service, segment, cell


def _advertising_called_service(catalogue: Catalogue) -> Iterator[Fault]:
    for place, service in _places(catalogue):
        purpose = fixed_purpose(service)
        if service.purpose == "service" and purpose not in (None, "service"):
            yield f"{place}/purpose", f"{service.key}: is {purpose} by law, not service"


def _own_calls_called_service(catalogue: Catalogue) -> Iterator[Fault]:
    """What a message says is fixed by its template; what a person says of their own accord is not.

    A row that comes by itself has no cause of the customer's. One that is raised has one, so only
    the call is in doubt, which needs consent as advertising.
    """
    for place, service in _places(catalogue):
        if service.purpose != "service" or service.key in KINDS:
            continue
        by_itself = service.occasion in ("interval", "campaign")
        for segment, cell in service.segments.items():
            for field, way, minutes in cell.ways:
                if way == "phone" or (by_itself and not leaves_as_message(way, minutes)):
                    told = f"{service.key}: in doubt advertising; set the purpose to advertising"
                    yield f"{place}/segments/{segment}/{field}", told


def _rows_for_nobody(catalogue: Catalogue) -> Iterator[Fault]:
    for place, service in _places(catalogue):
        if not service.segments:
            yield f"{place}/segments", f"{service.key}: serves no segment; leave the row out"


def _missing_answers(catalogue: Catalogue) -> Iterator[Fault]:
    for key in OWED_TO_ALL:
        if catalogue.service(key) is None:
            yield "/services", f"{key}: there is no such row; every class is owed it"


def _classes_without_answer(catalogue: Catalogue) -> Iterator[Fault]:
    classes = classes_of(catalogue)
    for place, service in _places(catalogue):
        kind, cells = kind_of_row(service), service.segments
        if not cells or not kind.knows_no_class:
            continue
        missing = [
            each
            for each in classes
            if each not in cells or (kind.answers and cells[each].answer is None)
        ]
        if missing:
            what = "answer" if kind.answers else "cell"
            told = f"{service.key}: no {what} for {', '.join(missing)}; every class must have one"
            yield f"{place}/segments", told


def _duties_that_may_wait(catalogue: Catalogue) -> Iterator[Fault]:
    for place, service in _places(catalogue):
        if kind_of_row(service).owed_to_all and not service.duty:
            yield f"{place}/duty", f"{service.key}: is a duty to every class; set duty to true"


def _answers_that_differ(catalogue: Catalogue) -> Iterator[Fault]:
    for place, service in _owed_rows(catalogue):
        answers = {each: cell.answer for each, cell in service.segments.items() if cell.answer}
        first = next(iter(answers.values()), None)
        for segment, answer in answers.items():
            if answer != first:
                told = f"{service.key}: the same time for every class"
                yield f"{place}/segments/{segment}/answer", told


def _answers_too_slow(catalogue: Catalogue) -> Iterator[Fault]:
    for place, service, _, cell in _cells(catalogue):
        days = OWED_TO_ALL.get(service.key)
        if days is None or cell.answer is None or _is_kept_by(cell.answer, days):
            continue
        when = f"within {days} working day" if days else "on the same working day at any time of it"
        told = f"{service.key}: must be answered {when}, whatever the class"
        yield f"{place}/answer", told


def _is_kept_by(answer: AnswerWithin, days: int) -> bool:
    """Whether no request is answered later than owed, whenever it comes."""
    return answer.working_days <= days and (days > 0 or answer.asked_by is None)


def _owed_rows(catalogue: Catalogue) -> Iterator[tuple[str, Service]]:
    return (each for each in _places(catalogue) if each[1].key in OWED_TO_ALL)


def _empty_guarantees(catalogue: Catalogue) -> Iterator[Fault]:
    for place, service, segment, cell in _cells(catalogue):
        if not cell.guaranteed:
            continue
        if service.occasion != "interval" or cell.interval_months is None:
            told = f"{service.key}, {segment}: a guarantee says how often (every_months)"
            yield f"{place}/guaranteed", told
        elif _is_review(kind_of_row(service)) and cell.interval_months > REVIEW_MONTHS:
            told = f"{service.key}, {segment}: guaranteed at least every {REVIEW_MONTHS} months"
            yield f"{place}/every_months", told


def _is_review(kind: ServiceKind) -> bool:
    return kind.told_by == "last_review_on"


def _counts_in_nothing(catalogue: Catalogue) -> Iterator[Fault]:
    for place, service, segment, cell in _cells(catalogue):
        row = catalogue.service(cell.counts_in) if cell.counts_in else None
        if row is None or not row.segments:
            continue
        other = row.segments.get(segment)
        if other is None or other.interval_months is None:
            told = f"{service.key}, {segment}: counts in {row.key}, which the class never has"
            yield f"{place}/counts_in", told


def _guarantees_without_review(catalogue: Catalogue) -> Iterator[Fault]:
    """A class whose standard is raised to another's is promised what that one has."""
    for key in (key for key, kind in KINDS.items() if _is_review(kind)):
        row = catalogue.service(key)
        for lower, upper in catalogue.raised_to.items():
            if row is None or (row.segments and upper not in row.segments):
                yield f"/raised_to/{lower}", f"{key}: {lower} is raised to {upper}, which has none"


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        source="UWG § 7: what promotes sales, even indirectly, is advertising",
        faults=_advertising_called_service,
    ),
    Rule(
        source="UWG § 7 (2): a call that promotes sales, even indirectly, needs consent; "
        "what an agency's own row says is in doubt advertising",
        faults=_own_calls_called_service,
    ),
    Rule(source="a row without a class would never come", faults=_rows_for_nobody),
    Rule(
        source="VersVermV § 17: complaints are handled, and claims are, for every customer",
        faults=_missing_answers,
    ),
    Rule(
        source="VersVermV § 17, and what every customer is owed: "
        "whether answers and duties happen never depends on the class",
        faults=_classes_without_answer,
    ),
    Rule(
        source="a duty goes before everything; without it the class would decide",
        faults=_duties_that_may_wait,
    ),
    Rule(
        source="VersVermV § 17: the handling of complaints knows no classes",
        faults=_answers_that_differ,
    ),
    Rule(
        source="EIOPA-BoS-13/164: complaints are acknowledged without undue delay; "
        "the trade's promise for claims is the same working day",
        faults=_answers_too_slow,
    ),
    Rule(
        source="UWG § 5: a promise that names no time misleads; the review is yearly",
        faults=_empty_guarantees,
    ),
    Rule(source="a contact that counts in another needs that other", faults=_counts_in_nothing),
    Rule(
        source="an earned standard of care includes the review",
        faults=_guarantees_without_review,
    ),
)


def unlawful(catalogue: Catalogue) -> list[Fault]:
    """Every fault that a rule finds, in the order of the table, each with the rule's source."""
    return [
        (place, f"{detail} ({rule.source})")
        for rule in RULES
        for place, detail in rule.faults(catalogue)
    ]
