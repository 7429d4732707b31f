"""When the token ends that a service calls the others with, told long before it does.

Without it a service can neither follow feeds nor ask for contacts, and nothing else would say why.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import jwt
import structlog

WARNED_BEFORE: Final = timedelta(days=30)
LOGGED_EACH: Final = timedelta(days=1)

log = structlog.get_logger(__name__)


def expiry_of(token: str) -> datetime | None:
    """When a token ends, by its own word; None if it does not say so. Tokens end in real time,
    whatever clock a demo has."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        return datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError):
        return None


def warning_of(expires_at: datetime | None, now: datetime) -> str | None:
    """What is to be said of a token that has ended or will within thirty days."""
    if expires_at is None or now < expires_at - WARNED_BEFORE:
        return None
    said = "expired" if now >= expires_at else "expires"
    return f"{said} {expires_at:%Y-%m-%dT%H:%MZ}: issue a new one by `kundentakt token --service`"


@dataclass(slots=True, kw_only=True)
class ServiceTokenExpiry:
    """The end of this process's own token; warns in the log once a day."""

    service: str
    expires_at: datetime | None
    _logged_at: datetime | None = field(default=None, init=False)

    def warning(self, now: datetime | None = None) -> str | None:
        """What is to be said of the token now; None while all is well."""
        present = now or datetime.now(UTC)
        warning = warning_of(self.expires_at, present)
        logged = self._logged_at
        if warning and (logged is None or present - logged >= LOGGED_EACH):
            self._logged_at = present
            log.warning("service token", service=self.service, token=warning)
        return warning
