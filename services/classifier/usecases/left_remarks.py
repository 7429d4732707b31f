"""What an import tells of fields that stay as they are known, and of names that change."""

from datetime import date
from typing import Final

from services.classifier.domain.provenance import LeftAlone, Why
from services.classifier.domain.records import DEATH, END_OF_MANDATE

LEFT_ALONE: Final[dict[Why, tuple[str, str, str]]] = {
    "empty": (
        "kept-empty-cell",
        "Die Zelle ist leer; was bekannt ist, bleibt.",
        "The cell is empty; what is known stays.",
    ),
    "older": (
        "kept-newer",
        "Eine neuere Angabe ist bekannt und bleibt: „{known}“.",
        "A newer value is known and stays: {known}.",
    ),
    "poorer": (
        "kept-better-source",
        "Die Angabe des Versicherers weicht ab; die des Maklers bleibt: „{known}“.",
        "The insurer's value differs; the broker's stays: {known}.",
    ),
    "own_word": ("kept-own-word", "", ""),
    "unpaired": (
        "kept-instalments",
        "Andere Zahlweise ohne den Beitrag je Zahlung; es bleibt bei {known} im Jahr.",
        "Other instalments without their premium: it stays at {known} a year.",
    ),
    "withdrawn": (
        "ended-at-start",
        "Gekündigt zu einem Tag vor dem bekannten Beginn: endet am Tag des Beginns ({known}).",
        "Cancelled to a day before its known start: it ends on the day of its start ({known}).",
    ),
    "renamed": (
        "name-changed",
        "Der Name ist ein anderer als bisher („{known}“) und wurde übernommen.",
        "The name is another than before ({known}) and was taken.",
    ),
}
"""Code, German and English reason of what stays as it is known, or is told when it changes."""

OF_A_CONTRACT: Final = (
    "Der Vertrag ist beendet und bleibt es; dass eine Liste ihn als laufend führt, hebt das nicht "
    "auf. War das Ende ein Irrtum, nimmt es "
    'PATCH /v1/customers/{customer_id}/contracts/{contract_id} mit {"status": "active"} zurück.',
    "The contract has ended and stays so, whatever a list says of it; if the end was a mistake, "
    'PATCH /v1/customers/{customer_id}/contracts/{contract_id} with {"status": "active"} takes it '
    "back.",
)
OWN_WORDS: Final = {
    DEATH: (
        "Der bekannte Todestag bleibt. War er ein Irrtum, nimmt ihn PATCH "
        '/v1/customers/{customer_id} mit {"death_date": null} zurück.',
        "The known death stays; if it was a mistake, PATCH /v1/customers/{customer_id} with "
        '{"death_date": null} takes it back.',
    ),
    END_OF_MANDATE: (
        "Das bekannte Mandatsende bleibt. War es ein Irrtum, nimmt es PATCH "
        '/v1/customers/{customer_id} mit {"mandate": {"ended_on": null}} zurück.',
        "The known end of the mandate stays; if it was a mistake, PATCH "
        '/v1/customers/{customer_id} with {"mandate": {"ended_on": null}} takes it back.',
    ),
}
"""How each of these is taken back; all others are the end of a contract."""


def left_alone(left: LeftAlone, known: object) -> tuple[str, str, str]:
    """Code, German and English reason of a field that stays as it is ``known``."""
    code, german, english = LEFT_ALONE[left.why]
    if left.why == "own_word":
        return code, *OWN_WORDS.get(left.field, OF_A_CONTRACT)
    return code, german.format(known=shown(known)), english.format(known=shown(known))


def shown(value: object) -> str:
    """A value as a remark can show it; nothing of lists and parts."""
    return str(value)[:200] if isinstance(value, str | int | date) else ""
