"""Recognises legal forms in names, and brings names into one spelling for comparison."""

import re
from typing import Final

LEGAL_FORM: Final = re.compile(
    r"(?i)(?<![\w.])("
    r"g?gmbh|mbh|g?ug|g?ag|kg|kgaa|ohg|e?gbr|partg(mbb)?|g?eg|se|aör|kdör|vvag|ewiv|sce|stgmbh"
    r"|g\.?\s?m\.?\s?b\.?\s?h|e\.?\s?k\.?|e\.?\s?k\.?\s?f[rm]\.?|e\.?\s?v\.?|e\.?\s?g\.?"
    r"|ltd\.?|limited|inc\.?|llc|llp|plc|b\.\s?v\.?|s\.?\s?à?a?\.?\s?r\.?\s?l\.?"
    r"|stiftung|verein|genossenschaft|erbengemeinschaft|(wohnungs)?eigentümergemeinschaft"
    r"|(&|\+|und|u\.)\s?(co|cie|s(ö|oe)hne|sohn|t(ö|oe)chter|partner)\.?|(?-i:WEG)|inh(aberin|aber)?[.:]"
    r"|kirchengemeinde|anstalt des öffentlichen rechts|körperschaft des öffentlichen rechts"
    r")(?![\w])"
)
TITLE: Final = re.compile(
    r"(?i)(prof|dr|dipl|ing|med|dent|vet|jur|rer|nat|pol|phil|h\.?c|mag)\.?(-\w+\.?)*"
)
BEHIND_A_NAME: Final = re.compile(
    r"(?i)(geb(oren(e[rn]?)?)?|verw(itwete?)?|verh(eiratete?)?|gesch(ieden)?|vorm(als)?|ehem(als)?"
    r"|gen(annt)?|fr(üher)?|wwe|witwer?|jr|jun(ior)?|sr|sen(ior)?|d\.\s?[äjÄJ]|[ivx]+|alias|und|u"
    r"|mba|msc|m\.sc|b\.sc|ll\.m|mdb|mdl|c/o|z\.\s?hd|herrn?|frau|eheleute|familie)\.?"
)
"""Words behind a comma that begin no first name."""
SIGNS: Final = re.compile(r"[^a-z0-9]+")
SPELLINGS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def is_company_name(name: str) -> bool:
    """Returns whether the name has a legal form: ``Muster GmbH & Co. KG``, ``Alt e. Kfr.``."""
    return LEGAL_FORM.search(name) is not None


def comparable(name: str) -> str:
    """Returns one spelling for
    comparison: ``Müller-Lüdenscheidt`` and ``MUELLER LUEDENSCHEIDT``."""
    return SIGNS.sub("", name.casefold().translate(SPELLINGS))


PARTICLES: Final = frozenset({
    "von", "vom", "zu", "zum", "zur", "van", "de", "del", "della", "di", "da", "dos", "du", "der",
    "den", "dem", "des", "ten", "ter", "und", "el", "al", "le", "la", "graf", "gräfin", "freiherr",
    "freifrau", "baron", "baronin", "prinz", "prinzessin", "ritter", "edler", "st.", "sankt", "mc",
    "mac", "o'", "d'",
})  # fmt: skip
"""Words that belong to a last name."""


def may_hold_first_name(name: str) -> bool:
    """Returns whether a name in one column may be first and last name, such as ``Ute Bergmann``."""
    words = [word.strip("„“”\"'()").casefold() for word in name.split()]
    named = [word for word in words if word[:1].isalpha() and word not in PARTICLES]
    return "," in name or len(named) > 1


def is_given_name(word: str) -> bool:
    """Returns whether one word may be a given name: letters, with a hyphen, apostrophe or point."""
    letters = word.replace("-", "").replace("'", "").replace("’", "").removesuffix(".")
    return letters.isalpha() and not (TITLE.fullmatch(word) or BEHIND_A_NAME.fullmatch(word))


def _no_name(word: str) -> bool:
    return any(sign.isdigit() for sign in word) or word in ("&", "+", "/")


def parted(name: str) -> tuple[str, str | None, str | None] | None:
    """Returns last name, title and first name of ``Bergmann, Dr. Ute`` or ``Bergmann, Dr.``; None
    if it is written otherwise."""
    last, comma, rest = name.partition(",")
    words = rest.split()
    if not comma or not last.strip() or not words or "," in rest or is_company_name(name):
        return None
    if any(BEHIND_A_NAME.fullmatch(word) for word in words) or any(map(_no_name, words)):
        return None
    titles = [word for word in words if TITLE.fullmatch(word)]
    first = " ".join(word for word in words if word not in titles)
    return (last.strip(), " ".join(titles) or None, first or None)
