"""Policies: their versions, and which one rules on a day."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from services.classifier.domain.thresholds import Calibration
from services.classifier.store.classification_tables import PolicyTable
from shared.contracts.bounds import STORED
from shared.contracts.policies import Policy
from shared.db.database import Transaction


class PolicyVersionNotFound(Exception):
    """there is no such policy version"""

    def __init__(self, version: int) -> None:
        super().__init__(f"there is no policy version {version}; GET /v1/policies lists them")
        self.version = version


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """A policy with its version."""

    version: int
    policy: Policy
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInForce:
    """What rules on a day: the policy, and what "high" means in cents."""

    version: int
    policy: Policy
    calibration_number: int
    calibration: Calibration


async def take_turn(transaction: Transaction) -> None:
    """Wait for others that add or activate policies, because two at once would find the same next
    number and the same day free. Only PostgreSQL has such locks."""
    await transaction.execute("SELECT pg_advisory_xact_lock(hashtext('policy'), hashtext(:agency))")


async def add_policy(
    transaction: Transaction, policy: Policy, *, author: str, request_id: UUID | None = None
) -> int:
    """Store a policy under the next version and return that version.

    A request that comes again (the same ``request_id``) returns the version it made before. SQL
    text because the number is found and used in one statement.
    """
    await take_turn(transaction)
    if request_id is not None:
        found = await transaction.exec(
            select(PolicyTable.version).where(
                PolicyTable.agency_id == transaction.agency, PolicyTable.request_id == request_id
            )
        )
        before = found.one_or_none()
        if before is not None:
            return before
    added = await transaction.execute(
        """
        INSERT INTO policy (agency_id, version, body, created_by, request_id)
        SELECT CAST(:agency AS varchar), coalesce(max(version), 0) + 1, CAST(:body AS jsonb),
               :author, :request
          FROM policy WHERE agency_id = :agency
        RETURNING version
        """,
        {"body": policy.model_dump_json(), "author": author, "request": request_id},
    )
    version: int = added.scalar_one()
    return version


async def policies(
    transaction: Transaction, *, before: int | None = None, limit: int | None = None
) -> list[StoredPolicy]:
    """The versions below one (default: all), the newest first."""
    versions = _versions(transaction).order_by(col(PolicyTable.version).desc()).limit(limit)
    if before is not None:
        versions = versions.where(col(PolicyTable.version) < before)
    return [_stored(row) for row in await transaction.execute(versions)]


def _versions(transaction: Transaction) -> Select[int, str, datetime, str]:
    """Versions with the body as text, because the policy object is cached by its text."""
    body = cast(PolicyTable.body, Text).label("body")
    return select_columns(
        col(PolicyTable.version), body, col(PolicyTable.created_at), col(PolicyTable.created_by)
    ).where(col(PolicyTable.agency_id) == transaction.agency)


async def has_policies(transaction: Transaction) -> bool:
    """Whether the agency has any."""
    found = await transaction.exec(
        select(PolicyTable.version).where(PolicyTable.agency_id == transaction.agency).limit(1)
    )
    return found.first() is not None


async def policy_version(transaction: Transaction, version: int) -> StoredPolicy:
    """One version; raises PolicyVersionNotFound."""
    found = await transaction.execute(
        _versions(transaction).where(col(PolicyTable.version) == version)
    )
    row = found.one_or_none()
    if row is None:
        raise PolicyVersionNotFound(version)
    return _stored(row)


@lru_cache(maxsize=64)
def _policy(body: str) -> Policy:
    """The same object for the same text, because caches of derived values go by its identity."""
    return Policy.model_validate_json(body, context=STORED)


def _stored(row: Any) -> StoredPolicy:
    return StoredPolicy(
        version=row.version,
        policy=_policy(row.body),
        created_at=row.created_at,
        created_by=row.created_by,
    )


async def in_force(transaction: Transaction, day: date) -> PolicyInForce | None:
    """The policy that rules on a day; None before any was activated.

    SQL text because every claim of marked units asks.
    """
    found = await transaction.execute(
        """
        SELECT p.version, p.body::text AS body, c.calibration, c.revenue_cents, c.potential_cents
          FROM activation AS a
          JOIN policy AS p ON p.agency_id = a.agency_id AND p.version = a.policy_version
          JOIN calibration AS c ON c.agency_id = a.agency_id AND c.calibration = a.calibration
         WHERE a.agency_id = :agency AND a.from_day <= :day
         ORDER BY a.from_day DESC LIMIT 1
        """,
        {"day": day},
    )
    row = found.one_or_none()
    if row is None:
        return None
    return PolicyInForce(
        version=row.version,
        policy=_policy(row.body),
        calibration_number=row.calibration,
        calibration=Calibration(
            revenue_cents=row.revenue_cents, potential_cents=row.potential_cents
        ),
    )
