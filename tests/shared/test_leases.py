"""Leases: one worker at a time, by the database's clock; no step after the lease was lost."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import asyncpg
import pytest

from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.db.kernel_tables import Protected, protect
from shared.db.leases import LeasedTable
from tests.fixtures.databases import FreshDatabase
from tests.fixtures.waiting import eventually
from tests.shared.toy import Toy

ERRAND = """
    CREATE TABLE errand (
        agency_id text, errand_id text, state text NOT NULL DEFAULT 'open', reason text,
        lease_token uuid, leased_until timestamptz, PRIMARY KEY (agency_id, errand_id))
"""
ERRANDS = LeasedTable("errand", key="errand_id", seconds=60)
AGENCY, OTHER = "acme", "other"


@pytest.fixture
async def errands(toy: Toy, toy_database: FreshDatabase) -> Database:
    """A database with five open errands of one agency and one of another."""
    owner = await asyncpg.connect(toy_database.owner_url)
    await owner.execute(ERRAND)
    statements: list[str] = []
    protect(statements.append, Protected("errand", swept=True))
    for statement in statements:
        await owner.execute(statement)
    await owner.close()
    for agency, count in ((AGENCY, 5), (OTHER, 1)):
        async with toy.notes.transaction(agency) as transaction:
            await transaction.execute(
                """
                INSERT INTO errand (agency_id, errand_id)
                SELECT CAST(:agency AS text), 'e' || number
                  FROM generate_series(1, CAST(:count AS int)) AS number
                """,
                {"count": count},
            )
    return toy.notes


async def claimed_by(transaction: Transaction, limit: int = 1) -> tuple[UUID, list[str]]:
    claimed = await ERRANDS.claim(
        transaction,
        where="state = 'open'",
        order_by="errand_id",
        limit=limit,
        returning="errand_id",
    )
    return claimed.token, sorted(row.errand_id for row in claimed.rows)


async def rows(database: Database, agency: AgencyId = AGENCY) -> dict[str, tuple[str, object]]:
    async with database.transaction(agency) as transaction:
        found = await transaction.execute(
            "SELECT errand_id, state, lease_token FROM errand WHERE agency_id = :agency"
        )
        return {row.errand_id: (row.state, row.lease_token) for row in found}


async def let_expire(database: Database) -> None:
    async with database.transaction(AGENCY) as transaction:
        await transaction.execute(
            """
            UPDATE errand SET leased_until = now() - interval '1 second'
             WHERE agency_id = :agency AND lease_token IS NOT NULL
            """
        )


async def test_two_claimers_at_once_never_get_the_same_row(errands: Database) -> None:
    async with (
        errands.transaction(AGENCY) as one,
        errands.transaction(AGENCY) as two,
    ):
        _, first = await claimed_by(one, limit=3)
        _, second = await claimed_by(two, limit=3)
    assert (first, second) == (["e1", "e2", "e3"], ["e4", "e5"])


async def test_what_is_leased_is_not_claimed_again(errands: Database) -> None:
    async with errands.transaction(AGENCY) as transaction:
        await claimed_by(transaction, limit=5)
    async with errands.transaction(AGENCY) as transaction:
        assert (await claimed_by(transaction))[1] == []


async def test_an_ended_lease_passes_to_the_next_and_the_first_can_do_nothing_more(
    errands: Database,
) -> None:
    async with errands.transaction(AGENCY) as transaction:
        lost = await ERRANDS.claim(transaction, order_by="errand_id", returning="errand_id")
    await let_expire(errands)
    async with errands.transaction(AGENCY) as transaction:
        taken, ids = await claimed_by(transaction)
    assert ids == ["e1"]
    async with errands.transaction(AGENCY) as transaction:
        step = await ERRANDS.step(transaction, lost.token, "state = 'done'")
        assert step.rowcount == 0
        assert await ERRANDS.keep_alive(transaction, lost.token) == 0
        assert await ERRANDS.release(transaction, lost.token) == 0
    assert (await rows(errands))["e1"] == ("open", taken)


async def test_a_step_under_the_lease_names_the_state_it_continues_from(errands: Database) -> None:
    async with errands.transaction(AGENCY) as transaction:
        claimed = await ERRANDS.claim(
            transaction, steps="state = 'claimed'", order_by="errand_id", returning="errand_id"
        )
        wrong = await ERRANDS.step(transaction, claimed.token, "state = 'done'", where="state='x'")
        right = await ERRANDS.step(
            transaction, claimed.token, "state = 'done'", where="state = 'claimed'"
        )
    assert (wrong.rowcount, right.rowcount) == (0, 1)


async def test_what_is_released_is_free_at_once_or_after_the_wait(errands: Database) -> None:
    async with errands.transaction(AGENCY) as transaction:
        claimed = await ERRANDS.claim(transaction, order_by="errand_id", returning="errand_id")
        given_back = await ERRANDS.release(
            transaction, claimed.token, steps="reason = :reason", values={"reason": "away"}
        )
        token, ids = await claimed_by(transaction)
        assert (given_back, ids) == (1, ["e1"])
        await ERRANDS.release(transaction, token, wait_seconds=60)
        assert (await claimed_by(transaction))[1] == ["e2"]


async def test_a_lease_that_is_kept_alive_outlasts_its_length(errands: Database) -> None:
    short = replace(ERRANDS, seconds=2)

    async def end() -> datetime:
        async with errands.transaction(AGENCY) as transaction:
            found = await transaction.execute("SELECT max(leased_until) FROM errand")
            return cast(datetime, found.scalar_one())

    async def is_free_again() -> bool:
        async with errands.transaction(AGENCY) as transaction:
            return (await claimed_by(transaction))[1] == ["e1"]

    async with errands.transaction(AGENCY) as transaction:
        claimed = await short.claim(
            transaction, order_by="errand_id", limit=5, returning="errand_id"
        )
    first_end = await end()

    async def was_prolonged_after_its_first_end() -> bool:
        return await end() > first_end + timedelta(seconds=short.seconds)

    async with short.kept_alive(errands, AGENCY, claimed.token):
        await eventually(was_prolonged_after_its_first_end)
        async with errands.transaction(AGENCY) as transaction:
            assert (await claimed_by(transaction))[1] == []
            assert await short.expire(transaction) == []
    await eventually(is_free_again)


async def test_expiring_takes_only_from_those_who_fell_silent(errands: Database) -> None:
    async with errands.transaction(AGENCY) as transaction:
        await ERRANDS.claim(
            transaction, steps="state = 'claimed'", order_by="errand_id", limit=2,
            returning="errand_id",
        )  # fmt: skip
    await let_expire(errands)
    async with errands.transaction(AGENCY) as transaction:
        alive = await ERRANDS.claim(
            transaction, where="state = 'open'", steps="state = 'claimed'", order_by="errand_id",
            returning="errand_id",
        )  # fmt: skip
        ended = await ERRANDS.expire(
            transaction, where="state = 'claimed'", steps="state = 'open'", returning="errand_id"
        )
    assert sorted(row.errand_id for row in ended) == ["e1", "e2"]
    assert await rows(errands) == {
        "e1": ("open", None), "e2": ("open", None), "e3": ("claimed", alive.token),
        "e4": ("open", None), "e5": ("open", None),
    }  # fmt: skip


async def test_a_claim_may_choose_among_the_rows_it_locked(errands: Database) -> None:
    async with errands.transaction(AGENCY) as transaction:
        claimed = await ERRANDS.claim(
            transaction, order_by="errand_id", limit=4, returning="errand_id",
            among="SELECT errand_id AS chosen FROM free WHERE errand_id > :least",
            values={"least": "e2"},
        )  # fmt: skip
    assert sorted(row.errand_id for row in claimed.rows) == ["e3", "e4"]


async def test_another_agency_is_neither_claimed_nor_released(errands: Database) -> None:
    async with errands.transaction(AGENCY) as transaction:
        token, _ = await claimed_by(transaction, limit=5)
    async with errands.transaction(OTHER) as transaction:
        assert await ERRANDS.release(transaction, token) == 0
        assert (await claimed_by(transaction))[1] == ["e1"]
    assert all(held == token for _, held in (await rows(errands)).values())


async def test_the_sweep_finds_agencies_with_free_rows(toy: Toy, errands: Database) -> None:
    async with errands.transaction(AGENCY) as transaction:
        await claimed_by(transaction, limit=5)
    assert await ERRANDS.agencies_with_free_rows(toy.sweep) == [OTHER]
    await let_expire(errands)
    assert sorted(await ERRANDS.agencies_with_free_rows(toy.sweep)) == [AGENCY, OTHER]
