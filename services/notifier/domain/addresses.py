"""Postal addresses after DIN 5008: at most six lines, none of them empty.

Foreign addresses end with the place and the country in capitals, without a country code before
the postcode. The country is written in German, because the German post reads it.
"""

import re
import textwrap
from dataclasses import dataclass
from functools import cache

from babel import Locale

from services.notifier.domain.salutations import Person, name_lines, one_line

MAX_LINES = 6
"""Lines of the recipient zone (DIN 5008)."""

LINE_LENGTH = 40
"""Characters that fit into the 66 mm of every window; longer lines are set smaller."""
LONGEST_LINE = 50
"""Characters of a line that is set as small as is still readable."""

WITHOUT_POSTCODE = frozenset({"AE", "AG", "AO", "BS", "BZ", "FJ", "GH", "HK", "IE", "PA", "QA"})
"""Countries where a letter arrives without a postcode (Universal Postal Union)."""

POSTCODE_LAST = frozenset({"AU", "CA", "GB", "IE", "IN", "NZ", "US", "ZA"})
"""Countries that write the postcode after the place (Universal Postal Union)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """Where a letter goes; the country as ISO 3166-1 alpha-2."""

    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str = "DE"

    @property
    def is_domestic(self) -> bool:
        return self.country.upper() == "DE"


class AddressNotPostable(Exception):
    """The address cannot be posted: {faults}."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__(f"The address cannot be posted: {', '.join(faults)}.")


def address_lines(person: Person, address: PostalAddress) -> tuple[str, ...]:
    """Return the one to six lines of the recipient zone.

    Raises:
        AddressNotPostable: a part is missing or the postcode is wrong; it names all faults.
    """
    names = tuple(line for line in name_lines(person) if line)
    if faults := _faults(names, address):
        raise AddressNotPostable(faults)
    place = _place_lines(address)
    street = one_line(address.street)
    fewest = MAX_LINES + 1
    for kept in (names, _joined(names)):
        for length in range(LINE_LENGTH, LONGEST_LINE + 1):
            broken = [part for line in (*kept, street) for part in _wrapped(line, length)]
            fewest = len(broken) + len(place)
            if fewest <= MAX_LINES:
                return (*broken, *place)
    raise AddressNotPostable((f"its {fewest} lines do not fit into {MAX_LINES}",))


def normal_postcode(address: PostalAddress) -> str:
    """Return the postcode without a country prefix ("D-06526" becomes "06526")."""
    postcode = one_line(address.postcode).upper()
    return re.sub(rf"^({re.escape(address.country.upper())}|D|A|F|I|L|B)\s?-\s?", "", postcode)


def is_german_postcode(postcode: str) -> bool:
    """Tell whether it has five digits and is 01001 or more, because none begins with 00."""
    return re.fullmatch(r"\d{5}", postcode, re.ASCII) is not None and postcode >= "01001"


def _faults(names: tuple[str, ...], address: PostalAddress) -> tuple[str, ...]:
    postcode, country = normal_postcode(address), address.country.upper()
    faults = []
    if not names:
        faults.append("the name is missing")
    if country not in _country_names():
        faults.append(f"{country} is no country code (ISO 3166-1)")
    if not one_line(address.street):
        faults.append("the street is missing")
    if not postcode and country not in WITHOUT_POSTCODE:
        faults.append("the postcode is missing")
    elif address.is_domestic and not is_german_postcode(postcode):
        faults.append(f"{postcode} is no German postcode (five digits from 01001 on)")
    if not one_line(address.city):
        faults.append("the city is missing")
    return tuple(faults)


def _place_lines(address: PostalAddress) -> tuple[str, ...]:
    postcode, city = normal_postcode(address), one_line(address.city)
    if address.is_domestic:
        return (f"{postcode} {city}",)
    country = address.country.upper()
    parts = (city.upper(), postcode) if country in POSTCODE_LAST else (postcode, city.upper())
    return (" ".join(part for part in parts if part), _country_names()[country].upper())


def _joined(names: tuple[str, ...]) -> tuple[str, ...]:
    """Put the last two lines of a name on one: *Frau* and her name, a department and its person."""
    if len(names) < 2:
        return names
    *others, first, last = names
    return (*others, f"{first} {last}" if " " not in first and not others else f"{first}, {last}")


def _wrapped(line: str, length: int) -> list[str]:
    """Break a line at spaces alone: a name that is torn at its hyphen is read as two."""
    return textwrap.wrap(line, length, break_on_hyphens=False, break_long_words=False)


@cache
def _country_names() -> dict[str, str]:
    """Return German names by ISO code, without regions such as "001" (the world)."""
    territories = Locale("de").territories
    return {code: name for code, name in territories.items() if re.fullmatch("[A-Z]{2}", code)}
