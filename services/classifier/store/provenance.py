"""Who told what and when, as the JSON of the ``provenance`` columns."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from services.classifier.domain.provenance import GroupSource, Provenance


def provenances_json(provenances: Sequence[Provenance]) -> list[str]:
    """The texts of the column, one for each object: new records of a list share theirs."""
    distinct = {id(each): each for each in provenances}
    texts = {key: provenance_json(each) for key, each in distinct.items()}
    return [texts[id(each)] for each in provenances]


def provenance_json(provenance: Provenance) -> str:
    """The text of the column."""
    groups = tuple(provenance.groups.items())
    if not provenance.heard:
        return _text_of_groups(groups)
    heard = {source: dict(said) for source, said in provenance.heard.items()}
    return json.dumps({"groups": _json_of_groups(groups), "heard": heard})


_Groups = tuple[tuple[str, GroupSource], ...]


@lru_cache(maxsize=1024)
def _text_of_groups(groups: _Groups) -> str:
    """The whole column where nothing was heard of insurers: the rows of a list have the same."""
    return json.dumps({"groups": _json_of_groups(groups)})


def _json_of_groups(groups: _Groups) -> dict[str, dict[str, Any]]:
    return {
        group: {
            "source": told.source,
            "at": told.at.isoformat(),
            **({"whole": True} if told.whole else {}),
        }
        for group, told in groups
    }


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
