"""Rows of a commission statement (Courtageabrechnung) as bookings."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, Literal, NamedTuple

from services.classifier.importers.broker_csv import amounts
from services.classifier.importers.broker_csv import commission_columns as c
from services.classifier.importers.broker_csv.contracts import INSURER, INSURER_NUMBER, LINE
from services.classifier.importers.broker_csv.digests import row_digest, row_text
from services.classifier.importers.broker_csv.own_words import OwnWord, without_own_words
from services.classifier.importers.broker_csv.repeated_numbers import SeenNumbers
from services.classifier.importers.reading import (
    LONGEST_ID,
    Booking,
    Item,
    ReadCommission,
    RejectedRow,
    Warning_,
    contract_id_of,
    contract_number_of,
)
from shared.contracts.customers import CommissionKind
from shared.csv.files import Column, Row, names_of

OF_A_KIND: Final[tuple[tuple[Column[int], CommissionKind], ...]] = (
    (c.INITIAL, "initial"), (c.RENEWAL, "renewal"),
)  # fmt: skip


_BESIDE_AMOUNT: Final = names_of(
    c.CREDIT, c.DEBIT, c.FEE, c.GROSS, c.PAID, c.RESERVE, c.VAT, c.BASIS, c.SHARE
)
_ALL_EMPTY: Final = (None,) * len(_BESIDE_AMOUNT)


class Part(NamedTuple):
    """One booking of a row: its amount, or a column that holds bookings of one ``kind``."""

    cents: int
    column: Column[object] = c.AMOUNT
    kind: CommissionKind | None = None


class _Fault(Exception):
    """Raised for a row that is left out; the rejection says why."""

    def __init__(self, rejected: RejectedRow) -> None:
        self.rejected = rejected


def commission_reader(seen: SeenNumbers) -> Callable[[Row], Iterator[Item]]:
    """Returns a reader for one delivery. It counts equal rows, so that each keeps an id of its
    own."""

    def read(row: Row) -> Iterator[Item]:
        if _plain_kind(row) == c.RESERVE_KIND:
            yield _reserve_movement(row)
            return
        try:
            parts, doubt = _parts(row)
            bookings = [_booking(row, part, seen) for part in parts]
        except _Fault as fault:
            yield fault.rejected
            return
        yield from _told(row, doubt)
        yield from bookings

    return read


def _booking(row: Row, part: Part, seen: SeenNumbers) -> ReadCommission:
    given, customer_id, insurer = row[c.COMMISSION_ID], row[c.CUSTOMER], row[INSURER_NUMBER]
    booked_on, kind, written = _day(row), _kind(row, part), row[c.CONTRACT_NUMBER]
    amount = part.cents
    number = contract_number_of(written) if written else None
    if customer_id is None and number is None:
        raise _fault(
            row, c.CUSTOMER, "cell-missing",
            "Vertragsnummer und Kundennummer fehlen; eine von beiden braucht die Buchung. Steht "
            "die Nummer in einer anderen Spalte, deren Kopf in „Vertragsnummer“ ändern.",
            "Neither a contract number nor a customer number; a booking needs one of them. If the "
            "number stands in another column, call that one Vertragsnummer.",
        )  # fmt: skip
    if kind == "clawback" and amount > 0:
        raise _fault(
            row, part.column, "clawback-positive",
            "Der Betrag eines Stornos muss negativ sein.",
            "The amount of a clawback is negative.",
        )  # fmt: skip
    known = part.kind or without_own_words(row[c.KIND])
    day = row_text(customer_id, insurer, number, booked_on, known)
    if given is None:
        digest = row_digest(row_text(day, amount))
        given = f"row-{digest}-{seen.times(digest)}"
    elif part.kind is not None:
        given = _numbered(given, part.kind)
    return ReadCommission(
        line=row.line,
        commission=Booking(
            commission_id=given,
            customer_id=customer_id,
            contract_id=contract_id_of(insurer, number) if insurer and number else None,
            booked_on=booked_on,
            kind=kind or "other",
            amount_cents=amount,
        ),
        first_of_its_day=number is None or seen.times(row_digest(day)) == 1,
        contract_number=number,
        insurer=row[INSURER],
        insurer_number=insurer,
        line_key=row[LINE],
    )


def _numbered(given: str, kind: CommissionKind) -> str:
    """The id of a column's booking. It depends on the column alone, so that a corrected row still
    meets its bookings."""
    whole = f"{given}.{kind}"
    return whole if len(whole) <= LONGEST_ID else f"{row_digest(row_text(given))}.{kind}"


def _day(row: Row) -> date:
    booked_on = row[c.BOOKED_ON]
    if booked_on is None:
        raise _fault(row, c.BOOKED_ON, "cell-missing", "Die Angabe fehlt.", "Missing.")
    return booked_on


def _plain_kind(row: Row) -> CommissionKind | Literal["reserve"] | None:
    kind = row[c.KIND]
    return kind.value if isinstance(kind, OwnWord) else kind


def _kind(row: Row, part: Part) -> CommissionKind | None:
    """A row that is a reversal is one in whatever column its amount stands."""
    kind = _plain_kind(row)
    if kind == "clawback" or row[c.CLAWBACK] == "reversed":
        return "clawback"
    return part.kind or (None if kind == "reserve" else kind)


def _parts(row: Row) -> tuple[list[Part], amounts.Doubt | None]:
    """What a row books: the columns that hold one kind of booking, else its amount; and what is
    taken back."""
    back = row[c.CLAWBACK]
    reversal = back if isinstance(back, int) else 0
    taken = [Part(reversal, c.CLAWBACK, "clawback")] if reversal else []
    main, doubt = _amount(row, reversal)
    parts = [
        Part(_with_sign(row, cents), column, kind)
        for column, kind in OF_A_KIND
        if (cents := row[column])
    ]
    if parts:
        if main and not amounts.is_total(main, [part.cents for part in parts], reversal):
            doubt = "parts-unclear"
    elif main is None or (taken and abs(main) in (0, -reversal)):
        if not taken:
            raise _fault(row, c.AMOUNT, "cell-missing", "Die Angabe fehlt.", "Missing.")
        return taken, doubt  # an equal amount beside it is the same one
    else:
        parts = [Part(main)]
    beside: amounts.Doubt | None = "reversal-beside" if taken else None
    return [*parts, *taken], doubt or beside


def _amount(row: Row, reversal: int) -> tuple[int | None, amounts.Doubt | None]:
    """Returns what was earned by the amounts of no kind, and what is doubtful about it."""
    amount, beside = row[c.AMOUNT], row.several(_BESIDE_AMOUNT)
    if beside == _ALL_EMPTY:
        return (None if amount is None else _with_sign(row, amount)), None
    credit, debit, fee, gross, paid, reserve, vat, basis, rate = beside
    if amount is None and (credit is not None or debit is not None):
        amount = (credit or 0) + (debit or 0)
    if reversal and amount is not None and fee is not None and amount == fee + reversal:
        amount = None  # commission and reversal stand beside their sum
    earned, doubt = amounts.earned(
        amounts.Figures(
            amount=amount, fee=fee, gross=gross, paid=paid, reserve=reserve, vat=vat, basis=basis,
            rate=rate,
        )
    )  # fmt: skip
    return (None if earned is None else _with_sign(row, earned)), doubt


def _with_sign(row: Row, cents: int) -> int:
    """The amount as the sign column has it, if there is one."""
    sign = row[c.SIGN]
    if sign == 1 and cents < 0:
        raise _fault(
            row, c.SIGN, "sign-contradicts",
            "Der Betrag ist negativ, das Kennzeichen sagt Haben.",
            "The amount is negative, but the sign column says credit.",
        )  # fmt: skip
    return -abs(cents) if sign == -1 else cents


def _told(row: Row, doubt: amounts.Doubt | None) -> Iterator[Item]:
    if doubt is not None:
        german, english = amounts.DOUBTS[doubt]
        yield Warning_(
            line=row.line, column=c.AMOUNT.header, value="", code=doubt,
            reason_de=german, reason_en=english,
        )  # fmt: skip


def _reserve_movement(row: Row) -> Warning_:
    return Warning_(
        line=row.line, column=c.KIND.header, value="", code="reserve-movement",
        reason_de="Eine Bewegung der Stornoreserve wird nicht gebucht: verdient war der Betrag, "
        "als er einbehalten wurde.",
        reason_en="A movement of the reserve is not booked: it was earned when it was kept back.",
    )  # fmt: skip


def _fault(row: Row, column: Column[object], code: str, de: str, en: str) -> _Fault:
    return _Fault(
        RejectedRow(
            line=row.line,
            column=column.header,
            value=str(row[column] if row[column] is not None else ""),
            code=code,
            reason_de=de,
            reason_en=en,
        )
    )
