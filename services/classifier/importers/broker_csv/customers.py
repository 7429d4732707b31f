"""Rows of a customer list (Kundenliste) as customers with their consents."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from services.classifier.importers.broker_csv import customer_columns as c
from services.classifier.importers.broker_csv import joined_cells as joined
from services.classifier.importers.broker_csv import past_columns as past
from services.classifier.importers.broker_csv.written_names import (
    LONGEST_NAME,
    given_name_among,
    written_name,
)
from services.classifier.importers.doubtful_names import doubts_of_name
from services.classifier.importers.names import (
    is_company_name,
    may_hold_first_name,
    parted,
)
from services.classifier.importers.reading import (
    Item,
    ReadConsent,
    ReadCustomer,
    RejectedRow,
    Warning_,
)
from shared.contracts.customers import (
    Address,
    Connection,
    Consent,
    ConsentChannel,
    ConsentPurpose,
    ConsentState,
    Customer,
    CustomerKind,
    CustomerStatus,
    LifeSituation,
    Mandate,
    Objections,
)
from shared.csv.files import Column, Row, names_of

GERMAN_POSTCODE: Final = re.compile(r"(?:D-?\s?)?([0-9]{4,5})")
CONSENT_COLUMNS: Final[tuple[tuple[Column[str], ConsentPurpose, ConsentChannel], ...]] = (
    (c.CONSENT_E_MAIL, "advertising", "email"),
    (c.CONSENT_PHONE, "advertising", "phone"),
    (c.CONSENT_NEWSLETTER, "newsletter", "email"),
)
STATES_TOLD: Final[dict[str, ConsentState]] = {"granted": "granted", "withdrawn": "withdrawn"}
MODEL_FAULTS: Final = {
    "death_date lies before birth_date": (
        c.DEATH_DATE.header, "death-before-birth", "Das Sterbedatum liegt vor dem Geburtsdatum."
    ),
}  # fmt: skip


NAMELESS: Final = "?"
"""Stands for the name of a row without one while its other cells are checked: whoever is known
needs none, and whoever is new is refused when the row is written."""

_PLAIN: Final = names_of(
    c.SALUTATION, c.FORM_OF_ADDRESS, c.LANGUAGE, c.BIRTH_DATE, c.DEATH_DATE, c.E_MAIL, c.SINCE,
    c.CAME_BY, past.CARER, past.LAST_REVIEW, past.LAST_CONTACT,
)  # fmt: skip
"""Columns that are fields of the customer as they stand."""
_ADDRESS_CELLS: Final = names_of(
    c.STREET, c.HOUSE_NUMBER, c.POSTCODE, joined.PLACE_POSTCODE, c.CITY, joined.PLACE_CITY,
    c.COUNTRY, c.STATE,
)  # fmt: skip
_MANDATE_CELLS: Final = names_of(c.MANDATE, c.POWER_OF_ATTORNEY, c.MANDATE_SINCE, c.MANDATE_ENDED)
_LIFE_CELLS: Final = names_of(
    c.HOUSEHOLD, c.CHILDREN, c.HOME, c.EMPLOYMENT, c.VEHICLES, c.PETS, c.INDUSTRY, c.EMPLOYEES
)
_LINKS: Final = names_of(c.HOUSEHOLD_WITH, c.RECOMMENDED_BY)
_CONSENTS: Final = names_of(*(column for column, *_ in CONSENT_COLUMNS))
_PARTS_KEPT: Final = 4096
_ADDRESS: Final[Callable[..., Address]] = lru_cache(_PARTS_KEPT)(Address)
"""The rows of a list share their parts, which are frozen: each different one is checked once."""


@lru_cache(_PARTS_KEPT)
def _mandate(contract: bool, power: bool, since: date, ended_on: date) -> Mandate:
    return Mandate(contract=contract, power_of_attorney=power, since=since, ended_on=ended_on)


@lru_cache(_PARTS_KEPT)
def _life_situation(*cells: Any) -> LifeSituation:
    told = dict(zip(_LIFE_CELLS, cells, strict=True))
    pets = told.pop("pets")
    return LifeSituation(pets=None if pets is None else list(pets), **told)


class CustomerRow:
    """One row of the list: it collects warnings, then yields its items."""

    def __init__(self, row: Row, *, zone: ZoneInfo, as_of: date) -> None:
        self.row = row
        self.zone = zone
        self.as_of = as_of
        self.name = written_name(row)
        self.warnings: list[Item] = []

    def items(self) -> Iterator[Item]:
        """Yields the warnings and then the customer, or the rejection of the whole row."""
        try:
            customer = self._customer()
        except ValidationError as error:
            yield self._rejection(error)
            return
        consents = tuple(self._consents())
        held_off = self._held_off(customer)
        yield from self.warnings
        yield ReadCustomer(
            line=self.row.line,
            customer_id=self.row[c.CUSTOMER_ID] or "",
            customer=customer,
            consents=consents,
            objections=self._objections(held_off=held_off),
        )

    def _warn(self, column: str, value: object, code: str, de: str, en: str) -> None:
        self.warnings.append(
            Warning_(
                line=self.row.line, column=column, value=str(value), code=code,
                reason_de=de, reason_en=en,
            )
        )  # fmt: skip

    def _rejection(self, error: ValidationError) -> RejectedRow:
        """Returns the rejection of a row whose cells contradict each other; single cells were
        checked before."""
        first = error.errors(include_url=False, include_input=False)[0]
        message = first["msg"].removeprefix("Value error, ")
        column, code, german = MODEL_FAULTS.get(
            message, ("", "customer-invalid", f"Der Kunde ist ungültig: {message}")
        )
        return RejectedRow(
            line=self.row.line, column=column, value="", code=code,
            reason_de=german, reason_en=message,
        )  # fmt: skip

    def _customer(self) -> Customer:
        row = self.row
        kind, last_name, company_name = self._kind_and_names()
        title, first_name = self.name.title, self.name.first
        if kind == "person" and last_name:
            last_name, title, first_name = self._person_named(last_name)
        contact = row[c.CONTACT_PERSON]
        if kind == "company" and row[c.KIND] != "company" and first_name:
            if company_name and first_name not in company_name:
                contact = contact or first_name
            first_name = None
        named = (last_name or first_name) if kind == "person" else company_name
        customer = Customer.model_validate({
            **row.filled(_PLAIN),
            "kind": kind,
            "status": self._status(),
            "title": title,
            "first_name": first_name,
            "last_name": last_name if named or kind == "company" else NAMELESS,
            "company_name": company_name if named or kind == "person" else NAMELESS,
            "contact_person": contact,
            "address": self._address(),
            "phone": row[c.PHONE] or row[c.MOBILE] or row[c.PHONE_AT_WORK],
            "mandate": _mandate(*row.several(_MANDATE_CELLS)),
            "life": _life_situation(*row.several(_LIFE_CELLS)),
            "connections": self._connections(),
        })  # fmt: skip
        if named:
            return customer
        return customer.model_copy(
            update={
                "last_name": last_name,
                "company_name": None if kind == "company" else company_name,
            }
        )

    def _person_named(self, last_name: str) -> tuple[str, str | None, str | None]:
        """Returns last name, title and first name; what was parted or left out is told."""
        title, first_name = self.name.title, self.name.first
        names = None if self.name.joined else parted(last_name)
        if names and not (first_name and names[2]):
            whole, (last_name, found_title, found_first) = last_name, names
            title, first_name = title or found_title, first_name or found_first
            self._warn(
                c.LAST_NAME.header, whole, "name-parted",
                f"Gelesen als Titel „{title or ''}“, Vorname „{first_name or ''}“ und Nachname "
                f"„{last_name}“.",
                "Read as a last name, a comma and a first name.",
            )  # fmt: skip
        first_name = first_name or self._given_name_below(last_name)
        if first_name is None and not self.name.joined and may_hold_first_name(last_name):
            self._warn(c.LAST_NAME.header, last_name, "name-whole", *joined.NAME_WHOLE)
        return last_name, title, first_name

    def _given_name_below(self, last_name: str) -> str | None:
        """The given name in a further line of the name; lines that are none are told."""
        if not self.name.more:
            return None
        place, given = given_name_among(self.name), None
        evidence: tuple[Column[object], ...] = (c.SALUTATION, c.KIND, c.BIRTH_DATE)
        sure = any(self.row[column] for column in evidence)
        for column, text in self.name.more:
            if column is not place:
                self._warn(
                    column.header, text, "name-line-left-out",
                    "Weder Vorname noch Teil einer Firma: nicht übernommen.",
                    "Neither a given name nor part of a company's name; left out.",
                )  # fmt: skip
                continue
            given = text
            if not sure:
                self._warn(
                    column.header, text, "name-line-taken",
                    f"Als Vorname von „{last_name}“ übernommen.",
                    "Taken as the given name.",
                )  # fmt: skip
        return given

    def _kind_and_names(self) -> tuple[CustomerKind, str | None, str | None]:
        """Returns kind and names. Companies are often marked as private persons, so the name
        decides, and a warning says so.

        Without the marking a row with nothing but a company's name is a company.
        """
        row = self.row
        marked, last, company = row[c.KIND], self.name.last, row[c.COMPANY_NAME]
        nameless = last is None and self.name.first is None
        whole = self.name.with_more
        if marked == "company":
            return "company", None if company is None else last, company or whole
        if company and (nameless or (marked is None and row[c.SALUTATION] == "firma")):
            kind: CustomerKind = "company"
        elif last and self.name.first is None and whole and is_company_name(whole):
            kind, last, company = "company", None, company or whole
        elif row[c.SALUTATION] == "firma" and not nameless:
            kind, last, company = "company", None, self._company_addressed()
        else:
            return "person", last, company
        if marked == "person":
            self._warn(
                c.KIND.header, "privat", "kind-corrected",
                "Als Privatperson geführt, dem Namen nach eine Firma: als Firma übernommen.",
                "Marked as a person, but named like a company: imported as a company.",
            )  # fmt: skip
        return kind, last, company

    def _company_addressed(self) -> str:
        """The name of whoever is addressed as *Firma*: first name and name without a legal form."""
        first, last = self.name.first, self.name.with_more or ""
        named = self.row[c.COMPANY_NAME] or (last if is_company_name(last) else None)
        name = named or " ".join(part for part in (first, last) if part)
        self._warn(
            c.SALUTATION.header, "Firma", "kind-by-salutation",
            f"Mit „Firma“ angeredet: als Firma „{name}“ übernommen.",
            "Addressed as a company and imported as one.",
        )  # fmt: skip
        return name[:LONGEST_NAME]

    def _status(self) -> CustomerStatus:
        status = self.row[c.STATUS]
        if status == "died":
            if self.row[c.DEATH_DATE] is None:
                self._warn(
                    c.STATUS.header, "verstorben", "death-date-missing",
                    "Verstorben ohne Sterbedatum: als ehemaliger Kunde übernommen.",
                    "Died without a day of death: imported as a former customer.",
                )  # fmt: skip
            return "former"
        return status or "active"

    def _address(self) -> Address:
        street, number, postcode, place_postcode, city, place_city, country, state = (
            self.row.several(_ADDRESS_CELLS)
        )
        street = " ".join(part for part in (street, number) if part)
        country = country or "DE"
        postcode, city = postcode or place_postcode, city or place_city
        if found := joined.parted_address(street):
            street, postcode, city = self._parted(c.STREET, street, found, postcode, city)
        elif city and (place := joined.parted_place(city)):
            _, postcode, city = self._parted(c.CITY, city, ("", *place), postcode, None)
        return _ADDRESS(
            street=street or None,
            postcode=self._postcode(postcode, country),
            city=city,
            country=country,
            state=state,
        )

    def _parted(
        self,
        column: Column[str],
        whole: str,
        found: tuple[str, str, str],
        postcode: str | None,
        city: str | None,
    ) -> tuple[str, str | None, str | None]:
        """Street, postcode and town of a cell that holds more than its header says; told.

        Columns of their own count before it.
        """
        street, found_postcode, found_city = found
        postcode, city = postcode or found_postcode, city or found_city
        self._warn(
            column.header, whole, "address-parted",
            f"Gelesen als Straße „{street}“, PLZ „{postcode}“ und Ort „{city}“.",
            "Read as street, postcode and town.",
        )  # fmt: skip
        return street, postcode, city

    def _postcode(self, postcode: str | None, country: str) -> str | None:
        """Returns the postcode. German ones have five digits; a leading zero that Excel dropped is
        put back."""
        if postcode is None or country != "DE":
            return postcode
        column = c.POSTCODE if self.row[c.POSTCODE] else joined.PLACE_POSTCODE
        match = GERMAN_POSTCODE.fullmatch(postcode)
        if match is None or not match[1].strip("0"):
            self._warn(
                column.header, postcode, "postcode-unreadable",
                "Das ist keine deutsche Postleitzahl; sie wurde nicht übernommen.",
                "Not a German postcode; left out.",
            )  # fmt: skip
            return None
        if len(match[1]) == 4:
            self._warn(
                column.header, postcode, "postcode-completed",
                f"Führende Null ergänzt: 0{match[1]}.",
                "The zero in front was put back.",
            )  # fmt: skip
        return match[1].zfill(5)

    def _connections(self) -> list[Connection]:
        row = self.row
        if not any(row.several(_LINKS)):
            return []
        own = row[c.CUSTOMER_ID]
        for column in (c.HOUSEHOLD_WITH, c.RECOMMENDED_BY):
            if own in (row[column] or ()):
                self._warn(
                    column.header, own, "connection-to-itself",
                    "Die Zeile nennt den Kunden selbst: nicht übernommen.",
                    "The row names the customer themselves; left out.",
                )  # fmt: skip
        household = [Connection(customer_id=i, kind="household")
                     for i in row[c.HOUSEHOLD_WITH] or () if i != own]  # fmt: skip
        recommended = [Connection(customer_id=i, kind="recommended_by")
                       for i in row[c.RECOMMENDED_BY] or () if i != own]  # fmt: skip
        return household + recommended

    def _instant(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=self.zone)

    def _consents(self) -> Iterator[ReadConsent]:
        """Yields consents and refusals. A consent counts only with its day, because UWG § 7a asks
        for proof; a refusal counts from today."""
        row = self.row
        if not any(row.several(_CONSENTS)):
            return
        given_on = row[c.CONSENT_ON]
        for column, purpose, channel in CONSENT_COLUMNS:
            state = row[column]
            if state is None:
                continue
            if state == "granted" and given_on is None:
                self._warn(
                    column.header, "ja", "consent-without-day",
                    "Einwilligung ohne Datum: nicht nachweisbar, nicht übernommen (UWG § 7a).",
                    "A consent without its day cannot be proven; left out.",
                )  # fmt: skip
                continue
            consent = Consent(
                state=STATES_TOLD.get(state, "denied"),
                at=self._instant(given_on or self.as_of),
                source=row[c.CONSENT_SOURCE],
            )
            yield ReadConsent(purpose=purpose, channel=channel, consent=consent)

    def _held_off(self, customer: Customer) -> bool:
        """Tell what the name says beside who somebody is; whether that holds off advertising."""
        column = c.COMPANY_NAME if customer.kind == "company" else c.LAST_NAME
        doubts = doubts_of_name(customer)
        for doubt in doubts:
            self._warn(
                column.header, doubt.name, doubt.code, doubt.reason_de, doubt.reason_en
            )  # fmt: skip
        return any(doubt.held_off for doubt in doubts)

    def _objections(self, *, held_off: bool) -> Objections | None:
        if not (held_off or self.row[c.NO_ADVERTISING]):
            return None
        return Objections(advertising=self._instant(self.as_of))
