"""Names that say more than who somebody is: that they may have died, that heirs hold what was
theirs, or that a letter was lost on the way."""

import re
from typing import Final, NamedTuple, Protocol

MAYBE_DEAD: Final = re.compile(
    r"(?i)[†✝✞]|(?<!\w)verst(orben\w*|\.)|(?<!\w)\(\s*tot\s*\)|(?<!\w)verw\.?\s+†"
)
HEIRS: Final = re.compile(
    r"(?i)(?<!\w)(erbengemeinschaft|erben\s+(nach|des|der|von|d\.)|nachla(ss|ß)(pfleg\w+|verwalt\w+)?)"
    r"(?!\w)"
)
LETTER_LOST: Final = re.compile(r"[^\W\d_][-'’]?\?+[-'’]?[^\W\d_]|\?[^\W\d_]|\ufffd")
ANSWER: Final = (
    "Bis jemand antwortet, ist Werbung gesperrt; nach der Klärung hebt PUT "
    "/v1/customers/{customer_id}/objections die Sperre auf."
)
ANSWER_EN: Final = (
    "Advertising is held off until somebody answers; PUT /v1/customers/{customer_id}/objections "
    "lifts that."
)


class Named(Protocol):
    """Whoever has a name: a customer, or a person of a GDV file."""

    @property
    def company_name(self) -> str | None: ...

    @property
    def first_name(self) -> str | None: ...

    @property
    def last_name(self) -> str | None: ...


class NameDoubt(NamedTuple):
    """What a name says beside who somebody is; ``held_off``: nothing advertising may be sent until
    a person has looked."""

    code: str
    reason_de: str
    reason_en: str
    held_off: bool = True
    name: str = ""


OF_THE_DEAD: Final = NameDoubt(
    "name-maybe-dead",
    "Der Name sagt, dass der Mensch verstorben sein kann. Ist es so, den Todestag unter "
    f"„Verstorben am“ eintragen; sonst den Zusatz im Namen streichen. {ANSWER}",
    "The name says that the person may have died: enter the day of death, or take the mark out of "
    f"the name. {ANSWER_EN}",
)
OF_HEIRS: Final = NameDoubt(
    "name-of-heirs",
    f"Eine Erbengemeinschaft oder ein Nachlass: bedient wird, geworben nicht. {ANSWER}",
    f"A community of heirs or an estate: served, and not advertised to. {ANSWER_EN}",
)
LOST: Final = NameDoubt(
    "name-letter-lost",
    "Im Namen steht ein Fragezeichen statt eines Buchstabens, wohl durch die Kodierung: bitte "
    "berichtigen.",
    "A question mark stands in the name for a letter, lost by an encoding; please correct it.",
    held_off=False,
)


def doubts_of_name(whose: Named) -> list[NameDoubt]:
    """What is doubtful about a person's or company's name, with the name; mostly nothing."""
    parts = (whose.company_name, whose.first_name, whose.last_name)
    name = " ".join(part for part in parts if part)
    found = []
    if HEIRS.search(name):
        found.append(OF_HEIRS)
    elif MAYBE_DEAD.search(name):
        found.append(OF_THE_DEAD)
    if LETTER_LOST.search(name):
        found.append(LOST)
    return [doubt._replace(name=name[:120]) for doubt in found]
