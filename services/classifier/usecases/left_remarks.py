"""What an import tells of fields that stay as they are known, and of names that change."""

from datetime import date
from typing import Final

from services.classifier.domain.provenance import Why

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
    "own_word": (
        "kept-own-word",
        "Tod, Mandatsende und Vertragsende nimmt nur eine ausdrückliche Angabe zurück.",
        "Only a word of its own takes back a death, an end of mandate or of a contract.",
    ),
    "unpaired": (
        "kept-instalments",
        "Andere Zahlweise ohne den Beitrag je Zahlung; es bleibt bei {known} im Jahr.",
        "Other instalments without their premium: it stays at {known} a year.",
    ),
    "renamed": (
        "name-changed",
        "Der Name ist ein anderer als bisher („{known}“) und wurde übernommen.",
        "The name is another than before ({known}) and was taken.",
    ),
}
"""Code, German and English reason of what stays as it is known, or is told when it changes."""


def shown(value: object) -> str:
    """A value as a remark can show it; nothing of lists and parts."""
    return str(value)[:200] if isinstance(value, str | int | date) else ""
