"""How a message names a contract: "Ihre Wohngebäudeversicherung bei der Muster AG (Nr. 4711)".

What is not known is left out; what stays is always a whole phrase, "Ihr Vertrag" at the least.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.notifier.domain.salutations import Language, one_line
from shared.contracts.lines import UNKNOWN_LINE, Line

SAVINGS: Final = frozenset({"pension", "company_pension", "investment", "bauspar"})
"""Lines where money is saved and no loss is insured: their end is no end of a protection."""

UNSURE: Final = frozenset({UNKNOWN_LINE, "other", "life", "framework", "loan", "bundle"})
"""Lines that may be either, so nothing is said of what ends with the contract. GDV knows pensions
as *life*."""

_GERMAN: Final[Mapping[str, str]] = {
    "motor": "Kfz-Versicherung",
    "motor_moped": "Mopedversicherung",
    "private_liability": "Privathaftpflichtversicherung",
    "legal": "Rechtsschutzversicherung",
    "business_legal": "Firmenrechtsschutzversicherung",
    "health_supplement": "Krankenzusatzversicherung",
    "dental": "Zahnzusatzversicherung",
    "care": "Pflegezusatzversicherung",
    "pension": "private Altersvorsorge",
    "company_pension": "betriebliche Altersvorsorge",
    "life": "Lebensversicherung",
    "term_life": "Risikolebensversicherung",
    "assistance": "!Schutzbrief",
    "bundle": "!Bündelvertrag",
    "framework": "!Rahmenvertrag",
    "commercial_package": "Gewerbeversicherung",
    "commercial_natural_hazards": "gewerbliche Naturgefahrenversicherung",
    "commercial_contents": "Geschäftsinhaltsversicherung",
    "engineering": "technische Versicherung",
    "credit": "Kredit- und Kautionsversicherung",
    "business_interruption": "Betriebsunterbrechungsversicherung",
    "agriculture": "landwirtschaftliche Versicherung",
    "investment": "Geldanlage",
    "loan": "Baufinanzierung",
    "bauspar": "!Bausparvertrag",
}
"""Nouns that are not the line's name and *versicherung*; "!" marks a masculine one."""

_ENGLISH: Final[Mapping[str, str]] = {
    "health_full": "full health insurance",
    "animal": "animal insurance",
    "animal_liability": "animal owner's liability insurance",
    "pension": "private pension",
    "company_pension": "company pension",
    "care": "long-term care insurance",
    "bundle": "bundled contract",
    "framework": "framework contract",
    "investment": "investment",
    "loan": "building loan",
    "bauspar": "building savings contract",
    "assistance": "assistance cover",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractWords:
    """A contract as one reader knows it.

    ``subject`` and ``object`` are the phrase in the nominative and the accusative, ``kind`` the
    noun alone. ``protects`` and ``saves`` are true only if that is sure.
    """

    kind: str
    subject: str
    object: str
    protects: bool
    saves: bool


def contract_words(
    fields: Mapping[str, object], language: Language, *, familiar: bool
) -> ContractWords:
    """Return the words for the contract that the fields tell of; every field may be missing."""
    found = fields.get("line")
    line = found if isinstance(found, Line) and found.key != UNKNOWN_LINE else None
    kind = _noun(line, language)
    insurer, number = (
        one_line(str(fields.get(key) or "")) for key in ("insurer", "contract_number")
    )
    if language == "en":
        behind = (f" with {insurer}" if insurer else "") + (f" (no. {number})" if number else "")
        subject = accusative = f"your {kind}{behind}"
    else:
        behind = (f" bei der {insurer}" if insurer else "") + (f" (Nr. {number})" if number else "")
        your = "dein" if familiar else "Ihr"
        masculine = kind.startswith("!")
        kind = kind.removeprefix("!")
        subject = f"{your}{'' if masculine else 'e'} {kind}{behind}"
        accusative = f"{your}{'en' if masculine else 'e'} {kind}{behind}"
    key = line.key if line else UNKNOWN_LINE
    return ContractWords(
        kind="" if line is None or line.key == "other" else kind,
        subject=subject,
        object=accusative,
        protects=key not in SAVINGS | UNSURE,
        saves=key in SAVINGS,
    )


def _noun(line: Line | None, language: Language) -> str:
    if line is None or line.key == "other":
        return "contract" if language == "en" else "!Vertrag"
    if language == "en":
        return _ENGLISH.get(line.key, f"{line.en[0].lower()}{line.en[1:]} insurance")
    if line.key in _GERMAN:
        return _GERMAN[line.key]
    return line.de if line.de.endswith("versicherung") else f"{line.de}versicherung"
