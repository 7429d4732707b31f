"""0100 address records as persons."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from services.classifier.importers.broker_csv.words import VEHICLE_CODES
from services.classifier.importers.contact_cells import e_mail, phone
from services.classifier.importers.doubtful_names import doubts_of_name
from services.classifier.importers.gdv import codes
from services.classifier.importers.gdv.findings import Findings
from services.classifier.importers.gdv.physical import Record
from services.classifier.importers.gdv.records import (
    Address1,
    Address2,
    Address3,
    Field,
    Head,
)
from services.classifier.importers.names import comparable, is_company_name
from shared.contracts.customers import Address, CustomerKind, Salutation
from shared.csv.cells import CellError, DoubtfulValue
from shared.csv.days import LONGEST_LIFE
from shared.csv.identifiers import number_or_none

FULL_NAME_FIELD: Final = 30
ATTENTION: Final = re.compile(r"(?i)^(z\. ?hd\.?|zhd\.?|z\.h\.) ?(von )?")
CONTINUATIONS: Final = ("c/o", "z.hd", "z. hd", "zhd", "z.h.")


@dataclass(slots=True, kw_only=True)
class AddressRecords:
    """The parts of one address: part 1 begins it, parts 2 to 4 may stand in any order after."""

    first: Record
    parts: dict[str, Record] = field(default_factory=dict)

    @property
    def role(self) -> str:
        """Returns the Adresskennzeichen, which says who this person is for the contract."""
        return self.first.value(Address1.ROLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One address as it stood in the file, read and checked."""

    line: int
    kind: CustomerKind
    salutation: Salutation | None
    title: str | None
    first_name: str | None
    last_name: str | None
    company_name: str | None
    contact_person: str | None
    birth_date: date | None
    address: Address
    email: str | None
    phone: str | None
    insurer: str
    insurers_number: str
    brokers_number: str | None

    @property
    def likeness(self) -> tuple[str, ...]:
        """Returns names and birth date, which are equal for repetitions of one person.

        Without a birth date the address decides too, because two people called Hans Müller are not
        one customer.
        """
        names = (comparable(self.company_name or self.last_name or ""),
                 comparable(self.first_name or ""))  # fmt: skip
        if self.birth_date is not None:
            return (*names, self.birth_date.isoformat())
        place = comparable(f"{self.address.postcode or ''}{self.address.street or ''}")
        return (*names, "", place)


def person_of(records: AddressRecords, *, as_of: date, findings: Findings) -> Person | None:
    """Returns the person of an address; None if it was rejected for want of a name."""
    first = records.first
    if not any(first.value(f) for f in (Address1.NAME_1, Address1.NAME_2, Address1.NAME_3)):
        findings.reject(
            first, Address1.NAME_1, "name-missing", "Der Name fehlt.", "The name is missing."
        )
        return None
    birth_date = findings.day(first, Address1.BIRTH_DATE)
    if birth_date is not None and birth_date > as_of:
        findings.warn(
            first, Address1.BIRTH_DATE, "day-in-future",
            f"Das Geburtsdatum liegt in der Zukunft (Stichtag {as_of:%d.%m.%Y}) und gilt als "
            "unbekannt.",
            f"The birth date lies in the future (as of {as_of.isoformat()}); it counts as unknown.",
        )  # fmt: skip
        birth_date = None
    if birth_date is not None and as_of.year - birth_date.year > LONGEST_LIFE:
        findings.warn(
            first, Address1.BIRTH_DATE, "day-placeholder",
            "Das Geburtsdatum steht für ein unbekanntes und wurde nicht übernommen.",
            "The birth date stands for an unknown one and was left out.",
        )  # fmt: skip
        birth_date = None
    kind = _kind(records)
    last_name, first_name, company_name, contact = _names(first, kind)
    second = records.parts.get("2")
    emails, phones = _email_and_phone(records, findings)
    person = Person(
        line=first.line,
        kind=kind,
        salutation=_salutation(first, kind, findings),
        title=first.value(Address1.TITLE) or None,
        first_name=first_name,
        last_name=last_name,
        company_name=company_name,
        contact_person=contact,
        birth_date=birth_date if kind == "person" else None,
        address=_address(first, findings),
        email=emails,
        phone=phones,
        insurer=first.value(Head.INSURER),
        insurers_number=second.value(Address2.INSURERS_NUMBER) if second else "",
        brokers_number=_brokers_number(second, findings),
    )
    for doubt in doubts_of_name(person):
        findings.warn(first, Address1.NAME_1, doubt.code, doubt.reason_de, doubt.reason_en)
    return person


