"""The messages and print runs of a day in full swing, as the second migration left them."""

import csv
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from services.notifier.channels.letters import render_run
from services.notifier.channels.print_files import HEADER, read_rows
from services.notifier.channels.print_handoff import hand_off
from services.notifier.domain.salutations import Person
from tests.notifier.letters.examples import AGENCY, a_letter, a_run
from tests.notifier.neighbours import AGENCY_ID

NAMES = UUID("6a1b5f0c-4a0e-4b7e-9b7e-0d8a3a3f2b11")
MORNING = "2026-11-23T09:30:00+01:00"
BEFORE = "2026-11-20T10:00:00+01:00"
LONG_AGO = "2020-01-01T00:00:00+01:00"
"""A lease that ended then has expired by the database's clock, too."""

SAID = {"subject": "Rundbrief", "digest": "\\x00ff", "basis": "consent"}
LEASED = {"lease_token": str(uuid5(NAMES, "lease")), "leased_until": LONG_AGO}
TRIED = {"attempts": 1, "transmitting_at": MORNING, **SAID}

OPEN, RENDERED = "newsletter-2026-11-23-1", "newsletter-2026-11-22-1"
APPROVED, RELEASED = "newsletter-2026-11-21-1", "newsletter-2026-11-20-1"

EMAILS: dict[str, dict[str, Any]] = {
    "d-1": {},
    "d-2": {"state": "claimed", "claimed_at": MORNING, **LEASED},
    "d-3": {"state": "transmitting", **TRIED, **LEASED},
    "d-4": {"reason": "try_again", "detail": "…", "response": "451 later", **TRIED},
    "d-5": {"state": "sent", "response": "250 ok", "ended_at": MORNING, **TRIED},
    "d-6": {"state": "unknown", "reason": "no_answer", "ended_at": MORNING, **TRIED},
    "d-7": {"response": "550 no such user", **SAID},
    "d-8": {
        "state": "failed",
        "reason": "recipient_refused",
        "response": "550 no such user",
        "ended_at": MORNING,
        **TRIED,
    },
}
"""``d-7`` failed before and was accepted again by a person."""

IN_RUN = {"state": "claimed", "claimed_at": MORNING}
LETTERS: dict[str, dict[str, Any]] = {
    "d-11": {"run_id": OPEN, **IN_RUN},
    "d-12": {"run_id": OPEN, **IN_RUN},
    "d-13": {},
    "d-14": {"run_id": RENDERED, **IN_RUN, **SAID},
    "d-15": {
        "run_id": RENDERED,
        "state": "suppressed",
        "reason": "no_consent",
        "claimed_at": MORNING,
        "ended_at": MORNING,
    },
    "d-16": {"run_id": APPROVED, "state": "transmitting", "claimed_at": MORNING, **TRIED},
    "d-17": {"run_id": RELEASED, "state": "sent", "ended_at": MORNING, **TRIED},
}

RUNS: dict[str, dict[str, Any]] = {
    OPEN: {"state": "open", "letters": 2, "leased_until": LONG_AGO},
    RENDERED: {"state": "rendered", "letters": 1, "pages": 2, "rendered_at": MORNING},
    APPROVED: {"state": "approved", "letters": 1, "pages": 2, "approved_by": "a person"},
    RELEASED: {"state": "released", "letters": 1, "pages": 2, "released_at": MORNING},
}


def customer_of(dispatch_id: str) -> str:
    """Each message of the book goes to a customer of its own."""
    return f"K-{int(dispatch_id.removeprefix('d-')):04d}"


def _message(dispatch_id: str, channel: str, changes: dict[str, Any]) -> dict[str, Any]:
    return {
        "agency_id": AGENCY_ID,
        "message_id": str(uuid5(NAMES, dispatch_id)),
        "dispatch_id": dispatch_id,
        "customer_id": customer_of(dispatch_id),
        "channel": channel,
        "purpose": "newsletter",
        "template": "newsletter",
        "data": {"staff_id": "S-1"},
        "priority": "normal",
        "state": "accepted",
        "attempts": 0,
        "due_at": MORNING,
        "accepted_at": BEFORE,
        **changes,
    }


def _run(run_id: str, changes: dict[str, Any]) -> dict[str, Any]:
    return {
        "agency_id": AGENCY_ID,
        "run_id": run_id,
        "purpose": "newsletter",
        "template": "newsletter",
        "day": run_id.removeprefix("newsletter-")[:10],
        "number": 1,
        "pages": 0,
        "created_at": BEFORE,
        "joined_at": BEFORE,
        **changes,
    }


async def fill(connection: asyncpg.Connection) -> None:
    """Write the book into the tables of the second migration."""
    rows = [("message", _message(key, "email", each)) for key, each in EMAILS.items()]
    rows += [("message", _message(key, "letter", each)) for key, each in LETTERS.items()]
    rows += [("print_run", _run(key, each)) for key, each in RUNS.items()]
    for table, row in rows:
        await connection.execute(
            f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1::jsonb)",
            json.dumps(row),
        )


def put_aside(run_id: str, directory: Path) -> None:
    """Write the files of a run as the release before did: its list and manifest knew less."""
    ids = [key for key, each in LETTERS.items() if each.get("run_id") == run_id]
    person = Person(salutation="frau", first_name="Ute", last_name="Bergmann")
    letters = [a_letter(str(uuid5(NAMES, key)), person=person) for key in ids]
    order = a_run(run_id=run_id)
    directory.mkdir(parents=True, exist_ok=True)
    pdf = directory / f"{run_id}.pdf"
    rendered = render_run(letters, identity=AGENCY, run=order, pdf=pdf)
    folder = hand_off(rendered, run=order, directory=directory).path
    pdf.unlink()
    rows, columns = read_rows(folder), [name for name in HEADER if name not in NEW_COLUMNS]
    with (folder / "recipients.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, delimiter=";", extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    kept = {name: value for name, value in manifest.items() if not name.startswith("postage_")}
    old = {**kept, "schema_version": 1, "postage_cents": 95}
    (folder / "manifest.json").write_text(json.dumps(old))


NEW_COLUMNS = ("postage_net_cents", "vat_percent")
