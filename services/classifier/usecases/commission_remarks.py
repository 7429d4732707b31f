"""What an import tells about bookings that were taken with a doubt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.classifier.store.unassigned_commissions import WhyUnassigned


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark on a row that was taken."""

    code: str
    german: str
    english: str


CONTRACT_NUMBER: Final = "Vertragsnummer"
UNASSIGNED: Final[Mapping[WhyUnassigned, Remark]] = {
    "contract-unknown": Remark(
        "booking-unassigned",
        "Diesen Vertrag gibt es hier noch nicht: die Buchung wartet auf ihn und ist bei den nicht "
        "zugeordneten Courtagen zu finden.",
        "There is no such contract yet; the booking waits for it among the unassigned.",
    ),
    "several-contracts": Remark(
        "booking-ambiguous",
        "Mehrere Kunden haben einen Vertrag mit dieser Nummer: die Buchung ist bei den nicht "
        "zugeordneten Courtagen zu finden.",
        "Several customers hold a contract with this number; the booking is unassigned.",
    ),
}
HELD_ELSEWHERE: Final = Remark(
    "contract-of-another",
    "Diesen Vertrag hat hier ein anderer Kunde; gebucht ist beim Kunden, den die Zeile nennt.",
    "Another customer holds this contract; booked for the customer whom the row names.",
)
BOOKED_ALREADY: Final = Remark(
    "booking-known",
    "Dieselbe Buchung (Vertrag, Tag, Art, Betrag) ist schon aus einer anderen Liste da; nicht noch "
    "einmal gezählt.",
    "The same booking (contract, day, kind, amount) is known from another list; not counted again.",
)


def booked_differently(known: str) -> Remark:
    """Told of a booking beside which ``known`` has another amount."""
    return Remark(
        "booking-differs",
        f"Die Buchung {known} nennt zu diesem Vertrag am selben Tag einen anderen Betrag derselben "
        "Art. Beide zählen; ersetzt die neue Abrechnung die alte, ist die alte auf 0 zu setzen.",
        f"The booking {known} has another amount for this contract, day and kind. Both count; if "
        "the new statement replaces the old one, set the old booking to 0.",
    )


INSURER_NOT_COMPARED: Final = Remark(
    "insurer-not-compared",
    "Nur die Vertragsnummer stimmt überein; Gesellschaft oder VU-Nummer fehlt der Liste oder dem "
    "Vertrag.",
    "The contract was found by its number alone; the insurer could not be compared.",
)
