"""Decides which list a CSV file is. Deciding columns outweigh the number of known ones, and a
doubtful file is refused.

A commission statement often repeats the columns of a contract list. Read as one, it would set the
contracts back to the few columns it has and book nothing. So the columns that only one kind of
list has decide; where both kinds are decided, or only by words that every list may have, the file
is refused and both readings are named. Whoever imports may give the kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from services.classifier.importers.broker_csv import commission_columns as statement
from services.classifier.importers.broker_csv import contracts
from services.classifier.importers.broker_csv import customer_columns as person
from services.classifier.importers.broker_csv import joined_cells as joined
from services.classifier.importers.reading import ListKind, ReadingKind
from shared.csv.files import Column, Header, MissingColumns, UnreadableFile
from shared.csv.spellings import header_key

TELLING: Final = 3  # columns: with fewer than these in common a file is none of the lists
NAMES: Final = (
    person.LAST_NAME, person.COMPANY_NAME, person.FIRST_NAME, joined.NAME_FIRST[0],
    joined.GIVEN_NAME_FIRST[0],
)  # fmt: skip
COMBINED: Final[Literal["customers_and_contracts"]] = "customers_and_contracts"
ANYONES: Final = frozenset(
    header_key(word)
    for word in (
        "Datum", "Art", "Betrag", "Courtage", "Provision", "Fälligkeit", "Faelligkeit",
        "Fällig am", "Valuta", "Storno", "Umsatzsteuer", "USt", "MwSt", "Basis", "Satz",
        *contracts.RATE.aliases, contracts.RATE.header,
    )
)  # fmt: skip
"""Headers of a statement that other lists have too: they decide nothing."""
BOOKINGS: Final = (
    statement.COMMISSION_ID, statement.BOOKED_ON, statement.KIND, statement.AMOUNT,
    *statement.PARTS,
)  # fmt: skip
STOCK: Final = (
    contracts.MAIN_DUE, contracts.NOTICE, contracts.CANCELLED_ON, contracts.CANCELLED_TO,
    contracts.CANCEL_REASON,
    contracts.FOREIGN, contracts.STATUS,
)  # fmt: skip
"""Columns that a statement does not have: they make a list one of contracts."""
TERMS: Final = (contracts.PREMIUM, contracts.END, contracts.START, contracts.INSTALMENTS)
RARER: Final = (*statement.AMOUNTS[1:], joined.NAME_FIRST[0], joined.GIVEN_NAME_FIRST[0])
"""Columns that are accepted instead, and are never named as missing."""
OF_PERSONS: Final = (
    person.FIRST_NAME, person.BIRTH_DATE, person.STREET, person.POSTCODE, person.CITY,
    person.E_MAIL, person.PHONE, person.MOBILE, joined.PLACE_POSTCODE, joined.NAME_2,
    joined.NAME_FIRST[0], joined.GIVEN_NAME_FIRST[0],
)  # fmt: skip
GERMAN: Final[Mapping[ReadingKind, str]] = {
    "customers": "Kunden",
    "contracts": "Verträge",
    "commissions": "Courtagen",
    "interactions": "Kontakte",
    "customers_and_contracts": "Kunden und Verträge",
}


class CsvKindUnknown(UnreadableFile):
    """The header belongs to no list that can be imported."""

    code = "csv-kind-unknown"

    def __init__(self) -> None:
        super().__init__(
            "Die Kopfzeile passt zu keiner Liste. Erwartet werden Kunden (Kundennummer, Nachname "
            "oder Firma), Verträge (Kundennummer, Vertragsnummer, Sparte), Courtagen "
            "(Kundennummer oder Vertragsnummer, Abrechnungsdatum, Betrag) oder Kontakte "
            "(Kundennummer, Datum, Richtung, Kanal, Rolle, Dauer Minuten).",
            "The header fits no known list (customers, contracts, commissions, interactions).",
        )


class CsvKindAmbiguous(UnreadableFile):
    """The header fits two lists, and no column decides which; both are named."""

    code = "csv-kind-ambiguous"

    def __init__(self, one: ListKind, other: ListKind, because: tuple[str, ...]) -> None:
        self.readings = (one, other)
        named = ", ".join(because)
        super().__init__(
            f"Die Kopfzeile passt zu zwei Listen: {GERMAN[one]} (kind={one}) und {GERMAN[other]} "
            f"(kind={other}); beide haben: {named}. Nichts wurde übernommen. Bitte beim Import "
            "angeben, was die Datei ist.",
            f"The header fits two lists ({named}); send it with kind={one} or kind={other}.",
        )


@dataclass(frozen=True, slots=True)
class Headers:
    """The header as each kind of list understands it."""

    columns: Mapping[ReadingKind, tuple[Column[object], ...]]
    found: Mapping[ReadingKind, Header]

    def shown(self, kind: ReadingKind, wanted: tuple[Column[object], ...]) -> tuple[str, ...]:
        """Returns the file's own names of the wanted columns that it has."""
        header, names = self.found[kind], {column.name for column in wanted}
        return tuple(
            shown
            for column, place, shown in zip(
                self.columns[kind], header.places, header.shown, strict=True
            )
            if column.name in names and place < header.width
        )

    def missing(self, kind: ReadingKind) -> tuple[str, ...]:
        """Returns the required columns that are missing; of alternatives one is enough."""
        lacking = [
            " oder ".join(column.header for column in choice if column not in RARER)
            for choice in CHOICES.get(kind, ())
            if not self.shown(kind, choice)
        ]
        return self.found[kind].missing + tuple(lacking)


