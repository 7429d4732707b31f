"""The columns of a customer list that tell what was before this system."""

from typing import Final

from shared.csv.days import day
from shared.csv.files import Column
from shared.csv.identifiers import number_or_none

CARER: Final = Column(
    name="carer",
    header="Betreuer",
    parse=number_or_none,
    aliases=("Betreuerkürzel", "Betreut von", "Betreuerin"),
    lenient=True,
)
LAST_REVIEW: Final = Column(
    name="last_review_on",
    header="Letztes Jahresgespräch",
    parse=day,
    aliases=("Letztes Gespräch", "Letzter Besuch", "Letzte Beratung", "Jahresgespräch am"),
    lenient=True,
)
LAST_CONTACT: Final = Column(
    name="last_contact_on",
    header="Letzter Kontakt",
    parse=day,
    aliases=("Letzter Kontakt am", "Kontakt am"),
    lenient=True,
)

PAST: Final[tuple[Column[object], ...]] = (CARER, LAST_REVIEW, LAST_CONTACT)
PAST_DAYS: Final = (LAST_REVIEW, LAST_CONTACT)
