"""How a message greets a person or company, and how an address names them.

A wrong salutation is worse than a plain one. Therefore, if gender or last name is unknown, the
greeting is one that fits everybody.
"""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["person", "company"]
Salutation = Literal["frau", "herr", "divers", "familie", "firma"]
FormOfAddress = Literal["sie", "du"]
Language = Literal["de", "en"]

NAME_PARTS = frozenset(
    {"graf", "gräfin", "freiherr", "freifrau", "freiin", "baron", "baronin"}
    | {"fürst", "fürstin", "prinz", "prinzessin"}
)
"""Former titles of nobility: part of the name (Art. 109 WRV), so a greeting keeps them."""

_CONTACT_PREFIX = re.compile(r"^(frau|fr\.|herrn|herr|hr\.|ms\.?|mrs\.?|mr\.?)\s+", re.IGNORECASE)
_CONTACT_TITLE = re.compile(r"^((?:prof\.?|dr\.?|dipl\.-\S+|med\.|jur\.|h\.\s?c\.)\s+)+", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom a message greets, as the broker's system knows them. None means unknown."""

    kind: Kind = "person"
    salutation: Salutation | None = None
    title: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    contact_person: str | None = None
    form_of_address: FormOfAddress = "sie"
    language: Language = "de"

    @property
    def is_company(self) -> bool:
        return self.kind == "company" or self.salutation == "firma"

    @property
    def is_familiar(self) -> bool:
        """Whether the reader is addressed as *du*; a company and its people are always *Sie*."""
        return self.form_of_address == "du" and not self.is_company


def greeting_line(person: Person) -> str:
    """Return the greeting with its closing comma."""
    return _greeting(_greeted(person)) + ","


def closing_line(person: Person) -> str:
    """Return the complimentary close, without a comma (DIN 5008)."""
    if person.language == "en":
        return "Best wishes" if person.is_familiar else "Kind regards"
    return "Herzliche Grüße" if person.is_familiar else "Mit freundlichen Grüßen"


def full_name(person: Person) -> str:
    """Return the name as it stands in an address or a To header; may be empty."""
    if person.is_company:
        return one_line(person.company_name) or one_line(person.last_name)
    return _join(person.title, person.first_name, person.last_name)


def name_lines(person: Person) -> tuple[str, ...]:
    """Return the name lines of an address block (DIN 5008): one or two, none empty.

    The form of address of a man stands in the accusative ("Herrn"), as in "an Herrn".
    """
    if person.is_company:
        contact = one_line(person.contact_person)
        return tuple(line for line in (full_name(person), _in_address(contact)) if line)
    if person.salutation == "familie":
        return (_join("Familie" if person.language == "de" else "Family", full_name(person)),)
    form = _address_form(person)
    if not form or person.language == "en":
        return (_join(form, full_name(person)),)
    return (form, full_name(person))


def one_line(text: str | None) -> str:
    """Return the text with white space and control characters collapsed to single spaces.

    A line break in a name would break an address line or an e-mail header.
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text or "").split())


def _greeted(person: Person) -> Person:
    """Return a company's contact person, read from the free text, as a person of their own.

    It is addressed as *Sie*, because a company always is.
    """
    if not person.is_company:
        return person
    contact = one_line(person.contact_person)
    prefix = _CONTACT_PREFIX.match(contact)
    rest = contact[prefix.end() :] if prefix else contact
    salutation: Salutation | None = None
    if prefix:
        woman = prefix[1].lower().rstrip(".") in ("frau", "fr", "ms", "mrs")
        salutation = "frau" if woman else "herr"
    title = _CONTACT_TITLE.match(rest)
    names = rest[title.end() :] if title else rest
    first_name, _, last_name = names.rpartition(" ")
    return Person(
        salutation=salutation,
        title=title[0].strip() if title else None,
        first_name=first_name or None,
        last_name=last_name or None,
        language=person.language,
        kind="person" if contact else "company",
    )


def _greeting(person: Person) -> str:
    german = person.language == "de"
    if person.is_company:
        return "Sehr geehrte Damen und Herren" if german else "Dear Sir or Madam"
    if person.salutation == "familie" and one_line(person.last_name):
        return _family(person)
    by_first_name = person.is_familiar and one_line(person.first_name)
    return _by_first_name(person) if by_first_name else _by_last_name(person)


def _family(person: Person) -> str:
    name = one_line(person.last_name)
    if person.language == "en":
        return f"Dear {name} family"
    return f"{'Liebe' if person.is_familiar else 'Sehr geehrte'} Familie {name}"


def _by_first_name(person: Person) -> str:
    first_name = one_line(person.first_name)
    if person.language == "en":
        return f"Dear {first_name}"
    opening = {"frau": "Liebe", "herr": "Lieber"}.get(person.salutation or "", "Hallo")
    return f"{opening} {first_name}"


def _by_last_name(person: Person) -> str:
    german, last_name = person.language == "de", one_line(person.last_name)
    if person.salutation in ("frau", "herr") and last_name:
        woman = person.salutation == "frau"
        title = _spoken_title(person.title, woman=woman, german=german)
        if german:
            form = "Sehr geehrte Frau" if woman else "Sehr geehrter Herr"
            return _join(form, title, last_name)
        return _join("Dear", title or ("Ms" if woman else "Mr"), last_name)
    title = _spoken_title(person.title, woman=False, german=german) if last_name else ""
    return _join("Guten Tag" if german else "Dear", title, person.first_name, last_name) + (
        "" if german or last_name or one_line(person.first_name) else " Sir or Madam"
    )


def _spoken_title(title: str | None, *, woman: bool, german: bool) -> str:
    """Return the one title of a greeting: professor before doctor, and no degree."""
    words = one_line(title).lower().replace(".", ". ").split()
    kept = [word for word in one_line(title).split() if word.lower() in NAME_PARTS]
    if any(word.startswith("prof") for word in words):
        kept.insert(0, "Professorin" if woman and german else "Professor")
    elif any(word in ("dr", "dr.", "doktor") for word in words):
        kept.insert(0, "Dr." if german else "Dr")
    return " ".join(kept)


def _address_form(person: Person) -> str:
    forms = {"de": {"frau": "Frau", "herr": "Herrn"}, "en": {"frau": "Ms", "herr": "Mr"}}
    form = forms[person.language].get(person.salutation or "", "")
    return "" if person.language == "en" and person.title else form


def _in_address(contact: str) -> str:
    return re.sub(r"^(herr|hr\.)\s", "Herrn ", re.sub(r"(?i)^fr\.\s", "Frau ", contact), flags=re.I)


def _join(*parts: str | None) -> str:
    return " ".join(line for line in map(one_line, parts) if line)
