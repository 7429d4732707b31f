"""Which rows of a catalogue may be kept: lawful ones, whose messages the notifier would take."""

from typing import Literal

from services.scheduler.domain.catalogue_law import unlawful
from services.scheduler.domain.services import KINDS, ServiceKind, kind_of_row, template_of
from shared.contracts.catalogues import Catalogue, Cell, Service
from shared.contracts.templates import TEMPLATES


class CatalogueNotAllowed(Exception):
    """some rows of the catalogue could never be sent as they stand, or the law forbids them"""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(detail for _, detail in faults))
        self.pointers = [{"pointer": place, "detail": detail} for place, detail in faults]


def require_allowed(catalogue: Catalogue) -> None:
    """Raise CatalogueNotAllowed if a message of some row would be refused, or the law forbids it.

    Otherwise its messages would be refused one by one, weeks after the catalogue was kept.
    """
    if faults := forbidden(catalogue):
        raise CatalogueNotAllowed(faults)


def forbidden(catalogue: Catalogue) -> list[tuple[str, str]]:
    """The places of what would be refused, or the law forbids, each with the reason."""
    faults = [
        fault
        for number, service in enumerate(catalogue.services)
        for fault in _faults(f"/services/{number}", service)
    ]
    return [*faults, *unlawful(catalogue)]


def _faults(place: str, service: Service) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if fault := _unfit_occasion(service):
        found.append((f"{place}/occasion", fault))
    if service.template is not None and service.template not in TEMPLATES:
        found.append((f"{place}/template", _unknown(service.template)))
    for segment, cell in service.segments.items():
        for field, medium in _media(service, cell):
            if fault := _fault(service, medium):
                found.append((f"{place}/segments/{segment}/{field}", fault))
    return found


def _unfit_occasion(service: Service) -> str | None:
    """Why the service would never come, or come without what it speaks of."""
    kind = KINDS.get(service.key)
    if kind and kind.bound_to_its_occasion and service.occasion != kind.occasion:
        return f"{service.key}: comes by the occasion {kind.occasion}, not {service.occasion}"
    return None


def _media(service: Service, cell: Cell) -> list[tuple[str, Literal["email", "letter"]]]:
    """The ways in which a cell may leave as a message, each with its field.

    The answer to a request is a person's work, whatever its channel.
    """
    if kind_of_row(service).answers:
        return []
    found: list[tuple[str, Literal["email", "letter"]]] = []
    for field, way, minutes in cell.ways:
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
    kind = kind_of_row(service)
    given = (
        kind.subject.model_fields if kind.subject is not None and _always_spoken_of(kind) else ()
    )
    missing = [
        field.name for field in template.fields if field.required and field.name not in given
    ]
    if missing:
        return f"{service.key}: the template {key} needs {', '.join(missing)}, which it has not"
    return None


def _always_spoken_of(kind: ServiceKind) -> bool:
    """Whether a message never leaves by this template without a subject.

    A customer whose life situation is unknown has no gap to speak of.
    """
    return kind.without_subject is not None or not kind.looks_at_gaps


def _unknown(template: str) -> str:
    return f"there is no template {template}; known: {', '.join(sorted(TEMPLATES))}"
