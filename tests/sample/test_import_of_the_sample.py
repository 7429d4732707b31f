"""The classifier's importers take the sample as a broker's files: all of it, but for the faults."""

from collections import Counter
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from kundentakt.sample import write_sample_agency
from services.classifier.importers.broker_csv import read_csv
from services.classifier.importers.gdv import read_gdv
from services.classifier.importers.reading import ReadContract

AS_OF = date(2026, 11, 23)


def test_the_importers_read_every_good_row_and_refuse_the_broken_ones(tmp_path: Path) -> None:
    agency = write_sample_agency(tmp_path, customers=600, as_of=AS_OF)
    read: Counter[str] = Counter()
    contract_ids: set[str] = set()
    for path in (
        agency.customers_csv,
        agency.contracts_csv,
        agency.commissions_csv,
        agency.interactions_csv,
    ):
        reading = read_csv(path.read_bytes(), zone=ZoneInfo("Europe/Berlin"), as_of=AS_OF)
        for item in reading.items:
            read[type(item).__name__] += 1
            if isinstance(item, ReadContract):
                contract_ids.add(item.contract_id)
    assert read["ReadCustomer"] == agency.customers
    assert read["ReadContract"] == agency.contracts + 1  # that nobody has the number shows later
    assert read["ReadCommission"] == agency.commissions
    assert read["ReadInteraction"] == agency.interactions
    assert read["RejectedCell"] == sum(row.refused for row in agency.broken_rows) - 1
    assert read["DoubtfulCell"] == sum(not row.refused for row in agency.broken_rows)
    assert agency.cancellation is not None
    assert agency.cancellation.contract_id in contract_ids


def test_the_gdv_importer_finds_the_persons_and_contracts(tmp_path: Path) -> None:
    agency = write_sample_agency(tmp_path, customers=50, as_of=AS_OF)
    reading = read_gdv(agency.gdv.path.read_bytes(), as_of=AS_OF)
    read = Counter(type(item).__name__ for item in reading.items)
    assert read == {"ReadCustomer": agency.gdv.persons, "ReadContract": agency.gdv.contracts}
