"""The parts of a person's name: degrees, titles of nobility, particles, and what is no name at all.

Names arrive as people typed them. Whatever cannot be told apart surely is reported as unsure, and
the greeting is neutral then: a wrong salutation is worse than a plain one.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

NOBLE_MEN: Final = frozenset({"graf", "freiherr", "frhr.", "baron", "fürst", "prinz", "herzog"})
NOBLE_WOMEN: Final = frozenset(
    {"gräfin", "freifrau", "freiin", "baronin", "baronesse", "fürstin", "prinzessin", "herzogin"}
)
NOBLE: Final = NOBLE_MEN | NOBLE_WOMEN | {"edler", "edle", "ritter"}
"""Former titles of nobility: part of the name (Art. 109 WRV), so a greeting keeps them."""

PARTICLES: Final = frozenset(
    {
        "von",
        "vom",
        "v.",
        "d.",
        "zu",
        "zum",
        "zur",
        "der",
        "den",
        "dem",
        "des",
        "van",
        "ter",
        "ten",
        "te",
    }
    | {"de", "di", "da", "do", "dos", "del", "della", "du", "la", "le", "el", "al", "af", "av"}
    | {"bin", "ibn", "ben", "d'", "und"}
)
"""Words that begin a last name, or stand inside one ("von und zu")."""

BRITISH: Final = frozenset({"sir", "dame", "lord", "lady"})

_DEGREE = re.compile(
    r"(?:(?:univ|jun|hon|ao|apl)\.-?\s?)?prof(?:\.?|essor(?:in)?|\.?[’']?in)"
    r"|(?:dr|doktor|dres|pd|priv\.-doz|dipl|mag|ing|lic|bacc|st)\.?(?:-[^\s,]+)?"
    r"|(?:med|dent|vet|jur|iur|rer|nat|oec|pol|phil|theol|habil|mult|techn|soc|h\.\s?c|e\.\s?h|c)\.?"
    r"(?:\s?[a-z]\.)?"
    r"|(?:rechtsanw(?:alt|ältin)|steuerberater|notar|architekt|pastor|pfarrer)(?:in)?|ra(?:in)?|stb"
    r"|(?:mba|ll\.?\s?m|b\.?\s?a|m\.?\s?a|b\.?\s?sc|m\.?\s?sc|b\.?\s?eng|m\.?\s?eng|ph\.?\s?d)\.?",
    re.IGNORECASE,
)
_POSTNOMINAL = re.compile(
    r",?\s+((?:mba|ll\.\s?[mb]|b\.\s?a|m\.\s?a|[bm]\.\s?sc|[bm]\.\s?eng|ph\.?\s?d|dipl\.-\S+)\.?)$",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"(?:^|\s)(?:mba|ll\.\s?[mb]|[bm]\.\s?(?:a|sc|eng)|ph\.?\s?d)\.?$", re.IGNORECASE
)
_ASIDE = re.compile(
    r"(?<!\S)(?:\([^()]*\)|\[[^\[\]]*\])(?=$|[\s,/;])"
    r"|,?\s+(?:geb(?:\.|orene)|verw(?:\.|itwete)|gesch(?:\.|iedene)|vormals)\s.*$",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r",?\s+(?:jr\.?|sr\.?|jun\.?|sen\.?|junior|senior|i{2,3}\.?)$", re.IGNORECASE)
_SEVERAL = re.compile(
    r"\s(?:und(?!\szu)|u\.|and|oder|or|bzw\.)\s|[&+/;,]"
    r"|\s(?:z\.?\s?hd\.?n?|z\.\s?h\.|i\.\s?v\.|p\.\s?a\.|vertr(?:\.|eten)|per adresse|bei"
    r"|über|für|betreuer(?:in)?|vormund|frau|herrn?|fam\.|familie)\s",
    re.IGNORECASE,
)
"""Two names, or a second person through whom the first is reached."""
_LIKE_NAMES: Final = frozenset(
    {
        "mag",
        "ing",
        "med",
        "nat",
        "pol",
        "phil",
        "st",
        "c",
        "ma",
        "ba",
        "lic",
        "dipl",
        "pastor",
        "vet",
    }
    | {"pfarrer", "notar", "bacc", "dent", "rer", "jur", "iur", "oec", "mult", "soc", "theol"}
)
"""Degrees without their point that may as well be somebody's name."""
_NOBODY = re.compile(
    r"^(?:[-–.?*/x\s]+|n\.?\s?n\.?|n/a|k\.?\s?a\.?|null|none|nan|undefined"
    r"|unbekannt|unknown|folgt|name|vorname|nachname)$",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(r"^(?:keine?r?|ohne|kein\s+titel|entfällt)$", re.IGNORECASE)
_SPOKEN = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]{2,})*")
"""A first name as it is spoken: no initial in it, and no nickname in quotation marks."""
_INITIAL = re.compile(r"^(?:\w\.-?)+$|^\w$")
_FORM = re.compile(
    r"^(?:(frau|fr\.?|fräulein|ms\.?|mrs\.?|miss)|(herrn|herr|hrn?\.?|mr\.?))(?:\s+|$)(?!(?:und|u\.|and)\s|[&+/])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name in its parts; each may be empty.

    ``noble`` is the title of nobility with its particles, ``degree`` all academic degrees before
    the name, ``postnominal`` those behind it.
    """

    woman: bool | None = None
    degree: str = ""
    first: str = ""
    noble: str = ""
    last: str = ""
    suffix: str = ""
    postnominal: str = ""

    @property
    def full(self) -> str:
        """The name as it stands in an address, without *Frau* or *Herrn*."""
        after = " ".join(filter(None, (self.last, self.suffix)))
        words = (self.degree, self.first, self.noble, after, self.postnominal)
        return " ".join(filter(None, words))

    @property
    def several(self) -> bool:
        """Whether the name names more than one person, as "Hans und Eva" does."""
        return bool(_SEVERAL.search(self.first)) or bool(_SEVERAL.search(self.last))

    @property
    def by_first_name(self) -> bool:
        """Whether the first name can be spoken: one person's, and no initial in it."""
        words = self.first.split()
        spoken = all(len(word) > 1 and _SPOKEN.fullmatch(word) for word in words)
        return bool(words) and spoken and not self.several

    def contradicts(self, *, woman: bool) -> bool:
        """Whether the title of nobility is of the other gender than the salutation.

        "Graf" alone is a common last name, so only a title before a name is one.
        """
        words = f"{self.noble} {self.last}".lower().split()
        others = NOBLE_MEN if woman else NOBLE_WOMEN
        return (len(words) > 1 and words[0] in others) or (not woman and words[:1] == ["gräfin"])


def name_of(title: str, first: str, last: str) -> Name:
    """Return the name from the fields of a record, with every part in its own place."""
    first, last = (known(without_asides(part).strip(" ,;")) for part in (first, last))
    form_first, first = taken_form(first)
    form_last, last = taken_form(last)
    last, degree_behind = _degree_behind(last)
    if "," in last and not first and not _POSTNOMINAL.search(last):
        last, _, first = (part.strip() for part in last.partition(","))
    last, postnominal = _taken(_POSTNOMINAL, last)
    last, suffix = _taken(_SUFFIX, last)
    degree_first, first = _taken_degrees(first)
    degree_last, last = _taken_degrees(last)
    form_title, title = taken_form("" if _NO_TITLE.match(title) else known(title))
    title, behind = _taken(_BEHIND, title)
    degree, noble = _noble_of(title)
    first, noble_first = _taken_noble(first)
    return Name(
        woman=next(
            (form for form in (form_title, form_first, form_last) if form is not None), None
        ),
        degree=" ".join(_distinct(degree, degree_first, degree_last, degree_behind)),
        first=first,
        noble=" ".join(_distinct(noble, noble_first)),
        last=last,
        suffix=suffix.strip(" ,"),
        postnominal=" ".join(_distinct(behind, postnominal.strip(" ,"))),
    )


def written_name(text: str) -> Name | None:
    """Return the name of one person who is written in one field; None if that is not sure."""
    woman, rest = taken_form(without_asides(text))
    rest, postnominal = _taken(_POSTNOMINAL, rest)
    rest, suffix = _taken(_SUFFIX, rest)
    degree, rest = _taken_degrees(rest)
    words = rest.split()
    if not words or _SEVERAL.search(rest) or any(not _is_name(word) for word in words):
        return None
    start = _start_of_last_name(words)
    name = Name(
        woman=woman,
        degree=degree,
        first=" ".join(words[:start]),
        last=" ".join(words[start:]),
        suffix=suffix.strip(" ,"),
        postnominal=postnominal.strip(" ,"),
    )
    alone = len(words) == 1 and woman is None and not degree
    return None if alone else name


def sure_last_name(name: Name) -> bool:
    """Tell whether it is sure where the last name of a written name begins.

    In "Eva Klein Müller" *Klein* may belong to either; second names in use are told apart.
    """
    return all(
        _INITIAL.match(word) or word.lower() in SECOND_NAMES for word in name.first.split()[1:]
    )


def taken_form(text: str) -> tuple[bool | None, str]:
    """Return whether *Frau* (True) or *Herr* (False) stands before the text, and the rest."""
    found = _FORM.match(text)
    return (None, text) if found is None else (bool(found[1]), text[found.end() :].strip())


def without_asides(text: str) -> str:
    """Return the text without brackets and without a name at birth."""
    return " ".join(_ASIDE.sub(" ", text).split())


def known(text: str) -> str:
    """Return the text, or nothing if it only says that the name is unknown."""
    return "" if _NOBODY.match(text) else text


def spoken_degree(degree: str) -> str:
    """Return what a greeting speaks of the degrees: professor and doctor, each once."""
    words = degree.lower()
    found = []
    if re.search(r"\bprof", words):
        found.append("Prof.")
    if re.search(r"\b(?:dr|dres|doktor)\b", words):
        found.append("Dr.")
    return " ".join(found)


def _taken(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    found = pattern.search(text)
    return (text, "") if found is None else (text[: found.start()].strip(), found[0].strip())


def _taken_degrees(text: str) -> tuple[str, str]:
    """Take the degrees off the beginning of a name, and leave at least one word."""
    words = text.split()
    count = 0
    while count < len(words) - 1 and _is_degree(words, count):
        count += 1
    return " ".join(words[:count]), " ".join(words[count:])


def _degree_behind(last: str) -> tuple[str, str]:
    """Take degrees off that stand behind the name and a comma ("Klein, Dr.")."""
    name, _, behind = last.partition(",")
    words = behind.split()
    if (
        not words
        or _POSTNOMINAL.search(last)
        or not all(_is_degree(words, number) for number in range(len(words)))
    ):
        return last, ""
    return name.strip(), " ".join(words)


def _is_degree(words: list[str], number: int) -> bool:
    """A name can be called *Mag* or *Ing*; a degree before others is abbreviated with a point, and
    a profession stands before a degree ("Notar Dr. Berg")."""
    word, later = words[number], number > 0
    if later and word.lower() in ("med.", "jur.", "h.", "c.", "e.", "h.c.", "e.h."):
        return True
    if word.lower() in _LIKE_NAMES and number + 2 < len(words):
        return _looks_like_degree(words[number + 1])
    return _looks_like_degree(word)


def _looks_like_degree(word: str) -> bool:
    spelled = len(word) > 1 and not word.endswith(".") and word.lower() not in _LIKE_NAMES
    pointed = "." in word and not _INITIAL.fullmatch(word)
    return (spelled or pointed) and _DEGREE.fullmatch(word) is not None


def _noble_of(title: str) -> tuple[str, str]:
    """Part a title into degrees and the title of nobility with what follows it."""
    words = title.split()
    for number, word in enumerate(words):
        if word.lower() in NOBLE | PARTICLES:
            return " ".join(words[:number]), " ".join(words[number:])
    return title, ""


def _taken_noble(first: str) -> tuple[str, str]:
    """Take a title of nobility off a first name, behind it or before it ("Graf Anton")."""
    words = first.split()
    if len(words) > 1 and words[0].lower() in NOBLE:
        return " ".join(words[1:]), words[0]
    for number, word in enumerate(words):
        if number and word.lower() in NOBLE | (PARTICLES - {"und"}):
            return " ".join(words[:number]), " ".join(words[number:])
    return first, ""


def _start_of_last_name(words: list[str]) -> int:
    for number, word in enumerate(words):
        if word.lower() in NOBLE | PARTICLES and number < len(words) - 1:
            return number
    return len(words) - 1


def _is_name(word: str) -> bool:
    """A word of a name begins with a capital, or is a particle; it holds no digit or sign."""
    letters = word.replace("-", "").replace("’", "").replace("'", "").replace(".", "")
    return letters.isalpha() and (word[:1].isupper() or word.lower() in PARTICLES | {"d'"})


def _distinct(*texts: str) -> list[str]:
    return list(dict.fromkeys(filter(None, texts)))


def with_form(name: Name, woman: bool | None) -> Name:
    """Return the name with the gender that the record's salutation tells."""
    return name if woman is None else replace(name, woman=woman)


_SECOND_NAMES = """
    alexander alfred andreas anna anne anton bernd bernhard carl charlotte christian christoph
    christine daniel dieter dietrich dorothea elisabeth emil erich erika ernst eva felix ferdinand
    franz franziska friedrich fritz georg gerhard gertrud günter günther gustav hanna hannah hans
    harald heinrich heinz helene helga helmut henriette herbert hermann horst hugo ingeborg irene
    jakob jens joachim johann johanna johannes josef joseph julia jürgen karin karl katharina klaus
    konrad kurt leopold lothar ludwig luise louise magdalena manfred margarete margarethe maria
    marianne marie markus martha martin mathilde matthias max maximilian michael monika nikolaus
    oskar otto paul paula peter petra philipp rainer renate richard robert rolf rosa rudolf ruth
    sebastian siegfried sophia sophie stefan stephan susanne theodor theresa therese thomas ulrich
    ursula uwe viktor viktoria volker walter werner wilhelm wilhelmine wolfgang"""
SECOND_NAMES: Final = frozenset(_SECOND_NAMES.split())
"""Names that often stand second ("Hans Peter Müller"), and are hardly the first half of a double
last name without a hyphen."""
