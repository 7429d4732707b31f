"""Records of which nothing is known are entered as rows, and leave what their items leave."""

import re
from typing import Any

import pytest

from services.classifier.importers import stored_lists
from services.classifier.importers.file_words import FileWord
from services.classifier.store import customers
from services.classifier.store.bulk import CameMeanwhile
from services.classifier.usecases import import_slices, import_sources
from tests.classifier.conftest import Agency
from tests.classifier.test_import_progress import change, job_of
from tests.classifier.test_imports import LISTS, SAMPLE, imported, run, start

NUMBER = 260
"""More than go as arrays."""
HOLDERS = [n for n in range(6, NUMBER) if n % 40 != 5]
"""The customers whose rows can be read."""
CUSTOMERS = "Kundennummer;Nachname;Kinder;Haushalt mit;empfohlen von;Einwilligung E-Mail;" + (
    "Einwilligung am;Werbesperre;Geburtsdatum;Verstorben am;Postleitzahl\n"
)
PEOPLE = CUSTOMERS + "".join(
    f"K-{n};Müller {n};{n % 3};{f'K-{n - 1}' if n % 9 == 1 else ''};{'K-2' if n % 50 == 3 else ''};"
    f"{'ja' if n % 7 == 0 else ''};{'01.02.2024' if n % 7 == 0 else ''};"
    f"{'ja' if n % 11 == 0 else ''};12.03.1984;{'31.02.2020' if n % 40 == 5 else ''};{n % 9}6526\n"
    for n in range(NUMBER)
)
AGREED = (
    "Kundennummer;Vertragsnummer;VU-Nr;Gesellschaft;Sparte;Beitrag netto;Zahlweise;Status\n"
    + (
        "".join(
            f"K-{n};V {n:05};9999;Muster;{'Hausrat' if n % 4 else 'Kfz'};{n},50;jährlich;"
            f"{'gekündigt' if n % 30 == 0 else 'aktiv'}\n"
            for n in HOLDERS
        )
    )
)
BOOKED = "Vertragsnummer;VU-Nr;Abrechnungsdatum;Courtageart;Betrag\n" + "".join(
    f"V {n:05};9999;15.01.2026;Bestand;{n},10\n" for n in HOLDERS
)
MADE = (PEOPLE.encode(), AGREED.encode(), BOOKED.encode())
TABLES = {
    "customer": "updated_at", "contract": "updated_at", "commission": "", "connection": "",
    "consent": "recorded_at", "objection": "", "work_mark": "since, marks", "flag": "set_at",
    "unassigned_commission": "received_at", "import_rejection": "import_id",
}  # fmt: skip
"""What an import fills, without what tells when or by which job."""


async def left(agency: Agency) -> dict[str, Any]:
    """All rows that the imports of an agency left, and what the feed told."""
    rows = {}
    for table, aside in TABLES.items():
        dropped = "".join(
            f" - '{name}'" for name in ("agency_id", *filter(None, aside.split(", ")))
        )
        found = await agency.rows(f"SELECT (to_jsonb({table}){dropped})::text FROM {table}")
        rows[table] = sorted(row[0] for row in found)
    rows["change"] = sorted(
        str(row) for row in await agency.rows("SELECT kind, subject, payload::text FROM change")
    )
    return rows


def provenance_without_time(rows: dict[str, Any]) -> dict[str, Any]:
    """The same without the instant at which a file came."""
    return {
        table: [re.sub(r'"at": "[^"]+"', '"at": ""', row) for row in found]
        for table, found in rows.items()
    }


