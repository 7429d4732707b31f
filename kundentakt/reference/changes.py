"""The kinds of change that a service publishes, each with its subject and an example."""

from kundentakt.reference.table import Rows
from shared.contracts.changes.examples import EXAMPLES
from shared.contracts.vocabulary import ServiceName


def changes_table(service: ServiceName) -> Rows:
    """Kind, meaning, subject and an example of the payload, in the order of the feed's table."""
    return [
        ("kind", "tells that", "subject", "example of the payload"),
        *(
            (
                f"`{change.KIND}`",
                (type(change).__doc__ or "").partition("\n\n")[0].replace("\n    ", " "),
                f"`{change.SUBJECT}`",
                f"`{change.payload()}`",
            )
            for change in EXAMPLES[service]
        ),
    ]
