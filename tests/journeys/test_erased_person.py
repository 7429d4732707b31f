"""One person with unmistakable words goes through the whole system and is erased everywhere.

Then the words are looked for in dumps of the three databases, in every file, log and in Redis.
"""

import asyncio
import json
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx
import pypdfium2 as pdfium
import pytest
import redis

from kundentakt.demo.context import SETTINGS
from kundentakt.sample.rows import STAFF_HEADER, STAFF_ROWS
from kundentakt.supervisor.installation import FOLDERS
from kundentakt.supervisor.system import System
from services.notifier.channels.letters.readback import PDFIUM
from shared.clients.webhooks import sign
from tests.fixtures.running import NOW, Office, office
from tests.fixtures.waiting import eventually

WORD = "Zyxwort"
"""Every text that tells of the person holds it; nothing else does."""
PERSON = {
    "kind": "person",
    "salutation": "frau",
    "first_name": f"{WORD}ute",
    "last_name": f"{WORD}mann",
    "birth_date": "1947-11-23",
    "address": {"street": f"{WORD}weg 4", "postcode": "06526", "city": f"{WORD}stadt"},
    "email": f"{WORD.lower()}@example.org",
    "mandate": {"contract": True, "power_of_attorney": True, "since": "2011-05-01"},
    "identities": {"gdv": f"9876:{WORD.upper()}"},
}
NEIGHBOUR = {**PERSON, "last_name": "Bleibt", "first_name": "Ute", "email": "bleibt@example.org"}
NEIGHBOUR |= {"identities": {}, "address": {"street": "A 1", "postcode": "06526", "city": "Ort"}}
LIST = (
    "Kundennummer;Nachname;Vorname;Geburtsdatum;Berufsstatus;Bemerkung\n"
    f"K-1;{WORD}mann;{WORD}ute;31.02.1947;{WORD}olog;x\n"
    "K-2;Bleibt;Ute;31.02.1948;;x\n"
)
STATEMENT = (
    "Gesellschaftsnummer;Vertragsnummer;Abrechnungsdatum;Betrag;Courtageart\n"
    f"9876;{WORD.upper()}77;01.06.2026;24,00;Bestand\n"
)


@pytest.fixture
async def ours(system: System) -> AsyncIterator[Office]:
    async with office(system, f"erasing-{uuid4().hex[:8]}") as one:
        await one.classifier.put_agency(one.agency, SETTINGS)
        rows = [";".join(map(str, row)) for row in (STAFF_HEADER, *STAFF_ROWS)]
        await one.scheduler.import_staff(one.agency, "\n".join(rows).encode())
        yield one