@pytest.mark.parametrize(
    ("lists", "slice_rows"),
    [(MADE, 2000), (tuple((SAMPLE / name).read_bytes() for name in LISTS), 40)],
    ids=("made", "sample"),
)
async def test_new_records_leave_what_their_items_leave(
    agency: Agency,
    monkeypatch: pytest.MonkeyPatch,
    lists: tuple[bytes, ...],
    slice_rows: int,
) -> None:
    monkeypatch.setattr(import_sources, "SLICE_ROWS", slice_rows)
    entered, enter = 0, import_slices._entered

    async def counted(*arguments: Any) -> bool:
        nonlocal entered
        entered += (done := await enter(*arguments))
        return done

    monkeypatch.setattr(import_slices, "_entered", counted)
    reports = [await imported(agency, each) for each in lists]
    assert entered >= 3
    other, before = agency.service.of("nachbar"), entered

    def no_rows(items: object, file: FileWord) -> None:
        return None

    monkeypatch.setattr(stored_lists, "new_records", no_rows)
    again = [await imported(other, each) for each in lists]
    assert entered == before
    for one, two in zip(reports, again, strict=True):
        assert one["written"] == two["written"]
        assert one["rejections"] == two["rejections"]
    assert provenance_without_time(await left(agency)) == provenance_without_time(await left(other))


async def test_one_known_record_is_changed_as_ever_and_the_others_entered(agency: Agency) -> None:
    await agency.customer("K-7", last_name="Müller 7", first_name="Ida")
    job = await imported(agency, PEOPLE.encode())
    assert job["written"]["customers"] == NUMBER - 7
    known = await agency.get("/customers/K-7")
    assert (known["first_name"], known["life"]["children"]) == ("Ida", 1)


async def test_a_new_row_of_somebody_erased_is_refused(agency: Agency) -> None:
    await agency.customer("K-7")
    await agency.call("DELETE", "/customers/K-7")
    job = await imported(agency, PEOPLE.encode())
    assert "customer-erased" in {each["code"] for each in job["rejections"]}
    assert (await agency.call("GET", "/customers/K-7")).status_code == 404
    assert (await agency.call("GET", "/customers/K-8")).status_code == 200


async def test_a_list_in_which_others_were_linked_to_a_new_customer_joins_their_units(
    agency: Agency,
) -> None:
    await agency.customer("A-1", connections=[{"customer_id": "K-8", "kind": "household"}])
    await imported(agency, PEOPLE.encode())
    unit = "SELECT unit_id FROM customer WHERE customer_id = 'K-8'"
    assert await agency.rows(unit) == [("A-1",)]
    told = [each for each in await agency.changes("customer.changed") if each["subject"] == "K-8"]
    assert told[-1]["payload"]["unit_id"] == "A-1"


async def test_bookings_that_waited_for_new_contracts_are_given_to_them(agency: Agency) -> None:
    await imported(agency, PEOPLE.encode())
    waiting = await imported(agency, BOOKED.encode())
    assert waiting["written"]["unassigned"] == len(HOLDERS)
    await imported(agency, AGREED.encode())
    assert (await agency.rows("SELECT count(*) FROM commission"))[0] == (len(HOLDERS),)
    assert await agency.rows("SELECT 1 FROM unassigned_commission") == []
    again = await imported(agency, BOOKED.encode())
    assert again["written"]["commissions"] == len(HOLDERS)
    assert (await agency.rows("SELECT count(*) FROM commission"))[0] == (len(HOLDERS),)


FEW = PEOPLE.splitlines(keepends=True)[:20]
"""Few enough to go as arrays."""


@pytest.mark.parametrize(("people", "taken"), [(PEOPLE, NUMBER - 7), ("".join(FEW), 18)])
async def test_a_row_that_came_from_elsewhere_meanwhile_has_the_slice_tried_again(
    agency: Agency, monkeypatch: pytest.MonkeyPatch, people: str, taken: int
) -> None:
    async def none_is(*_: object) -> bool:
        return False

    await agency.customer("K-7", first_name="Ida")
    started = await start(agency, people.encode())
    with monkeypatch.context() as looked_too_early:
        looked_too_early.setattr(customers, "any_known", none_is)
        with pytest.raises(CameMeanwhile):
            await run(agency)
    await change(agency, "UPDATE import_job SET leased_until = NULL WHERE agency_id = :agency")
    await run(agency)
    assert (await job_of(agency, started))["written"]["customers"] == taken
    assert (await agency.get("/customers/K-7"))["first_name"] == "Ida"
