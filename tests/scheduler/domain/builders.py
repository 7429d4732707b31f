"""Small builders: customers with the facts a test is about, and everything else ordinary."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from services.scheduler.domain.catalogues import CatalogueNotAllowed, require_allowed
from services.scheduler.domain.schemas import CAPACITY, CUSTOMERS, GAPS, HISTORY, OCCASIONS, WORK
from services.scheduler.domain.starting_catalogues import starting_catalogue
from services.scheduler.domain.touchpoints import planned_touchpoints
from shared.calendar import WorkingCalendar
from shared.contracts.catalogues import Catalogue

MONDAY = date(2026, 11, 23)
CALENDAR = WorkingCalendar(state="ST")

ORDINARY: dict[str, Any] = {
    "staff_id": "S-1",
    "kind": "person",
    "segment": "A",
    "service_level": "standard",
    "development": "none",
    "potential_assumed": False,
    "mandate": "held",
    "mandate_ends_on": None,
    "birth_date": date(1980, 6, 15),
    "death_date": None,
    "customer_since": date(2011, 5, 1),
    "care_since": MONDAY,
    "phone_consent": True,
    "letter_consent": None,
    "email_known": True,
    "advertising_objected": False,
    "visit_area": "DE-06526",
}


def owed(key: str, working_days: int) -> dict[str, Any]:
    """A row that every catalogue must have."""
    cell = {"channel": "phone", "minutes": 30, "answer": {"working_days": working_days}}
    return {
        "key": key, "name_de": key, "purpose": "service", "occasion": "raised", "duty": True,
        "segments": dict.fromkeys("ABC", cell),
    }  # fmt: skip


OWED = (owed("claim", 0), owed("complaint", 1))


def catalogue(*others: dict[str, Any], **row: Any) -> Catalogue:
    own = {"key": "summer_greeting", "name_de": "Sommergruß", "occasion": "campaign"}
    cells = {"segments": {"A": {"channel": "email", "months": [7]}}}
    first = own | cells | row
    rest = [each for each in others or OWED if each["key"] != first["key"]]
    return Catalogue.model_validate({"services": [first, *rest]})


def require_refused(row: dict[str, Any], place: str, told: str) -> None:
    """Fail unless a catalogue with this row is refused at the place, with these words."""
    with pytest.raises(CatalogueNotAllowed) as refused:
        require_allowed(catalogue(**row))
    assert place in [fault["pointer"] for fault in refused.value.pointers]
    assert told in str(refused.value)


def customer(customer_id: str = "K-1", **facts: Any) -> dict[str, Any]:
    return {"customer_id": customer_id, "unit_id": customer_id, **ORDINARY, **facts}


def customers(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=CUSTOMERS)


def gaps(*rows: tuple[str, str, int]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=GAPS, orient="row")


def history(*rows: tuple[str, str, str | None, date]) -> pl.DataFrame:
    full = [(who, None, service, occurrence, day) for who, service, occurrence, day in rows]
    return pl.DataFrame(full, schema=HISTORY, orient="row")


def occasions(*rows: tuple[str, str, str, date, str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=OCCASIONS, orient="row")


def year_of(
    *rows: dict[str, Any],
    as_of: date = MONDAY,
    gaps: pl.DataFrame | None = None,
    history: pl.DataFrame | None = None,
    occasions: pl.DataFrame | None = None,
    catalogue: Catalogue | None = None,
    running: pl.DataFrame | None = None,
    calendar: WorkingCalendar = CALENDAR,
) -> pl.DataFrame:
    return planned_touchpoints(
        agency="musterbetrieb",
        customers=customers(*rows),
        history=pl.DataFrame(schema=HISTORY) if history is None else history,
        gaps=pl.DataFrame(schema=GAPS) if gaps is None else gaps,
        occasions=pl.DataFrame(schema=OCCASIONS) if occasions is None else occasions,
        catalogue=catalogue or starting_catalogue("revenue_potential"),
        calendar=calendar,
        as_of=as_of,
        running=running,
    )


def of(plan: pl.DataFrame, service: str) -> list[dict[str, Any]]:
    return plan.filter(pl.col("service") == service).sort("due", "customer_id").to_dicts()


def work(*rows: tuple[str, str | None, int, int, date, date]) -> pl.DataFrame:
    """Rows (id, staff, minutes, priority, earliest, latest), not placed yet."""
    full = [(i, s, "call", m, p, e, latest) for i, s, m, p, e, latest in rows]
    return as_work(pl.DataFrame(full, schema=dict(list(WORK.items())[:7]), orient="row"))


def as_work(items: pl.DataFrame) -> pl.DataFrame:
    """Frame ``WORK``; what is not said of the items is ordinary: service, free to move."""
    ordinary = {"rank": 3, "hold": 0}
    return items.select(
        pl.col(name).cast(kind)
        if name in items.columns
        else pl.lit(ordinary.get(name)).cast(kind).alias(name)
        for name, kind in WORK.items()
    )


def room(staff_id: str, first: date, minutes: list[int]) -> pl.DataFrame:
    """Plannable minutes of consecutive days."""
    rows = [(staff_id, first + timedelta(days=n), m) for n, m in enumerate(minutes)]
    return pl.DataFrame(rows, schema=CAPACITY, orient="row")