CHOICES: Final[Mapping[ReadingKind, tuple[tuple[Column[object], ...], ...]]] = {
    "customers": (NAMES,),
    "contracts": ((contracts.LINE, contracts.GDV_LINE),),
    "commissions": (
        (contracts.CUSTOMER_ID, statement.CONTRACT_NUMBER),
        statement.AMOUNTS,
    ),
}


def decided_kind(headers: Headers, asked: ListKind | None) -> ListKind:
    """Returns the kind of list; raises `MissingColumns`, `CsvKindAmbiguous` or `CsvKindUnknown`."""
    if asked is not None:
        return _asked_for(headers, asked)
    complete = {kind for kind in headers.found if not headers.missing(kind)}
    distinctive = tuple(
        each for each in headers.shown("commissions", BOOKINGS) if header_key(each) not in ANYONES
    )
    stock = headers.shown("contracts", STOCK)
    if "interactions" in complete:
        if distinctive and "commissions" in complete:
            raise CsvKindAmbiguous("commissions", "interactions", distinctive)
        return "interactions"
    if "commissions" in complete:
        return _statement_or_stock(headers, complete, distinctive, stock)
    kinds_told = headers.shown("commissions", (statement.KIND,))
    if "contracts" in complete and any(header_key(each) not in ANYONES for each in kinds_told):
        # A statement without a readable day or amount must not wipe the contracts either.
        raise CsvKindAmbiguous("commissions", "contracts", kinds_told)
    if {"contracts", "customers"} <= complete and headers.shown("customers", OF_PERSONS):
        return COMBINED
    if "contracts" in complete:
        return "contracts"
    return "customers" if "customers" in complete else _nearest(headers)


def _asked_for(headers: Headers, asked: ListKind) -> ListKind:
    parts: tuple[ReadingKind, ...] = (asked,)
    if asked == COMBINED:
        parts = ("customers", "contracts")
    missing = [name for kind in parts for name in headers.missing(kind)]
    if missing and not (
        (asked == "customers" and _tells_of_known_customers(headers))
        or (asked == "contracts" and _tells_of_known_contracts(headers))
    ):
        raise MissingColumns(list(dict.fromkeys(missing)))
    return asked


def _statement_or_stock(
    headers: Headers,
    complete: set[ReadingKind],
    distinctive: tuple[str, ...],
    stock: tuple[str, ...],
) -> ListKind:
    """Returns bookings for rows with day and amount, or contracts if the other columns are those of
    contracts."""
    terms = headers.shown("contracts", TERMS)
    if distinctive and not stock:
        return "commissions"
    if distinctive:
        if "contracts" in complete:
            raise CsvKindAmbiguous("commissions", "contracts", distinctive + stock)
        return "commissions"
    if "contracts" in complete:
        words = headers.shown("commissions", BOOKINGS)
        raise CsvKindAmbiguous("commissions", "contracts", words + stock + terms)
    if len(stock + terms) > 1:
        raise MissingColumns(headers.missing("contracts"))
    return "commissions"


def _nearest(headers: Headers) -> ListKind:
    """Returns the list of which the header has most columns; its missing columns are reported."""
    best = _best(headers)
    if headers.found[best].recognised < TELLING:
        raise CsvKindUnknown
    if _tells_of_known_customers(headers):
        return "customers"
    if best == "contracts" and _tells_of_known_contracts(headers):
        return "contracts"
    raise MissingColumns(headers.missing(best))


def _best(headers: Headers) -> ReadingKind:
    return max(headers.found, key=lambda kind: headers.found[kind].recognised)


def _tells_of_known_customers(headers: Headers) -> bool:
    """Whether it is a customer list that lacks at most the names, which only new customers need."""
    return _best(headers) == "customers" and not headers.found["customers"].missing


def _tells_of_known_contracts(headers: Headers) -> bool:
    """Whether it has numbers of contracts, insurers and what is agreed: customers' numbers
    and lines are needed by new contracts only."""
    insurers = (contracts.INSURER, contracts.INSURER_NUMBER)
    return (
        set(headers.found["contracts"].missing) <= {contracts.CUSTOMER_ID.header}
        and bool(headers.shown("contracts", insurers))
        and bool(headers.shown("contracts", (*STOCK, *TERMS, contracts.YEARLY_PREMIUM)))
    )
