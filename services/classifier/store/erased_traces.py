"""Traces of a customer outside their own rows: remarks on files, and bookings of no contract."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.classifier.domain.erasure import (
    ERASED_DE,
    ERASED_EN,
    compact,
    of_identities,
    of_row,
    remembered_of_contract,
)
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

SHORTEST_WORD: Final = 3
"""A shorter word would be found in every other remark."""

DAYS: Final = ("%Y-%m-%d", "%d.%m.%Y", "%d%m%Y")
"""How files write a birth date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What finds a customer outside their own rows, read before these go."""

    customer_id: CustomerId
    words: Sequence[str]
    numbers: Sequence[str]
    contract_keys: Sequence[str]
    known_by: Sequence[str]


async def traces_of(transaction: Transaction, customer_id: CustomerId) -> Traces:
    """Names, addresses and numbers of a customer. SQL text because one statement reads both."""
    found = await transaction.execute(
        """
        SELECT last_name, company_name, contact_person, street, email, phone, birth_date,
               ARRAY(SELECT value FROM jsonb_each_text(identities)) AS identities
          FROM customer WHERE agency_id = :agency AND customer_id = :customer_id
        """,
        {"customer_id": customer_id},
    )
    row = found.one()
    contracts = await transaction.execute(
        """
        SELECT insurer_number, contract_id,
               coalesce(contract_number, regexp_replace(contract_id, '^.*:', '')) AS number
          FROM contract WHERE agency_id = :agency AND customer_id = :customer_id
        """,
        {"customer_id": customer_id},
    )
    held = [(each.insurer_number, each.contract_id, each.number) for each in contracts]
    numbers = [customer_id, *row.identities, *(n for each in held for n in each[1:])]
    names = [row.last_name, row.company_name, row.contact_person, row.street, row.email, row.phone]
    born = [f"{row.birth_date:{form}}" for form in DAYS] if row.birth_date else []
    compacted = [compact(number) for number in numbers if compact(number)]
    remembered = [text for each in held for text in remembered_of_contract(each[0], each[2])]
    return Traces(
        customer_id=customer_id,
        words=[*filter(None, names), *born, *numbers],
        numbers=compacted,
        contract_keys=[compact(each[2]) for each in held],
        known_by=[*remembered, *of_identities(row.identities), *map(of_row, compacted)],
    )


async def erase_traces(transaction: Transaction, traces: Traces) -> None:
    """Empty what remarks, file names and bookings of no contract tell of a customer."""
    parameters = {
        "customer_id": traces.customer_id,
        "numbers": list(traces.numbers),
        "keys": list(traces.contract_keys),
        "words": pattern_of(traces.words),
        "name": pattern_of(traces.words, whole=False),
        "german": ERASED_DE,
        "english": ERASED_EN,
    }
    for statement in (_WORDS, _REMARKS, _FILES, _BOOKINGS):
        wanted = {name for name in parameters if f":{name}" in statement}
        await transaction.execute(statement, {name: parameters[name] for name in wanted})


def pattern_of(words: Sequence[str], *, whole: bool = True) -> str:
    """A regular expression of PostgreSQL that finds any of the words, with or without umlauts."""
    shapes = sorted({shape for word in words for shape in _shapes(word)}, key=len, reverse=True)
    found = "|".join(re.sub(r"(\W)", r"\\\1", shape) for shape in shapes)
    if not found:
        return "$^"
    return f"(^|[^[:alnum:]])({found})([^[:alnum:]]|$)" if whole else f"({found})"


def _shapes(word: str) -> Iterator[str]:
    """The word as written, in capitals and without them, since the database's collation may know
    those of ASCII alone; and with its umlauts written out, as file names have them."""
    plain = " ".join(word.split())
    for shape in (plain, plain.upper(), plain.lower(), plain.lower().translate(_WRITTEN_OUT)):
        if len(shape) >= SHORTEST_WORD:
            yield shape


_WRITTEN_OUT: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


_REMARKS = """
    UPDATE import_rejection
       SET value = NULL, row_names = NULL, reason_de = :german, reason_en = :english
     WHERE agency_id = :agency
       AND (row_names = ANY(CAST(:numbers AS text[])) OR value ~* :words OR reason_de ~* :words)
"""
# Before the remarks, which tell in whose rows an open word stood: it may be all that a cell said.
_WORDS = """
    DELETE FROM import_word
     WHERE agency_id = :agency
       AND (word ~* :words
            OR value IS NULL AND EXISTS (
                   SELECT FROM import_rejection AS remark
                    WHERE remark.agency_id = :agency AND remark.value = import_word.word
                      AND remark.row_names = ANY(CAST(:numbers AS text[]))))
"""
_FILES = """
    UPDATE import_job
       SET filename = substring(filename FROM '[.][A-Za-z0-9]{1,5}$'),
           problem_detail = CASE WHEN problem_detail ~* :words THEN NULL ELSE problem_detail END
     WHERE agency_id = :agency AND (filename ~* :name OR problem_detail ~* :words)
"""
_BOOKINGS = """
    UPDATE unassigned_commission
       SET told_customer_id = NULL, contract_number = NULL, number_key = '', line = NULL
     WHERE agency_id = :agency
       AND (told_customer_id = :customer_id OR (number_key = ANY(CAST(:keys AS text[]))
            AND NOT EXISTS (SELECT FROM contract
                             WHERE contract.agency_id = :agency
                               AND contract.customer_id <> :customer_id
                               AND contract.number_key = unassigned_commission.number_key)))
"""
