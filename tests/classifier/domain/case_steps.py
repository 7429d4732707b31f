"""Builders for hand-worked customers: what happened to them, and what must come out.

Written in the order in which a broker system would send it; ``out`` asks what the API shows then.
Amounts are in euros, days are ISO days, and whoever is not named is customer K-1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.policies import Policy

AS_OF = "2026-11-20"
"""The day it is unless a case moves it: its window is 2025-11-21 … 2026-11-20, 365 days."""
OUR_CUSTOMER = "K-1"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request of the broker system."""

    method: str
    path: str
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A signed event."""

    type: str
    at: str
    data: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Begins:
    """A new day of the agency, with its run over the book."""

    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A policy activated from the present day on, its thresholds calibrated over the book."""

    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    """What must be shown of a customer at this point."""

    customer_id: str
    segment: str
    care: tuple[str, str]
    rules: list[str]
    facts: Json
    gaps: list[str] | None
    held_until: str | None


Step = Sent | Happened | Begins | Rules | Out


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One worked life: the policy it is measured by, and its steps."""

    name: str
    policy: Policy
    steps: Sequence[Step]


def cents(euros: float) -> int:
    """Euros as whole cents."""
    return round(euros * 100)


def customer(
    who: str = "K-1",
    *,
    born: str | None = None,
    kind: str = "person",
    flags: str = "",
    household: str | None = None,
    recommended_by: str | None = None,
    company_group: str | None = None,
    status: str = "active",
    **life: Any,
) -> Sent:
    """A customer put, with whom they are linked to."""
    links = {
        "household": household,
        "recommended_by": recommended_by,
        "company_group": company_group,
    }
    named = {"company_name": "Muster GmbH"} if kind == "company" else {"last_name": "Muster"}
    body: Json = {"kind": kind, "status": status, "birth_date": born, "life": life, **named}
    body["flags"] = dict.fromkeys(flags.split(), True)
    body["connections"] = [
        {"customer_id": other, "kind": link} for link, other in links.items() if other
    ]
    return Sent(method="PUT", path=f"/customers/{who}", body=body)


def contract(
    contract_id: str,
    line: str,
    premium: float | None = None,
    *,
    yearly: int | None = 1,
    who: str = "K-1",
    **fields: Any,
) -> Sent:
    """A contract put, with its premium per instalment."""
    amount = None if premium is None else cents(premium)
    body = {"line": line, "premium_cents": amount, "instalments_per_year": yearly, **fields}
    return Sent(method="PUT", path=f"/customers/{who}/contracts/{contract_id}", body=body)


def booked(
    amount: float,
    on: str = "2025-11-21",
    kind: str = "renewal",
    *,
    of: str | None = None,
    who: str = "K-1",
    as_id: str | None = None,
) -> Sent:
    """A commission booked; by default a renewal whose year is just the window."""
    item = {
        "commission_id": as_id or f"{who}:{of}:{kind}:{on}:{amount}",
        "customer_id": who,
        "contract_id": of,
        "booked_on": on,
        "kind": kind,
        "amount_cents": cents(amount),
    }
    return Sent(method="POST", path="/commissions", body={"items": [item]})


def contact(
    minutes: int = 10,
    role: str = "adviser",
    *,
    at: str = "2026-06-01T10:00:00+02:00",
    topic: str = "advice",
    direction: str = "in",
    times: int = 1,
    who: str = "K-1",
    **costs: int,
) -> Sent:
    """One contact, or several alike."""
    items = [
        {
            "interaction_id": f"{who}:{role}:{topic}:{direction}:{minutes}:{number}",
            "customer_id": who,
            "at": at,
            "direction": direction,
            "channel": "phone",
            "role": role,
            "minutes": minutes,
            "topic": topic,
            **costs,
        }
        for number in range(times)
    ]
    return Sent(method="POST", path="/interactions", body={"items": items})


def happened(event: str, on: str = "2026-06-01", *, who: str = "K-1", **data: Any) -> Happened:
    """An event at noon of a day, or at an instant."""
    at = on if "T" in on else f"{on}T12:00:00+01:00"
    return Happened(type=event, at=at, data={"customer_id": who, **data})


def flagged(flag: str, on: str = "2026-06-01", *, who: str = "K-1", value: bool = True) -> Happened:
    """A mark set, or taken off, by staff."""
    return happened(
        "flag.set", on, who=who, flag=flag, value=value, reason="wie besprochen", author="Vogt"
    )


def objected(*, profiling: str | None = "2026-06-01T10:00:00+02:00", who: str = "K-1") -> Sent:
    """An objection to profiling, or (None) its end."""
    body = {"advertising": None, "profiling": profiling}
    return Sent(method="PUT", path=f"/customers/{who}/objections", body=body)


def day(number: str) -> Begins:
    """A day begins."""
    return Begins(day=number)


def out(
    segment: str,
    care: str,
    rules: str,
    *,
    who: str = "K-1",
    gaps: str | None = None,
    held_until: str | None = None,
    **facts: Any,
) -> Out:
    """What must be shown: class, ``standard`` and ``development``, rules, facts, gaps.

    ``revenue``, ``effort``, ``margin``, ``potential`` and ``referral_value`` are euros; other facts
    bear the contract's names. Gaps read ``line:kind:euros``, the most valuable first.
    """
    level, development = care.split("/")
    money = ("revenue", "effort", "margin", "potential", "referral_value")
    return Out(
        customer_id=who,
        segment=segment,
        care=(level, development),
        rules=rules.split(),
        facts={
            (f"{name}_cents" if name in money else name): (cents(fact) if name in money else fact)
            for name, fact in facts.items()
        },
        gaps=None if gaps is None else gaps.split(),
        held_until=held_until,
    )
