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
INSURER_NOT_COMPARED: Final = Remark(
    "insurer-not-compared",
    "Nur die Vertragsnummer stimmt überein; Gesellschaft oder VU-Nummer fehlt der Liste oder dem "
    "Vertrag.",
    "The contract was found by its number alone; the insurer could not be compared.",
)
