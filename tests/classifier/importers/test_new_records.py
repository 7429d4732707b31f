"""Rows that stand for items: they say the same, and become the items again."""

import pickle
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from services.classifier.domain.contract_matching import (
    ContractName,
    KnownContract,
    Meeting,
    met_contract,
    plainly_met,
)
from services.classifier.domain.records import own_fields
from services.classifier.importers.any_file import read
from services.classifier.importers.file_words import FileWord, named_by_file, word_of_file
from services.classifier.importers.new_records import new_records
from services.classifier.importers.reading import ReadContract, ReadCustomer
from services.classifier.importers.told_items import ToldItems
from tests.classifier.importers.test_stored_lists import AS_OF, BERLIN, LISTS

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
@pytest.mark.parametrize("clears_empty", [False, True])
def test_rows_become_the_items_again_that_they_were_made_of(path: Path, clears_empty: bool) -> None:
    file = FileWord(at=NOON, clears_empty=clears_empty)
    items = iter(read(path.read_bytes(), zone=BERLIN, as_of=AS_OF).items)
    while piece := list(islice(items, 40)):
        told = ToldItems(piece, new_records(piece, file))
        sent: ToldItems = pickle.loads(pickle.dumps(told))
        assert sent.items() == piece
        again = [each.carried for each in sent.items() if isinstance(each, ReadCustomer)]
        assert again == [each.carried for each in piece if isinstance(each, ReadCustomer)]
        for each in piece:
            if isinstance(each, ReadCustomer | ReadContract):
                record = each.customer if isinstance(each, ReadCustomer) else each.contract
                word = word_of_file(record, each.carried, at=NOON, clears=clears_empty)
                values = own_fields(type(record))[1](record)
                assert named_by_file(record, each.carried, file, values) == word.fields.keys()


def contract(*, customer_id: str = "K-1", number: str = "A1", insurer: str | None) -> KnownContract:
    return KnownContract(
        customer_id, f"9999:{number}", number, insurer, "Muster", "motor", None, True
    )


@pytest.mark.parametrize(
    ("candidates", "sure"),
    [
        ([contract(insurer="9999")], True),
        ([contract(insurer="09999")], False),
        ([contract(insurer=None)], False),
        ([contract(insurer="8888")], False),
        ([contract(insurer="9999", number="0A1")], False),
        ([contract(insurer="9999"), contract(insurer="9999", customer_id="K-2")], False),
        ([], False),
    ],
)
def test_who_is_plainly_met_is_surely_met(candidates: list[KnownContract], sure: bool) -> None:
    plain = plainly_met("A1", "9999", candidates)
    assert (plain is not None) == sure
    if plain is not None:
        name = ContractName(number="A1", insurer_number="9999", insurer="Other", line="household")
        assert met_contract(name, candidates) == Meeting(contract=plain, sure=True)
