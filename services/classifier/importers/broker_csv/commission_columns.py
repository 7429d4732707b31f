"""The columns of a commission statement (Courtageabrechnung)."""

from dataclasses import replace
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
from shared.contracts.customers import CommissionKind
from shared.csv.cells import folded, money, word
from shared.csv.days import day_or_month_of_business
from shared.csv.files import Column
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
        *NUMBER.aliases, "Vertrag", "Policen-Nr", "Police", "Scheinnummer", "Vers.-Nr.",
        "Versicherungsnummer",
    ),
    lenient=True,
    names_row=True,
)  # fmt: skip
BOOKED_ON: Final = Column(
    name="booked_on",
    header="Abrechnungsdatum",
    parse=day_or_month_of_business,
    required=True,
    aliases=(
        "Buchungsdatum", "Abrechnung vom", "Datum", "Buchungstag", "Abrechnungstag", "Buchung am",
        "Abr.-Datum", "Abrechnungstermin", "Fälligkeit", "Faelligkeit", "Fällig am", "Valuta",
        "Wertstellung", "Courtagedatum", "Provisionsdatum", "Abrechnungsmonat", "Buchungsmonat",
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
    parse=amounts.signed,
    aliases=("Courtagebetrag", "Provisionsbetrag", "Buchungsbetrag", "Betrag EUR", "Betrag in EUR"),
)
FEE: Final = Column(name="fee", header="Courtage", parse=amounts.fee, aliases=("Provision",))
GROSS: Final = Column(
    name="gross",
    header="Bruttocourtage",
    parse=amounts.signed,
    aliases=(
        "Courtage brutto", "Bruttoprovision", "Provision brutto", "Bruttobetrag", "Betrag brutto",
        "Courtage vor Einbehalt", "Brutto",
    ),
)  # fmt: skip
PAID: Final = Column(
    name="paid",
    header="Auszahlung",
    parse=amounts.signed,
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

CREDIT: Final = Column(
    name="credit", header="Haben", parse=amounts.signed, aliases=("Gutschrift", "Habenbetrag")
)
DEBIT: Final = Column(
    name="debit",
    header="Soll",
    parse=amounts.owed,
    aliases=("Belastung", "Rückbelastung", "Sollbetrag"),
)
INITIAL: Final = Column(
    name="initial",
    header="Abschlussprovision",
    parse=amounts.signed,
    aliases=("Abschlusscourtage", "AP", "Abschlussvergütung"),
)
RENEWAL: Final = Column(
    name="renewal",
    header="Bestandsprovision",
    parse=amounts.signed,
    aliases=(
        "Bestandscourtage", "BP", "Folgeprovision", "Folgecourtage", "Betreuungscourtage",
        "Bestandspflegeprovision",
    ),
)  # fmt: skip
CLAWBACK: Final = Column(
    name="clawback",
    header="Storno",
    parse=amounts.taken_back,
    aliases=("Stornobetrag", "Stornoprovision", "Stornocourtage", "Rückforderung"),
)
PARTS: Final = (
    GROSS, PAID, RESERVE, VAT, BASIS, SIGN, FEE, CREDIT, DEBIT, INITIAL, RENEWAL, CLAWBACK,
)  # fmt: skip
AMOUNTS: Final = (AMOUNT, FEE, GROSS, PAID, CREDIT, DEBIT, INITIAL, RENEWAL)
COLUMNS: Final[tuple[Column[object], ...]] = (
    COMMISSION_ID, CUSTOMER, CONTRACT_NUMBER, INSURER_NUMBER, BOOKED_ON, KIND, AMOUNT, FEE, GROSS,
    PAID, RESERVE, VAT, BASIS, SHARE, SIGN, INSURER, LINE, CREDIT, DEBIT, INITIAL, RENEWAL,
    CLAWBACK,
)  # fmt: skip
