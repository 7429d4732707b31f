"""What the operator's guide tells to watch is what the processes measure."""

import re

from prometheus_client import REGISTRY

from kundentakt.cli.openapi import application
from tests.documents import text_of

# The library's own, about the process and the interpreter.
_OF_THE_LIBRARY = ("process_", "python_")


def test_the_metrics_to_watch_are_those_that_exist() -> None:
    assert application("classifier").title
    section = text_of("docs/operator.md").split("## What to watch")[1].split("\n## ")[0]
    told = {name.removesuffix("_total") for name in re.findall(r"^\| `(\w+)", section, re.M)}
    measured = {
        family.name for family in REGISTRY.collect() if not family.name.startswith(_OF_THE_LIBRARY)
    }
    assert told == measured
