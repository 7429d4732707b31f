"""Polite parting: customers whose care costs more than it brings, and whether now is the time.

A list from which the owner decides one by one; nothing happens automatically.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import polars as pl

from services.classifier.domain.facts import SEGMENTS
from services.classifier.domain.months import add_months
from services.classifier.domain.sentences import day_de, euros_de, euros_en
from shared.contracts.book import Obstacle
from shared.contracts.policies import Policy
from shared.contracts.vocabulary import ContractId

MONTHS_AROUND: Final = 3
"""An inopportune time: a claim, application or deadline within three months."""
NOTICE_MONTHS: Final = 3
"""The notice period of contracts that state none: the usual one (VVG § 11 (3) allows one to
three)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMatter:
    """A claim or complaint that was reported on a day."""

    kind: Literal["claim", "complaint"]
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldContract:
    """What timing depends on in a contract that is active, or applied for."""

    contract_id: ContractId
    status: str
    ends_on: date | None
    main_due_date: str | None  # --MM-DD
    notice_months: int | None


def costly(units: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The rows of UNIT_FIGURES that may be parted with, the costliest first.

    Class C and care beyond revenue; under ``revenue_effort`` care beyond the policy's limit of the
    revenue. Claims, complaints and legal duties are not counted. Units are left out if they are
    quiet (care of no more than an hour of the back office), esteemed, dead, or objected to
    profiling.
    """
    quiet = pl.col("counted_effort_cents") <= policy.effort.hourly_cents.back_office
    margin = pl.col("revenue_cents") - pl.col("counted_effort_cents")
    beyond = margin < 0 if policy.model == "revenue_potential" else pl.col("too_costly")
    return (
        units.with_columns(counted_margin_cents=margin)
        .filter(
            (pl.col("segment") == pl.lit("C", dtype=SEGMENTS))
            & beyond
            & ~quiet
            & ~pl.col("esteemed")
            & ~pl.col("objects")
            & ~pl.col("deceased")
        )
        .sort("counted_margin_cents", "unit_id")
    )


def why_costly(revenue_cents: int, counted_effort_cents: int) -> tuple[str, str]:
    """The figures as a sentence, German and English."""
    return (
        f"Betreuung {euros_de(counted_effort_cents)} bei {euros_de(revenue_cents)} Courtage in"
        " zwölf Monaten, Schäden und Beschwerden nicht gerechnet.",
        f"Care of {euros_en(counted_effort_cents)} against {euros_en(revenue_cents)} of commission"
        " in twelve months, claims and complaints not counted.",
    )


def obstacles(
    matters: Sequence[OpenMatter], contracts: Iterable[HeldContract], *, as_of: date
) -> list[Obstacle]:
    """The reasons why the time is inopportune, the nearest end first."""
    found = [_matter(matter) for matter in matters if _reaches(matter.day, as_of)]
    for contract in contracts:
        if contract.status == "applied":
            found.append(_application(contract))
        else:
            found += _deadlines(contract, as_of)
    return sorted(
        found, key=lambda each: (each.until or date.max, each.kind, each.contract_id or "")
    )


def _reaches(day: date, as_of: date) -> bool:
    return day <= as_of and add_months(day, MONTHS_AROUND) >= as_of


def _matter(matter: OpenMatter) -> Obstacle:
    until = add_months(matter.day, MONTHS_AROUND)
    de, en = {"claim": ("Schaden", "Claim"), "complaint": ("Beschwerde", "Complaint")}[matter.kind]
    return Obstacle(
        kind=matter.kind,
        until=until,
        contract_id=None,
        de=f"{de} vom {day_de(matter.day)}: erst nach dem {day_de(until)}.",
        en=f"{en} of {matter.day.isoformat()}: only after {until.isoformat()}.",
    )


def _application(contract: HeldContract) -> Obstacle:
    return Obstacle(
        kind="application",
        until=None,
        contract_id=contract.contract_id,
        de=f"Antrag {contract.contract_id} ist noch nicht entschieden.",
        en=f"Application {contract.contract_id} is not decided yet.",
    )


def _deadlines(contract: HeldContract, as_of: date) -> list[Obstacle]:
    """The next end or main due date of a contract, if it or its last day of notice is near."""
    horizon = add_months(as_of, MONTHS_AROUND)
    for due, notice_until in _due_days(contract, as_of):
        if as_of <= notice_until <= horizon or due <= horizon:
            return [
                Obstacle(
                    kind="deadline",
                    until=due,
                    contract_id=contract.contract_id,
                    de=f"Vertrag {contract.contract_id} wird am {day_de(due)} fällig"
                    f" (Kündigung bis {day_de(notice_until)}).",
                    en=f"Contract {contract.contract_id} is due on {due.isoformat()}"
                    f" (notice until {notice_until.isoformat()}).",
                )
            ]
    return []


def _due_days(contract: HeldContract, as_of: date) -> list[tuple[date, date]]:
    """The days from ``as_of`` on when the contract ends or renews, each with its last notice day.

    Notice counts by receipt: of a period that begins anew on 1 January with one month's notice,
    the last day is 30 November.
    """
    notice = NOTICE_MONTHS if contract.notice_months is None else contract.notice_months
    days = []
    if contract.ends_on is not None and contract.ends_on >= as_of:
        days.append((contract.ends_on, add_months(contract.ends_on, -notice)))
    if contract.main_due_date is not None:
        due = next(day for day in _yearly(contract.main_due_date, as_of.year) if day >= as_of)
        days.append((due, add_months(due, -notice) - timedelta(days=1)))
    return sorted(days)


def _yearly(day_of_year: str, year: int) -> Iterator[date]:
    """``--MM-DD`` in a year and the next; --02-29 is 28 February in a year without a 29th."""
    month, day = (int(part) for part in day_of_year[2:].split("-"))
    for each in (year, year + 1):
        yield date(each, month, min(day, monthrange(each, month)[1]))
