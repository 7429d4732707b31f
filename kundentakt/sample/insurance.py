"""What the agency sells: lines with usual premiums and commission rates, and who insures them.

The insurers are invented; their numbers (99xx) belong to nobody. Rates are what German brokers
usually get: 20 to 25 % of the net premium in property and casualty, 8 to 10 % in motor, and in
life 25 to 40 per mille of the premium sum once and 1 to 2 % of each premium.
"""

from dataclasses import dataclass

from shared.contracts.lines import BY_KEY


@dataclass(frozen=True, slots=True)
class Insurer:
    """An invented insurance company with its invented number."""

    name: str
    number: str


UNSTRUT = Insurer("Unstrut Versicherung AG", "9901")
HARZLAND = Insurer("Harzland Versicherungsverein a. G.", "9902")
GOLDENE_AUE = Insurer("Goldene Aue Sachversicherung AG", "9903")
SAALE = Insurer("Saale Lebensversicherung AG", "9904")
ROSENSTADT = Insurer("Rosenstadt Vorsorge a. G.", "9905")
BARBAROSSA = Insurer("Barbarossa Rechtsschutz AG", "9906")
KUPFER = Insurer("Kupferland Industrieversicherung AG", "9907")
FUHRWERK = Insurer("Fuhrwerk Kraftfahrtversicherung AG", "9908")
SELKETAL = Insurer("Selketal Assekuranz AG", "9909")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of business as this agency sells it; ``key`` is its key in the line table.

    ``premium`` is the usual yearly net premium in euros, ``rate`` the commission in percent of it;
    ``initial`` the once-only commission in per mille of the premium sum (life and pension),
    ``once`` is a once-only commission in euros that no premium sum determines (a loan, full health
    cover). ``wanted`` is how readily it is bought by those who need it (1 is average). ``bare`` is
    the share of contracts that leave natural hazards out; their GDV code is ``bare_gdv``.
    """

    key: str
    gdv: str
    premium: float
    rate: float
    insurers: tuple[Insurer, ...]
    products: tuple[str, ...]
    wanted: float
    initial: float = 0.0
    once: float = 0.0
    notice_months: int = 3
    bare: float = 0.0
    bare_gdv: str = ""

    @property
    def name(self) -> str:
        """The German name, as the export writes it."""
        return BY_KEY[self.key].de


_CASUALTY = (UNSTRUT, HARZLAND, GOLDENE_AUE, SELKETAL)
_COMMERCE = (KUPFER, UNSTRUT, GOLDENE_AUE)

PRIVATE_LIABILITY = Line(
    "private_liability", "041", 68, 25.0, _CASUALTY, ("Haftpflicht Premium", "PHV Komfort"), 1.5
)
HOUSEHOLD = Line(
    "household",
    "132",
    98,
    22.5,
    _CASUALTY,
    ("Hausrat Komfort", "Hausrat Plus"),
    1.25,
    bare=0.62,
    bare_gdv="131",
)
BUILDING = Line(
    "building",
    "142",
    520,
    20.0,
    (HARZLAND, GOLDENE_AUE),
    ("Wohngebäude Komfort",),
    1.3,
    bare=0.48,
    bare_gdv="141",
)
MOTOR = Line(
    "motor", "050", 560, 9.0, (FUHRWERK, UNSTRUT, SELKETAL), ("Auto Komfort", "Auto Basis"), 1.0,
    notice_months=1,
)  # fmt: skip
LEGAL = Line("legal", "070", 290, 20.0, (BARBAROSSA,), ("Rechtsschutz Aktiv",), 0.95)
ACCIDENT = Line(
    "accident", "030", 165, 25.0, (UNSTRUT, HARZLAND), ("Unfall 500", "Unfall Aktiv"), 0.9
)
TERM_LIFE = Line(
    "term_life", "010", 260, 1.5, (SAALE, ROSENSTADT), ("Risikoleben Familie",), 0.75, initial=30.0
)
PENSION = Line(
    "pension", "010", 1080, 1.5, (SAALE, ROSENSTADT), ("Rente Invest", "Rente Klassik"),
    0.75, initial=30.0,
)  # fmt: skip
DOG = Line("animal_liability", "041", 72, 25.0, _CASUALTY, ("Hundehalter Komfort",), 1.2)
HORSE = Line("animal_liability", "041", 115, 25.0, _CASUALTY, ("Pferdehalter Komfort",), 1.2)
TRAVEL = Line("travel", "299", 62, 25.0, (SELKETAL,), ("Reise Familie", "Reise Single"), 0.3)
BUSINESS_LIABILITY = Line(
    "business_liability", "042", 620, 20.0, _COMMERCE, ("Betrieb Haftpflicht Plus",), 1.6
)
BUSINESS_CONTENTS = Line(
    "commercial_contents", "090", 540, 20.0, _COMMERCE, ("Geschäftsinhalt Komfort",), 1.2
)
BUSINESS_LEGAL = Line(
    "business_legal", "070", 680, 20.0, (BARBAROSSA,), ("Firmen-Rechtsschutz",), 0.8
)
CYBER = Line("cyber", "299", 560, 20.0, (KUPFER,), ("Cyber Schutz Mittelstand",), 0.45)
COMPANY_PENSION = Line(
    "company_pension", "010", 1400, 1.5, (SAALE, ROSENSTADT), ("Direktversicherung",),
    0.5, initial=25.0,
)  # fmt: skip
LOAN = Line("loan", "570", 0, 0.0, (SAALE,), ("Baufinanzierung 15 Jahre",), 1.0, once=2300.0)
FULL_HEALTH = Line(
    "health_full", "021", 6300, 1.5, (ROSENSTADT,), ("Krankenvoll Komfort",), 1.0, once=3600.0
)

INSTALMENTS = {
    "jährlich": 1, "halbjährlich": 2, "vierteljährlich": 4, "monatlich": 12, "einmalig": 0,
}  # fmt: skip
"""Instalments per year by the German word in the export."""
