"""Reports of records that cannot be read, wholly or in part."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from services.classifier.importers.broker_csv.own_words import NO_OWN_WORDS, OwnWords, word_key
from services.classifier.importers.gdv.physical import Record
from services.classifier.importers.gdv.records import Field, Head
from services.classifier.importers.reading import RejectedRow, Warning_
from shared.contracts.vocabulary import RECORDS

NO_DAY: Final = frozenset({"", "00000000", "99999999", "0"})
OPEN_END_YEAR: Final = 9999


class Findings:
    """Collects rejections and warnings in file order, and reads codes by the agency's own words
    before the lists of the GDV."""

    def __init__(self, own_words: OwnWords = NO_OWN_WORDS) -> None:
        self._own_words = own_words
        self.items: list[RejectedRow | Warning_] = []

    def reject(self, record: Record, field: Field | None, code: str, de: str, en: str) -> None:
        """Report a record that is left out."""
        self.items.append(
            RejectedRow(
                line=record.line, column=_column(record, field), value=_value(record, field),
                code=code, reason_de=de, reason_en=en, row_names=record.value(Head.NUMBER),
            )
        )  # fmt: skip

    def code(
        self,
        record: Record,
        field: Field,
        kind: str,
        known: Mapping[str, Any],
        *,
        de: str,
        en: str,
        told: str = "code-unknown",
    ) -> Any:
        """Returns what a code means; None if no list has it, and then that is told.

        ``kind`` is the kind of the agency's own words for such codes.
        """
        value = record.value(field)
        own = self._own_words.get(kind, {}).get(word_key(kind, value))
        if own is not None:
            return own
        if value not in known:
            self.warn(record, field, told, de, en, word_kind=kind if value else "")
        return known.get(value)

    def warn(
        self, record: Record, field: Field | None, code: str, de: str, en: str, word_kind: str = ""
    ) -> None:
        """Report a doubt about a record that is kept; ``word_kind`` as in `DoubtfulCell`."""
        self.items.append(
            Warning_(
                line=record.line, column=_column(record, field), value=_value(record, field),
                code=code, reason_de=de, reason_en=en, row_names=record.value(Head.NUMBER),
                word_kind=word_kind,
            )
        )  # fmt: skip

    def day(self, record: Record, field: Field) -> date | None:
        """Return a day written TTMMJJJJ; None if it is all zeros or a part of it is ``00``."""
        text = record.value(field)
        if text in NO_DAY or not text.strip("0 "):
            return None
        if len(text) == 8 and text.isascii() and text.isdigit():
            day, month, year = int(text[:2]), int(text[2:4]), int(text[4:])
            if year == OPEN_END_YEAR:
                return None
            if day == 0 or month == 0 or year == 0:
                self.warn(
                    record, field, "date-partial",
                    "Das Datum ist unvollständig und gilt als unbekannt.",
                    "The date is incomplete and counts as unknown.",
                )  # fmt: skip
                return None
            if (told := _calendar_day(year, month, day)) is not None:
                return self._of_a_record(told, record, field)
        self.warn(
            record, field, "date-unreadable",
            "Das ist kein Datum (TTMMJJJJ); es gilt als unbekannt.",
            "Not a date (DDMMYYYY); counts as unknown.",
        )  # fmt: skip
        return None

    def _of_a_record(self, told: date, record: Record, field: Field) -> date | None:
        """The day, if a record can have it (`RECORDS`)."""
        if RECORDS.first <= told <= RECORDS.last:
            return told
        self.warn(
            record, field, "day-placeholder",
            "Das Datum steht für ein unbekanntes und wurde nicht übernommen.",
            "The day stands for an unknown one and was left out.",
        )  # fmt: skip
        return None


def _calendar_day(year: int, month: int, day: int) -> date | None:
    """The day, if the calendar has it; else None."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _column(record: Record, field: Field | None) -> str:
    return f"{record.kind} {field.place}" if field else record.kind


def _value(record: Record, field: Field | None) -> str:
    return record.value(field) if field else record.text[:SHOWN].rstrip()


SHOWN: Final = 42  # the head of a record: enough to find it, no name in it
