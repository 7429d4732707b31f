"""The line table: every line of business (Sparte) that the product knows.

The position of a line in ``LINES`` is its bit in a set of lines (``covered_lines``, ``own_lines``
…). Therefore new lines must be appended, and there can be at most 63. GDV codes follow Anlage 1 of
the GDV data set (release 2023); a code that is not listed maps to ``unknown``.

``rate_bp`` is the usual yearly commission in basis points of the yearly net premium (without
insurance tax): property and casualty 10-25 %, motor 8-10 %, life and health only their small
renewal commission of 1-2 %. It estimates the revenue of a contract without a booked commission. A
line that is paid only once (investment, loans) has 0, because it has no yearly premium.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of business.

    ``covers`` names further needs that a contract of this line satisfies. If the data cannot
    distinguish lines (GDV 010 may be term life, a pension or disability), the line covers all of
    them, because an unknown must not raise a need.
    """

    key: str
    de: str
    en: str
    gdv: tuple[str, ...] = ()
    rate_bp: int
    health: bool = False
    covers: tuple[str, ...] = ()


def _codes(*spans: tuple[int, int]) -> tuple[str, ...]:
    return tuple(f"{code:03}" for first, last in spans for code in range(first, last + 1))


LINES: Final[tuple[Line, ...]] = (
    Line(key="unknown", de="Unbekannte Sparte", en="Unknown line", rate_bp=0),
    Line(key="motor", de="Kraftfahrt", en="Motor", gdv=_codes((50, 55), (59, 59)), rate_bp=900),
    Line(
        key="motor_moped", de="Moped", en="Moped", gdv=("600",), rate_bp=900, covers=("motor",)
    ),
    Line(key="household", de="Hausrat", en="Household contents", gdv=_codes((130, 132)),
         rate_bp=2000),
    Line(key="building", de="Wohngebäude", en="Residential building", gdv=_codes((140, 142)),
         rate_bp=2000),
    Line(key="private_liability", de="Privathaftpflicht", en="Private liability", gdv=("041",),
         rate_bp=2250),
    Line(key="liability", de="Haftpflicht", en="Liability", gdv=("040",), rate_bp=2250,
         covers=("private_liability", "animal_liability", "owner_liability", "business_liability",
                 "professional_liability")),
    Line(key="animal_liability", de="Tierhalterhaftpflicht", en="Animal owner's liability",
         rate_bp=2250),
    Line(key="owner_liability", de="Haus- und Grundbesitzerhaftpflicht",
         en="Property owner's liability", rate_bp=2250),
    Line(key="business_liability", de="Betriebshaftpflicht", en="Business liability",
         gdv=("042", "043", "045", "046", "047", "048", "049"), rate_bp=2000),
    Line(key="professional_liability", de="Vermögensschadenhaftpflicht",
         en="Professional liability", gdv=("044",), rate_bp=2000),
    Line(key="legal", de="Rechtsschutz", en="Legal expenses",
         gdv=("070", "071", "072", "073", "075", "076", "079"), rate_bp=2000,
         covers=("business_legal",)),
    Line(key="business_legal", de="Firmenrechtsschutz", en="Legal expenses for businesses",
         rate_bp=2000, covers=("legal",)),
    Line(key="accident", de="Unfall", en="Accident",
         gdv=("030", "031", "033", "034", "038", "039"), rate_bp=2000),
    Line(key="life", de="Leben", en="Life", gdv=_codes((10, 15)), rate_bp=150,
         covers=("term_life", "pension", "disability")),
    Line(key="term_life", de="Risikoleben", en="Term life", rate_bp=150),
    Line(key="pension", de="Private Altersvorsorge", en="Private pension", rate_bp=150),
    Line(key="company_pension", de="Betriebliche Altersvorsorge", en="Company pension",
         rate_bp=150),
    Line(key="disability", de="Berufsunfähigkeit", en="Disability", rate_bp=150, health=True),
    Line(key="health", de="Krankenversicherung", en="Health", rate_bp=150, health=True,
         gdv=("020", "022", "023", "024", "025", "026", "027", "029"),
         covers=("health_supplement", "dental")),
    Line(key="health_full", de="Krankenvollversicherung", en="Full health cover", gdv=("021",),
         rate_bp=150, health=True, covers=("health_supplement", "dental")),
    Line(key="health_supplement", de="Krankenzusatz", en="Health supplement", rate_bp=150,
         health=True),
    Line(key="dental", de="Zahnzusatz", en="Dental supplement", rate_bp=150, health=True),
    Line(key="care", de="Pflegezusatz", en="Long-term care", gdv=("028",), rate_bp=150,
         health=True),
    Line(key="travel", de="Reise", en="Travel", rate_bp=2000),
    Line(key="animal", de="Tierversicherung", en="Animals", gdv=("160", "161", "162", "169", "684"),
         rate_bp=1500),
    Line(key="glass", de="Glas", en="Glass", gdv=("110",), rate_bp=2000),
    Line(key="assistance", de="Schutzbrief", en="Assistance",
         gdv=("240", "241", "242", "243", "244", "249", "510"), rate_bp=1500),
    Line(key="cyber", de="Cyber", en="Cyber", rate_bp=2000),
    Line(key="commercial_contents", de="Geschäftsinhalt", en="Commercial contents",
         gdv=("090", "099", "100", "109"), rate_bp=2000),
    Line(key="commercial_building", de="Gewerbegebäude", en="Commercial building", rate_bp=2000),
    Line(key="commercial_package", de="Gewerbepaket", en="Commercial package",
         gdv=(*_codes((180, 185)), "189", "650"), rate_bp=2000,
         covers=("commercial_contents", "commercial_building", "business_interruption",
                 "business_liability")),
    Line(key="business_interruption", de="Betriebsunterbrechung", en="Business interruption",
         gdv=_codes((230, 233)), rate_bp=2000),
    Line(key="engineering", de="Technische Versicherung", en="Engineering",
         gdv=("170", "171", "172", "174", "175", "176", "179"), rate_bp=2000),
    Line(key="transport", de="Transport", en="Transport", gdv=(*_codes((190, 194)), "197", "199"),
         rate_bp=2000),
    Line(key="fire", de="Feuer", en="Fire", gdv=(*_codes((80, 83)), "089", "210"), rate_bp=1500),
    Line(key="storm", de="Sturm", en="Storm", gdv=("120", "123"), rate_bp=1500),
    Line(key="commercial_natural_hazards", de="Gewerbliche Naturgefahren",
         en="Commercial natural hazards", gdv=("124",), rate_bp=1500),
    Line(key="credit", de="Kredit und Kaution", en="Credit and surety",
         gdv=("200", "201", "202", "209"), rate_bp=1500),
    Line(key="agriculture", de="Landwirtschaft", en="Agriculture", gdv=("150",), rate_bp=1000),
    Line(key="aviation", de="Luftfahrt", en="Aviation", gdv=_codes((60, 69), (250, 252)),
         rate_bp=1000),
    Line(key="bundle", de="Bündelvertrag", en="Bundled contract", gdv=("000",), rate_bp=2000,
         covers=("private_liability", "household", "building", "legal", "accident", "glass")),
    Line(key="framework", de="Rahmenvertrag", en="Framework contract", gdv=("630",), rate_bp=0),
    Line(key="investment", de="Geldanlage", en="Investment", gdv=("550", "560"), rate_bp=0),
    Line(key="loan", de="Baufinanzierung", en="Building loan", gdv=("570",), rate_bp=0),
    Line(key="bauspar", de="Bausparen", en="Building savings", gdv=("580",), rate_bp=0),
    Line(key="other", de="Sonstige", en="Other",
         gdv=(*_codes((290, 294)), "296", "299", "300"), rate_bp=1000),
)  # fmt: skip

