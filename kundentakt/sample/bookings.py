"""Draws what the insurers paid for a contract in the last two years.

Renewal commission follows the instalments of the premium. Life and pension pay once when the
contract is made (and take back a share when it ends within five years, the liability period),
then little; pensions that grow pay a small increase each year.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from kundentakt.sample.insurance import INSTALMENTS, PENSION
from kundentakt.sample.portfolio import Contract

YEARS = 2
LIABILITY_DAYS = 5 * 365


class Booking(NamedTuple):
    """One line of ``courtagen.csv``; cents, negative for a clawback."""

    customer: str
    contract: str
    booked_on: date
    kind: str
    cents: int


def bookings(random: Random, contract: Contract, *, as_of: date) -> Iterator[Booking]:
    """Yield the commissions of one contract booked in the two years up to ``as_of``."""
    if not contract.earns or contract.status == "beantragt":
        return
    first_day = as_of.replace(year=as_of.year - YEARS, day=min(as_of.day, 28))
    customer, number = contract.customer, contract.number
    last_day = min(as_of, contract.cancelled_on or as_of)
    delay = timedelta(days=4 + random.randrange(18))
    each = round(contract.premium_cents * contract.line.rate / 100)
    for due in _instalments(contract, first_day - timedelta(days=31), last_day):
        booked = due + delay
        if each and first_day < booked <= as_of:
            yield Booking(customer, number, booked, "Bestand", each)
    if contract.initial_cents:
        yield from _initial(contract, first_day, as_of, delay)
        if contract.line is PENSION and contract.in_force and random.random() < 0.25:
            yield from _increases(contract, first_day, as_of)
    elif random.random() < 0.006:
        yield Booking(customer, number, as_of - timedelta(days=40), "Sonstige", 2500)


def _instalments(contract: Contract, after: date, until: date) -> Iterator[date]:
    """Yield the days on which an instalment falls due, by the main due date's day and month."""
    if not INSTALMENTS[contract.payment]:
        return
    step = 12 // INSTALMENTS[contract.payment]
    due = date(after.year - 1, contract.due_month, contract.due_day)
    while due <= until:
        if due > after and due >= contract.start:
            yield due
        month = due.month - 1 + step
        due = date(due.year + month // 12, month % 12 + 1, contract.due_day)


def _initial(
    contract: Contract, first_day: date, as_of: date, delay: timedelta
) -> Iterator[Booking]:
    cents = contract.initial_cents
    booked = contract.start + delay
    if first_day < booked <= as_of:
        yield Booking(contract.customer, contract.number, booked, "Abschluss", cents)
    ended = contract.cancelled_on
    if ended and contract.status == "storniert" and first_day < ended:
        left = LIABILITY_DAYS - (ended - contract.start).days
        if left > 0:
            back = -round(cents * left / LIABILITY_DAYS)
            yield Booking(contract.customer, contract.number, ended, "Storno", back)


def _increases(contract: Contract, first_day: date, as_of: date) -> Iterator[Booking]:
    for year in range(first_day.year, as_of.year + 1):
        day = date(year, contract.start.month, min(contract.start.day, 28))
        if first_day < day <= as_of and day.year > contract.start.year:
            cents = round(contract.initial_cents * 0.03)
            yield Booking(contract.customer, contract.number, day, "Dynamik", cents)
