"""The registry of services: what planning knows of each kind, said once.

No other file names a service; they ask for kinds by what they do. A row of the catalogue whose
key is not listed is one of the agency's own, and what is known of it follows from its occasion.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from services.scheduler.domain.subjects import (
    CancellationSubject,
    ContractSubject,
    GapSubject,
    LifeChangeSubject,
    PreviousCarerSubject,
    Subject,
    YearsSubject,
)
from shared.contracts.catalogues import Occasion, Service, ServicePurpose
from shared.contracts.events import RequestKind

Cause = Literal[
    "customer.died", "mandate.ended", "carer_changed", "referral.made", "life.changed",
    "contract.cancelled", "claim.reported", "complaint.filed",
]  # fmt: skip
"""What raises a service: an event of the classifier, or a change that planning itself makes."""

Counting = Literal["nth", "year", "month", "once", "cause", "cause_and_day"]
"""What names an occurrence, so that planning again names it alike: one more than the highest that
ended; the year or the month it falls into; nothing, since it comes once; the id of what raised it,
alone or with the day."""

Returning = Literal["birth_date", "customer_since"]
"""The customer's day that comes round each year."""

BECAUSE_OF: Final[Mapping[Returning, str]] = {
    "birth_date": "birthday",
    "customer_since": "years_together",
}
BECAUSE_OF_START: Final = "welcome"
"""What callers are told that raised a touchpoint."""

Window = Literal["before", "around", "after"]
"""Where the days on which a contact may come lie: up to its due day, which is the last one of a
promised interval; on both sides of it, where a number of contacts a year is planned; from it on."""

ToldPast = Literal["last_review_on", "last_contact_on"]
"""What the agency's own records tell of contacts before, or beside, those planned here."""

