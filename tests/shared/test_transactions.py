"""Promise 4: nobody sees a stranger's customer; and what one transaction leaves behind."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, select

from shared.db.database import Database, service_metadata
from shared.db.id_lists import id_list, parted
from shared.db.rings import Ring
from shared.db.roles import UnsafeRole
from shared.jobs.doorbell import Doorbell
from tests.fixtures.databases import FreshDatabase
from tests.shared.toy import NoteWritten, Toy


async def test_without_any_filter_in_the_code_row_level_security_still_hides_strangers(
    toy: Toy,
) -> None:
    await toy.write("agency-x", "mine")
    await toy.write("agency-y", "theirs")
    async with toy.notes.transaction("agency-x") as transaction:
        rows = await transaction.execute("SELECT note_id FROM note")
        assert list(rows.scalars()) == ["mine"]


async def test_a_row_cannot_be_written_into_another_agency(toy: Toy) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        async with toy.notes.transaction("agency-x") as transaction:
            await transaction.execute("INSERT INTO note VALUES ('agency-y', 'smuggled')")


async def test_a_strangers_row_cannot_be_changed_or_deleted(toy: Toy) -> None:
    await toy.write("agency-y", "theirs")
    async with toy.notes.transaction("agency-x") as transaction:
        changed = await transaction.execute("UPDATE note SET note_id = 'taken'")
        deleted = await transaction.execute("DELETE FROM note")
        assert (changed.rowcount, deleted.rowcount) == (0, 0)
    async with toy.notes.transaction("agency-y") as transaction:
        rows = await transaction.execute("SELECT note_id FROM note")
        assert list(rows.scalars()) == ["theirs"]


async def test_all_readers_of_a_snapshot_see_its_first_moment_and_cannot_write(toy: Toy) -> None:
    await toy.write("agency-x", "before")
    async with toy.notes.snapshot("agency-x", readers=2) as snapshot:
        await toy.write("agency-x", "meanwhile")
        await toy.write("agency-y", "theirs")
        async with snapshot.transaction() as one, snapshot.transaction() as other:
            for reader in (one, other):
                rows = await reader.execute("SELECT note_id FROM note")
                assert list(rows.scalars()) == ["before"]
        async with snapshot.transaction() as reader:
            with pytest.raises(DBAPIError, match="read-only"):
                await reader.execute("INSERT INTO note VALUES ('agency-x', 'smuggled')")
    # The connections go back to the pool as they came.
    for number in range(10):
        await toy.write("agency-x", f"after-{number}")


async def test_snapshots_that_need_more_than_the_pool_holds_wait_for_each_other_in_turn(
    toy: Toy,
) -> None:
    await toy.write("agency-x", "before")

    async def read() -> int:
        async with (
            toy.notes.snapshot("agency-x", readers=3) as snapshot,
            snapshot.transaction() as transaction,
        ):
            rows = await transaction.execute("SELECT pg_sleep(0.01), note_id FROM note")
            return len(rows.all())

    async with asyncio.timeout(20):
        assert await asyncio.gather(*(read() for _ in range(6))) == [1] * 6


async def test_a_transaction_without_an_agency_raises_instead_of_showing_nothing(
    toy: Toy, toy_database: FreshDatabase
) -> None:
    connection = await asyncpg.connect(toy_database.app_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no agency is set"):
            await connection.fetch("SELECT * FROM note")
        async with connection.transaction():
            await connection.execute("SELECT set_config('kundentakt.agency', 'agency-x', true)")
            await connection.fetch("SELECT * FROM note")
        # After that transaction the setting is an empty text, which must not pass either.
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no agency is set"):
            await connection.fetch("SELECT * FROM note")
    finally:
        await connection.close()


async def test_a_service_refuses_to_start_on_a_role_that_could_see_everything(
    toy_database: FreshDatabase, rung: list[Ring]
) -> None:
    async def ring(rings: object) -> None:
        raise AssertionError("nothing is rung here")

    owner = Database(service="classifier", url=toy_database.owner_url, ring=ring)
    try:
        with pytest.raises(UnsafeRole, match="kundentakt migrate"):
            await owner.refuse_unsafe_role()
    finally:
        await owner.close()


async def test_a_service_refuses_to_start_on_a_role_that_was_made_a_member_of_the_sweeps(
    toy: Toy, toy_database: FreshDatabase
) -> None:
    await toy.notes.refuse_unsafe_role()
    app, sweep = (urlsplit(url).username for url in (toy_database.app_url, toy_database.sweep_url))
    admin = await asyncpg.connect(toy_database.admin_url)
    try:
        await admin.execute(f'GRANT "{sweep}" TO "{app}"')
        with pytest.raises(UnsafeRole):
            await toy.notes.refuse_unsafe_role()
    finally:
        await admin.execute(f'REVOKE "{sweep}" FROM "{app}"')
        await admin.close()


async def test_revisions_are_gapless_and_in_order_of_commits(toy: Toy) -> None:
    async def write_or_fail(number: int) -> None:
        try:
            async with toy.notes.transaction("agency-x") as transaction:
                transaction.publish(NoteWritten(note_id=f"n{number}"))
                await transaction.execute("SELECT pg_sleep(:s)", {"s": (number * 7 % 5) / 500})
                if number % 3 == 0:
                    raise RuntimeError("rolled back")
        except RuntimeError:
            pass

    await asyncio.gather(*(write_or_fail(number) for number in range(30)))
    async with toy.notes.transaction("agency-x") as transaction:
        revisions = list(
            (await transaction.execute("SELECT revision FROM change ORDER BY revision")).scalars()
        )
    assert revisions == list(range(1, 21))


async def test_a_transaction_of_the_driver_keeps_the_same_promises(
    toy: Toy, rung: list[Ring]
) -> None:
    await toy.write("agency-y", "theirs")
    rung.clear()
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with toy.notes.direct("agency-x") as direct:
            direct.publish(NoteWritten(note_id="smuggled"))
            direct.ring("reclassify")
            await (await direct.driver()).execute("INSERT INTO note VALUES ('agency-y', 'no')")
    assert rung == []
    async with toy.notes.direct("agency-x") as direct:
        direct.publish(NoteWritten(note_id="mine"))
        driver = await direct.driver()
        await driver.execute("INSERT INTO note VALUES ('agency-x', 'mine')")
        assert [row["note_id"] for row in await driver.fetch("SELECT * FROM note")] == ["mine"]
        assert rung == []
    assert Ring(service="scheduler", job="follow_classifier", agency="agency-x") in rung
    async with toy.notes.transaction("agency-x") as transaction:
        changes = await transaction.execute("SELECT revision, subject FROM change")
        assert [tuple(row) for row in changes] == [(1, "mine")]


async def test_a_transaction_of_the_driver_outlives_the_loss_of_all_connections(
    toy: Toy, toy_database: FreshDatabase
) -> None:
    async def hold() -> None:
        async with toy.notes.direct("agency-x") as direct:
            await (await direct.driver()).fetch("SELECT pg_sleep(0.05)")

    await asyncio.gather(*(hold() for _ in range(4)))
    admin = await asyncpg.connect(toy_database.admin_url)
    try:
        await admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await admin.close()
    # The driver hears of it in the next turn of the loop.
    await asyncio.sleep(0)
    await asyncio.gather(*(hold() for _ in range(4)))


async def test_what_a_savepoint_undid_is_not_published(toy: Toy) -> None:
    async with toy.notes.transaction("agency-x") as transaction:
        transaction.publish(NoteWritten(note_id="kept"))
        with pytest.raises(RuntimeError):
            async with transaction.savepoint():
                transaction.publish(NoteWritten(note_id="undone"))
                raise RuntimeError
    async with toy.notes.transaction("agency-x") as transaction:
        subjects = await transaction.execute("SELECT subject FROM change")
        assert list(subjects.scalars()) == ["kept"]


async def test_bells_ring_after_the_commit_and_never_for_a_rollback(
    toy: Toy, rung: list[Ring]
) -> None:
    with pytest.raises(RuntimeError):
        async with toy.notes.transaction("agency-x") as transaction:
            transaction.ring("reclassify")
            raise RuntimeError
    assert rung == []
    async with toy.notes.transaction("agency-x") as transaction:
        transaction.ring("reclassify")
        transaction.ring("reclassify")
        assert rung == []
    assert rung == [Ring(service="classifier", job="reclassify", agency="agency-x")]


async def test_a_commit_stands_when_redis_is_away(toy_database: FreshDatabase) -> None:
    doorbell = Doorbell(url="redis://127.0.0.1:1/0", service="classifier")
    database = Database(service="classifier", url=toy_database.app_url, ring=doorbell.ring)
    try:
        async with database.transaction("agency-x") as transaction:
            await transaction.session.execute(text("INSERT INTO note VALUES ('agency-x', 'n1')"))
            transaction.ring("reclassify")
        async with database.transaction("agency-x") as transaction:
            assert (await transaction.execute("SELECT count(*) FROM note")).scalar_one() == 1
    finally:
        await database.close()
        await doorbell.close()


class _ToyTable(SQLModel, registry=registry(metadata=service_metadata())):
    """The tables of this file alone."""


class _NoteTable(_ToyTable, table=True):
    __tablename__ = "note"
    agency_id: str = Field(primary_key=True)
    note_id: str = Field(primary_key=True)


async def test_a_table_class_is_added_and_selected_as_typed_rows(toy: Toy) -> None:
    async with toy.notes.transaction("agency-x") as transaction:
        await transaction.add(_NoteTable(agency_id="agency-x", note_id="one"))
        rows = (await transaction.exec(select(_NoteTable))).all()
        assert [row.note_id for row in rows] == ["one"]
        ids = await transaction.exec(select(_NoteTable.note_id))
        assert ids.all() == ["one"]


async def test_a_statement_of_any_length_is_planned_once(toy: Toy) -> None:
    """Planning the statement of facts takes four times as long as its sums for a care unit."""
    statement = f"SELECT 1 -- {'long ' * 10_000}"
    async with toy.notes.transaction("agency-x") as transaction:
        driver = await transaction.driver()
        for _ in range(3):
            await driver.fetch(statement)
        uses = await driver.fetch(
            "SELECT generic_plans + custom_plans AS uses FROM pg_prepared_statements"
            " WHERE statement LIKE 'SELECT 1 -- long%'"
        )
    assert [row["uses"] for row in uses] == [3]


@pytest.mark.parametrize(
    "ids", [[], ["K-1"], ["K-1", "a.b:1_-", "Ä 2"], [f"n{n}" for n in range(99)]]
)
async def test_ids_that_go_as_one_text_are_the_same_ids(toy: Toy, ids: list[str]) -> None:
    async with toy.notes.transaction("agency-x") as transaction:
        found = await transaction.execute(f"SELECT {parted('ids')}", {"ids": id_list(ids)})
        assert found.scalar_one() == ids


def test_an_id_that_would_become_two_is_refused() -> None:
    with pytest.raises(ValueError, match="separator"):
        id_list(["K-1\x1fK-2"])
