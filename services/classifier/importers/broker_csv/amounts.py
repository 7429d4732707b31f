"""What a row of a commission statement says that the agency earned.

Earned is the commission before a reserve is kept back and without value added tax: the reserve is
paid out later, and its release must not count again. `Betrag` alone counts as it stands.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from shared.csv.cells import CellError, DoubtfulValue, UnknownWord, folded, money, yes_or_no

VAT_PERCENT: Final = (19, 16, 7)  # rates of UStG § 12 since 2007
CENT: Final = 1  # statements round each figure by itself
DEBIT: Final = frozenset(
    ("s", "soll", "minus", "belastung", "lastschrift", "-", "–", "−", "negativ", "debit", "d")
)
CREDIT: Final = frozenset(("h", "haben", "plus", "gutschrift", "+", "positiv", "credit", "c", "k"))
SIGNED: Final = re.compile(
    r"(?i)(?P<before>s|soll|h|haben)[\s.:]*(?=[0-9+\-−€])(?P<behind_it>.*)"
    r"|(?P<in_front>.*[0-9€\-])[\s.:]*(?P<behind>s|soll|h|haben)\.?"
)
"""An amount with its sign as a letter or word in the same cell: ``24,00 H``, ``S 5,00``."""
Doubt = Literal[
    "fee-unclear", "parts-unclear", "reserve-unclear", "vat-unclear", "reversal-beside"
]  # fmt: skip
DOUBTS: Final[dict[Doubt, tuple[str, str]]] = {
    "fee-unclear": (
        "Courtage und Betrag passen nicht zusammen; gebucht wurde der Betrag.",
        "Commission and amount do not fit together; the amount was booked.",
    ),
    "parts-unclear": (
        "Der Betrag ist nicht die Summe der Spalten je Art; gebucht wurden diese Spalten.",
        "The amount is not the sum of the columns of one kind each; these were booked.",
    ),
    "reversal-beside": (
        "Courtage und Storno stehen in einer Zeile; übernommen als zwei Buchungen.",
        "Commission and reversal stand in one row; taken as two bookings.",
    ),
    "reserve-unclear": (
        "Ob der Einbehalt im Betrag enthalten ist, ist nicht zu erkennen; gebucht wurde der "
        "Betrag, wie er dasteht.",
        "Whether the amount includes the reserve cannot be told; it was booked as it stands.",
    ),
    "vat-unclear": (
        "Ob die Umsatzsteuer im Betrag enthalten ist, ist nicht zu erkennen; gebucht wurde der "
        "Betrag, wie er dasteht.",
        "Whether the amount includes the tax cannot be told; it was booked as it stands.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one row in cents, None if the file has none; ``rate`` is a fraction.

    ``fee`` is a column called *Courtage*, which some statements fill with a rate.
    """

    amount: int | None = None
    fee: int | None = None
    gross: int | None = None
    paid: int | None = None
    reserve: int | None = None
    vat: int | None = None
    basis: int | None = None
    rate: float | None = None


def signed(cell: str) -> int:
    """Cents of an amount that may bear its sign as a word: ``80,00 S`` is −80 euros."""
    match = SIGNED.fullmatch(cell)
    if match is None:
        return money(cell)
    word, figure = match["before"] or match["behind"], match["behind_it"] or match["in_front"]
    if word.casefold() in DEBIT:
        return _changed(money, figure.strip(), _debit)

    def credit(cents: int) -> int:
        if cents < 0:
            raise CellError(
                "sign-contradicts",
                f"„{cell[:40]}“: der Betrag ist negativ, das Kennzeichen sagt Haben.",
                "The amount is negative, but its sign says credit.",
            )
        return cents

    return _changed(money, figure.strip(), credit)


def fee(cell: str) -> int | None:
    """Cents; a percentage is the rate and not the commission."""
    return None if cell.endswith("%") else signed(cell)


def owed(cell: str) -> int:
    """Cents of a debit column, never above zero whatever the sign of the cell."""
    return _changed(signed, cell, _debit)


def _debit(cents: int) -> int:
    return -abs(cents)


def _changed(read: Callable[[str], int], cell: str, change: Callable[[int], int]) -> int:
    """What ``change`` makes of the cell's value, also of one that is doubtful."""
    try:
        cents = read(cell)
    except DoubtfulValue as doubt:
        if isinstance(doubt.value, int):
            doubt.value = change(doubt.value)
        raise
    return change(cents)


