"""Who told what and when, as the JSON of the ``provenance`` columns."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.classifier.domain.provenance import GroupSource, Provenance


def provenance_json(provenance: Provenance) -> str:
    """The text of the column."""
    groups = {
        group: {
            "source": told.source,
            "at": told.at.isoformat(),
            **({"whole": True} if told.whole else {}),
        }
        for group, told in provenance.groups.items()
    }
    heard = {source: dict(said) for source, said in provenance.heard.items()}
    return json.dumps({"groups": groups, **({"heard": heard} if heard else {})})


def provenance_from(stored: Mapping[str, Any]) -> Provenance:
    """What the column holds; empty for records from before it existed."""
    return Provenance(
        groups={
            group: GroupSource(
                source=told["source"],
                at=datetime.fromisoformat(told["at"]),
                whole=told.get("whole", False),
            )
            for group, told in stored.get("groups", {}).items()
        },
        heard=stored.get("heard", {}),
    )
