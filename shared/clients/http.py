"""HTTP between the services: one client with deadlines, bearer token, agency and trace.

Every failure is either worth another try (:class:`~shared.failures.Transient`) or is not
(:class:`ServiceRefused`); callers never see httpx's own errors.
"""

import ssl
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel

from shared.contracts.access import AGENCY_HEADER
from shared.contracts.bounds import STORED
from shared.contracts.vocabulary import AgencyId
from shared.failures import Permanent, Transient

TIMEOUT = httpx.Timeout(connect=2.0, read=30.0, write=30.0, pool=5.0)
LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=10)
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})

Answer = TypeVar("Answer", bound=BaseModel)


class ServiceAway(Transient):
    """the service could not be reached or is overloaded; the same call may succeed later"""


class ServiceRefused(Permanent):
    """the service refused the call with a problem"""

    def __init__(self, *, status: int, slug: str, detail: str) -> None:
        super().__init__(f"{status} {slug}: {detail}")
        self.status = status
        self.slug = slug
        self.detail = detail


@cache
def _known_authorities() -> ssl.SSLContext:
    """The authorities whose certificates are trusted, read once for all clients of a process.

    Each client would read the whole list again, which takes longer than opening all else that a
    service holds.
    """
    return httpx.create_ssl_context(trust_env=False)


def _patient(answer_seconds: float) -> httpx.Timeout:
    return httpx.Timeout(
        connect=TIMEOUT.connect, read=answer_seconds, write=TIMEOUT.write, pool=TIMEOUT.pool
    )


class ServiceHttp:
    """Calls one service; shared by the typed clients.

    ``trace`` returns the ``traceparent`` of the work at hand (W3C Trace Context); without it calls
    begin a trace of their own at the service.
    """

    def __init__(
        self,
        *,
        url: str,
        token: str,
        client: httpx.AsyncClient | None = None,
        trace: Callable[[], str] | None = None,
    ) -> None:
        # trust_env: a proxy set for the way out must not get what services say to each other.
        self._client = client or httpx.AsyncClient(
            base_url=url,
            timeout=TIMEOUT,
            limits=LIMITS,
            verify=_known_authorities(),
            trust_env=False,
        )
        self._token = token
        self._trace = trace

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        agency: AgencyId | None = None,
        json: object | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int | None] | None = None,
        answer_seconds: float | None = None,
    ) -> httpx.Response:
        """One call; returns the response of a 2xx, raises otherwise.

        ``json`` may be a pydantic model; ``answer_seconds`` is for calls that work longer than
        others before they answer. Raises :class:`ServiceAway` or :class:`ServiceRefused`.
        """
        sent = {"Authorization": f"Bearer {self._token}"}
        if self._trace is not None:
            sent["traceparent"] = self._trace()
        if agency is not None:
            sent[AGENCY_HEADER] = agency
        if isinstance(json, BaseModel):
            content, json = json.model_dump_json(exclude_unset=True).encode(), None
            sent["Content-Type"] = "application/json"
        try:
            response = await self._client.request(
                method,
                path,
                json=json,
                content=content,
                headers={**sent, **(headers or {})},
                params={k: v for k, v in (params or {}).items() if v is not None},
                timeout=_patient(answer_seconds) if answer_seconds else httpx.USE_CLIENT_DEFAULT,
            )
        except httpx.TransportError as error:
            raise ServiceAway(f"{method} {path}: {type(error).__name__}") from error
        if response.is_success:
            return response
        raise _failure(method, path, response)

    async def get(self, path: str, answer: type[Answer], **options: Any) -> Answer:
        """A GET, read as a model."""
        return read_answer(answer, await self.call("GET", path, **options))

    async def post(self, path: str, answer: type[Answer], **options: Any) -> Answer:
        """A POST, read as a model."""
        return read_answer(answer, await self.call("POST", path, **options))

    async def put(self, path: str, answer: type[Answer], **options: Any) -> Answer:
        """A PUT, read as a model."""
        return read_answer(answer, await self.call("PUT", path, **options))


def read_answer(answer: type[Answer], response: httpx.Response) -> Answer:
    """A response as a model; what a newer service adds must not break who was built before."""
    return answer.model_validate_json(response.content, extra="ignore", context=STORED)


def _failure(method: str, path: str, response: httpx.Response) -> Exception:
    if response.status_code in _TRY_AGAIN:
        return ServiceAway(f"{method} {path}: {response.status_code}")
    try:
        problem = response.json()
        slug, detail = str(problem["type"]).rsplit("/", 1)[-1], str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        slug, detail = "no-problem-document", response.text[:200]
    return ServiceRefused(status=response.status_code, slug=slug, detail=detail)
