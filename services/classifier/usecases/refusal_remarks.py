"""What an import tells about rows whose customer may not be written for."""

from services.classifier.domain.records import NameMissing, RecordContradictory
from services.classifier.usecases.customer_refusals import (
    CustomerIdReserved,
    CustomerNotFound,
    CustomerWasErased,
    CustomerWasMerged,
    Refusal,
)


def explained(refusal: Refusal) -> tuple[str, str]:
    """Code and German reason of a refusal."""
    if isinstance(refusal, CustomerNotFound):
        return "customer-unknown", "Diesen Kunden gibt es hier nicht; erst die Kundenliste senden."
    if isinstance(refusal, CustomerIdReserved):
        return (
            "id-reserved",
            "So heißt ein Aufruf der Schnittstelle: Kunden brauchen andere Nummern.",
        )
    if isinstance(refusal, CustomerWasErased):
        return "customer-erased", "Dieser Kunde wurde auf Verlangen gelöscht und bleibt es."
    if isinstance(refusal, CustomerWasMerged):
        return "customer-merged", f"Dieser Kunde wurde mit {refusal.into} zusammengeführt."
    if isinstance(refusal, NameMissing):
        return "name-missing", "Dieser Kunde ist neu, und die Zeile nennt keinen Namen."
    if isinstance(refusal, RecordContradictory):
        return "record-contradictory", f"Die Angaben widersprechen dem Bekannten: {refusal}"
    return "day-in-future", "Ein Geburts- oder Todestag liegt in der Zukunft."
