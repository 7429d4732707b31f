"""Logs and parked changes name ids, lines of code and kinds of errors: never a customer."""

import json
import logging
import traceback

import pytest
import structlog
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from shared.redaction import described, traced
from shared.telemetry import configure_logging
from tests.shared.toy import Poison, Toy

NAME = "Bergmann"


class Birth(BaseModel):
    """Something to get wrong."""

    year: int


def python_errors() -> list[Exception]:
    """Errors of Python and of pydantic that quote what they read."""
    errors: list[Exception] = []
    known: dict[str, int] = {}
    for attempt in (
        lambda: int(NAME),
        lambda: known[NAME],
        lambda: Birth.model_validate({"year": NAME}),
    ):
        with pytest.raises((ValueError, KeyError)) as caught:
            attempt()
        errors.append(caught.value)
    return errors


async def database_errors(toy: Toy) -> list[Exception]:
    """Errors of Postgres that quote values; under row-level security it quotes no keys or rows."""
    errors: list[Exception] = []
    for statement, values in (
        ("SELECT CAST(CAST(:name AS text) AS int)", {"name": NAME}),
        ("SELECT CAST(:name AS int)", {"name": NAME}),
    ):
        with pytest.raises(DBAPIError) as caught:
            async with toy.notes.transaction("agency-x") as transaction:
                await transaction.execute(statement, values)
        errors.append(caught.value)
    return errors


async def test_no_error_is_described_with_the_data_it_quotes(toy: Toy) -> None:
    for error in [*python_errors(), *await database_errors(toy)]:
        assert NAME in "".join(traceback.format_exception(error)), "quotes nothing"
        assert NAME not in described(error) + traced(error)
        assert type(error).__name__ in described(error)
        assert "test_logs.py" in traced(error)


async def test_what_helps_is_kept(toy: Toy) -> None:
    await toy.write("agency-x", NAME)
    with pytest.raises(DBAPIError) as duplicate:
        await toy.write("agency-x", NAME)
    assert NAME not in traced(duplicate.value)
    assert described(duplicate.value) == "IntegrityError: 23505 note note_pkey"
    assert described(Poison("note n1")) == "Poison: note n1"


def test_libraries_log_in_our_form_and_without_the_data(
    capsys: pytest.CaptureFixture[str],
) -> None:
    handlers = logging.getLogger().handlers
    before = structlog.get_config()
    try:
        configure_logging("classifier")
        for error in python_errors():
            try:
                raise error
            except Exception:
                logging.getLogger("arq.worker").exception("%s failed: %s", "job", error)
        entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    finally:
        logging.getLogger().handlers = handlers
        structlog.configure(**before)
    assert len(entries) == 3
    assert all(entry["service"] == "classifier" for entry in entries)
    assert all("test_logs.py" in entry["exception"] for entry in entries)
    assert NAME not in json.dumps(entries)