USUAL_IMPORTANCE: Final = 50
"""Somebody who waits goes before what we planned ourselves (at most 30)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKind:
    """One kind of service.

    ``answers``: the requests it is the answer to, with their importance. ``template`` is that of
    its message if it has another name than the service; ``without_subject`` the one if there is
    nothing to speak of. ``survives_end``: it stays open after a death or the end of a mandate.
    ``window``: on which side of its due day it may come. ``told_by``: the day that counts as a
    contact of this kind although it was not planned here. ``returns_on``: the day that comes round;
    its messages leave on that very day. ``owed_within``: the working days within which every class
    alike is answered, because the law knows no classes. ``owed_to_all``: whether it happens never
    depends on the class, as with every answer. ``develops``: it wins or saves business.
    """

    key: str
    occasion: Occasion
    counted_by: Counting
    purpose: ServicePurpose
    raised_by: tuple[Cause, ...] = ()
    answers: Mapping[RequestKind, int] = field(default_factory=dict)
    subject: type[Subject] | None = None
    template: str | None = None
    without_subject: str | None = None
    survives_end: bool = False
    looks_at_gaps: bool = False
    window: Window = "after"
    told_by: ToldPast | None = None
    returns_on: Returning | None = None
    owed_within: int | None = None
    owed_to_all: bool = False
    develops: bool = False

    @property
    def bound_to_its_occasion(self) -> bool:
        """Whether another occasion would leave it without what it speaks of or what raises it."""
        return bool(self.subject or self.raised_by or self.answers)

    @property
    def knows_no_class(self) -> bool:
        """Whether every class gets it: answers, and what is owed to all."""
        return self.owed_to_all or bool(self.answers)

    @property
    def raised_by_callers(self) -> bool:
        """Whether a caller may raise it: nothing else does, and it speaks of nothing."""
        return self.occasion == "raised" and not self.bound_to_its_occasion


_TIMED: Final = (
    ServiceKind(
        key="yearly_review",
        occasion="interval",
        counted_by="nth",
        purpose="service",
        window="before",
        told_by="last_review_on",
    ),
    ServiceKind(
        key="change_questionnaire",
        occasion="interval",
        counted_by="nth",
        purpose="service",
        window="before",
    ),
    ServiceKind(
        key="how_are_you",
        occasion="interval",
        counted_by="nth",
        purpose="advertising",
        window="before",
        told_by="last_contact_on",
    ),
    ServiceKind(
        key="development",
        occasion="development",
        counted_by="nth",
        purpose="advertising",
        subject=GapSubject,
        without_subject="how_are_you",
        looks_at_gaps=True,
        window="around",
        develops=True,
    ),
    ServiceKind(
        key="birthday",
        occasion="birthday",
        counted_by="year",
        purpose="advertising",
        subject=YearsSubject,
        returns_on="birth_date",
    ),
    ServiceKind(
        key="anniversary",
        occasion="anniversary",
        counted_by="year",
        purpose="advertising",
        subject=YearsSubject,
        returns_on="customer_since",
    ),
    ServiceKind(key="newsletter", occasion="campaign", counted_by="month", purpose="newsletter"),
    ServiceKind(key="welcome", occasion="start", counted_by="once", purpose="service"),
)
_RAISED: Final = (
    ServiceKind(
        key="carer_introduction",
        occasion="raised",
        counted_by="cause_and_day",
        purpose="service",
        raised_by=("carer_changed",),
        subject=PreviousCarerSubject,
    ),
    ServiceKind(
        key="winding_up",
        occasion="raised",
        counted_by="month",
        purpose="service",
        raised_by=("mandate.ended",),
        survives_end=True,
        owed_to_all=True,
    ),
    ServiceKind(
        key="condolence",
        occasion="raised",
        counted_by="cause",
        purpose="service",
        raised_by=("customer.died",),
        survives_end=True,
        owed_to_all=True,
    ),
    ServiceKind(
        key="life_event",
        occasion="raised",
        counted_by="cause",
        purpose="service",
        raised_by=("life.changed",),
        subject=LifeChangeSubject,
    ),
    ServiceKind(  # nothing tells yet that a contract expires
        key="contract_expiry",
        occasion="raised",
        counted_by="cause",
        purpose="service",
        subject=ContractSubject,
        owed_to_all=True,
    ),
    ServiceKind(
        key="cancellation_confirmation",
        occasion="raised",
        counted_by="cause",
        purpose="service",
        raised_by=("contract.cancelled",),
        subject=CancellationSubject,
        owed_to_all=True,
    ),
    ServiceKind(  # the signs of leaving of one month are one sign
        key="saving",
        occasion="raised",
        counted_by="month",
        purpose="advertising",
        raised_by=("contract.cancelled",),
        subject=ContractSubject,
        develops=True,
    ),
    ServiceKind(
        key="referral_thanks",
        occasion="raised",
        counted_by="cause",
        purpose="advertising",
        raised_by=("referral.made",),
        template="thank_you",
    ),
    ServiceKind(  # callers invite
        key="customer_event", occasion="raised", counted_by="cause", purpose="events"
    ),
)
_ANSWERS: Final = (
    ServiceKind(
        key="callback",
        occasion="raised",
        counted_by="cause",
        purpose="service",
        answers={
            "callback": USUAL_IMPORTANCE,
            "review": USUAL_IMPORTANCE,
            "cancellation": 70,
            "end_of_mandate": USUAL_IMPORTANCE,
        },
    ),
    ServiceKind(
        key="email_answer",
        occasion="raised",
        counted_by="cause",
        purpose="service",
        answers={
            "question": USUAL_IMPORTANCE,
            "certificate": USUAL_IMPORTANCE,
            "data_change": USUAL_IMPORTANCE,
        },
    ),
    ServiceKind(
        key="offer",
        occasion="raised",
        counted_by="cause",
        purpose="service",
        answers={"offer": USUAL_IMPORTANCE},
    ),
    ServiceKind(
        key="claim",
        occasion="raised",
        counted_by="cause",
        purpose="service",
        raised_by=("claim.reported",),
        answers={"claim": 80},
        owed_within=0,
        owed_to_all=True,
    ),
    ServiceKind(
        key="complaint",
        occasion="raised",
        counted_by="cause",
        purpose="service",
        raised_by=("complaint.filed",),
        answers={"complaint": 90},
        owed_within=1,
        owed_to_all=True,
    ),
)
KINDS: Final[Mapping[str, ServiceKind]] = {
    kind.key: kind for kind in (*_TIMED, *_RAISED, *_ANSWERS)
}

TOLD_PASTS: Final[Mapping[ToldPast, str]] = {
    kind.told_by: kind.key for kind in KINDS.values() if kind.told_by is not None
}
"""The service that each told day counts for."""

DEVELOPMENT: Final = next(kind.key for kind in KINDS.values() if kind.looks_at_gaps)
"""The service that speaks of gaps."""

SURVIVORS: Final = sorted(kind.key for kind in KINDS.values() if kind.survives_end)
"""Services that stay open after a death or the end of a mandate."""

ANSWERS: Final[Mapping[RequestKind, ServiceKind]] = {
    request: kind for kind in KINDS.values() for request in kind.answers
}
"""Which row of the catalogue promises the answer to a request."""

REQUESTS: Final[Mapping[str, RequestKind]] = {
    cause: request
    for kind in KINDS.values()
    for request in kind.answers
    for cause in kind.raised_by
}
"""Events that somebody must answer, beside those that name the request themselves."""

_OWN: Final[Mapping[Occasion, ServiceKind]] = {
    kind.occasion: kind
    for kind in (
        ServiceKind(
            key="", occasion="interval", counted_by="nth", purpose="advertising", window="before"
        ),
        ServiceKind(
            key="",
            occasion="development",
            counted_by="nth",
            purpose="advertising",
            subject=GapSubject,
            looks_at_gaps=True,
            window="around",
        ),
        ServiceKind(
            key="",
            occasion="birthday",
            counted_by="year",
            purpose="advertising",
            subject=YearsSubject,
            returns_on="birth_date",
        ),
        ServiceKind(
            key="",
            occasion="anniversary",
            counted_by="year",
            purpose="advertising",
            subject=YearsSubject,
            returns_on="customer_since",
        ),
        ServiceKind(key="", occasion="campaign", counted_by="month", purpose="advertising"),
        ServiceKind(key="", occasion="start", counted_by="once", purpose="advertising"),
        ServiceKind(key="", occasion="raised", counted_by="cause", purpose="advertising"),
    )
}
"""What is known of an agency's own rows, by their occasion; key and purpose are the row's."""


def kind_of(service: str) -> ServiceKind:
    """The kind of a service by its key alone; of the agency's own nothing is known."""
    return KINDS.get(service) or replace(_OWN["interval"], key=service)


