"""Telling the feed of classes that changed, a change for each customer of a unit."""

import json

import polars as pl

from services.classifier.domain.explain import GapTeller
from shared.contracts.policies import Policy
from shared.db.database import Transaction

_TOLD = (
    "unit_id", "segment", "was_segment", "service_level", "development", "potential_cents",
    "gap_needs", "margin_cents",
)  # fmt: skip


def _quoted(code: str | None) -> str:
    return "null" if code is None else f'"{code}"'


def publish_classes(
    transaction: Transaction,
    changed: pl.DataFrame,
    members: dict[str, list[str]],
    policy: Policy,
    *,
    version: int,
) -> None:
    """Tell of each member; codes and numbers need no encoder, and the rest is encoded once."""
    gaps = GapTeller(policy)
    for row in changed.select(_TOLD).iter_rows(named=True):
        state = (
            f'"unit_id":{json.dumps(row["unit_id"])},"segment":"{row["segment"]}",'
            f'"previous":{_quoted(row["was_segment"])},'
            f'"service_level":"{row["service_level"]}","development":"{row["development"]}",'
            f'"potential_cents":{row["potential_cents"]},"gaps":{gaps.encoded(row["gap_needs"])},'
            f'"policy_version":{version},"margin_cents":{row["margin_cents"]}'
        )
        for customer_id in members.get(row["unit_id"], ()):
            transaction.publish_encoded(
                kind="classification.changed",
                subject=customer_id,
                payload=f'{{"customer_id":{json.dumps(customer_id)},{state}}}',
            )