def _kind(records: AddressRecords) -> CustomerKind:
    """Returns the kind by salutation, sex "legal person", legal form, and the name itself, in this
    order."""
    first, third = records.first, records.parts.get("3")
    salutation = first.value(Address1.SALUTATION)
    if salutation in codes.ORGANISATIONS:
        return "company"
    if salutation in codes.NATURAL_SALUTATIONS:
        return "person"
    legal_form = third.value(Address3.LEGAL_FORM) if third else ""
    if legal_form in codes.LEGAL_FORMS_OF_COMPANIES:
        return "company"
    if first.value(Address1.NAME_3) and first.value(Address1.BIRTH_DATE).strip("0 "):
        return "person"
    legal_person = first.value(Address1.SEX) == codes.LEGAL_PERSON
    return "company" if legal_person or is_company_name(first.value(Address1.NAME_1)) else "person"


def _names(
    first: Record, kind: CustomerKind
) -> tuple[str | None, str | None, str | None, str | None]:
    """Returns last, first and company name, and contact person.

    Name 3 is the first name (handbook); Name 2 continues a name that fills its field and is a
    remark otherwise. Companies use all three lines.
    """
    one, two, three = (first.value(f) for f in (Address1.NAME_1, Address1.NAME_2, Address1.NAME_3))
    if kind == "company":
        lines = [line for line in (one, two, three) if line]
        named = [line for line in lines if not line.casefold().startswith(CONTINUATIONS)]
        contact = next((line for line in lines if line not in named), None)
        company = " ".join(named) or lines[0]
        return None, None, company[:120], contact and (ATTENTION.sub("", contact) or None)
    if not three and two and not two.casefold().startswith(CONTINUATIONS):
        three = two
    elif len(one) == FULL_NAME_FIELD:
        one = f"{one}{two}"
    if not one and not three:
        one = two
    return one or None, three or None, None, None


def _salutation(first: Record, kind: CustomerKind, findings: Findings) -> Salutation | None:
    salutation: Salutation | None = findings.code(
        first, Address1.SALUTATION, "gdv_salutation", codes.SALUTATIONS,
        de="Der Anredeschlüssel ist unbekannt.", en="The salutation code is unknown.",
    )  # fmt: skip
    return salutation or ("firma" if kind == "company" else None)


def _address(first: Record, findings: Findings) -> Address:
    box = first.value(Address1.PO_BOX)
    code = first.value(Address1.COUNTRY).upper()
    country = VEHICLE_CODES.get(code, code if len(code) == 2 and code.isalpha() else None)
    if code and (country is None or not country.isascii()):
        findings.warn(
            first, Address1.COUNTRY, "code-unknown",
            "Das Länderkennzeichen ist unbekannt; Deutschland angenommen.",
            "The country code is unknown; Germany assumed.",
        )  # fmt: skip
        country = None
    return Address(
        street=first.value(Address1.STREET) or (f"Postfach {box}" if box else None),
        postcode=first.value(Address1.POSTCODE) or None,
        city=first.value(Address1.CITY) or None,
        country=country or "DE",
    )


def _email_and_phone(records: AddressRecords, findings: Findings) -> tuple[str | None, str | None]:
    """Returns e-mail and phone, the first readable of each: private before mobile before
    business."""
    found: dict[str, tuple[Record, Field]] = {}
    for part, slots in (("2", Address2.REACH), ("3", Address3.REACH)):
        record = records.parts.get(part)
        for kind, number in slots if record else ():
            if record is not None and record.value(number):
                found.setdefault(record.value(kind), (record, number))
    email = phone_number = None
    for kind_code in codes.E_MAILS:
        if email is None and kind_code in found:
            record, number = found[kind_code]
            email = _readable(record, number, "email", findings)
    for kind_code in codes.PHONES:
        if phone_number is None and kind_code in found:
            record, number = found[kind_code]
            phone_number = _readable(record, number, "phone", findings)
    return email, phone_number


def _readable(record: Record, number: Field, what: str, findings: Findings) -> str | None:
    text = record.value(number)
    try:
        if what == "email":
            return e_mail(text.replace("(a)", "@").replace("(at)", "@"))
        return phone(text)
    except DoubtfulValue as doubt:
        findings.warn(record, number, doubt.code, doubt.reason_de, doubt.reason_en)
        return str(doubt.value)
    except CellError as error:
        findings.warn(record, number, error.code, error.reason_de, error.reason_en)
        return None


def _brokers_number(second: Record | None, findings: Findings) -> str | None:
    number = second.value(Address2.BROKERS_NUMBER) if second else ""
    if second is None or not number.strip("0"):
        return None
    try:
        return number_or_none(number)
    except CellError as error:
        findings.warn(second, Address2.BROKERS_NUMBER, error.code, error.reason_de, error.reason_en)
        return None
