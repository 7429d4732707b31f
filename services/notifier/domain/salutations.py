"""How a message greets a person or company, and how an address names them.

A wrong salutation is worse than a plain one. Therefore, if gender or last name is unknown, the
greeting is one that fits everybody.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from services.notifier.domain.contact_persons import (
    ContactPerson,
    greets_by_last_name,
    read_contact,
)
from services.notifier.domain.names import (
    BRITISH,
    Name,
    name_of,
    spoken_degree,
    sure_last_name,
    with_form,
)

Kind = Literal["person", "company"]
Salutation = Literal["frau", "herr", "divers", "familie", "firma"]
FormOfAddress = Literal["sie", "du"]
Language = Literal["de", "en"]

_LEGAL_FORM = re.compile(
    r"\b(?:g?gmbh|mbh|ag|kgaa|kg|ohg|e?gbr|ug|se|eg|e\.\s?v\.|e\.\s?k(?:fr|fm)?\.|partg(?:mbb)?"
    r"|aör|ltd|inc|llc|plc|b\.v\.|s\.a\.)(?:\W|$)",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(
    r"\b(?:erben|erbengem|nachlass|nachlaß|eheleute|ehepaar|geschwister|\w*gemeinschaft|stiftung"
    r"|hausverwaltung|weg|etg|\w*verein|firma|praxis|gemeinde|kirchengemeinde)\b",
    re.IGNORECASE,
)
_FAMILY = re.compile(r"^(?:familie|fam\.|family)(?:\s+|$)", re.IGNORECASE)
_COUPLE = re.compile(
    r"(?:herrn?|hr\.?|frau|fr\.?)\s*(?:und|u\.?|&|\+|/|and)\s*(?:herrn?|hr\.?|frau|fr\.?)",
    re.IGNORECASE,
)
_DEAD = re.compile(r"†|✝|\bverst(?:\.|orben)|\bgestorben\b|\bdeceased\b", re.IGNORECASE)
"""Marks that people write beside the name of somebody who has died, or whose partner has."""


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
    minor: bool = False

    @property
    def is_company(self) -> bool:
        """Whether it is no natural person: by its kind, or by a legal form in its last name."""
        if self.kind == "company" or self.salutation == "firma":
            return True
        last_name = one_line(self.last_name)
        return " " in last_name and _LEGAL_FORM.search(last_name) is not None

    @property
    def is_familiar(self) -> bool:
        """Whether the whole text says *du*.

        That takes one person who can be greeted by first name. A company without such a contact
        person, a family, a couple and a child's letter, which the parents read, stay with *Sie*.
        """
        if self.form_of_address != "du" or self.minor:
            return False
        if self.is_company:
            name = contact_of(self).name
            return name is not None and name.by_first_name and sure_last_name(name)
        return not is_family(self) and not is_group(self) and own_name(self).by_first_name


def greeting_line(person: Person) -> str:
    """Return the greeting with its closing comma."""
    return _greeting(person) + ","


def closing_line(person: Person) -> str:
    """Return the complimentary close, without a comma (DIN 5008)."""
    if person.language == "en":
        return "Best wishes" if person.is_familiar else "Kind regards"
    return "Herzliche Grüße" if person.is_familiar else "Mit freundlichen Grüßen"


def full_name(person: Person) -> str:
    """Return the name as it stands in an address or a To header; may be empty."""
    if person.is_company:
        return one_line(person.company_name) or _join(person.first_name, person.last_name)
    return own_name(person).full


def name_lines(person: Person) -> tuple[str, ...]:
    """Return the name lines of an address block (DIN 5008); none of them is empty.

    The form of address of a man stands in the accusative ("Herrn"), as in "an Herrn". A company
    is followed by department and contact person.
    """
    name = full_name(person)
    if person.is_company:
        return tuple(line for line in (name, *_contact_lines(person)) if line)
    if not name:
        return ()
    if is_family(person) and not is_group(person):
        return ("Familie" if person.language == "de" else "Family", name)
    form = _address_form(person)
    if form and person.language == "en":
        return (f"{form} {name}",)
    return (form, name) if form else (name,)


def one_line(text: str | None) -> str:
    """Return the text with white space and control characters collapsed to single spaces.

    A line break in a name would break an address line or an e-mail header.
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text or "").split())


def own_name(person: Person) -> Name:
    """Return the name of a natural person in its parts, with the gender if that is sure."""
    title, first, last = (_FAMILY.sub("", part) for part in _parts(person))
    if _COUPLE.fullmatch(title):  # it says of whom there are two, and no degree
        title, first = "", first or title
    name = name_of(title, first, last)
    told = {"frau": True, "herr": False}.get(person.salutation or "")
    if told is None or name.woman is None or told == name.woman:
        return with_form(name, told)
    return replace(name, woman=None)


def contact_of(person: Person) -> ContactPerson:
    """Return the contact person of a company, as far as one is surely told."""
    return read_contact(one_line(person.contact_person))


