"""The end of a service's token is told thirty days ahead: readiness, status, log and doctor."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import CapturingLogger

from kundentakt.cli.doctor import examine
from kundentakt.cli.keys import SigningKey, _new_jwk
from kundentakt.supervisor.installation import Installation
from shared.token_expiry import ServiceTokenExpiry, expiry_of, warning_of
from tests.classifier.conftest import bearer, running_service
from tests.fixtures.databases import FreshDatabases

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def token(**lifetime: float) -> str:
    return SigningKey(_new_jwk()).issue_token(
        agency="*", scopes=[], subject="service:classifier", lifetime=timedelta(**lifetime)
    )


@pytest.mark.parametrize(
    ("days", "said"), [(31, None), (30, "expires 2026-12-23"), (0, "expired 2026-11-23")]
)
def test_a_token_is_warned_of_thirty_days_before_its_end(days: int, said: str | None) -> None:
    warning = warning_of(NOW + timedelta(days=days), NOW)
    assert warning is None if said is None else str(warning).startswith(said)


@pytest.mark.parametrize("text", ["", "the token of a test", "a.b.c"])
def test_what_is_no_token_has_no_end(text: str) -> None:
    assert expiry_of(text) is None
    assert warning_of(None, NOW) is None


def test_the_log_tells_it_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = CapturingLogger()
    monkeypatch.setattr("shared.token_expiry.log", logger)
    expiry = ServiceTokenExpiry(service="notifier", expires_at=NOW + timedelta(days=5))
    for hours in (0, 1, 23, 25):
        assert expiry.warning(NOW + timedelta(hours=hours))
    assert [(each.args[0], each.kwargs["service"]) for each in logger.calls] == [
        ("service token", "notifier")
    ] * 2


@pytest.mark.parametrize("days", [29, 40])
async def test_readiness_and_status_tell_it_and_the_service_works_on(
    fresh_database: FreshDatabases, redis_url: str, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    soon = token(days=days)
    monkeypatch.setattr("tests.classifier.conftest.SERVICE_TOKEN", soon)
    async with running_service(await fresh_database("classifier"), redis_url) as service:
        ready = await service.client.get("/readyz")
        status = await service.client.get("/v1/operations/status", headers=bearer("harz"))
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert ready.json().get("service_token", "ok").startswith("expires" if days == 29 else "ok")
    told = status.json()
    assert datetime.fromisoformat(told["service_token_expires_at"]) == expiry_of(soon)
    assert len(told["warnings"]) == (1 if days == 29 else 0)


@pytest.mark.parametrize(("days", "falls_short"), [(10, True), (400, False)])
def test_doctor_tells_it_of_the_tokens_given(
    tmp_path: Path, days: int, falls_short: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"NOTIFIER_SERVICE_TOKEN": token(days=days), "REDIS_URL": "redis://127.0.0.1:1"}
    findings = examine(installation=Installation(tmp_path), environment=given)
    (found,) = [each for each in findings if each.topic == "Token von notifier"]
    assert (found.mend is not None) == falls_short