UNKNOWN_LINE: Final = "unknown"
BY_KEY: Final[dict[str, Line]] = {line.key: line for line in LINES}
BIT_OF_LINE: Final[dict[str, int]] = {line.key: bit for bit, line in enumerate(LINES)}
"""The bit (not the mask) of each line in a 64-bit set of lines."""

LINE_OF_GDV: Final[dict[str, str]] = {code: line.key for line in LINES for code in line.gdv}
GDV_WITHOUT_NATURAL_HAZARDS: Final[frozenset[str]] = frozenset({"131", "141"})
"""GDV codes of household and building contracts that leave natural hazards out (Anlage 1)."""

TERMS_THAT_AGE: Final[frozenset[str]] = frozenset({"household", "private_liability", "legal"})
"""Lines whose terms improve so often that an old contract is a reason for a talk."""


def line_of_gdv(code: str) -> str:
    """Return the line key of a GDV Sparte (three digits); ``unknown`` if the code is not listed."""
    return LINE_OF_GDV.get(code.strip(), UNKNOWN_LINE)


@cache
def mask_of(*keys: str) -> int:
    """Return the named lines as a bit mask. Raises KeyError if a line does not exist."""
    mask = 0
    for key in keys:
        mask |= 1 << BIT_OF_LINE[key]
    return mask


@cache
def cover_mask(need: str) -> int:
    """Return every line whose contract satisfies the need for the line ``need``, as a bit mask."""
    return mask_of(*(line.key for line in LINES if line.key == need or need in line.covers))


@cache
def lines_in(mask: int) -> tuple[str, ...]:
    """Return the keys of the lines in a bit mask, in the order of the table."""
    return tuple(line.key for bit, line in enumerate(LINES) if mask >> bit & 1)
