"""The kinds of change that a service publishes, each with its subject and an example."""

from kundentakt.reference.table import Rows
from shared.contracts.changes.examples import EXAMPLES
from shared.contracts.vocabulary import ServiceName


def changes_table(service: ServiceName) -> Rows:
    """Kind, subject, example of the payload and meaning, in the order of the guide."""
    return [
        ("kind", "subject", "example of the payload", "tells that"),
        *(
            (
                f"`{change.KIND}`",
                f"`{change.SUBJECT}`",
                f"`{change.payload()}`",
                (type(change).__doc__ or "").partition("\n\n")[0].replace("\n    ", " "),
            )
            for change in EXAMPLES[service]
        ),
    ]
