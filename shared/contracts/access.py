"""What a token contains: the agency it is issued for, and its scopes (``noun:read|write``)."""

from typing import Final

AGENCY_HEADER: Final = "Kundentakt-Agency"
"""The header that names the agency of a call if its token is valid for every agency."""
REVISION_HEADER: Final = "Kundentakt-Revision"
"""The header of an answer that tells how far the feed reached with what was written."""
EVERY_AGENCY: Final = "*"
"""The agency of a service token."""
SHORTEST_JTI: Final = 8
LONGEST_JTI: Final = 100
"""Characters of a token's ``jti``. The list of revoked tokens takes no other, so a token with
another could never be revoked."""
LONGEST_TOKEN_DAYS: Final = 3_660
"""Ten years. A token that is good for longer has a mistyped end, and nobody will remember it."""

SCOPES: Final[dict[str, str]] = {
    "customers:read": "read customers, contracts, consents and classifications",
    "customers:write": "write customers, contracts, commissions, interactions, imports",
    "policies:write": "create and activate policies, run reclassifications",
    "agency:write": "change the agency's settings and webhook secrets",
    "plan:read": "read plan, touchpoints, staff and capacity",
    "plan:write": "run days, end tasks, change staff and catalogue",
    "messages:read": "read messages and print runs",
    "messages:write": "dispatch and cancel messages, approve print runs",
    "changes:read": "follow the change feed",
    "contacts:read": "look up names and addresses for dispatch (services only)",
    "operations": "status, parked changes, redrive, revocation",
}

SERVICE_SCOPES: Final[dict[str, tuple[str, ...]]] = {
    "classifier": ("changes:read",),
    "scheduler": (
        "changes:read",
        "customers:read",
        "policies:write",
        "messages:read",
        "messages:write",
    ),
    "notifier": ("changes:read", "customers:read", "contacts:read", "plan:read"),
}
"""What each service asks of the others. A token that is stolen from one opens no more than this."""
