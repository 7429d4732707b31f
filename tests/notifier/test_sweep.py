"""The sweep's narrow rights are enough for what the jobs ask of it."""

from services.notifier.worker import jobs
from tests.notifier.conftest import Notifier, order


async def test_the_sweep_may_ask_what_every_job_asks(notifier: Notifier) -> None:
    await notifier.dispatch(order(1), order(2, channel="letter"))
    asked = {job.name: list(await job.pending()) for job in jobs(notifier.resources)}
    waiting = {name for name, agencies in asked.items() if agencies}
    assert {"send_emails", "render_print_runs"} <= waiting
