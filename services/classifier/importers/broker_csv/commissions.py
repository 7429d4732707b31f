"""Rows of a commission statement (Courtageabrechnung) as bookings."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Final, Literal

from services.classifier.importers.broker_csv import amounts, words
from services.classifier.importers.broker_csv.contracts import (
    CUSTOMER_ID,
    INSURER,
    INSURER_NUMBER,
    LINE,
    NUMBER,
    RATE,
)
from services.classifier.importers.broker_csv.digests import row_digest
from services.classifier.importers.broker_csv.own_words import OwnWord, without_own_words
from services.classifier.importers.broker_csv.repeated_numbers import SeenNumbers
from services.classifier.importers.reading import (
    Booking,
    Item,
    ReadCommission,
    RejectedRow,
    Warning_,
    contract_id_of,
    contract_number_of,
)
from shared.contracts.customers import CommissionKind
from shared.csv.cells import folded, money, word
from shared.csv.days import day_of_business
from shared.csv.files import Column, Row
from shared.csv.identifiers import number_or_none

RESERVE_KIND: Final = "reserve"
RESERVE_WORDS: Final = ("reserve", "ruecklage", "rucklage")
KIND_WORD: Final = word(
    words.COMMISSION_KINDS, example="Abschluss, Bestand, Dynamik, Storno, Sonstige"
)


def commission_kind(cell: str) -> CommissionKind | Literal["reserve"]:
    """The kind of a booking; a movement of the reserve is none, because it was earned before."""
    if any(each in folded(cell) for each in RESERVE_WORDS):
        return "reserve"
    return KIND_WORD(cell)


COMMISSION_ID: Final = Column(
    name="commission_id",
    header="Courtagenummer",
    parse=number_or_none,
    aliases=("Buchungsnummer", "Courtage-ID", "Buchungs-ID"),
)
CUSTOMER: Final = replace(CUSTOMER_ID, required=False)
CONTRACT_NUMBER: Final = Column(
    name="contract_number",
    header=NUMBER.header,
    parse=NUMBER.parse,
    aliases=(
        *NUMBER.aliases, "Vertrag", "Versicherungsschein-Nr", "VS-Nr", "Policen-Nr", "Police",
        "Scheinnummer", "Vers.-Nr.", "Versicherungsnummer",
    ),
    lenient=True,
    names_row=True,
)  # fmt: skip
BOOKED_ON: Final = Column(
    name="booked_on",
    header="Abrechnungsdatum",
    parse=day_of_business,
    required=True,
    aliases=(
        "Buchungsdatum", "Abrechnung vom", "Datum", "Buchungstag", "Abrechnungstag", "Buchung am",
        "Fälligkeit", "Faelligkeit", "Fällig am", "Valuta", "Wertstellung", "Courtagedatum",
        "Provisionsdatum",
    ),
)  # fmt: skip
KIND: Final = Column(
    name="kind",
    header="Courtageart",
    parse=commission_kind,
    aliases=("Provisionsart", "Art", "Buchungsart", "Vergütungsart"),
    lenient=True,
    word_kind="commission_kind",
)
AMOUNT: Final = Column(
    name="amount_cents",
    header="Betrag",
    parse=money,
    aliases=("Courtagebetrag", "Provisionsbetrag", "Buchungsbetrag", "Betrag EUR", "Betrag in EUR"),
)
FEE: Final = Column(name="fee", header="Courtage", parse=amounts.fee, aliases=("Provision",))
GROSS: Final = Column(
    name="gross",
    header="Bruttocourtage",
    parse=money,
    aliases=(
        "Courtage brutto", "Bruttoprovision", "Provision brutto", "Bruttobetrag", "Betrag brutto",
        "Courtage vor Einbehalt", "Brutto",
    ),
)  # fmt: skip
PAID: Final = Column(
    name="paid",
    header="Auszahlung",
    parse=money,
    aliases=(
        "Auszahlungsbetrag", "Auszahlbetrag", "Zahlbetrag", "Überweisungsbetrag", "ausgezahlt",
        "Nettocourtage", "Courtage netto", "Nettoprovision", "Provision netto", "Betrag netto",
    ),
)  # fmt: skip
RESERVE: Final = Column(
    name="reserve",
    header="Stornoreserve",
    parse=money,
    aliases=(
        "Einbehalt", "Stornorücklage", "Stornoreserveeinbehalt", "Einbehalt Stornoreserve",
        "Reserve", "SR", "SR-Einbehalt", "Stornoeinbehalt",
    ),
)  # fmt: skip
VAT: Final = Column(
    name="vat",
    header="Umsatzsteuer",
    parse=money,
    aliases=("USt", "MwSt", "Mehrwertsteuer", "USt-Betrag", "MwSt-Betrag"),
)
BASIS: Final = Column(
    name="basis",
    header="Bemessungsgrundlage",
    parse=money,
    aliases=("Provisionsbasis", "Courtagebasis", "Basis", "Bemessung"),
    lenient=True,
)
SHARE: Final = replace(RATE, aliases=(*RATE.aliases, "Satz", "Satz in %", "Courtage in %"))
SIGN: Final = Column(
    name="sign",
    header="Vorzeichen",
    parse=amounts.sign,
    aliases=("S/H", "Soll/Haben", "SH", "VZ", "S/H-Kennzeichen", "Soll-Haben-Kennzeichen"),
    word_kind="sign",
)

PARTS: Final = (GROSS, PAID, RESERVE, VAT, BASIS, SIGN, FEE)
AMOUNTS: Final = (AMOUNT, FEE, GROSS, PAID)
COLUMNS: Final[tuple[Column[object], ...]] = (
    COMMISSION_ID, CUSTOMER, CONTRACT_NUMBER, INSURER_NUMBER, BOOKED_ON, KIND, AMOUNT, FEE, GROSS,
    PAID, RESERVE, VAT, BASIS, SHARE, SIGN, INSURER, LINE,
)  # fmt: skip


class _Fault(Exception):
    """Raised for a row that is left out; the rejection says why."""

    def __init__(self, rejected: RejectedRow) -> None:
        self.rejected = rejected


def commission_reader(seen: SeenNumbers) -> Callable[[Row], Iterator[Item]]:
    """Returns a reader for one delivery. It counts equal rows, so that each keeps an id of its
    own."""

    def read(row: Row) -> Iterator[Item]:
        if _plain_kind(row) == RESERVE_KIND:
            yield _reserve_movement(row)
            return
        try:
            amount, doubt = _amount(row)
            yield from _told(row, doubt)
            yield _booking(row, amount, seen)
        except _Fault as fault:
            yield fault.rejected

    return read


def _booking(row: Row, amount: int, seen: SeenNumbers) -> ReadCommission:
    given, customer_id, insurer = row[COMMISSION_ID], row[CUSTOMER], row[INSURER_NUMBER]
    booked_on, kind, written = _day(row), _kind(row), row[CONTRACT_NUMBER]
    number = contract_number_of(written) if written else None
    if customer_id is None and number is None:
        raise _fault(row, CUSTOMER, "cell-missing", "Die Angabe fehlt.", "The value is missing.")
    if kind == "clawback" and amount > 0:
        raise _fault(
            row, AMOUNT, "clawback-positive",
            "Der Betrag eines Stornos muss negativ sein.",
            "The amount of a clawback is negative.",
        )  # fmt: skip
    if given is None:
        known = without_own_words(row[KIND])
        digest = row_digest(customer_id, insurer, number, booked_on, known, amount)
        given = f"row-{digest}-{seen.times(digest)}"
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
        contract_number=number,
        insurer=row[INSURER],
        insurer_number=insurer,
        line_key=row[LINE],
    )


def _day(row: Row) -> date:
    booked_on = row[BOOKED_ON]
    if booked_on is None:
        raise _fault(row, BOOKED_ON, "cell-missing", "Die Angabe fehlt.", "Missing.")
    return booked_on


def _plain_kind(row: Row) -> CommissionKind | Literal["reserve"] | None:
    kind = row[KIND]
    return kind.value if isinstance(kind, OwnWord) else kind


def _kind(row: Row) -> CommissionKind | None:
    kind = _plain_kind(row)
    return None if kind == "reserve" else kind


def _amount(row: Row) -> tuple[int, amounts.Doubt | None]:
    """Returns what was earned. If the amount has no sign, the sign column decides."""
    figures = amounts.Figures(
        amount=row[AMOUNT], fee=row[FEE], gross=row[GROSS], paid=row[PAID], reserve=row[RESERVE],
        vat=row[VAT], basis=row[BASIS], rate=row[SHARE],
    )  # fmt: skip
    earned, doubt = amounts.earned(figures)
    if earned is None:
        raise _fault(row, AMOUNT, "cell-missing", "Die Angabe fehlt.", "The value is missing.")
    sign = row[SIGN]
    if sign == 1 and earned < 0:
        raise _fault(
            row, SIGN, "sign-contradicts",
            "Der Betrag ist negativ, das Kennzeichen sagt Haben.",
            "The amount is negative, but the sign column says credit.",
        )  # fmt: skip
    return (-abs(earned) if sign == -1 else earned), doubt


def _told(row: Row, doubt: amounts.Doubt | None) -> Iterator[Item]:
    if doubt is not None:
        german, english = amounts.DOUBTS[doubt]
        yield Warning_(
            line=row.line, column=AMOUNT.header, value="", code=doubt,
            reason_de=german, reason_en=english,
        )  # fmt: skip


def _reserve_movement(row: Row) -> Warning_:
    return Warning_(
        line=row.line, column=KIND.header, value="", code="reserve-movement",
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