def taken_back(cell: str) -> int | Literal["reversed"] | None:
    """Cents, never above zero, of what the agency pays back; a plain yes says that the row is a
    reversal, and ``1`` is such a yes."""
    if cell == "1":
        return "reversed"
    try:
        return owed(cell)
    except DoubtfulValue:
        raise
    except CellError:
        return "reversed" if yes_or_no(cell) else None


def sign(cell: str) -> int:
    """``S``, ``Soll``, ``-`` are −1 (the agency pays back), ``H``, ``Haben``, ``+`` are 1."""
    written = cell.strip().casefold()
    for words, value in ((DEBIT, -1), (CREDIT, 1)):
        if written in words or folded(cell) in words:
            return value
    raise UnknownWord(
        "sign-unknown",
        f"„{cell[:40]}“ ist kein bekanntes Vorzeichen (erwartet: S, H, +, -).",
        "Not a known sign; expected S, H, + or -.",
    )


def earned(figures: Figures) -> tuple[int | None, Doubt | None]:
    """Returns the commission earned and what is doubtful about it; None if the row has no
    amount."""
    told, doubt = _before_tax_and_reserve(figures)
    if told is None:
        return None, None
    value, unclear = _without_tax(told, figures)
    return value, doubt or unclear


def is_total(amount: int, parts: Sequence[int], reversal: int) -> bool:
    """Returns whether an amount is the sum of the parts beside it, with or without what is taken
    back."""
    return any(_about(amount, sum(parts) + back) for back in (0, reversal))


def _before_tax_and_reserve(figures: Figures) -> tuple[int | None, Doubt | None]:
    amount, reserve = figures.amount, figures.reserve or 0
    if figures.gross is not None:
        return figures.gross, None
    if figures.fee is not None and amount is not None and not _is_rate(figures):
        if _about(figures.fee, amount):
            return _with_reserve(amount, figures)
        if any(_about(figures.fee, amount + kept) for kept in (reserve, -reserve)):
            return figures.fee, None
        if figures.vat and _about(figures.fee + figures.vat, amount):
            return amount, None
        return amount, "fee-unclear"
    if amount is not None:
        return _with_reserve(amount, figures)
    if figures.fee is not None:
        return figures.fee, None
    if figures.paid is not None:
        return figures.paid + _signed_as(figures.paid, reserve), None
    return None, None


def _is_rate(figures: Figures) -> bool:
    """Returns whether the column *Courtage* holds per cent, which it does if basis × per cent is
    the amount."""
    if figures.fee is None or figures.amount is None or not figures.basis:
        return False
    product = figures.basis * figures.fee / 10_000
    kept = figures.reserve or 0
    return any(_about(product, figures.amount + each) for each in (0, kept, -kept))


def _with_reserve(amount: int, figures: Figures) -> tuple[int, Doubt | None]:
    """Returns the amount, with the reserve if rate and basis, or what was paid, show that it is
    missing."""
    if not figures.reserve:
        return amount, None
    whole = amount + _signed_as(amount, figures.reserve)
    if figures.paid is not None and not _about(figures.paid, amount):
        return amount, None
    rate = figures.rate
    if rate is None and figures.fee is not None and _is_rate(figures):
        rate = figures.fee / 10_000
    if figures.basis and rate is not None:
        product = abs(figures.basis * rate)
        if _about(product, abs(whole)):
            return whole, None
        if _about(product, abs(amount)):
            return amount, None
    if figures.paid is not None:
        return whole, None
    return amount, "reserve-unclear"


def _without_tax(told: int, figures: Figures) -> tuple[int, Doubt | None]:
    if not figures.vat:
        return told, None
    vat = _signed_as(told, figures.vat)
    others = [each for each in (figures.amount, figures.fee, figures.paid) if each is not None]
    if any(_about(told - vat, each) for each in others):
        return told - vat, None
    if any(_about(told + vat, each) for each in others if each != told):
        return told, None
    for percent in VAT_PERCENT:
        if _about(told * percent / (100 + percent), vat):
            return told - vat, None
        if _about(told * percent / 100, vat):
            return told, None
    return told, "vat-unclear"


def _signed_as(one: int, other: int) -> int:
    return -abs(other) if one < 0 else abs(other)


def _about(one: float, other: float) -> bool:
    return abs(one - other) <= CENT
