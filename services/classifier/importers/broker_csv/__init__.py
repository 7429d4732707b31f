"""CSV exports of broker systems: customers, contracts, commissions, interactions."""

from services.classifier.importers.broker_csv.kinds import (
    CsvKindAmbiguous,
    CsvKindUnknown,
    read_csv,
)

__all__ = ["CsvKindAmbiguous", "CsvKindUnknown", "read_csv"]
