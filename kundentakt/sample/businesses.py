"""Companies among the customers: trades of a small town, their size, how they are called."""

from dataclasses import dataclass
from random import Random

from kundentakt.sample.names import SURNAMES


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade: its German name, a word for the firm's name, how many people work there.

    ``hazard`` scales the liability premium: a roofer pays more than an office.
    """

    industry: str
    word: str
    usual_employees: int
    hazard: float


TRADES = (
    Trade("Bäckerei", "Bäckerei", 9, 0.9),
    Trade("Fleischerei", "Fleischerei", 8, 1.0),
    Trade("Elektrohandwerk", "Elektro", 9, 1.2),
    Trade("Sanitär, Heizung, Klima", "Haustechnik", 11, 1.3),
    Trade("Dachdeckerei", "Dachdeckermeister", 8, 2.0),
    Trade("Malerbetrieb", "Malerbetrieb", 6, 1.0),
    Trade("Tischlerei", "Tischlerei", 7, 1.1),
    Trade("Kfz-Werkstatt", "Autohaus", 10, 1.4),
    Trade("Friseursalon", "Salon", 4, 0.5),
    Trade("Gastronomie", "Gasthaus", 8, 0.9),
    Trade("Hotel", "Hotel", 15, 1.1),
    Trade("Arztpraxis", "Praxis Dr.", 6, 0.8),
    Trade("Zahnarztpraxis", "Zahnarztpraxis", 7, 0.8),
    Trade("Physiotherapie", "Physiotherapie", 5, 0.6),
    Trade("Steuerberatung", "Steuerkanzlei", 8, 0.6),
    Trade("Architekturbüro", "Architekturbüro", 5, 0.9),
    Trade("Einzelhandel", "Modehaus", 5, 0.6),
    Trade("Spedition", "Spedition", 18, 1.6),
    Trade("Garten- und Landschaftsbau", "Gartenbau", 9, 1.2),
    Trade("Landwirtschaft", "Agrarhof", 7, 1.5),
    Trade("Maschinenbau", "Maschinenbau", 32, 1.8),
    Trade("IT-Dienstleistung", "Systemhaus", 8, 0.7),
    Trade("Pflegedienst", "Pflegedienst", 22, 1.0),
    Trade("Verein", "Förderverein", 0, 0.3),
)
LEGAL_FORMS = ("GmbH", "GmbH", "GmbH & Co. KG", "e. K.", "", "", "UG (haftungsbeschränkt)", "KG")


@dataclass(frozen=True, slots=True)
class Company:
    """A company as it stands in the book; ``employees`` is None if nobody asked."""

    name: str
    industry: str
    employees: int
    hazard: float


def company(random: Random) -> Company:
    """Draw a company: most are small, a few carry a good part of the book's revenue."""
    trade = random.choice(TRADES)
    employees = max(0, round(trade.usual_employees * random.lognormvariate(-0.2, 0.9)))
    owner = random.choice(SURNAMES)
    form = "e. V." if trade.industry == "Verein" else random.choice(LEGAL_FORMS)
    return Company(
        name=f"{trade.word} {owner} {form}".strip(),
        industry=trade.industry,
        employees=employees,
        hazard=trade.hazard,
    )
