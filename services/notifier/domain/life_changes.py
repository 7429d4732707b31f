"""The words for a change in a customer's life: plain, and gentle if the change hurts."""

from dataclasses import dataclass
from typing import Final

from shared.contracts.events import LifeChange


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """One change in both languages, without an article, because it stands in brackets."""

    de: str
    en: str


LIFE_CHANGES: Final[dict[LifeChange, ChangeWords]] = {
    "birth": ChangeWords("Nachwuchs", "a new child"),
    "marriage": ChangeWords("Heirat", "marriage"),
    # Nobody wants to read "divorce" in a letter of their broker.
    "divorce": ChangeWords("Veränderung in der Familie", "a change in the family"),
    "move": ChangeWords("Umzug", "a new address"),
    "house": ChangeWords("neues Zuhause", "a new home"),
    "job": ChangeWords("neue Stelle", "a new job"),
    "self_employment": ChangeWords("Selbstständigkeit", "self-employment"),
    "retirement": ChangeWords("Ruhestand", "retirement"),
}
