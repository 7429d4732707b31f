"""Every column of every table is marked: it tells something of a customer, or it does not."""

import pkgutil
from importlib import import_module

import pytest
from sqlalchemy import Column, MetaData, Table, Text

from services.classifier.store.personal_data import PERSONAL_DATA as CLASSIFIER
from services.notifier.store.personal_data import PERSONAL_DATA as NOTIFIER
from services.scheduler.store.personal_data import PERSONAL_DATA as SCHEDULER
from shared.db.kernel_tables import kernel_tables
from shared.db.personal_data import FEED_OF_IDS, PersonalData, deleted

DECLARATIONS = {"classifier": CLASSIFIER, "scheduler": SCHEDULER, "notifier": NOTIFIER}


@pytest.mark.parametrize("service", DECLARATIONS)
def test_every_column_is_marked_personal_or_not(service: str) -> None:
    store = import_module(f"services.{service}.store")
    for room in pkgutil.iter_modules(store.__path__):
        import_module(f"{store.__name__}.{room.name}")
    assert list(DECLARATIONS[service].faults()) == []


def test_a_table_or_column_without_a_mark_is_found() -> None:
    metadata = MetaData()
    kernel_tables(metadata)
    Table("note", metadata, Column("agency_id", Text), Column("words", Text), Column("by", Text))
    Table("album", metadata, Column("agency_id", Text))
    marks = {"note": deleted("words author")}
    assert list(PersonalData(metadata, marks, feed=FEED_OF_IDS).faults()) == [
        "album: there is no such mark",
        "note.by: not marked",
        "note.author: no such column",
    ]


@pytest.mark.parametrize("service", DECLARATIONS)
def test_what_is_kept_or_erased_by_a_statement_says_why(service: str) -> None:
    marks = DECLARATIONS[service].marks
    silent = [
        name
        for name, each in marks.items()
        if each.erasure in ("emptied", "stated") and not each.because
    ]
    assert silent == []
