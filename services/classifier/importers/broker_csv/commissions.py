"""Rows of a commission statement (Courtageabrechnung) as bookings."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from services.classifier.importers.broker_csv import words
from services.classifier.importers.broker_csv.contracts import CUSTOMER_ID, INSURER_NUMBER, NUMBER
from services.classifier.importers.broker_csv.digests import row_digest
from services.classifier.importers.reading import (
    Item,
    ReadCommission,
    RejectedRow,
    contract_id_of,
    contract_number_of,
)
from shared.contracts.customers import Commission
from shared.csv.cells import (
    money,
    word,
)
from shared.csv.days import day
from shared.csv.files import Column, Row
from shared.csv.identifiers import number_or_none

COMMISSION_ID: Final = Column(
    name="commission_id",
    header="Courtagenummer",
    parse=number_or_none,
    aliases=("Buchungsnummer", "Courtage-ID", "Buchungs-ID"),
)
CONTRACT_NUMBER: Final = Column(
    name="contract_number",
    header=NUMBER.header,
    parse=NUMBER.parse,
    aliases=NUMBER.aliases,
    lenient=True,
)
BOOKED_ON: Final = Column(
    name="booked_on",
    header="Abrechnungsdatum",
    parse=day,
    required=True,
    aliases=("Buchungsdatum", "Abrechnung vom", "Datum"),
)
KIND: Final = Column(
    name="kind",
    header="Courtageart",
    parse=word(words.COMMISSION_KINDS, example="Abschluss, Bestand, Dynamik, Storno, Sonstige"),
    aliases=("Provisionsart", "Art"),
    lenient=True,
)
AMOUNT: Final = Column(
    name="amount_cents",
    header="Betrag",
    parse=money,
    required=True,
    aliases=("Courtage", "Courtagebetrag", "Provision"),
)

COLUMNS: Final[tuple[Column[object], ...]] = (
    COMMISSION_ID, CUSTOMER_ID, CONTRACT_NUMBER, INSURER_NUMBER, BOOKED_ON, KIND, AMOUNT,
)  # fmt: skip


def commission_reader() -> Callable[[Row], Iterator[Item]]:
    """A reader for one delivery: it counts equal rows, so that each keeps its own id."""
    seen: Counter[str] = Counter()

    def read(row: Row) -> Iterator[Item]:
        given, customer_id, written, insurer, booked_on, kind, amount = row.values
        if booked_on is None:
            yield _fault(row, BOOKED_ON, "cell-missing", "Die Angabe fehlt.", "Missing.")
            return
        if kind == "clawback" and amount > 0:
            yield _fault(
                row, AMOUNT, "clawback-positive",
                "Der Betrag eines Stornos muss negativ sein.",
                "The amount of a clawback is negative.",
            )  # fmt: skip
            return
        number = contract_number_of(written) if written else None
        if given is None:
            digest = row_digest(customer_id, insurer, number, booked_on, kind, amount)
            seen[digest] += 1
            given = f"row-{digest}-{seen[digest]}"
        yield ReadCommission(
            line=row.line,
            commission=Commission(
                commission_id=given,
                customer_id=customer_id,
                contract_id=contract_id_of(insurer, number) if insurer and number else None,
                booked_on=booked_on,
                kind=kind or "other",
                amount_cents=amount,
            ),
            contract_number=number,
        )

    return read


def _fault(row: Row, column: Column[object], code: str, de: str, en: str) -> RejectedRow:
    return RejectedRow(
        line=row.line,
        column=column.header,
        value=str(row[column] if row[column] is not None else ""),
        code=code,
        reason_de=de,
        reason_en=en,
    )
