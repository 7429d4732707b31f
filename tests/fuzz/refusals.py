"""Which refusals of a request that fits its schema are right, and whether each kind still occurs.

A 422 that names a fact (`instant-ahead`, `idempotency-key-reused`, `cursor-not-valid`) is right
wherever the document tells it. One that only says that a value is not allowed must be of a kind
below: what no JSON Schema can tell, because it depends on another field, on today, or on a file.
A kind that a whole run never met is an excuse that nobody needs, and fails it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

REFUSALS: Final = "KUNDENTAKT_FUZZ_REFUSALS"
"""The variable that names the file of all kinds met."""
SILENT: Final = frozenset({"invalid-body", "invalid-parameter"})
"""The problems that name no fact."""

KINDS: Final[Mapping[str, re.Pattern[str]]] = {
    "a day or an instant that no calendar has, or out of all reach": re.compile(
        r"^must lie within |^must not be before |^no calendar has |^Sunday is |"
        r"^must be a day that some year has|^must lie in |"
        r"^an instant lies in the years |^Input should be (greater|less) than .*\d{4}-\d\d-\d\d$"
    ),
    "an instant that must be past": re.compile(r"(^|: )lies ahead; "),
    "a field that does not go with another": re.compile(
        r"^give one of |^name exactly one of |says neither how often nor|: serves no segment; |"
        r": ends after it begins|ends on or after its first day|^a (person|company) needs |"
        r": a campaign names its months|: what is for the bereaved|^a range needs |"
        r"^min lies above max|lies before |^last_day |come together$|of a clawback is negative|"
        r"named twice| overlap$|^counts_in names unknown|^a .* prints |^when is empty|"
        r"themselves; |^must not name |^no day has office hours|: [ABCO] is raised to "
    ),
    "a row that every catalogue has": re.compile(r": there is no such row; "),
    "a word of a table": re.compile(
        r"^a word of the kind |^there is no line |^not a time zone |^a country is "
    ),
    "a number of too many decimals": re.compile(r"^give at most four decimals"),
}
"""Each kind by the words of its faults. JSON Schema compares no two fields, knows no day and no
time zone, and its `multipleOf` is wrong for fractions that are kept as floats."""


def note(met: Path, problem: Mapping[str, Any]) -> list[str]:
    """Keep the kinds of one refusal; returns the faults that are of none."""
    if problem["type"].rsplit("/", 1)[-1] not in SILENT:
        return []
    faults = [each["detail"] for each in problem.get("errors") or [problem]]
    with met.open("a") as file:
        file.writelines(f"{json.dumps([kind_of(fault), fault])}\n" for fault in faults)
    return [fault for fault in faults if kind_of(fault) is None]


def kind_of(fault: str) -> str | None:
    """The kind that explains a fault; None if the schema should have told it."""
    return next((kind for kind, words in KINDS.items() if words.search(fault)), None)


def unmet(met: Path) -> Sequence[str]:
    """The kinds that no request of a run met."""
    lines = met.read_text().splitlines() if met.exists() else []
    return [kind for kind in KINDS if kind not in {json.loads(line)[0] for line in lines}]
