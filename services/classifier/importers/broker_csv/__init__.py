"""CSV exports of broker systems: customers, contracts, commissions, interactions."""

from services.classifier.importers.broker_csv.kinds import CsvKindUnknown, read_csv

__all__ = ["CsvKindUnknown", "read_csv"]
