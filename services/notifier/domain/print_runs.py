"""What a print run is: its order, weight, postage and mailing product. Pure arithmetic.

Postage is a table of dates: prices change, and a run posted in January pays January's price.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.notifier.domain.addresses import PostalAddress, normal_postcode
from services.notifier.domain.letters import Letter
from services.notifier.domain.salutations import one_line

Product = Literal["standard", "dialogpost", "dialogpost_easy"]
Promotional = Literal["promotional", "contractual", "mixed"]

SHEET_GRAMS = 5
"""A4 at 80 g/m²: 0.21 m × 0.297 m × 80 g = 4.99 g."""

ENVELOPE_GRAMS = 5
"""A C6/5 window envelope at 75-80 g/m² weighs 4.5 to 5 g."""

MAX_SHEETS = 8
"""What a C6/5 envelope and a Kompaktbrief of 50 g carry."""

DIALOGPOST_NATIONWIDE = 5_000
DIALOGPOST_IN_REGION = 200
DIALOGPOST_EASY = 500
"""Smallest deliveries of Dialogpost and Dialogpost Easy (Deutsche Post, terms of 2026)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRun:
    """One delivery to the print shop, and how it is printed."""

    run_id: str
    agency: str
    created_on: date
    due_on: date
    product: Product = "standard"
    colour: bool = True
    duplex: bool = False
    fold_marks: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One price: valid on the days from ``valid_from`` to ``valid_until``, both included."""

    product: Product
    domestic: bool
    name: str
    up_to_grams: int
    cents: int
    valid_from: date
    valid_until: date
    source: str


class NoRateKnown(Exception):
    """No postage is known for {grams} g by {product} on {day}."""

    def __init__(self, product: Product, grams: int, day: date) -> None:
        self.product, self.grams, self.day = product, grams, day
        super().__init__(f"No postage is known for {grams} g by {product} on {day}.")


class ContentNotPromotional(Exception):
    """A run of {content} content may not go as {product}."""

    def __init__(self, product: Product, content: Promotional) -> None:
        self.product, self.content = product, content
        super().__init__(f"A run of {content} content may not go as {product}.")


_FROM, _UNTIL = date(2025, 1, 1), date(2026, 12, 31)
_LETTERS = "Deutsche Post, letter rates 2025-2026 (rate period until 31 December 2026)"
_DIALOG_FROM = date(2026, 1, 1)
_DIALOG = "Deutsche Post, Dialogpost 2026, net of value added tax"


def _letter(name: str, up_to_grams: int, cents: int, *, domestic: bool = True) -> Rate:
    return Rate(
        product="standard",
        domestic=domestic,
        name=name,
        up_to_grams=up_to_grams,
        cents=cents,
        valid_from=_FROM,
        valid_until=_UNTIL,
        source=_LETTERS,
    )


def _dialog(product: Product, up_to_grams: int, cents: int) -> Rate:
    return Rate(
        product=product,
        domestic=True,
        name="Dialogpost Standard" + (" Easy" if product == "dialogpost_easy" else ""),
        up_to_grams=up_to_grams,
        cents=cents,
        valid_from=_DIALOG_FROM,
        valid_until=_UNTIL,
        source=_DIALOG,
    )


RATES: tuple[Rate, ...] = (
    _letter("Standardbrief", 20, 95),
    _letter("Kompaktbrief", 50, 110),
    _letter("Großbrief", 500, 180),
    _letter("Maxibrief", 1000, 290),
    _letter("Standardbrief International", 20, 125, domestic=False),
    _letter("Kompaktbrief International", 50, 180, domestic=False),
    _letter("Großbrief International", 500, 330, domestic=False),
    _letter("Maxibrief International", 1000, 650, domestic=False),
    _dialog("dialogpost", 20, 38),
    _dialog("dialogpost", 50, 42),
    _dialog("dialogpost_easy", 20, 56),
    _dialog("dialogpost_easy", 50, 60),
)


def postage(
    *,
    product: Product,
    address: PostalAddress,
    grams: int,
    day: date,
    rates: Sequence[Rate] = RATES,
) -> Rate:
    """Return the cheapest price that carries the letter. Bulk products are domestic: a foreign
    letter of such a run goes as an ordinary one.

    Raises:
        NoRateKnown: too heavy, or a day outside the table.
    """
    product = product if address.is_domestic else "standard"
    fitting = [
        rate
        for rate in rates
        if rate.product == product
        and rate.domestic == address.is_domestic
        and grams <= rate.up_to_grams
        and rate.valid_from <= day <= rate.valid_until
    ]
    if not fitting:
        raise NoRateKnown(product, grams, day)
    return min(fitting, key=lambda rate: rate.cents)


def expected_postage(run: PrintRun, *, address: PostalAddress, grams: int) -> int | None:
    """Return the cents that a letter of the run costs; None if no price is known for its day."""
    try:
        return postage(product=run.product, address=address, grams=grams, day=run.due_on).cents
    except NoRateKnown:
        return None


def posting_order(letter: Letter) -> tuple[bool, str, str, str, str, str]:
    """Order of a run: Germany first, then by country, postcode, city, street and id."""
    address = letter.address
    return (
        not address.is_domestic,
        address.country.upper(),
        normal_postcode(address),
        one_line(address.city).casefold(),
        one_line(address.street).casefold(),
        letter.letter_id,
    )


def leitregion(address: PostalAddress) -> str:
    """Return the first two digits of a German postcode; empty abroad."""
    return normal_postcode(address)[:2] if address.is_domestic else ""


def sheets_of(pages: int, *, duplex: bool) -> int:
    return (pages + 1) // 2 if duplex else pages


def weight_of(sheets: int) -> int:
    """Return the weight of a posted letter in grams, its envelope included."""
    return sheets * SHEET_GRAMS + ENVELOPE_GRAMS


def promotional_content(letters: Iterable[Letter]) -> Promotional:
    """Only wholly promotional content may go as Dialogpost (its terms since 2020)."""
    kinds = {letter.promotional for letter in letters}
    if kinds == {True}:
        return "promotional"
    return "mixed" if True in kinds else "contractual"


def cheapest_product(letters: Sequence[Letter]) -> Product:
    """Return the bulk product this run qualifies for by content and number, else standard."""
    if promotional_content(letters) != "promotional":
        return "standard"
    regions = Counter(leitregion(letter.address) for letter in letters)
    abroad = regions.pop("", 0)
    domestic = len(letters) - abroad
    if domestic >= DIALOGPOST_NATIONWIDE:
        return "dialogpost"
    if regions and min(regions.values()) >= DIALOGPOST_IN_REGION:
        return "dialogpost"
    return "dialogpost_easy" if domestic >= DIALOGPOST_EASY else "standard"


def refuse_wrong_product(product: Product, letters: Sequence[Letter]) -> None:
    """Raise ContentNotPromotional for a bulk product with service letters in it."""
    content = promotional_content(letters)
    if product != "standard" and letters and content != "promotional":
        raise ContentNotPromotional(product, content)
