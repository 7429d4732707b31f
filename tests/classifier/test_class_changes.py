"""Bulk work writes the JSON of ``classification.changed`` itself: it must be the model's."""

from typing import cast

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from services.classifier.domain.needs import default_policy
from services.classifier.domain.potential import active_needs
from services.classifier.usecases.class_changes import publish_classes
from shared.contracts.changes.classifier import ClassificationChanged
from shared.db.database import DirectTransaction, Transaction
from shared.db.feed import NewChange

POLICY = default_policy()
BITS = [need.bit for need in active_needs(POLICY)]
IDS = st.from_regex(r"\.{0,9}[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,54}", fullmatch=True)
SEGMENTS = st.sampled_from(["A", "B", "O", "C"])
AMOUNTS = st.integers(min_value=-(10**15), max_value=10**15)


def published(unit: dict[str, object], members: list[str], *, version: int) -> list[NewChange]:
    """The changes that a transaction would append to the feed."""
    transaction = DirectTransaction(agency="musterbetrieb", service="classifier")
    publish_classes(
        cast(Transaction, transaction),
        pl.DataFrame([unit]),
        {str(unit["unit_id"]): members},
        POLICY,
        version=version,
    )
    return transaction._changes


@given(
    unit_id=IDS,
    members=st.lists(IDS, min_size=1, max_size=3, unique=True),
    segment=SEGMENTS,
    was_segment=st.none() | SEGMENTS,
    service_level=st.sampled_from(["high", "standard"]),
    development=st.sampled_from(["active", "none"]),
    potential_cents=AMOUNTS,
    margin_cents=AMOUNTS,
    gaps=st.sets(st.sampled_from(BITS)),
    version=st.integers(min_value=1, max_value=10**6),
)
def test_the_bytes_of_every_member_are_those_of_the_model(
    members: list[str], gaps: set[int], version: int, **unit: object
) -> None:
    changes = published({**unit, "gap_needs": sum(gaps)}, members, version=version)
    assert [change.subject for change in changes] == members
    for change in changes:
        assert change.kind == ClassificationChanged.KIND
        model = ClassificationChanged.model_validate_json(change.payload)
        assert change.payload == model.payload()
        assert (model.customer_id, model.previous) == (change.subject, unit["was_segment"])
        assert len(model.gaps) == len(gaps)