def kind_of_row(row: Service) -> ServiceKind:
    """The kind of a row of the catalogue; its occasion tells what is known of an agency's own."""
    listed = KINDS.get(row.key)
    if listed is not None and listed.occasion == row.occasion:
        return listed
    return replace(_OWN[row.occasion], key=row.key, purpose=row.purpose)


def fixed_purpose(row: Service) -> ServicePurpose | None:
    """The purpose that the law gives a row; None if it follows from its words alone."""
    listed = KINDS.get(row.key)
    if listed is not None:
        return listed.purpose
    own = _OWN[row.occasion]
    return own.purpose if own.subject is not None else None


def raised_by(cause: str) -> tuple[ServiceKind, ...]:
    """The kinds that an event or a change raises, answers to requests left out."""
    return tuple(kind for kind in KINDS.values() if cause in kind.raised_by and not kind.answers)


def template_of(service: str, *, named: str | None, has_subject: bool) -> str:
    """The template of a service's message; ``named`` is the one that the catalogue's row names."""
    kind = kind_of(service)
    if kind.without_subject is not None and not has_subject:
        return kind.without_subject
    return named or kind.template or service


class SubjectNotOfService(ValueError):
    """A service was given a subject of another type than the one it speaks of."""

    def __init__(self, *, service: str, subject: Subject) -> None:
        super().__init__(f"{service} does not speak of {subject!r}")
        self.service = service
        self.subject = subject


def require_subject(kind: ServiceKind, subject: Subject) -> None:
    """Raise SubjectNotOfService unless the subject is of the type that the kind speaks of."""
    if kind.subject is not type(subject):
        raise SubjectNotOfService(service=kind.key, subject=subject)
