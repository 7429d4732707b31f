"""What is wrong with who does what: places, hours, people who left, work that is nobody's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.scheduler.domain.area_names import REQUEST_NAMES, ROLE_NAMES, AreaName, line_name
from services.scheduler.domain.carers import ROLE_RANK
from services.scheduler.domain.office_calendars import outside_hours
from shared.calendar import WorkingCalendar
from shared.contracts.capacity import StaffingFault
from shared.contracts.catalogues import Catalogue, Who
from shared.contracts.staff import Staff, StaffRole
from shared.contracts.vocabulary import StaffId

ROLES: Final[Mapping[Who, StaffRole]] = {"owner": "owner", "back_office": "back_office"}
"""What the catalogue may give to a role instead of the carer."""
USUAL: Final = WorkingCalendar(state=None)
"""The hours of an agency that has told none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """The people, how many customers each has (None: nobody has them), and the lines that are
    spoken of with customers. ``beyond_minutes``: work of twelve months above a person's hours;
    ``told_unknown``: of how many customers the broker system tells a carer who is not on the staff;
    ``broken_pins``: how many fixed days of each person cannot be kept.
    """

    people: Sequence[Staff]
    customers: Mapping[StaffId | None, int]
    lines: Sequence[str]
    catalogue: Catalogue
    beyond_minutes: Mapping[StaffId, int]
    calendar: WorkingCalendar = USUAL
    told_unknown: Mapping[StaffId, int] = field(default_factory=dict)
    broken_pins: Mapping[StaffId | None, int] = field(default_factory=dict)

    @property
    def active(self) -> list[Staff]:
        """Who works here, in the order in which their places fill."""
        here = [each for each in self.people if each.active]
        return sorted(here, key=lambda each: (ROLE_RANK[each.role], each.staff_id))


def staffing_faults(staffing: Staffing) -> list[StaffingFault]:
    """Every fault, what concerns most first: people, then places and hours, then areas."""
    return [
        *_people(staffing),
        *_told(staffing),
        *_places(staffing),
        *_hours(staffing),
        *_blocks(staffing),
        *_pins(staffing),
        *_areas(staffing),
        *_roles(staffing),
    ]


def _people(staffing: Staffing) -> Iterator[StaffingFault]:
    nobodys = staffing.customers.get(None, 0)
    if not staffing.active:
        yield StaffingFault(
            kind="nobody_active", staff_id=None, customers=nobodys,
            de="Niemand ist aktiv: Alle Arbeit gehört niemandem. Eine Person anlegen oder aktiv"
            " setzen.",
            en="Nobody is active, so all work is nobody's. Add a person or make one active.",
        )  # fmt: skip
    elif nobodys:
        yield StaffingFault(
            kind="carer_left", staff_id=None, customers=nobodys,
            de=f"{nobodys} Kunden haben keinen Betreuer, der noch da ist. Vorschläge bestätigen.",
            en=f"{nobodys} customers have no carer who is still here. Apply the proposals.",
        )  # fmt: skip


def _told(staffing: Staffing) -> Iterator[StaffingFault]:
    for staff_id, customers in staffing.told_unknown.items():
        yield StaffingFault(
            kind="told_carer_unknown", staff_id=staff_id, customers=customers,
            de=f"{customers} Kunden haben laut Bestand „{staff_id}“ als Betreuer, und niemand im "
            "Betrieb hat diese Nummer: Person anlegen oder Betreuer berichtigen.",
            en=f"{customers} customers are told to be cared for by {staff_id}, and nobody on the "
            "staff has that id. Add the person or correct the carer.",
        )  # fmt: skip


def _places(staffing: Staffing) -> Iterator[StaffingFault]:
    for person in staffing.active:
        has = staffing.customers.get(person.staff_id, 0)
        beyond = 0 if person.capacity is None else has - person.capacity
        if beyond > 0:
            yield StaffingFault(
                kind="beyond_places", staff_id=person.staff_id, customers=beyond,
                de=f"{person.name} hat {beyond} Kunden mehr, als Plätze angegeben sind.",
                en=f"{person.name} has {beyond} customers more than places.",
            )  # fmt: skip
    for person in staffing.active[:-1]:
        if person.capacity is None:
            yield StaffingFault(
                kind="places_not_stated", staff_id=person.staff_id,
                customers=staffing.customers.get(person.staff_id, 0),
                de=f"{person.name} hat keine Zahl von Plätzen und bekommt alle Kunden, die "
                "nach dem Rang an die Reihe kommen; wer danach kommt, bekommt keine.",
                en=f"{person.name} has no number of places and gets all customers whose turn"
                " it is by rank; whoever comes after gets none.",
            )  # fmt: skip