def is_family(person: Person) -> bool:
    """Tell whether a family is written to, by the salutation or by what stands in a name."""
    return person.salutation == "familie" or any(map(_FAMILY.match, _parts(person)))


def is_group(person: Person) -> bool:
    """Tell whether the names stand for several people, or for an estate or a community."""
    if _mentions_a_death(person) or _NO_PERSON.search(" ".join(_parts(person))):
        return True
    couple = _COUPLE.fullmatch(one_line(person.title)) is not None and not is_family(person)
    return couple or own_name(person).several


def _mentions_a_death(person: Person) -> bool:
    """Tell whether a name says that somebody has died: then nobody is greeted by name."""
    return any(map(_DEAD.search, _parts(person)))


def _parts(person: Person) -> tuple[str, str, str]:
    return one_line(person.title), one_line(person.first_name), one_line(person.last_name)


def _greeting(person: Person) -> str:
    if person.is_company:
        name = contact_of(person).name
        return _to_nobody(person) if name is None else _to_one(person, name)
    name = own_name(person)
    if is_group(person):
        return _to_nobody(person) if _mentions_a_death(person) else _to_group(person, name)
    if is_family(person) and (name.last or name.first):
        return _family(person, _join(name.noble, name.last or name.first))
    if is_family(person) or person.minor or person.salutation == "divers":
        name = replace(name, woman=None)
    return _to_one(person, name)


def _to_nobody(person: Person) -> str:
    return "Sehr geehrte Damen und Herren" if person.language == "de" else "Dear Sir or Madam"


def _to_group(person: Person, name: Name) -> str:
    """A couple is greeted with all its names; an estate or a community has none to greet."""
    if _NO_PERSON.search(" ".join(_parts(person))):
        return _to_nobody(person)
    words = _join(spoken_degree(name.degree), name.first, name.noble, name.last)
    return f"{'Guten Tag' if person.language == 'de' else 'Dear'} {words}"


def _family(person: Person, name: str) -> str:
    if person.language == "en":
        return f"Dear {name} family"
    return f"{'Liebe' if person.form_of_address == 'du' else 'Sehr geehrte'} Familie {name}"


def _to_one(person: Person, name: Name) -> str:
    german = person.language == "de"
    if person.is_familiar:
        opening = {True: "Liebe", False: "Lieber", None: "Hallo"}[name.woman]
        return f"{opening if german else 'Dear'} {name.first}"
    last = " ".join(filter(None, (name.noble, name.last)))
    if last and name.woman is not None and not _british(name) and _sure(person, name):
        return _by_last_name(name, last, german=german)
    if last and not (name.first or name.noble or name.degree):
        return _to_nobody(person)  # a bare last name fits no greeting
    return _neutral(name, last, german=german)


def _by_last_name(name: Name, last: str, *, german: bool) -> str:
    woman, degree = name.woman, spoken_degree(name.degree)
    if german:
        return _join("Sehr geehrte Frau" if woman else "Sehr geehrter Herr", degree, last)
    english = "Professor" if degree.startswith("Prof") else degree.rstrip(".")
    return _join("Dear", english or ("Ms" if woman else "Mr"), last)


def _neutral(name: Name, last: str, *, german: bool) -> str:
    """Greet by the whole name, which fits everybody; without a name, by none."""
    if not german and _british(name) and name.first:
        return _join("Dear", name.degree.capitalize(), name.first)
    degree = spoken_degree(name.degree) if last else ""
    if not german:
        degree = "Professor" if degree.startswith("Prof") else degree.rstrip(".")
    if _british(name):
        degree = name.degree
    words = _join(degree, name.first, last)
    return _join("Guten Tag" if german else "Dear", words or ("" if german else "Sir or Madam"))


def _sure(person: Person, name: Name) -> bool:
    if person.is_company:
        return greets_by_last_name(name)
    return not name.contradicts(woman=bool(name.woman))


def _british(name: Name) -> bool:
    """*Sir* and *Lady* go with the first name, which a German greeting has no form for."""
    return name.degree.lower() in BRITISH


def _contact_lines(person: Person) -> tuple[str, ...]:
    contact = contact_of(person)
    if contact.name is None:
        return (contact.written,)
    return (*contact.departments, _join(_form_of(contact.name, person.language), contact.name.full))


def _address_form(person: Person) -> str:
    """Return *Frau* or *Herrn*; nothing for a couple, a child, or if it is not sure."""
    name = own_name(person)
    unsure = name.woman is None or person.minor or is_group(person)
    if unsure or name.contradicts(woman=bool(name.woman)):
        return ""
    if (
        person.salutation == "divers"
        or is_family(person)
        or (_british(name) and person.language == "de")
    ):
        return ""
    return _form_of(name, person.language)


def _form_of(name: Name, language: Language) -> str:
    if name.woman is None:
        return ""
    if language == "en":
        return "" if name.degree else ("Ms" if name.woman else "Mr")
    return "Frau" if name.woman else "Herrn"


def _join(*parts: str | None) -> str:
    return " ".join(line for line in map(one_line, parts) if line)
