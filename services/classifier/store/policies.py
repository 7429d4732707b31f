"""Policies, calibrations and from when they rule."""

from dataclasses import dataclass
from datetime import date, datetime

from services.classifier.domain.thresholds import Calibration
from shared.contracts.policies import Policy
from shared.database import Transaction


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
    """Wait for others that add policies: two at once would find the same next version."""
    await transaction.execute("SELECT pg_advisory_xact_lock(hashtext('policy'), hashtext(:agency))")


async def add_policy(transaction: Transaction, policy: Policy, *, author: str) -> int:
    """Store a policy under the next version; gives the version."""
    await take_turn(transaction)
    added = await transaction.execute(
        """
        INSERT INTO policy (agency_id, version, body, created_by)
        SELECT CAST(:agency AS varchar), coalesce(max(version), 0) + 1, CAST(:body AS jsonb),
               :author
          FROM policy WHERE agency_id = :agency
        RETURNING version
        """,
        {"body": policy.model_dump_json(), "author": author},
    )
    version: int = added.scalar_one()
    return version


async def policies(transaction: Transaction) -> list[StoredPolicy]:
    """All versions, the newest first."""
    rows = await transaction.execute(
        """
        SELECT version, body::text AS body, created_at, created_by FROM policy
         WHERE agency_id = :agency ORDER BY version DESC
        """
    )
    return [
        StoredPolicy(
            version=row.version,
            policy=Policy.model_validate_json(row.body),
            created_at=row.created_at,
            created_by=row.created_by,
        )
        for row in rows
    ]


async def policy_version(transaction: Transaction, version: int) -> StoredPolicy:
    """One version; raises PolicyVersionNotFound."""
    for stored in await policies(transaction):
        if stored.version == version:
            return stored
    raise PolicyVersionNotFound(version)


async def in_force(transaction: Transaction, day: date) -> PolicyInForce | None:
    """The policy that rules on a day; None before any was activated."""
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
        policy=Policy.model_validate_json(row.body),
        calibration_number=row.calibration,
        calibration=Calibration(
            revenue_cents=row.revenue_cents, potential_cents=row.potential_cents
        ),
    )


async def activate(
    transaction: Transaction,
    *,
    version: int,
    from_day: date,
    calibration: Calibration,
    calibrated_as_of: date,
) -> int:
    """Let a version rule from a day on; a later word on the same day replaces the earlier.

    Gives the number of the calibration, which is stored for good.
    """
    added = await transaction.execute(
        """
        INSERT INTO calibration
               (agency_id, calibration, policy_version, as_of, revenue_cents, potential_cents)
        SELECT CAST(:agency AS varchar), coalesce(max(calibration), 0) + 1, :version, :as_of,
               :revenue, :potential
          FROM calibration WHERE agency_id = :agency
        RETURNING calibration
        """,
        {
            "version": version,
            "as_of": calibrated_as_of,
            "revenue": calibration.revenue_cents,
            "potential": calibration.potential_cents,
        },
    )
    number: int = added.scalar_one()
    await transaction.execute(
        """
        INSERT INTO activation (agency_id, from_day, policy_version, calibration)
        VALUES (:agency, :from_day, :version, :number)
        ON CONFLICT (agency_id, from_day) DO UPDATE
           SET policy_version = :version, calibration = :number, activated_at = now()
        """,
        {"version": version, "from_day": from_day, "number": number},
    )
    return number
