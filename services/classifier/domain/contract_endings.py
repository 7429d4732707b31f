"""What takes back the end of a contract, and what goes with it.

A cancelled or expired contract earns nothing and covers nothing. A list or a record that only says
*active* may be older than the cancellation, so it revives nothing.
"""

from dataclasses import replace
from typing import Any, Final

from services.classifier.domain.records import ENDED, ENDING, Fields
from services.classifier.domain.words import LISTS, Word

NO_ENDING: Final[dict[str, Any]] = {"cancelled_on": None, "cancel_reason": None, "end": None}
"""How a contract stands that nobody ends."""


def lifts_its_end(known: Fields, word: Word, ended_by: str | None) -> bool:
    """Whether a word takes back the end of a contract that the source ``ended_by`` told.

    It names a state that runs on, and it is a ``PUT`` or ``PATCH``, or comes from the very system
    or insurer that told the end, or takes back the day of cancellation, or tells a later end of
    what had expired without being cancelled. All lists bear one name, so none is known to correct
    itself.
    """
    status = word.fields.get("status")
    if known.get("status") not in ENDED or status is None or status in ENDED:
        return False
    corrects_itself = ended_by == word.source and not word.source.startswith(LISTS)
    if word.final or corrects_itself or word.fields.get("cancelled_on", word) is None:
        return True
    before, after = known.get("end"), word.fields.get("end")
    expired = known["status"] == "expired" and known.get("cancelled_on") is None
    return bool(expired and before and after and after > before)


def keeps_its_end(name: str, known: Fields, word: Word, ended_by: str | None) -> bool:
    """Whether this field of an ended contract stays because a word that names it does not lift the
    end. Without a state of its own a word may add a reason, and move no end."""
    if name not in ENDING or word.final or known.get("status") not in ENDED:
        return False
    status = word.fields.get("status")
    if status is None:
        return name == "end"
    return status not in ENDED and not lifts_its_end(known, word, ended_by)


def with_what_it_lifts(known: Fields, word: Word, ended_by: str | None) -> Word:
    """A word that lifts an end, with the fields of the ending that go with it: a running contract
    has no day and no reason of a cancellation, and no end that one had set."""
    if not lifts_its_end(known, word, ended_by):
        return word
    return replace(word, fields={**NO_ENDING, **word.fields})
