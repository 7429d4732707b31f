"""What is worth another try, as the drivers really raise it."""

import socket

import pytest

from shared.db.database import Database
from shared.db.failures import is_transient
from shared.failures import Permanent, Transient
from shared.jobs.doorbell import Doorbell
from tests.fixtures.databases import FreshDatabase
from tests.shared.toy import Toy


async def raised_by(database: Database, statement: str, **parameters: object) -> Exception:
    """The error of one statement."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which error it is, is the question
        async with database.transaction("agency-x") as transaction:
            await transaction.execute(statement, parameters)
    return caught.value


async def test_a_statement_that_can_never_run_is_not_tried_again(toy: Toy) -> None:
    too_many = {f"p{number}": number for number in range(33_000)}
    values = ", ".join(f"(:{name})" for name in too_many)
    for error in (
        await raised_by(toy.notes, f"SELECT * FROM (VALUES {values}) AS t", **too_many),
        await raised_by(toy.notes, "SELECT CAST(:number AS int)", number="seven"),
        await raised_by(toy.notes, "INSERT INTO note VALUES (:agency, :note)", note="\x00"),
    ):
        assert not is_transient(error), error


async def test_a_database_that_cannot_be_reached_is_tried_again(
    toy_database: FreshDatabase,
) -> None:
    doorbell = Doorbell(url="redis://127.0.0.1:1/0", service="classifier")
    for host in ("no-such-host.invalid", "127.0.0.1:1", "localhost:1"):
        url = f"postgresql://app:secret@{host}/toy"
        database = Database(service="classifier", url=url, ring=doorbell.ring)
        assert is_transient(await raised_by(database, "SELECT 1"))
        await database.close()


def test_a_file_that_is_missing_and_a_refusal_are_not_tried_again() -> None:
    assert not is_transient(FileNotFoundError(2, "No such file", "letters.pdf"))
    assert is_transient(socket.gaierror(-2, "Name or service not known"))
    refusal = Permanent("refused")
    refusal.__cause__ = TimeoutError()
    assert not is_transient(refusal)
    assert is_transient(Transient("busy"))
