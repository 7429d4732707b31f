"""The contact person of a company: one free text, in which one person must be surely found.

The field holds what somebody typed: two people, a function in brackets, a department, "z. Hd.".
If it is not sure that exactly one person is meant, nobody is greeted by name, and the address
shows the text as it was written.
"""

import re
from dataclasses import dataclass
from typing import Final

from services.notifier.domain.names import (
    NOBLE,
    Name,
    spoken_degree,
    sure_last_name,
    without_asides,
    written_name,
)

_ATTENTION = re.compile(
    r"^(?:z\.\s?hd?n?\.(?:\s*v(?:on\s(?!de[mnr]\s)|\.))?\s*:?\s*|an\s+(?=frau\s|herrn?\s|die\s)"
    r"|(?:z\.?\s?hd|zu\s+h(?:ä|ae)nden(?:\s+(?:von|des|der|v\.))?|attn?\.?"
    r"|(?:for\s+the\s+)?attention(?:\s+of)?|ansprechpartner(?:in)?|kontakt(?:person)?|ap|contact)"
    r"(?:\s*:\s*|\s+))",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"(?:allein|mit|stellv\.?\s?|stellvertretende[rn]?\s?)?"
    r"(?:gf|gef\.|ggf|geschäftsführer(?:in)?|geschäftsf\.|inhaber(?:in)?|inh\.?|prokurist(?:in)?"
    r"|ppa\.?|gesellschafter(?:in)?|chef(?:in)?|leiter(?:in)?(?:\s.+)?|vorstand|vorsitzende[rn]?"
    r"|vorst\.|ceo|cfo|coo|director|manager(?:in)?|assistent(?:in)?|sekretär(?:in)?"
    r"|ansprechpartner(?:in)?|meister(?:in)?|kassenwart(?:in)?|schriftführer(?:in)?|\w*verwalter(?:in)?|partner(?:in)?|owner|managing\s+director"
    r"|\w+(?:leiter|chef|meister|manager|berater|beauftragter)(?:in)?)\.?",
    re.IGNORECASE,
)
_DEPARTMENT = re.compile(
    r"(?:abt(?:eilung|\.)?|team|büro|office|zentrale|empfang|sekretariat|verwaltung|vorstand"
    r"|geschäftsleitung|geschäftsführung|gl|personal|lohn|gehalt|einkauf|verkauf|vertrieb|it|edv"
    r"|buchhaltung|rechnungswesen|finanzen|controlling|marketing|technik|lager|versand|logistik"
    r"|fuhrpark|poststelle|recht|revision|steuern|kasse|kanzlei|praxis|werkstatt|filiale|service"
    r"|niederlassung|betriebsrat|leitung|management|accounting|accounts|sales|hr|human|resources"
    r"|finance|payroll|purchasing|department|inhaber|schaden|versicherung(?:en)?|rezeption|firma"
    r"|familie|eheleute|fa\.|frau|herrn?|kundendienst|disposition|produktion|produktmanagement|backoffice|einsatz"
    r"|[\w-]{3,}(?:abteilung|leitung|verwaltung|wesen|büro|stelle|dienst|management|führung|service"
    r"|buchhaltung|zentrale|sekretariat|einkauf|verkauf|vertrieb))",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*[,;/|]\s*|\s+[-–—]\s+|\s*:\s+|\s+z\.?\s?hd?\.?\s+", re.IGNORECASE)
_ORDINAL = re.compile(r"\b\d\.\s(?=vors)", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:der|die|das|den|dem)\s+", re.IGNORECASE)
_AND: Final = frozenset({"und", "&", "u.", "+", "and"})
_FORMS = re.compile(r"\b(?:frau|fr\.|herrn?|hrn?\.?|mr|mrs|ms)(?=[\s.])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPerson:
    """What the field tells: the one person if that is sure, and the departments beside them."""

    name: Name | None = None
    departments: tuple[str, ...] = ()
    written: str = ""


def read_contact(text: str) -> ContactPerson:
    """Read the field, which is one line. The person is None unless exactly one is surely meant."""
    written = _addressed(text)
    plain = _ORDINAL.sub("", without_asides(written))
    unsure = ContactPerson(written=written)
    if not plain or re.search(r"[\d@]|\bc/o\b", plain) or len(_FORMS.findall(plain)) > 1:
        return unsure
    people: list[Name] = []
    departments: list[str] = []
    for part in filter(None, _BETWEEN.split(plain)):
        if _ROLE.fullmatch(part):
            continue
        if _is_department(part):
            departments.append(part)
            continue
        name = written_name(_without_role(part))
        if name is None or _has_department(name) or not _can_be_greeted(name):
            return unsure
        people.append(name)
    if len(people) != 1:
        return unsure
    return ContactPerson(name=people[0], departments=tuple(departments), written=written)


def _addressed(text: str) -> str:
    """Return whom the text means, without "z. Hd." and the article of a department behind it."""
    written = _ATTENTION.sub("", text).strip() or text
    plain = _ARTICLE.sub("", written)
    return plain if written != text and _is_department(plain) else written


def greets_by_last_name(name: Name) -> bool:
    """Tell whether *Frau* or *Herr* and the last name are sure."""
    woman = name.woman
    return woman is not None and sure_last_name(name) and not name.contradicts(woman=woman)


def _without_role(part: str) -> str:
    """Take a function off the beginning or end of a part ("GF Jan Klein", "Herr Klein GF")."""
    words = part.split()
    while len(words) > 1 and _ROLE.fullmatch(words[0]):
        words.pop(0)
    while len(words) > 1 and _ROLE.fullmatch(words[-1]):
        words.pop()
    return " ".join(words)


def _is_department(part: str) -> bool:
    """Whether the part speaks of no person: it has a word of a department and no form."""
    words = [word for word in part.split() if word.lower() not in _AND]
    return _FORMS.search(part) is None and any(_DEPARTMENT.fullmatch(word) for word in words)


def _can_be_greeted(name: Name) -> bool:
    """Whether anything but a bare last name is known; a last name alone fits no greeting."""
    noble = name.last.split()[0].lower() in NOBLE
    return name.woman is not None or bool(name.first or spoken_degree(name.degree)) or noble


def _has_department(name: Name) -> bool:
    words = f"{name.first} {name.last}".split()
    return any(_DEPARTMENT.fullmatch(word) for word in words)