async def call(ours: Office, service: str, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {ours.token}"}
    async with httpx.AsyncClient(
        base_url=ours.system.url(service), headers=headers, trust_env=False, timeout=60
    ) as client:
        answer = await client.request(method, f"/v1{path}", json=body)
    assert answer.is_success, f"{method} {path}: {answer.text}"
    return answer.json() if answer.content else None


async def seed(ours: Office, folder: Path) -> None:
    """Tell of the person by every door."""
    for customer_id, person in (("K-1", PERSON), ("K-2", NEIGHBOUR)):
        await call(ours, "classifier", "PUT", f"/customers/{customer_id}", person)
    contract = {"line": "motor", "insurer_number": "9876", "contract_number": f"{WORD.upper()}77"}
    path = f"/customers/K-1/contracts/9876:{WORD.upper()}77"
    await call(ours, "classifier", "PUT", path, contract)
    consent = {"state": "granted", "at": "2026-01-02T10:00:00+01:00", "wording": WORD}
    for purpose in ("newsletter", "advertising"):
        for customer_id in ("K-1", "K-2"):
            path = f"/customers/{customer_id}/consents/{purpose}/email"
            await call(ours, "classifier", "PUT", path, {**consent, "source": WORD}
                       if customer_id == "K-1" else {**consent, "wording": "Ja"})  # fmt: skip
    override = {"segment": "A", "reason": f"{WORD} ist wichtig", "until": "2027-01-01"}
    await call(ours, "classifier", "PUT", "/customers/K-1/override", override)
    await imported(ours, folder, f"{WORD}mann.csv", LIST)
    await imported(ours, folder, "statement.csv", STATEMENT)
    await events(ours)


async def imported(ours: Office, folder: Path, name: str, content: str) -> None:
    file = folder / name
    await asyncio.to_thread(file.write_text, content)
    await ours.import_file(file)


async def events(ours: Office) -> None:
    """Signed webhooks with free texts."""
    path = "/agency/webhook-sources/broker"
    secret = (await call(ours, "classifier", "PUT", path))["secret"]
    for number, (kind, data) in enumerate(
        (
            ("complaint.filed", {"text": f"{WORD} beschwert sich"}),
            ("praise.received", {"text": f"{WORD} lobt"}),
            ("life.changed", {"change": "birth"}),
        )
    ):
        body = {"type": kind, "timestamp": NOW.isoformat(), "data": {"customer_id": "K-1", **data}}
        content = json.dumps(body).encode()
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(
                f"{ours.system.url('classifier')}/v1/events/{ours.agency}/broker",
                content=content,
                headers=sign(secret, webhook_id=f"w-{number}", body=content),
            )
        assert answer.status_code == 202, answer.text


async def write_to(ours: Office) -> None:
    """An e-mail, and letters in runs that are cancelled, released, and left waiting."""
    orders: list[dict[str, Any]] = [
        {"dispatch_id": "mail", "channel": "email", "template": "birthday", "data": {"years": 79}},
        *(
            {"dispatch_id": each, "channel": "letter", "template": each, "data": {"years": 79}}
            for each in ("birthday", "anniversary", "newsletter")
        ),
    ]
    items = [
        {
            **order,
            "dispatch_id": f"{order['dispatch_id']}-{customer_id}",
            "customer_id": customer_id,
            "purpose": "newsletter" if order["template"] == "newsletter" else "advertising",
            "priority": "waiting_customer",
            "data": {} if order["template"] == "newsletter" else order["data"],
        }
        for order in orders
        for customer_id in ("K-1", "K-2")
    ]
    answers = await call(ours, "notifier", "POST", "/dispatches", {"items": items})
    assert not [each for each in answers["items"] if each.get("errors")], answers
    runs: list[dict[str, Any]] = []

    async def rendered() -> bool:
        runs[:] = (await call(ours, "notifier", "GET", "/print-runs"))["items"]
        return len(runs) == 3 and all(run["state"] == "rendered" for run in runs)

    await eventually(rendered, seconds=90)
    ids = {run["template"]: run["run_id"] for run in runs}
    await call(ours, "notifier", "POST", f"/print-runs/{ids['birthday']}/cancellation")
    for template in ("anniversary", "newsletter"):
        await call(ours, "notifier", "POST", f"/print-runs/{ids[template]}/approval")
    await call(ours, "notifier", "POST", f"/print-runs/{ids['anniversary']}/release")
    await ours.every_email_ended()


async def work_on(ours: Office) -> None:
    """Requests with tasks, one of which is discarded for a reason in words."""

    async def open_tasks() -> bool:
        found = await tables(ours, "scheduler")
        return any('"task"' in line and "K-1" in line and '"open"' in line for line in found)

    await eventually(open_tasks, seconds=90)
    rows = [json.loads(line) for line in await tables(ours, "scheduler") if '["task"' in line]
    task = next(
        row[1] for row in rows if row[1]["customer_id"] == "K-1" and row[1]["state"] == "open"
    )
    said = {"outcome": "discarded", "reason": f"{WORD} ist verreist"}
    await call(ours, "scheduler", "POST", f"/tasks/{task['task_id']}/completion", said)


async def tables(ours: Office, service: str) -> list[str]:
    """Every row of every table as a line of JSON, of all agencies; what a dump would hold."""
    url = ours.system.environment[f"{service.upper()}_OWNER_DATABASE_URL"]
    admin = ours.system.servers.admin_database_url(urlsplit(url).path.lstrip("/"))
    connection = await asyncpg.connect(admin)
    try:
        names = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        lines = []
        for (name,) in names:
            for (row,) in await connection.fetch(f'SELECT to_jsonb(t)::text FROM "{name}" AS t'):
                lines.append(f'["{name}", {row}]')
        return lines
    finally:
        await connection.close()


def files_with(word: str, folder: Path) -> list[str]:
    """Files below a folder that hold the word, in their name, bytes or pages."""
    found = []
    for path in folder.rglob("*"):
        if "data" in path.relative_to(folder).parts[:1] or not path.is_file():
            continue
        content = path.read_bytes().decode("utf-8", errors="replace")
        if path.suffix == ".pdf":
            with PDFIUM:
                document = pdfium.PdfDocument(path)
                content += "".join(p.get_textpage().get_text_range() for p in document)
                document.close()
        if word.lower() in (str(path) + content).lower():
            found.append(str(path))
    return found


def in_redis(word: str, url: str) -> list[str]:
    """Keys of Redis that hold the word, in themselves or in what they dump."""
    client = redis.Redis.from_url(url)
    wanted = word.lower().encode()
    keys = list(client.scan_iter())
    return [str(key) for key in keys if wanted in (key + (client.dump(key) or b"")).lower()]


async def traces(ours: Office) -> dict[str, list[str]]:
    """Where the word is found."""
    found = {
        service: [line for line in await tables(ours, service) if WORD.lower() in line.lower()]
        for service in ("classifier", "scheduler", "notifier")
    }
    var = ours.system.installation.var
    found["files"] = await asyncio.to_thread(files_with, WORD, var)
    found["redis"] = await asyncio.to_thread(in_redis, WORD, ours.system.environment["REDIS_URL"])
    return found


async def test_an_erased_person_is_found_nowhere(ours: Office, tmp_path: Path) -> None:
    await seed(ours, tmp_path)
    await work_on(ours)
    await write_to(ours)
    before = await traces(ours)
    assert all(before[place] for place in ("classifier", "scheduler", "notifier", "files")), before

    await call(ours, "classifier", "DELETE", "/customers/K-1")
    left: dict[str, list[str]] = {}

    async def nothing_left() -> bool:
        left.clear()
        left.update({place: found for place, found in (await traces(ours)).items() if found})
        return not left

    try:
        await eventually(nothing_left, seconds=90)
    except AssertionError:
        pytest.fail(json.dumps(left, indent=1)[:8000])
    kept = await tables(ours, "notifier")
    assert any('"mail-K-1"' in line and '"sent"' in line for line in kept)
    assert any('"subject": null' in line for line in kept if '["message_content"' in line)
    ages = [line for place in ("scheduler", "notifier") for line in await tables(ours, place)]
    assert not [line for line in ages if '"K-1"' in line and '"years"' in line]


async def test_orders_of_an_integrator_are_a_known_source_of_the_audit(ours: Office) -> None:
    await call(ours, "classifier", "PUT", "/customers/K-2", NEIGHBOUR)
    item: dict[str, Any] = {"dispatch_id": "own-1", "customer_id": "K-2", "channel": "email"}
    item |= {"purpose": "advertising", "template": "birthday", "data": {"years": 79}}
    await call(ours, "notifier", "POST", "/dispatches", {"items": [item]})
    urls = [f"--url={name}={ours.system.url(name)}" for name in ("classifier", "scheduler")]
    urls.append(f"--url={ours.system.url('notifier')}")
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kundentakt", "audit", *urls, "--token", ours.token,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await program.communicate()
    assert program.returncode == 0, said.decode()
    assert "1 davon bestellt von kundentakt" in said.decode()


def test_every_folder_of_an_installation_is_marked(system: System) -> None:
    var = system.installation.var
    assert {path.name for path in var.iterdir()} <= set(FOLDERS)


def test_what_an_installation_writes_is_for_its_user_alone(system: System) -> None:
    var = system.installation.var
    for folder in ("logs", "secrets", "mails"):
        assert stat.S_IMODE((var / folder).stat().st_mode) == 0o700, folder
    private = [var / "print", *(var / name for name in ("logs", "secrets", "mails"))]
    open_to_others = [
        str(path)
        for folder in private
        for path in folder.rglob("*")
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []
