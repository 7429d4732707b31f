"""What happened and raises a touchpoint, named once and for all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, get_args
from uuid import UUID, uuid5

from services.scheduler.domain.services import Cause, ServiceKind, raised_by
from services.scheduler.domain.subjects import Subject
from shared.contracts.vocabulary import AgencyId, CustomerId

OCCASIONS: Final = UUID("7a0be0f6-53f5-4d0c-8a3e-1d6f0c8e9b27")
"""Namespace of the occurrences that callers raise. Never change it: occasions are kept by it."""
NEWS_DAYS: Final = 60
"""A death or an end of cover that lies further back came with an old file: a card would only hurt,
and an offer to save the contract would be absurd."""

BY_CALLER: Final = "occasion.raised"
"""What is told to have raised a touchpoint that a caller raised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOccasion:
    """One occasion; the occurrence names it once and for all."""

    customer_id: CustomerId
    service: str
    occurrence: str
    day: date
    because: str
    subject: Subject | None

    @property
    def subject_text(self) -> str | None:
        """The subject as the JSON text that is kept."""
        return None if self.subject is None else self.subject.model_dump_json()


def occasions_raised(
    cause: Cause | str,
    *,
    customer_id: CustomerId,
    cause_id: str,
    day: date,
    known: Mapping[str, object] | None = None,
) -> list[NewOccasion]:
    """What an event or a change raises for a customer; nothing if it is no cause of anything.

    ``cause_id`` names the event, or who the new carer is. ``known`` are the fields that subjects
    may take; a service whose subject lacks one that it needs is raised without a subject.
    """
    facts = known or {}
    return [
        NewOccasion(
            customer_id=customer_id,
            service=kind.key,
            occurrence=_occurrence(kind, cause_id, day),
            day=day,
            because=cause,
            subject=_subject(kind, facts),
        )
        for kind in raised_by(cause)
    ]


def occasion_of_caller(
    *, agency: AgencyId, customer_id: CustomerId, service: str, cause_id: str, day: date
) -> NewOccasion:
    """What a caller raises; the same ``cause_id`` names the same occasion.

    The occurrence is a digest, because it stays after an erasure and the caller's own id may tell
    something. It leaves the customer out, so that it is the same after a merge.
    """
    return NewOccasion(
        customer_id=customer_id,
        service=service,
        occurrence=str(uuid5(OCCASIONS, f"{agency}:{cause_id}")),
        day=day,
        because=BY_CALLER,
        subject=None,
    )


def _occurrence(kind: ServiceKind, cause_id: str, day: date) -> str:
    match kind.counted_by:
        case "once":
            return "1"
        case "month":
            return f"{day:%Y-%m}"
        case "cause_and_day":
            return f"{cause_id}:{day}"
        case _:
            return cause_id


def _subject(kind: ServiceKind, facts: Mapping[str, object]) -> Subject | None:
    if kind.subject is None:
        return None
    fields = kind.subject.model_fields
    values = {name: facts.get(name) for name in fields}
    needed = {
        name for name, field in fields.items() if type(None) not in get_args(field.annotation)
    }
    missing = any(values[name] is None for name in needed)
    return None if missing else kind.subject.model_validate(values)
