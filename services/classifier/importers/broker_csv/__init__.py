"""CSV exports of broker systems: customers, contracts, commissions, interactions."""

from services.classifier.importers.broker_csv.kinds import (
    HEAD_LINES,
    CsvKindAmbiguous,
    CsvKindUnknown,
    ListPlan,
    ListReader,
    decided_list,
    read_csv,
)
from services.classifier.importers.broker_csv.own_words import NO_OWN_WORDS, OwnWords
from services.classifier.importers.broker_csv.repeated_numbers import SeenNumbers

__all__ = [
    "HEAD_LINES", "NO_OWN_WORDS", "CsvKindAmbiguous", "CsvKindUnknown", "ListPlan", "ListReader",
    "OwnWords", "SeenNumbers", "decided_list", "read_csv",
]  # fmt: skip
