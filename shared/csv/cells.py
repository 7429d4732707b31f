"""What stands in one cell of a German CSV export: days, money, numbers, yes and no, words.

Every reader takes the stripped, non-empty text of a cell and returns a value or raises
`CellError`, whose code is stable and whose reasons can be shown to a user as they are. A value
that is taken although the cell does not say it surely is raised as `DoubtfulValue`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import time
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

LARGEST_CENTS = 10**11  # as the contracts of amounts have it
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")
BLANK_WORDS = frozenset({"", "ka", "na", "null", "none", "unbekannt", "keineangabe", "unknown"})
"""Folded texts that mean *unknown* wherever a cell may be empty (a lone dash folds to "")."""
BLANK_TEXTS = frozenset(
    {
        "n/a",
        "n.a.",
        "k.a.",
        "k. a.",
        "k.a",
        "keine angabe",
        "unbekannt",
        "n.n.",
        "n. n.",
        "xxx",
        "folgt",
    }
)
"""What stands for *unknown* in a text too. Not *null* or *na*, which are names of people."""

SHEET_FAULT = re.compile(
    r"(?i)#+|#(name\?|wert!|value!|nv|n/a|bezug!|ref!|div/0!|zahl!|num!|null!|überlauf!|spill!)"
)
"""What a spreadsheet shows in place of a value that it could not make."""
GERMAN_MONEY = re.compile(
    r"([+-]?)([1-9][0-9]{0,2}(?:\.[0-9]{3})+|[0-9]{1,15})(?:,([0-9]{1,2}|--?))?"
)
ENGLISH_MONEY = re.compile(r"([+-]?)([1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]{1,15})\.([0-9]{1,2})")
ONE_POINT = re.compile(r"[^0-9]*[0-9]{1,3}\.[0-9]{3}[^0-9]*")
GROUPED = re.compile(r"(?<=[0-9])['’\s](?=[0-9]{3}(?![0-9]))")
MINUSES = str.maketrans("−–", "--")
CURRENCY = re.compile(r"(?i)(€|eur(o)?)")
WHOLE_NUMBER = re.compile(r"([+-]?(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[0-9]{1,15}))(?:,0+|\.00?)?")
"""``2``, ``2,0`` and, of programs that count in decimals, ``2.0``; ``2.000`` are two thousand."""
CLOCK_TIME = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::([0-9]{2}))?(?: ?Uhr)?")
IDENTIFIER = re.compile(r"(?!\.+$)[A-Za-z0-9._:-]{1,64}")
BLANK_SIGN = "_"
IN_IDENTIFIERS = str.maketrans({
    "/": ":", "\\": ":", "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue",
    "ß": "ss",
})  # fmt: skip
NOT_IN_IDENTIFIERS = re.compile(r"[^A-Za-z0-9._:-]")
DECIMAL_PLACES = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,6})?")

YES = frozenset({"ja", "j", "x", "1", "true", "wahr", "yes", "y"})
NO = frozenset({"nein", "n", "0", "false", "falsch", "no"})


class CellError(ValueError):
    """The cell cannot be read: ``code`` for machines, the reasons for people.

    ``word_unknown`` says that it holds a word which its list does not have.
    """

    word_unknown = False

    def __init__(self, code: str, reason_de: str, reason_en: str) -> None:
        super().__init__(reason_en)
        self.code = code
        self.reason_de = reason_de
        self.reason_en = reason_en


class UnknownWord(CellError):
    """The cell holds a word that its list does not have; a user can say what it means."""

    word_unknown = True


class DoubtfulValue(CellError):
    """The cell is read as ``value``, and the user is told why that is not certain.

    Raised instead of returned, so that certain values cost nothing to tell apart.
    """

    def __init__(
        self,
        value: object,
        code: str,
        reason_de: str,
        reason_en: str,
        *,
        word_unknown: bool = False,
    ) -> None:
        super().__init__(code, reason_de, reason_en)
        self.value = value
        self.word_unknown = word_unknown


def folded(text: str) -> str:
    """``"Straße / Nr."`` → ``"strassenr"``: case, umlauts, blanks and signs do not count."""
    if text.isascii():
        return NOT_ALPHANUMERIC.sub("", text.lower())  # twice as fast, and most cells are
    return NOT_ALPHANUMERIC.sub("", text.casefold().translate(UMLAUTS))


def is_blank(cell: str) -> bool:
    """Whether a cell that is no value says that there is none: ``k.A.``, ``-``, ``?``."""
    word = folded(cell)
    return word in BLANK_WORDS and not (word == "" and any(map(_says_something, cell)))


def _says_something(sign: str) -> bool:
    return sign.isalnum() or sign.isnumeric() or sign == "#"


def text_up_to(length: int) -> Callable[[str], str]:
    """Text of at most ``length`` characters, inner line breaks and runs of blanks made one.

    A text that only says that it is unknown (``n/a``, ``-``, ``unbekannt``) is refused.
    """

    def read(cell: str) -> str:
        value = " ".join(cell.split())
        if SHEET_FAULT.fullmatch(value):
            raise CellError(
                "text-destroyed",
                f"„{value[:40]}“ ist die Fehlermeldung einer Tabellenkalkulation.",
                "This is the error message of a spreadsheet.",
            )
        if value.casefold() in BLANK_TEXTS or not value.strip("-–—?._*/ "):
            raise CellError(
                "text-placeholder",
                f"„{value[:40]}“ heißt, dass die Angabe unbekannt ist.",
                "The text only says that the value is unknown.",
            )
        if len(value) > length:
            raise CellError(
                "text-too-long",
                f"Der Text ist länger als {length} Zeichen.",
                f"The text is longer than {length} characters.",
            )
        if not value.isprintable():
            raise CellError(
                "text-unprintable",
                "Der Text enthält Steuerzeichen.",
                "The text contains control characters.",
            )
        return value

    return read


@lru_cache(maxsize=65536)
def identifier(cell: str) -> str:
    """An id of the broker's system: 1 to 64 of ``A-Za-z0-9._:-``.

    Blanks become ``_``, slashes ``:``, umlauts two letters, any other sign its number between
    points, in every list alike: so ``K 0815``, ``4711/1`` and ``#4711`` (``.23.4711``) are taken,
    still meet, and are not mixed up with ``K-0815``, ``4711-1`` and ``4711``.
    """
    if IDENTIFIER.fullmatch(cell) is None and cell.isprintable():
        cell = BLANK_SIGN.join(cell.split()).translate(IN_IDENTIFIERS)
        cell = NOT_IN_IDENTIFIERS.sub(lambda sign: f".{ord(sign[0]):x}.", cell)
    if IDENTIFIER.fullmatch(cell) is None:
        raise CellError(
            "id-invalid",
            "Eine Nummer hat 1 bis 64 Zeichen; Buchstaben und Ziffern zählen einfach, "
            "Sonderzeichen mehrfach.",
            "An id has 1 to 64 characters; special signs count as several.",
        )
    return cell


def _bare_amount(cell: str) -> str:
    """Without currency and groups, the sign in front (some systems write ``12,50-``,
    spreadsheets in the accounting form ``(12,50)``)."""
    bare = GROUPED.sub("", CURRENCY.sub("", cell).strip()).translate(MINUSES)
    bare = re.sub(r"(?<![0-9])\s+|\s+(?![0-9])", "", bare)
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1]}"
    if bare.endswith("-") and not bare.endswith((",-", "--")):
        bare = "-" + bare[:-1]
    return bare


@lru_cache(maxsize=65536)
def money(cell: str) -> int:
    """Reads ``1.234,56``, ``-12,5``, ``1234.56`` and ``12,00 €`` as exact cents.

    A single point before three digits groups thousands, as usual in Germany: ``1.234`` is 1234
    euros, and told. A comma before three digits is refused instead of guessed.
    """
    return _sure(cell, _cents(cell))


def _sure(cell: str, cents: int) -> int:
    if ONE_POINT.fullmatch(cell) is not None:
        raise DoubtfulValue(
            cents,
            "money-grouped",
            f"Gelesen als {cents // 100} Euro, der Punkt als Tausenderpunkt.",
            "The point was read as one between thousands.",
        )
    return cents


def _cents(cell: str) -> int:
    match = GERMAN_MONEY.fullmatch(cell)
    if match is None:
        bare = _bare_amount(cell)
        match = GERMAN_MONEY.fullmatch(bare) or ENGLISH_MONEY.fullmatch(bare)
    if match is None:
        raise CellError(
            "money-unreadable",
            f"„{cell[:40]}“ ist kein Betrag (erwartet: 1.234,56).",
            "Not an amount; expected 1.234,56.",
        )
    whole = int(match[2].replace(".", "").replace(",", ""))
    decimals = (match[3] or "").strip("-").ljust(2, "0")
    cents = whole * 100 + int(decimals)
    if cents > LARGEST_CENTS:
        raise CellError("money-too-large", "Der Betrag ist zu groß.", "The amount is too large.")
    return -cents if match[1] == "-" else cents


def money_not_negative(cell: str, most: int = LARGEST_CENTS) -> int:
    """Money that cannot be negative, such as a premium, up to ``most`` cents."""
    cents = _cents(cell)
    if cents < 0:
        raise CellError(
            "money-negative", "Der Betrag ist negativ.", "The amount must not be negative."
        )
    if cents > most:
        raise CellError("money-too-large", "Der Betrag ist zu groß.", "The amount is too large.")
    return _sure(cell, cents)


def integer_between(low: int, high: int, *, unit: str = "") -> Callable[[str], int]:
    """A whole number; only ``unit`` (such as ``km``) may stand behind it."""

    def read(cell: str) -> int:
        bare = re.sub(rf"(?i)\s*{unit}\.?$", "", cell) if unit else cell
        number = WHOLE_NUMBER.fullmatch(bare)
        if number is None:
            raise CellError(
                "integer-unreadable",
                f"„{cell[:40]}“ ist keine ganze Zahl.",
                "Not a whole number.",
            )
        return in_range(int(number[1].replace(".", "")), low, high)

    return read


def in_range(value: int, low: int, high: int) -> int:
    """The value, unless it lies outside of the two bounds."""
    if not low <= value <= high:
        raise CellError(
            "integer-out-of-range",
            f"Die Zahl muss zwischen {low} und {high} liegen.",
            f"The number must lie between {low} and {high}.",
        )
    return value


def decimal(cell: str) -> Decimal:
    """A number with up to six decimals, not negative: ``38,5``."""
    bare = "".join(cell.split())
    if DECIMAL_PLACES.fullmatch(bare) is None:
        raise CellError(
            "decimal-unreadable", f"„{cell[:40]}“ ist keine Zahl.", "Not a decimal number."
        )
    return Decimal(bare.replace(",", "."))


def rate(cell: str) -> float:
    """A percentage as a share: ``20 %`` and ``20`` are 0.2, ``0,5`` is 0.005 and told."""
    value = decimal(cell.removesuffix("%").strip()) / 100
    if value > 1:
        raise CellError(
            "rate-out-of-range", "Der Satz liegt über 100 %.", "The rate is above 100 %."
        )
    share = float(value.quantize(Decimal("0.000001"), ROUND_HALF_UP))
    if 0 < value < Decimal("0.01") and not cell.endswith("%"):
        raise DoubtfulValue(
            share,
            "rate-below-one",
            f"Als Prozent gelesen: {cell} %.",
            "Read as per cent, not as a fraction.",
        )
    return share


@lru_cache(maxsize=4096)
def yes_or_no(cell: str) -> bool:
    """``ja``, ``x``, ``1``, ``wahr`` and ``nein``, ``0``, ``falsch``."""
    word = folded(cell)
    if word in YES or cell in {"✓", "✔"}:
        return True
    if word in NO:
        return False
    raise UnknownWord(
        "boolean-unreadable",
        f"„{cell[:40]}“ ist weder ja noch nein.",
        "Neither yes (ja, x, 1) nor no (nein, 0).",
    )


def clock_time(cell: str) -> time:
    """``9:05``, ``09:05:00``, ``9.05 Uhr``: a local time of day."""
    match = CLOCK_TIME.fullmatch(cell)
    try:
        if match is not None:
            return time(int(match[1]), int(match[2]), int(match[3] or 0))
    except ValueError:
        pass
    raise CellError(
        "time-unreadable", f"„{cell[:40]}“ ist keine Uhrzeit.", "Not a time of day; expected 14:30."
    )


def word(
    words: Mapping[str, T], *, example: str, key: Callable[[str], str] = folded
) -> Callable[[str], T]:
    """One of a closed list of words; the keys of ``words`` are folded, ``example`` is shown.

    ``key`` folds in its stead where signs count, as in ``1/2`` and ``12``.
    """

    @lru_cache(maxsize=1024)
    def read(cell: str) -> T:
        try:
            return words[key(cell)]
        except KeyError as error:
            raise UnknownWord(
                "word-unknown",
                f"„{cell[:40]}“ ist hier kein bekannter Eintrag (erwartet: {example}).",
                f"Not a known word here; expected one of: {example}.",
            ) from error

    return read