def _hours(staffing: Staffing) -> Iterator[StaffingFault]:
    for person in staffing.active:
        hours = staffing.beyond_minutes.get(person.staff_id, 0) / 60
        if hours > 0:
            yield StaffingFault(
                kind="beyond_hours", staff_id=person.staff_id, hours=hours,
                de=f"Von {person.name} werden in zwölf Monaten {hours:.0f} Stunden mehr "
                "verlangt, als planbar sind.",
                en=f"{hours:.0f} hours more are asked of {person.name} in twelve months than"
                " can be planned.",
            )  # fmt: skip


def _blocks(staffing: Staffing) -> Iterator[StaffingFault]:
    """Told, because new office hours are not refused for what somebody blocked before."""
    for person in staffing.active:
        if count := len(outside_hours(person.blocks, staffing.calendar)):
            yield StaffingFault(
                kind="block_outside_hours", staff_id=person.staff_id,
                de=f"{count} feste Zeiten von {person.name} liegen nicht mehr in den Bürozeiten"
                " und zählen nur, soweit sie darin liegen.",
                en=f"{count} blocks of {person.name} no longer lie within the office hours and"
                " count only as far as they do.",
            )  # fmt: skip


def _pins(staffing: Staffing) -> Iterator[StaffingFault]:
    names = {each.staff_id: each.name for each in staffing.people}
    for staff_id, count in sorted(staffing.broken_pins.items(), key=lambda each: each[0] or ""):
        who = names.get(staff_id or "", staff_id)
        yield StaffingFault(
            kind="pin_broken", staff_id=staff_id,
            de=f"Festgelegte Tage, die nicht zu halten sind: {count} von {who or 'niemandem'}."
            " Neu festlegen oder freigeben (GET /v1/pins?broken=true).",
            en=f"Fixed days that cannot be kept: {count} of {who or 'nobody'}."
            " Fix others or lift them (GET /v1/pins?broken=true).",
        )  # fmt: skip


def _areas(staffing: Staffing) -> Iterator[StaffingFault]:
    yield from _unnamed(
        AreaName("Anliegen der Art", "requests of the kind"),
        REQUEST_NAMES,
        ever=(each.responsibilities.requests for each in staffing.people),
        now=(each.responsibilities.requests for each in staffing.active),
    )
    yield from _unnamed(
        AreaName("Sparten", "lines"),
        {line: line_name(line) for line in staffing.lines},
        ever=(each.responsibilities.lines for each in staffing.people),
        now=(each.responsibilities.lines for each in staffing.active),
    )


def _unnamed(
    sort: AreaName,
    wanted: Mapping[Any, AreaName],
    *,
    ever: Iterable[Sequence[str]],
    now: Iterable[Sequence[str]],
) -> Iterator[StaffingFault]:
    """Areas that nobody active is named for: all of a sort, once any of that sort was named.

    One fault for those whose person left and one for those that were never given, because each is
    mended once. The work is never nobody's, and the words say who does it meanwhile.
    """
    named = {area for areas in ever for area in areas}
    held = {area for areas in now for area in areas}
    names = {area: wanted.get(area) or line_name(area) for area in named | set(wanted)}
    if left := sorted(named - held):
        yield _without_person(
            left,
            f"{len(left)} {sort.de} ({_listed(names[each].de for each in left)}): Wer dafür"
            " zuständig war, ist nicht mehr da.",
            f"{len(left)} {sort.en} ({_listed(names[each].en for each in left)}): whoever was named"
            " for them is not here any more.",
        )
    if named and (never := sorted(set(wanted) - named)):
        yield _without_person(
            never,
            f"{len(never)} {sort.de} ({_listed(names[each].de for each in never)}): Dafür wurde"
            " niemand eigens benannt, für andere schon.",
            f"{len(never)} {sort.en} ({_listed(names[each].en for each in never)}): nobody was"
            " named for them, while others have somebody.",
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _without_person(areas: Sequence[str], de: str, en: str) -> StaffingFault:
    return StaffingFault(
        kind="area_without_person", staff_id=None, area=areas[0] if len(areas) == 1 else None,
        areas=list(areas),
        de=f"{de} Bis dahin macht es der Betreuer des Kunden, ohne Betreuer der Inhaber."
        " Zuständige in der Mitarbeiterliste eintragen.",
        en=f"{en} Until then the customer's carer does it, else the owner."
        " Name somebody in the list of staff.",
    )  # fmt: skip


def _roles(staffing: Staffing) -> Iterator[StaffingFault]:
    given = {cell.who for row in staffing.catalogue.services for cell in row.segments.values()}
    have = {each.role for each in staffing.active}
    for who, role in ROLES.items():
        if staffing.active and who in given and role not in have:
            yield StaffingFault(
                kind="role_without_person", staff_id=None, area=role,
                de=f"Der Leistungskatalog gibt Arbeit an „{ROLE_NAMES[role].de}“, und niemand hat "
                "diese Rolle: Die Betreuer machen sie. Die Rolle vergeben oder den Katalog ändern.",
                en=f"The catalogue gives work to {ROLE_NAMES[role].en}, and nobody has that role, "
                "so the carers do it. Give somebody the role or change the catalogue.",
            )  # fmt: skip
