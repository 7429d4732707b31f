"""Publishes the classes that changed: one change for each customer of a care unit."""

import json

import polars as pl

from services.classifier.domain.explain import GapTeller
from shared.contracts.changes.classifier import ClassificationChanged
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
    """Publish the class of every member of the changed units.

    A unit may have many members and a run changes many units, so the JSON of
    :class:`ClassificationChanged` is written here, once for each unit, and the gaps once for each
    set of them.
    """
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
                ClassificationChanged,
                subject=customer_id,
                payload=f'{{"customer_id":{json.dumps(customer_id)},{state}}}',
            )
