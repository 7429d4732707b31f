"""Rows of a contact log (Kontaktliste) as interactions."""

from collections.abc import Callable, Iterator
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from services.classifier.importers.broker_csv import words
from services.classifier.importers.broker_csv.contracts import CUSTOMER_ID
from services.classifier.importers.broker_csv.digests import row_digest, row_text
from services.classifier.importers.broker_csv.own_words import (
    by_own_words,
    taken_as,
    without_own_words,
)
from services.classifier.importers.broker_csv.repeated_numbers import SeenNumbers
from services.classifier.importers.reading import Item, ReadInteraction, RejectedRow
from shared.contracts.customers import Interaction, Topic
from shared.csv.cells import (
    clock_time,
    identifier,
    money_not_negative,
    word,
)
from shared.csv.days import day_of_business
from shared.csv.durations import minutes_between, whole_between
from shared.csv.files import Column, Row
from shared.csv.identifiers import number_or_none

MIDDAY: Final = time(12)
UNNAMED_TOPIC: Final[Topic] = "administration"
"""Where no topic is given. Not *none*: idle contacts count against a customer, and what is
unknown never does."""
LARGEST_GIFT: Final = 10**7


def gift(cell: str) -> int:
    """Returns what a gift cost, in cents."""
    return money_not_negative(cell, LARGEST_GIFT)


INTERACTION_ID: Final = Column(
    name="interaction_id",
    header="Kontaktnummer",
    parse=number_or_none,
    aliases=("Kontakt-ID", "Aktivitätsnummer"),
)
DAY: Final = Column(
    name="day",
    header="Datum",
    parse=day_of_business,
    required=True,
    aliases=("Kontaktdatum", "Tag"),
)
TIME: Final = Column(
    name="time", header="Uhrzeit", parse=clock_time, aliases=("Zeit",), lenient=True
)
DIRECTION: Final = Column(
    name="direction",
    header="Richtung",
    parse=taken_as("out", word(words.DIRECTIONS, example="eingehend, ausgehend")),
    required=True,
    word_kind="direction",
)
CHANNEL: Final = Column(
    name="channel",
    header="Kanal",
    parse=taken_as(
        "phone",
        word(words.CHANNELS, example="Besuch, Büro, Video, Telefon, E-Mail, Brief, Chat"),
    ),
    required=True,
    aliases=("Kontaktart", "Kontaktweg"),
    word_kind="channel",
)
ROLE: Final = Column(
    name="role",
    header="Rolle",
    parse=taken_as("back_office", word(words.ROLES, example="Inhaber, Berater, Innendienst")),
    required=True,
    word_kind="role",
)
STAFF: Final = Column(
    name="staff_id",
    header="Mitarbeiter",
    parse=identifier,
    aliases=("Kürzel", "Bearbeiter"),
    lenient=True,
)
MINUTES: Final = Column(
    name="minutes",
    header="Dauer Minuten",
    parse=minutes_between(0, 24 * 60),
    required=True,
    aliases=("Dauer", "Minuten", "Dauer (Minuten)"),
)
KILOMETRES: Final = Column(
    name="kilometres",
    header="Kilometer",
    parse=whole_between(0, 5000, unit="km"),
    aliases=("km",),
    lenient=True,
)
GIFT: Final = Column(
    name="gift_cents",
    header="Geschenk",
    parse=gift,
    aliases=("Geschenkwert", "Geschenk Euro"),
    lenient=True,
)
TOPIC: Final = Column(
    name="topic",
    header="Thema",
    parse=word(words.TOPICS, example="Beratung, Schaden, Beschwerde, Verwaltung, kein Anlass"),
    aliases=("Anlass", "Betreff"),
    lenient=True,
    word_kind="topic",
)

COLUMNS: Final[tuple[Column[object], ...]] = (
    INTERACTION_ID, CUSTOMER_ID, DAY, TIME, DIRECTION, CHANNEL, ROLE, STAFF, MINUTES, KILOMETRES,
    GIFT, TOPIC,
)  # fmt: skip


def interaction_reader(zone: ZoneInfo, seen: SeenNumbers) -> Callable[[Row], Iterator[Item]]:
    """Returns a reader for one delivery; times of day are those of the agency's ``zone``."""

    def read(row: Row) -> Iterator[Item]:
        values = [by_own_words(each) for each in row.values]
        given, customer_id, on, clock, direction, channel, role, staff, minutes, *rest = values
        kilometres, gift_cents, topic = rest
        if on is None:
            yield RejectedRow(
                line=row.line, column=DAY.header, value="", code="cell-missing",
                reason_de="Die Angabe fehlt.", reason_en="The value is missing.",
            )  # fmt: skip
            return
        if given is None:
            digest = row_digest(row_text(*map(without_own_words, row.values[1:])))
            given = f"row-{digest}-{seen.times(digest)}"
        yield ReadInteraction(
            line=row.line,
            interaction=Interaction(
                interaction_id=given,
                customer_id=customer_id,
                at=datetime.combine(on, clock or MIDDAY, tzinfo=zone),
                direction=direction,
                channel=channel,
                role=role,
                staff_id=staff,
                minutes=minutes,
                kilometres=kilometres or 0,
                gift_cents=gift_cents or 0,
                topic=topic or UNNAMED_TOPIC,
            ),
        )

    return read
