"""What the feed says of a print run: its state and how many letters it has."""

from services.notifier.store import print_runs
from shared.contracts.changes.notifier import PrintRunChanged
from shared.contracts.dispatches import PrintRunView
from shared.db.database import Transaction


class PrintRunNotFound(Exception):
    """there is no such print run"""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"there is no print run {run_id}")


async def publish_print_run(transaction: Transaction, run_id: str) -> PrintRunView:
    """Publish a run's new state, and return the run as it is now. Raises ``PrintRunNotFound``."""
    run = await print_runs.print_run(transaction, run_id)
    if run is None:
        raise PrintRunNotFound(run_id)
    transaction.publish(PrintRunChanged(run_id=run_id, state=run.state, letters=run.letters))
    return run
