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
from shared.contracts.catalogues import AnswerWithin, Catalogue, Cell, Segment, Service

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
    for place, service in _owed_rows(catalogue):
        cells = service.segments
        missing = [each for each in classes if each not in cells or cells[each].answer is None]
        if cells and missing:
            told = f"{service.key}: no answer for {', '.join(missing)}; every class must have one"
            yield f"{place}/segments", told


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
    Rule(source="a row without a class would never come", faults=_rows_for_nobody),
    Rule(
        source="VersVermV § 17: complaints are handled, and claims are, for every customer",
        faults=_missing_answers,
    ),
    Rule(
        source="VersVermV § 17: the handling of complaints knows no classes",
        faults=_classes_without_answer,
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
