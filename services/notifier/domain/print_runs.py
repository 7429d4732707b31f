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
from shared.contracts.agencies import LetterForm

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
    form: LetterForm = "B"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One price: valid on the days from ``valid_from`` to ``valid_until``, both included.

    ``cents`` are net. ``vat_percent`` is 0 for universal services, which are free of value added
    tax (§ 4 no. 11b UStG): what a stamp costs is net and gross alike. Dialogpost is none of them.
    """

    product: Product
    domestic: bool
    name: str
    up_to_grams: int
    cents: int
    vat_percent: int
    valid_from: date
    valid_until: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Postage:
    """What one letter costs net, and the rate of value added tax on it."""

    net_cents: int
    vat_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalPostage:
    """What the letters of a run cost together, net and gross apart."""

    net_cents: int
    vat_cents: int

    @property
    def gross_cents(self) -> int:
        """What is paid."""
        return self.net_cents + self.vat_cents


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
VAT_PERCENT = 19
SEASON_MONTHS = range(9, 13)
SEASON_CENTS = 1
"""From 1 September to 31 December each item of Dialogpost costs a cent more, net (list of 2026)."""


def _letter(name: str, up_to_grams: int, cents: int, *, domestic: bool = True) -> Rate:
    return Rate(
        product="standard",
        domestic=domestic,
        name=name,
        up_to_grams=up_to_grams,
        cents=cents,
        vat_percent=0,
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
        vat_percent=VAT_PERCENT,
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
    *, product: Product, domestic: bool, grams: int, day: date, rates: Sequence[Rate] = RATES
) -> Rate:
    """Return the cheapest price that carries the letter, without the season's surcharge. Bulk
    products are domestic: a foreign letter of such a run goes as an ordinary one.

    Raises:
        NoRateKnown: too heavy, or a day outside the table.
    """
    product = product if domestic else "standard"
    fitting = [
        rate
        for rate in rates
        if rate.product == product
        and rate.domestic == domestic
        and grams <= rate.up_to_grams
        and rate.valid_from <= day <= rate.valid_until
    ]
    if not fitting:
        raise NoRateKnown(product, grams, day)
    return min(fitting, key=lambda rate: rate.cents)


def expected_postage(product: Product, *, domestic: bool, grams: int, day: date) -> Postage | None:
    """Return what a letter costs that is posted on the day; None if no price is known for it."""
    try:
        rate = postage(product=product, domestic=domestic, grams=grams, day=day)
    except NoRateKnown:
        return None
    in_season = rate.product != "standard" and day.month in SEASON_MONTHS
    surcharge = SEASON_CENTS if in_season else 0
    return Postage(net_cents=rate.cents + surcharge, vat_percent=rate.vat_percent)


def total_postage(letters: Iterable[Postage | None]) -> TotalPostage | None:
    """Return the sum over letters; None if the price of one is not known.

    The tax is reckoned on the sum of each rate, as an invoice does, and rounded half up.
    """
    net: Counter[int] = Counter()
    for each in letters:
        if each is None:
            return None
        net[each.vat_percent] += each.net_cents
    vat = sum((cents * percent + 50) // 100 for percent, cents in net.items())
    return TotalPostage(net_cents=net.total(), vat_cents=vat)


def posting_order(letter: Letter) -> tuple[bool, str, str, str, str, str]:
    """Order of a run: Germany first, then by country, postcode, city, street and id."""
    return address_order(letter.address, letter.letter_id)


def address_order(address: PostalAddress, letter_id: str) -> tuple[bool, str, str, str, str, str]:
    """Return the same order before the letters are written."""
    return (
        not address.is_domestic,
        address.country.upper(),
        normal_postcode(address),
        one_line(address.city).casefold(),
        one_line(address.street).casefold(),
        letter_id,
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


def cheapest_product(content: Promotional, regions_of_letters: Iterable[str]) -> Product:
    """Return the bulk product a run qualifies for by its content and the number of its letters,
    else standard. Each letter gives its Leitregion, one that goes abroad the empty text."""
    if content != "promotional":
        return "standard"
    regions = Counter(regions_of_letters)
    regions.pop("", None)
    domestic = regions.total()
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
