"""Who the customers are: households, single people and companies, each with a life situation.

Values are German, as a broker's export has them. A household's members follow one another, so
that a book of any size can be written while it is drawn.
"""

from dataclasses import dataclass
from datetime import date

from kundentakt.sample.places import Place

NUMBER_FORM = "K-{:04d}"
"""How this agency numbers its customers."""


def customer_number(position: int) -> str:
    """Return the number of the customer at this position, counted from 1."""
    return NUMBER_FORM.format(position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A life situation, on which the need for cover depends."""

    household: str
    children: int
    home: str
    employment: str
    vehicles: int
    pets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """What a customer agreed to, when and how; ``no_advertising`` objects to all of it."""

    email: bool = False
    phone: bool = False
    newsletter: bool = False
    on: date | None = None
    source: str = ""
    no_advertising: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One line of ``kunden.csv``; ``life_known`` says whether the file tells the situation."""

    number: str
    status: str
    salutation: str
    last_name: str
    street: str
    place: Place
    phone: str
    email: str
    since: date
    came_by: str
    mandate: bool
    power_of_attorney: bool
    consents: Consents
    title: str = ""
    first_name: str = ""
    company_name: str = ""
    contact_person: str = ""
    du: bool = False
    english: bool = False
    birth_date: date | None = None
    died_on: date | None = None
    referred_by: str = ""
    household_with: str = ""
    life: Life | None = None
    life_known: bool = True
    industry: str = ""
    employees: int | None = None
    hazard: float = 1.0

    @property
    def is_company(self) -> bool:
        """Whether this customer is a company and no person."""
        return bool(self.company_name)

    @property
    def cared_for(self) -> bool:
        """Whether contracts are looked after: a living customer under a mandate."""
        return self.status == "Kunde" and self.mandate and self.died_on is None

    def age(self, on: date) -> int:
        """Return the age in full years on this day; 0 for a company."""
        if self.birth_date is None:
            return 0
        before = (on.month, on.day) < (self.birth_date.month, self.birth_date.day)
        return on.year - self.birth_date.year - before


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Customers who are cared for together, and how much of their insurance lies here.

    ``breadth`` is the share of their needs they cover with this agency (0 to 1), ``means`` scales
    their premiums (1 is usual). ``gateway`` is the one large thing some came for lately: "loan" or
    "health", else empty.
    """

    members: tuple[Customer, ...]
    breadth: float
    means: float
    gateway: str = ""
