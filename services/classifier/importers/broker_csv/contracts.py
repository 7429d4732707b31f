"""Rows of a contract list (Vertragsliste) as contracts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from services.classifier.domain.records import ENDED
from services.classifier.importers.broker_csv import words
from services.classifier.importers.broker_csv.contract_cells import (
    contract_number,
    gdv_line,
    insurer_number,
    line_or_code,
)
from services.classifier.importers.reading import (
    Item,
    ReadContract,
    RejectedRow,
    Warning_,
    contract_id_of,
    contract_number_of,
)
from shared.contracts.customers import Contract, ContractStatus
from shared.contracts.lines import LINE_OF_GDV, UNKNOWN_LINE, line_of_gdv
from shared.csv.cells import (
    UnknownWord,
    money_not_negative,
    rate,
    text_up_to,
    word,
    yes_or_no,
)
from shared.csv.days import day, day_of_year, day_told, day_within
from shared.csv.durations import months_between
from shared.csv.files import Column, Row, names_of
from shared.csv.identifiers import (
    given_number,
)

CUSTOMER_ID: Final = Column(
    name="customer_id",
    header="Kundennummer",
    parse=given_number,
    required=True,
    aliases=("Kunden-Nr", "KundenNr", "Kd-Nr", "Kundennr.", "Kunden-ID"),
    names_row=True,
)
NUMBER: Final = Column(
    name="contract_number",
    header="Vertragsnummer",
    parse=contract_number,
    required=True,
    aliases=(
        "VSNR",
        "Versicherungsscheinnummer",
        "Vertrag-Nr",
        "Policennummer",
        "VS-Nr",
        "Vers.-Schein-Nr.",
        "Versicherungsschein",
    ),
    names_row=True,
)
INSURER: Final = Column(
    name="insurer",
    header="Gesellschaft",
    parse=text_up_to(120),
    aliases=("Versicherer", "Versicherungsgesellschaft", "VU", "Risikoträger"),
    lenient=True,
)
INSURER_NUMBER: Final = Column(
    name="insurer_number",
    header="VU-Nr",
    parse=insurer_number,
    aliases=("VU-Nummer", "BaFin-Nr", "Gesellschaftsnummer"),
    lenient=True,
)
LINE: Final = Column(
    name="line",
    header="Sparte",
    parse=line_or_code,
    aliases=("Kategorie", "Versicherungssparte"),
    lenient=True,
    word_kind="line",
)
GDV_LINE: Final = Column(
    name="gdv_line",
    header="GDV-Sparte",
    parse=gdv_line,
    aliases=("Spartenschlüssel", "GDV-Spartenschlüssel"),
    lenient=True,
)
PRODUCT: Final = Column(
    name="product",
    header="Produkt",
    parse=text_up_to(120),
    aliases=("Tarif", "Produktname", "Produkt/Tarif"),
    lenient=True,
)
CONTRACT_STATUS: Final = word(
    words.CONTRACT_STATUSES, example="aktiv, ruhend, gekündigt, abgelaufen, beantragt"
)


def contract_status(cell: str) -> ContractStatus:
    """A state; of an unknown word it is told what the contract counts as until it is mapped."""
    try:
        return CONTRACT_STATUS(cell)
    except UnknownWord as error:
        raise UnknownWord(
            error.code,
            f"{error.reason_de} Bis das Wort zugeordnet ist, gilt ein neuer Vertrag als aktiv, ein "
            "bekannter behält seinen Status.",
            f"{error.reason_en} Until it is mapped, a new contract is active, a known one stays.",
        ) from error


STATUS: Final = Column(
    name="status",
    header="Status",
    parse=contract_status,
    aliases=("Vertragsstatus",),
    lenient=True,
    word_kind="contract_status",
)
START: Final = Column(
    name="start", header="Beginn", parse=day, aliases=("Vertragsbeginn",), lenient=True
)
END: Final = Column(
    name="end",
    header="Ablauf",
    parse=day,
    aliases=("Vertragsablauf", "Vertragsende", "Ende"),
    lenient=True,
)
MAIN_DUE: Final = Column(
    name="main_due_date", header="Hauptfälligkeit", parse=day_of_year, aliases=("HF",), lenient=True
)
NOTICE: Final = Column(
    name="notice_months",
    header="Kündigungsfrist Monate",
    parse=months_between(0, 36),
    aliases=("Kündigungsfrist",),
    lenient=True,
)
INSTALMENTS: Final = Column(
    name="instalments_per_year",
    header="Zahlweise",
    parse=word(
        words.INSTALMENTS,
        example="jährlich, halbjährlich, vierteljährlich, monatlich",
        key=words.instalment_words,
    ),
    aliases=("Zahlungsweise", "Zahlungsart", "ZW", "Zahlungsrhythmus"),
    lenient=True,
    word_kind="payment_interval",
)
PREMIUM: Final = Column(
    name="premium_cents",
    header="Beitrag netto",
    parse=money_not_negative,
    aliases=("Nettobeitrag", "Prämie netto", "Nettoprämie", "Beitrag netto je Zahlung"),
    lenient=True,
)
YEARLY_PREMIUM: Final = Column(
    name="yearly_premium",
    header="Jahresbeitrag netto",
    parse=money_not_negative,
    aliases=(
        "Nettojahresbeitrag", "Jahresnettobeitrag", "Jahresprämie netto", "Nettojahresprämie",
        "Jahresnettoprämie", "Beitrag netto p.a.", "Nettobeitrag p.a.", "Prämie netto p.a.",
        "Nettoprämie p.a.", "Beitrag netto jährlich", "JNB", "JNP", "Netto-JB",
    ),
    lenient=True,
)  # fmt: skip
RATE: Final = Column(
    name="commission_rate",
    header="Courtagesatz",
    parse=rate,
    aliases=("Provisionssatz",),
    lenient=True,
)
FOREIGN: Final = Column(
    name="foreign", header="Fremdvertrag", parse=yes_or_no, lenient=True, word_kind="yes_no"
)
CANCELLED_ON: Final = Column(
    name="cancelled_on",
    header="Storno am",
    parse=day,
    aliases=("Stornodatum", "gekündigt am", "Kündigung vom", "Kündigungsdatum"),
    lenient=True,
)
CANCELLED_TO: Final = Column(
    name="cancelled_to",
    header="Kündigung zum",
    parse=day,
    aliases=(
        "gekündigt zum", "Storno zum", "Storno per", "Storno-Wirksamkeit", "Storno wirksam zum",
        "Storno wirksam ab", "Kündigung wirksam zum", "Kündigung per", "Abgang zum",
    ),
    lenient=True,
)  # fmt: skip
EFFECT: Final = Column(
    name="effect",
    header="Wirksamkeit",
    parse=day,
    aliases=("Wirksamkeitsdatum", "wirksam ab", "wirksam zum", "wirksam am"),
    lenient=True,
)
CANCEL_REASON: Final = Column(
    name="cancel_reason",
    header="Stornogrund",
    parse=text_up_to(200),
    aliases=("Abgangsgrund", "Kündigungsgrund"),
    lenient=True,
)

COLUMNS: Final[tuple[Column[object], ...]] = (
    CUSTOMER_ID, NUMBER, INSURER, INSURER_NUMBER, LINE, GDV_LINE, PRODUCT, STATUS, START, END,
    MAIN_DUE, NOTICE, INSTALMENTS, PREMIUM, YEARLY_PREMIUM, RATE, FOREIGN, CANCELLED_ON,
    CANCELLED_TO, EFFECT, CANCEL_REASON,
)  # fmt: skip


_PLAIN: Final = names_of(
    INSURER, INSURER_NUMBER, PRODUCT, MAIN_DUE, NOTICE, RATE, CANCEL_REASON, FOREIGN
)
"""Columns that are fields of the contract as they stand."""

YEARS_AHEAD: Final = {START.name: 5, END.name: 70, CANCELLED_TO.name: 20, EFFECT.name: 20}
"""How far in the future a day can lie; with four digits of a year an end may lie further."""
UTMOST: Final = {END.name: 120}


def contract_columns(as_of: date) -> tuple[Column[object], ...]:
    """All columns; ``as_of`` helps to tell the century of a year of two digits. A notice of
    cancellation that lies ahead is told and not taken; what it ends may lie ahead."""
    readers = {
        name: day_within(as_of, years_ahead=ahead, utmost=UTMOST.get(name))
        for name, ahead in YEARS_AHEAD.items()
    } | {CANCELLED_ON.name: day_told(as_of)}
    return tuple(
        replace(column, parse=readers[column.name]) if column.name in readers else column
        for column in COLUMNS
    )


def contract_items(row: Row, *, as_of: date) -> Iterator[Item]:
    """Yields the contract of a row, or a rejection if it ends before it starts.

    A contract that is withdrawn before it starts ends on the day it would have started.
    """
    status, ended = _ending(row, as_of)
    start, end = row[START], ended or row[END]
    if start and ended and status == "cancelled":
        end = max(ended, start)
    if start and end and end < start:
        column = CANCELLED_TO if ended else END
        yield RejectedRow(
            line=row.line, column=column.header, value=end.strftime("%d.%m.%Y"),
            code="end-before-start", reason_de="Das Ende liegt vor dem Beginn.",
            reason_en="The contract ends before it starts.",
        )  # fmt: skip
        return
    line, code = _line(row)
    yield from _doubts(row, line, code)
    yield from _doubts_of_ending(row, status)
    number = row[NUMBER] or ""
    premium, instalments = premium_of(row)
    yield ReadContract(
        line=row.line,
        customer_id=row[CUSTOMER_ID] or "",
        contract_id=contract_id_of(row[INSURER_NUMBER], contract_number_of(number)),
        contract=Contract.model_validate(
            {
                **row.filled(_PLAIN),
                "contract_number": number,
                "line": line,
                "gdv_line": code,
                "status": status,
                "cancelled_on": row[CANCELLED_ON] if status in ENDED else None,
                "start": start,
                "end": end,
                "premium_cents": premium,
                "instalments_per_year": instalments,
            }
        ),
    )


def premium_of(row: Row) -> tuple[int | None, int | None]:
    """The cents of an instalment and the instalments a year; a yearly premium is parted into them,
    rounded half up, and is one instalment if the row tells no mode of payment."""
    premium, yearly, instalments = row[PREMIUM], row[YEARLY_PREMIUM], row[INSTALMENTS]
    if premium is not None or yearly is None:
        return premium, instalments
    times = instalments or 1
    return (2 * yearly + times) // (2 * times), 1 if instalments is None else instalments


def _premiums_contradict(row: Row) -> bool:
    """Whether a yearly premium beside that of an instalment is another; each is rounded."""
    premium, yearly, instalments = row[PREMIUM], row[YEARLY_PREMIUM], row[INSTALMENTS]
    if premium is None or yearly is None or not instalments:
        return False
    return abs(premium * instalments - yearly) > instalments


def _doubts(row: Row, line: str, code: str | None) -> Iterator[Item]:
    """What is doubtful about a contract that is taken."""
    if _premiums_contradict(row):
        yield Warning_(
            line=row.line, column=YEARLY_PREMIUM.header, value="", code="premium-contradicts",
            reason_de="Beitrag mal Zahlweise ergibt nicht den Jahresbeitrag; der Beitrag je "
            "Zahlung gilt.",
            reason_en="Premium and instalments do not make the yearly premium; the premium of one "
            "payment counts.",
        )  # fmt: skip
    yearly = row[YEARLY_PREMIUM] if row[PREMIUM] is None else None
    if yearly is not None and not row[INSTALMENTS]:
        once = row[INSTALMENTS] == 0
        yield Warning_(
            line=row.line, column=YEARLY_PREMIUM.header, value="",
            code="premium-taken-as-single" if once else "premium-taken-as-yearly",
            reason_de="Jahresbeitrag bei Einmalzahlung: als der Einmalbeitrag übernommen."
            if once else "Ohne bekannte Zahlweise als eine Zahlung im Jahr übernommen.",
            reason_en="A yearly premium of a single payment; taken as the single premium."
            if once else "Without a known mode of payment, taken as one payment a year.",
        )  # fmt: skip
    if line == UNKNOWN_LINE and row[LINE] is None:
        yield Warning_(
            line=row.line, column=LINE.header, value=code or "", code="line-missing",
            reason_de="Ohne bekannte Sparte deckt ein neuer Vertrag keinen Bedarf; ein bekannter "
            "behält seine.",
            reason_en="Without a known line a new contract covers no need; a known one keeps its "
            "own.",
        )  # fmt: skip


def _ending(row: Row, as_of: date) -> tuple[ContractStatus, date | None]:
    """The state of a contract, and the day on which a cancellation ends it.

    Active until a day of cancellation that is still to come is cancelled to that day: notice has
    been given. A bare day of effect ends only what is cancelled.
    """
    told, until = row[STATUS], row[CANCELLED_TO]
    if told is None or (told == "active" and until is not None and until > as_of):
        cancelled = row[CANCELLED_ON] or until
        told = "cancelled" if cancelled else told or "active"
    if told == "cancelled":
        return told, until or row[EFFECT]
    return told, until


def _doubts_of_ending(row: Row, status: ContractStatus) -> Iterator[Item]:
    """Days of a cancellation that the state contradicts, or that were applied against it."""
    column = CANCELLED_ON if row[CANCELLED_ON] else CANCELLED_TO
    ended = row[column]
    if ended and row[STATUS] == "active" and status == "cancelled":
        yield Warning_(
            line=row.line, column=CANCELLED_TO.header, value=_written(row[CANCELLED_TO]),
            code="cancellation-applied",
            reason_de="Als aktiv geführt und zu einem künftigen Tag gekündigt: als gekündigt zu "
            "diesem Tag übernommen.",
            reason_en="Active, and cancelled to a day to come; taken as cancelled to that day.",
        )  # fmt: skip
    elif ended and row[STATUS] == "active":
        yield Warning_(
            line=row.line, column=column.header, value=_written(ended),
            code="status-contradicts",
            reason_de="Als aktiv geführt und zugleich mit Stornodatum: der Status gilt.",
            reason_en="Active, and with a day of cancellation all the same; the status counts.",
        )  # fmt: skip
    if row[EFFECT] and (status != "cancelled" or row[CANCELLED_TO]):
        yield Warning_(
            line=row.line, column=EFFECT.header, value=_written(row[EFFECT]),
            code="effect-left-out",
            reason_de="Was an diesem Tag wirksam wird, sagt die Zeile nicht (keine Kündigung, oder "
            "eine mit eigenem Tag): nicht übernommen.",
            reason_en="The row does not say what takes effect then; left out.",
        )  # fmt: skip


def _written(told: date | None) -> str:
    return told.strftime("%d.%m.%Y") if told else ""


def _line(row: Row) -> tuple[str, str | None]:
    """Returns line key and GDV code. A name has precedence over a code, because no code tells
    pension from life."""
    named, code = row[LINE], row[GDV_LINE]
    if named is not None and named.isdigit():
        named, code = None, code or named
    if named is not None:
        return named, code
    if code is None or code not in LINE_OF_GDV:
        return UNKNOWN_LINE, code
    return line_of_gdv(code), code
