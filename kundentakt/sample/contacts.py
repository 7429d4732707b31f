"""Draws two years of contacts: two to six a year, and the owner does too much of it."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

import holidays

from kundentakt.sample.people import Customer

YEARS = 2
OFFICE_OPENS_MINUTE = 8 * 60
OFFICE_OPEN_MINUTES = 10 * 60

CHANNELS = ("Telefon", "E-Mail", "Büro", "Besuch", "Brief", "Video", "Chat")
CHANNEL_WEIGHTS = (46, 26, 9, 7, 6, 4, 2)
USUAL_MINUTES = {
    "Telefon": (4, 25), "E-Mail": (3, 15), "Büro": (25, 75), "Besuch": (50, 120),
    "Brief": (4, 12), "Video": (25, 60), "Chat": (2, 8),
}  # fmt: skip
TOPICS = ("Verwaltung", "Beratung", "Schaden", "Beschwerde", "ohne")
TOPIC_WEIGHTS = (46, 30, 14, 1.6, 8)
ROLES = (("Inhaber", "VJ"), ("Berater", "BM"), ("Innendienst", "HS"))
ROLE_WEIGHTS = (56, 19, 25)


class Contact(NamedTuple):
    """One line of ``kontakte.csv``; the gift in cents."""

    customer: str
    day: date
    minute: int
    inbound: bool
    channel: str
    role: str
    staff: str
    minutes: int
    kilometres: int
    gift_cents: int
    topic: str


class Diary:
    """Draws contacts on the working days of Saxony-Anhalt in the two years up to a day."""

    def __init__(self, random: Random, *, as_of: date) -> None:
        self._random = random
        years = range(as_of.year - YEARS, as_of.year + 1)
        closed = holidays.country_holidays("DE", subdiv="ST", years=years)
        days = (as_of - timedelta(days=back) for back in range(365 * YEARS - 1, 0, -1))
        self._open = tuple(day for day in days if day.weekday() < 5 and day not in closed)

    def contacts(self, customer: Customer) -> Iterator[Contact]:
        """Yield the contacts of one customer, oldest first."""
        if customer.status == "Interessent":
            yield self._contact(customer, self._random.choice(self._open[-60:]))
            return
        usual = 4.5 + 9.0 * self._random.random() ** 1.3
        if customer.is_company:
            usual *= 1.5
        days = sorted(self._random.choices(self._open, k=round(usual)))
        for day in days:
            if day >= customer.since and (customer.died_on is None or day <= customer.died_on):
                yield self._contact(customer, day)

    def _contact(self, customer: Customer, day: date) -> Contact:
        random = self._random
        channel = random.choices(CHANNELS, CHANNEL_WEIGHTS)[0]
        shortest, longest = USUAL_MINUTES[channel]
        role, staff = random.choices(ROLES, ROLE_WEIGHTS)[0]
        visited = channel == "Besuch"
        return Contact(
            customer=customer.number,
            day=day,
            minute=OFFICE_OPENS_MINUTE + random.randrange(OFFICE_OPEN_MINUTES),
            inbound=random.random() < 0.58,
            channel=channel,
            role=role,
            staff=staff,
            minutes=int(random.triangular(shortest, longest, shortest + 4)),
            kilometres=random.randrange(2, 60) if visited else 0,
            gift_cents=random.choice((790, 990, 1250)) if visited and random.random() < 0.06 else 0,
            topic=random.choices(TOPICS, TOPIC_WEIGHTS)[0],
        )
