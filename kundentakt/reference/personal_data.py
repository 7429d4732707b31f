"""The tables of what is personal, and of what erasing a customer does with it."""

from kundentakt.reference.table import Rows
from services.classifier.store.personal_data import PERSONAL_DATA as CLASSIFIER
from services.notifier.store.personal_data import PERSONAL_DATA as NOTIFIER
from services.scheduler.store.personal_data import PERSONAL_DATA as SCHEDULER
from shared.db.personal_data import Erasure, PersonalData

_DECLARED: dict[str, PersonalData] = {
    "classifier": CLASSIFIER,
    "scheduler": SCHEDULER,
    "notifier": NOTIFIER,
}
_DONE: dict[Erasure, str] = {
    "none": "",
    "deleted": "rows are deleted",
    "emptied": "emptied",
    "stated": "by a statement of its own",
}


def personal_data_table(service: str) -> Rows:
    """Each table with its personal columns, what erasing does, and why the rest stays."""
    return [
        ("table", "personal", "erasing", "why the rest stays, or how"),
        *(
            (
                f"`{name}`",
                ", ".join(f"`{column}`" for column in marks.personal) or "nothing",
                _DONE[marks.erasure],
                marks.because,
            )
            for name, marks in sorted(_DECLARED[service].marks.items())
        ),
    ]
