"""What one record of a customer tells another when somebody says that both are one person."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from services.classifier.domain.records import LINKS, OWN_WORD_ONLY, Fields

ADDRESS: Final = "address."
NEVER_FILLED: Final = OWN_WORD_ONLY | {"kind", "status", "form_of_address", "language"}
"""A death or an end of mandate must not come with a merge; the others always have a value."""
BESIDE: Final = (f"{LINKS}.", "flags.", ADDRESS, "identities")
NOTHING: Final[tuple[object, ...]] = (None, [], {})


def filled_by(into: Fields, away: Fields) -> dict[str, Any]:
    """The fields that ``away`` knows and ``into`` does not, with their values.

    An address is taken as a whole or not at all: half of each would be nobody's.
    """
    filled = {
        name: value
        for name, value in away.items()
        if name not in NEVER_FILLED
        and not name.startswith(BESIDE)
        and into.get(name) in NOTHING
        and value not in NOTHING
    }
    if all(into.get(f"{ADDRESS}{part}") is None for part in ("street", "postcode", "city")):
        filled |= {name: value for name, value in away.items() if name.startswith(ADDRESS)}
    return filled


def joined_identities(into: Mapping[str, str], away: Mapping[str, str]) -> dict[str, str]:
    """The numbers in other systems that ``away`` adds, each under a name that is free."""
    added: dict[str, str] = {}
    for system, number in away.items():
        if number in into.values():
            continue
        name = system
        while name in into or name in added:
            name = f"{name}_2"
        added[name] = number
    return added


def encoded(value: Any) -> Any:
    """A field's value as JSON has it."""
    return value.isoformat() if isinstance(value, date) else value


def emptied(now: Fields, filled: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the merge filled and nobody changed since, unknown again."""
    return {
        name: "DE" if name == "address.country" else None
        for name, value in filled.items()
        if name in now and encoded(now[name]) == value
    }
