"""Work that does not go on, as the running services tell it: messages, letters, parked changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from kundentakt.cli.keys import SigningKey
from shared.contracts.access import AGENCY_HEADER, EVERY_AGENCY

_WAIT_SECONDS = 5.0
_MINUTES = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckWork:
    """What waits, or failed by our fault, in one service for one agency and reason."""

    service: str
    agency: str
    reason: str
    count: int
    since: str


def stuck_work(urls: Mapping[str, str], key: SigningKey) -> Iterator[StuckWork]:
    """Ask each service for every agency what does not go on. Raises ``httpx.HTTPError``."""
    token = key.issue_token(
        agency=EVERY_AGENCY,
        scopes=("changes:read", "operations"),
        subject="doctor",
        lifetime=_MINUTES,
    )
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(timeout=_WAIT_SECONDS, trust_env=False, headers=headers) as client:
        for service, url in urls.items():
            for agency in _agencies(client, url):
                status = _read(client, f"{url}/v1/operations/status", {AGENCY_HEADER: agency})
                yield from _of_status(service, agency, status)


def _agencies(client: httpx.Client, url: str) -> Sequence[str]:
    heads = _read(client, f"{url}/v1/changes/heads", {})
    return [each["agency_id"] for each in heads["items"]]


def _read(client: httpx.Client, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    answer = client.get(url, headers=dict(headers))
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _of_status(service: str, agency: str, status: Mapping[str, Any]) -> Iterator[StuckWork]:
    for each in status["waiting"]:
        yield StuckWork(
            service=service,
            agency=agency,
            reason=each["reason"],
            count=each["count"],
            since=each["since"],
        )
    if status["parked"]:
        yield StuckWork(
            service=service,
            agency=agency,
            reason="parked_changes",
            count=status["parked"],
            since="",
        )
