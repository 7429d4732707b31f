"""The kinds of service that planning knows: the message each becomes, and what it speaks of.

A row of the catalogue whose key is not listed is one of the agency's own: its message is the
template that the row names, or that of its own key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from shared.contracts.catalogues import Catalogue, Cell, Service
from shared.contracts.dispatches import DispatchData
from shared.contracts.templates import TEMPLATES

SubjectKind = Literal["line", "years", "contract_id", "change", "previous_staff_id"]
"""What a touchpoint speaks of, by the name that its template knows it under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKind:
    """One kind of service.

    ``template`` is that of its message where it has another name; ``without_subject`` the one
    where nothing is known to speak of. ``raised_day`` names the field of the day that raised it.
    """

    key: str
    template: str | None = None
    without_subject: str | None = None
    subject: SubjectKind | None = None
    raised_day: str | None = None


_ALL: Final = (
    ServiceKind(key="development", subject="line", without_subject="how_are_you"),
    ServiceKind(key="birthday", subject="years"),
    ServiceKind(key="anniversary", subject="years"),
    ServiceKind(key="life_event", subject="change"),
    ServiceKind(key="contract_expiry", subject="contract_id"),
    ServiceKind(key="saving", subject="contract_id"),
    ServiceKind(key="cancellation_confirmation", subject="contract_id", raised_day="cancelled_on"),
    ServiceKind(key="carer_introduction", subject="previous_staff_id"),
    ServiceKind(key="referral_thanks", template="thank_you"),
)
KINDS: Final[Mapping[str, ServiceKind]] = {kind.key: kind for kind in _ALL}


def kind_of(service: str) -> ServiceKind:
    """The kind of a service; the agency's own speak of nothing but themselves."""
    return KINDS.get(service) or ServiceKind(key=service)


def template_of(service: str, *, named: str | None, has_subject: bool) -> str:
    """The template of a service's message; ``named`` is the one that the catalogue's row names."""
    kind = kind_of(service)
    if kind.without_subject is not None and not has_subject:
        return kind.without_subject
    return named or kind.template or service


def subject_data(service: str, subject: str | None, due: date) -> DispatchData:
    """What a service's touchpoint speaks of, as the data of its message."""
    kind = kind_of(service)
    if subject is None or kind.subject is None:
        return {}
    data: DispatchData = {kind.subject: int(subject) if kind.subject == "years" else subject}
    if kind.raised_day is not None:
        data[kind.raised_day] = due.isoformat()
    return data


class CatalogueNotSendable(Exception):
    """some rows of the catalogue could never be sent as they stand"""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(detail for _, detail in faults))
        self.pointers = [{"pointer": place, "detail": detail} for place, detail in faults]


def require_sendable(catalogue: Catalogue) -> None:
    """Raise CatalogueNotSendable where a message of some row would be refused by the notifier.

    Told once and with its place, when the catalogue is stored, and never message by message.
    """
    faults = [
        fault
        for number, service in enumerate(catalogue.services)
        for fault in _faults(f"/services/{number}", service)
    ]
    if faults:
        raise CatalogueNotSendable(faults)


def _faults(place: str, service: Service) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if service.template is not None and service.template not in TEMPLATES:
        found.append((f"{place}/template", _unknown(service.template)))
    for segment, cell in service.segments.items():
        for field, medium in _media(cell):
            if fault := _fault(service, medium):
                found.append((f"{place}/segments/{segment}/{field}", fault))
    return found


def _media(cell: Cell) -> list[tuple[str, Literal["email", "letter"]]]:
    """The ways in which a cell may leave as a message, each with its field.

    An answer that a customer waits for is a person's work, whatever its channel.
    """
    if cell.answer is not None:
        return []
    ways = [("channel", cell.channel, cell.minutes + cell.travel_minutes)]
    ways.append(("fallback", cell.fallback or "card", cell.fallback_minutes))
    found: list[tuple[str, Literal["email", "letter"]]] = []
    for field, way, minutes in ways:
        if minutes == 0 and (way == "email" or way == "letter"):
            found.append((field, way))
    return found


def _fault(service: Service, medium: Literal["email", "letter"]) -> str | None:
    """Why the notifier would refuse the service's message by this medium."""
    key = template_of(service.key, named=service.template, has_subject=True)
    template = TEMPLATES.get(key)
    if template is None:
        return f"{service.key}: {_unknown(key)}"
    if medium not in template.media:
        return f"{service.key}: the template {key} is not sent by {medium}"
    if template.purpose != service.purpose:
        return (
            f"{service.key}: its purpose is {service.purpose}, and that of the template {key} "
            f"{template.purpose}"
        )
    kind = kind_of(service.key)
    given = {kind.subject, kind.raised_day}
    missing = [
        field.name for field in template.fields if field.required and field.name not in given
    ]
    if missing:
        return f"{service.key}: the template {key} needs {', '.join(missing)}, which it has not"
    return None


def _unknown(template: str) -> str:
    return f"there is no template {template}; known: {', '.join(sorted(TEMPLATES))}"
