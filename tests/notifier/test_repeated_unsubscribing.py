"""Who unsubscribes again says nothing new."""

import asyncio

from tests.notifier.conftest import Notifier
from tests.notifier.email.examples import word
from tests.notifier.neighbours import Neighbours
from tests.notifier.test_print_runs import erase
from tests.notifier.test_public_pages import Sent, link_in_mail

__all__ = ["link_in_mail"]


async def test_unsubscribing_again_is_one_withdrawal_until_the_reader_agrees_again(
    link_in_mail: Sent, notifier: Notifier, neighbours: Neighbours
) -> None:
    path = await link_in_mail("unsubscribe")
    clicks = await asyncio.gather(*(notifier.client.post(path) for _ in range(8)))
    clicks.append(await notifier.client.post(path))
    assert {each.status_code for each in clicks} == {200}
    assert len(await notifier.changes("consent.withdrawn")) == 1

    again = word(purpose="newsletter", at=notifier.resources.clock.now())
    neighbours.customer("K-0001", consents=[again])
    for _ in range(2):
        assert (await notifier.client.post(path)).status_code == 200
    assert len(await notifier.changes("consent.withdrawn")) == 2


async def test_who_was_erased_unsubscribes_once_however_often_the_link_is_pressed(
    link_in_mail: Sent, notifier: Notifier, neighbours: Neighbours
) -> None:
    path = await link_in_mail("unsubscribe")
    await erase(notifier, neighbours, "K-0001")
    for _ in range(4):
        assert (await notifier.client.post(path)).status_code == 200
    assert len(await notifier.changes("consent.withdrawn")) == 1
