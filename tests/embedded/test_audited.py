"""Which installation an audit asks, and that it never starts one of its own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from typer.testing import CliRunner

from kundentakt.cli import audit
from kundentakt.cli.audit import Findings, audit_agency
from kundentakt.cli.audited import NothingToAudit, at_addresses
from kundentakt.cli.keys import SigningKey, _new_jwk
from kundentakt.cli.main import app
from kundentakt.supervisor.installation import Installation
from shared.clients.notifier import NotifierClient
from shared.clients.scheduler import SchedulerClient
from shared.contracts.dispatches import MessagePage
from shared.contracts.scheduling import LedgerEntry, LedgerPage
from tests.fixtures.running import TODAY

TOKEN = SigningKey(_new_jwk()).issue_token(
    agency="harz", scopes=["operations"], subject="night", lifetime=timedelta(minutes=5)
)


def test_a_machine_stands_for_the_usual_ports() -> None:
    asked = at_addresses(["http://10.0.0.7/"], TOKEN)
    assert asked.urls == {
        "classifier": "http://10.0.0.7:8101",
        "scheduler": "http://10.0.0.7:8102",
        "notifier": "http://10.0.0.7:8103",
    }
    assert asked.agency == "harz"


def test_an_address_may_name_its_service() -> None:
    named = [f"{name}=https://{name}.example.org" for name in ("notifier", "classifier")]
    with pytest.raises(NothingToAudit, match="scheduler"):
        at_addresses(named, TOKEN)
    asked = at_addresses([*named, "scheduler=http://127.0.0.1:9"], TOKEN)
    assert asked.urls["notifier"] == "https://notifier.example.org"


@pytest.mark.parametrize(
    ("url", "token"),
    [("http://127.0.0.1:9", TOKEN), ("no address", TOKEN), ("http://127.0.0.1", "no token")],
    ids=["nobody answers", "no address", "no token"],
)
def test_what_cannot_be_asked_ends_with_2(url: str, token: str) -> None:
    ran = CliRunner().invoke(app, ["audit", "--url", url, "--token", token])
    assert ran.exit_code == 2, ran.output


def test_an_address_without_a_token_is_refused() -> None:
    ran = CliRunner().invoke(app, ["audit", "--url", "http://127.0.0.1"], env={})
    assert ran.exit_code == 2
    assert "--token" in ran.output


def test_where_nothing_runs_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Installation, "of_checkout", lambda: Installation(tmp_path / "var"))
    ran = CliRunner().invoke(app, ["audit"])
    assert ran.exit_code == 2
    assert "Hier läuft nichts" in ran.output
    assert not (tmp_path / "var").exists()


def test_seeing_no_agency_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(_: object) -> list[Findings]:
        return []

    monkeypatch.setattr(audit, "_audit_all", nobody)
    ran = CliRunner().invoke(app, ["audit", "--url", "http://127.0.0.1", "--token", TOKEN])
    assert ran.exit_code == 2
    assert "Keine Agentur" in ran.output


@pytest.mark.parametrize(("faults", "code"), [([], 0), (["falsch"], 1)])
def test_the_exit_code_says_what_was_found(
    monkeypatch: pytest.MonkeyPatch, faults: list[str], code: int
) -> None:
    async def found(_: object) -> list[Findings]:
        return [Findings("harz", TODAY, faults=faults)]

    monkeypatch.setattr(audit, "_audit_all", found)
    ran = CliRunner().invoke(app, ["audit", "--url", "http://127.0.0.1", "--token", TOKEN])
    assert ran.exit_code == code, ran.output


class Ledger:
    """A ledger of one contact, and no messages."""

    def __init__(self, state: str) -> None:
        self._state = state

    async def ledger(self, agency: str, until: object, *, cursor: str | None) -> LedgerPage:
        entry = {
            "touchpoint_id": "t-1", "customer_id": "K-1", "service": "annual_review",
            "channel": "visit", "due": TODAY, "state": self._state, "reason": None,
            "since": datetime(2026, 1, 1, tzinfo=UTC), "left_on": None,
        }  # fmt: skip
        return LedgerPage(items=[LedgerEntry.model_validate(entry)])

    async def messages(self, agency: str, *, cursor: str | None) -> MessagePage:
        return MessagePage(items=[])


@pytest.mark.parametrize(
    ("state", "day_was_run", "word", "said"),
    [
        ("planned", True, "falsch", "noch geplant"),
        ("planned", False, "kein Tag", "1 davon nicht beurteilt"),
        ("cancelled", False, "falsch", "cancelled ohne Grund"),
        ("done", False, "kein Tag", "nicht zu beurteilen"),
        ("done", True, "stimmt", "genau einer Stelle"),
    ],
)
async def test_an_agency_that_ran_no_day_is_not_judged_for_what_is_due(
    monkeypatch: pytest.MonkeyPatch, state: str, day_was_run: bool, word: str, said: str
) -> None:
    monkeypatch.setattr(audit, "FAULTS_STAY_SECONDS", 0)
    found = await audit_agency(
        "harz",
        TODAY,
        scheduler=cast(SchedulerClient, Ledger(state)),
        notifier=cast(NotifierClient, Ledger(state)),
        day_was_run=day_was_run,
    )
    assert word in found.mark()
    assert said in "\n".join(found.lines())


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "classifier=file:///etc/passwd",
        "http://user:secret@127.0.0.1:8101", "https://x.example/?access_token=a", "http:///x",
        "https://x.example/#a", "http://classifier.example.org", "http://169.254.169.254/latest",
        "http://8.8.8.8:8101", "\x1b[31mhttp://127.0.0.1",
    ],
)  # fmt: skip
def test_a_token_is_sent_to_no_address_that_is_none_of_a_service(address: str) -> None:
    with pytest.raises(NothingToAudit) as refused:
        at_addresses([address], TOKEN)
    assert "\x1b" not in str(refused.value)
    assert "secret" not in str(refused.value)
