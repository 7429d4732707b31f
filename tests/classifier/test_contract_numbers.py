"""Contracts by their numbers: the key that finds them is a column, whose index is used."""

import json
from uuid import UUID

import asyncpg

from tests.classifier.conftest import Agency
from tests.fixtures.databases import FreshDatabases
from tests.fixtures.old_schemas import migrate_to, take_back_to

MERGE = UUID("0b0f8f0e-3c0f-4f2a-9a53-1d2f4a6f7c11")
CONTRACTS = {"9999:00V-12": None, "V1": "00 V/12.3", "V2": "007", "V3": "0ß-1"}
KEYS = {"9999:00V-12": "V12", "V1": "V123", "V2": "7", "V3": "SS1"}


async def test_a_number_is_looked_up_in_the_index_whoever_may_see_the_row(agency: Agency) -> None:
    """Under row-level security an index on an expression is passed over: every look at it read and
    computed the whole book."""
    resources = agency.service.resources
    async with resources.database.transaction(agency.agency) as transaction:
        await transaction.execute("SET LOCAL enable_seqscan = off")
        found = await transaction.execute(
            "EXPLAIN SELECT contract_id FROM contract WHERE agency_id = :agency"
            " AND number_key = ANY(CAST(:keys AS text[]))",
            {"keys": ["V12", "V123"]},
        )
        plan = "\n".join(found.scalars())
    assert "ix_contract_number" in plan
    assert "number_key" in plan.partition("Index Cond:")[2].partition("\n")[0]


async def test_known_contracts_and_those_kept_aside_get_their_key(
    fresh_database: FreshDatabases,
) -> None:
    database = await fresh_database("classifier")
    await take_back_to(database, "classifier", "0023")
    owner = await asyncpg.connect(database.admin_url)
    for contract_id, number in CONTRACTS.items():
        content = {"contract_id": contract_id, "contract_number": number}
        await owner.execute(
            "INSERT INTO contract (agency_id, customer_id, contract_id, contract_number, line,"
            " status, held_elsewhere) VALUES ('muster', 'K-1', $1, $2, 'legal', 'active', false)",
            contract_id, number,
        )  # fmt: skip
        await owner.execute(
            "INSERT INTO merged_row (agency_id, merge_id, table_name, step, content)"
            " VALUES ('muster', $1, 'contract', 'removed', $2)",
            MERGE, json.dumps(content),
        )  # fmt: skip
    await migrate_to(database, "classifier", "head")
    known = await owner.fetch("SELECT contract_id, number_key FROM contract")
    aside = await owner.fetch(
        "SELECT content ->> 'contract_id', content ->> 'number_key' FROM merged_row"
    )
    await owner.close()
    assert {row[0]: row[1] for row in known} == KEYS
    assert {row[0]: row[1] for row in aside} == KEYS
