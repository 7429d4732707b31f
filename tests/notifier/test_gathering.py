"""A campaign of a day is one print run, however long its orders take to arrive."""

from typing import Any

import pytest

from services.notifier.store import print_run_assembly
from shared.contracts.dispatches import DispatchData
from tests.notifier.conftest import Notifier
from tests.notifier.neighbours import Neighbours
from tests.notifier.test_print_runs import HALLE, RUN, letter, moved

EARLIER: DispatchData = {"staff_id": "S-1", "run_day": "2026-11-22"}


async def ordered(
    notifier: Notifier, neighbours: Neighbours, numbers: range, **changes: Any
) -> None:
    """Letters for these customers are ordered, and the job looks."""
    for number in numbers:
        neighbours.customer(f"K-{number:04d}", last_name=f"Name{number:03d}", address=HALLE)
    items = [letter(number, **changes) for number in numbers]
    await notifier.dispatch(*items)
    await notifier.work("render_print_runs")


async def runs(notifier: Notifier) -> list[tuple[str, str, int]]:
    found = (await notifier.get("/print-runs"))["items"]
    return [(each["run_id"], each["state"], each["letters"]) for each in found]


async def test_letters_that_come_after_the_rendering_join_the_run_and_make_it_cheaper(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await ordered(notifier, neighbours, range(1, 121))
    assert await runs(notifier) == [(RUN, "rendered", 120)]
    assert (await notifier.get(f"/print-runs/{RUN}/manifest.json"))["product"] == "standard"
    await ordered(notifier, neighbours, range(121, 211))
    assert await runs(notifier) == [(RUN, "rendered", 210)]
    manifest = await notifier.get(f"/print-runs/{RUN}/manifest.json")
    assert (manifest["product"], manifest["count"]) == ("dialogpost", 210)
    for unseen in ("", "?rendering=1"):
        assert await refusal(notifier, unseen) == (409, "print-run-grown")
    assert (await moved(notifier, "approval?rendering=2"))["letters"] == 210
    assert (await moved(notifier, "release"))["state"] == "released"
    assert {state for state, _ in (await notifier.states()).values()} == {"sent"}


async def refusal(notifier: Notifier, seen: str) -> tuple[int, str]:
    answer = await notifier.call("POST", f"/print-runs/{RUN}/approval{seen}")
    return answer.status_code, answer.json()["type"].rsplit("/")[-1]


async def test_as_many_letters_as_were_seen_are_not_the_letters_that_were_seen(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await ordered(notifier, neighbours, range(1, 3))
    seen = await notifier.get(f"/print-runs/{RUN}")
    assert (seen["letters"], seen["rendering"], seen["grown"]) == (2, 1, False)
    (first, *_) = (await notifier.get("/messages"))["items"]
    await notifier.call("DELETE", f"/dispatches/{first['dispatch_id']}")
    await ordered(notifier, neighbours, range(3, 4))
    now = await notifier.get(f"/print-runs/{RUN}")
    assert (now["state"], now["letters"], now["grown"]) == ("rendered", 2, True)
    for unseen in ("", f"?rendering={seen['rendering']}"):
        assert await refusal(notifier, unseen) == (409, "print-run-grown")
    assert (await moved(notifier, f"approval?rendering={now['rendering']}"))["letters"] == 2


async def test_a_run_that_lost_a_letter_is_approved_by_who_knows_nothing_of_renderings(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await ordered(notifier, neighbours, range(1, 3))
    (first, *_) = (await notifier.get("/messages"))["items"]
    await notifier.call("DELETE", f"/dispatches/{first['dispatch_id']}")
    await notifier.work("render_print_runs")
    assert await refusal(notifier, "?rendering=1") == (409, "print-run-grown")
    assert (await moved(notifier, "approval"))["letters"] == 1


YESTERDAY = "newsletter-2026-11-22-1"


@pytest.mark.parametrize(
    ("of_yesterday", "joined"),
    [
        ("state = 'rendered'", (2, 1)),
        ("state = 'open', placed_at = NULL", (2, 1)),
        (
            "state = 'open', placed_at = now(), lease_token = gen_random_uuid(),"
            " leased_until = now() + interval '1 minute'",
            (1, 1),
        ),
        ("state = 'approved'", (1, 2)),
    ],
    ids=["rendered", "open", "being rendered", "approved"],
)
async def test_late_letters_join_the_run_of_their_day_though_one_of_today_is_open(
    notifier: Notifier, neighbours: Neighbours, of_yesterday: str, joined: tuple[int, int]
) -> None:
    await ordered(notifier, neighbours, range(1, 2), data=EARLIER)
    await notifier.execute(
        f"UPDATE print_run SET day = '2026-11-22', run_id = '{YESTERDAY}', {of_yesterday}"
    )
    await notifier.execute(f"UPDATE letter SET run_id = '{YESTERDAY}'")
    await ordered(notifier, neighbours, range(2, 3), data={**EARLIER, "run_day": "2026-11-23"})
    await notifier.execute(
        f"UPDATE print_run SET state = 'open', placed_at = NULL WHERE run_id = '{RUN}'"
    )
    await ordered(notifier, neighbours, range(3, 4), data=EARLIER)
    letters = {run_id: number for run_id, _, number in await runs(notifier)}
    assert (letters[YESTERDAY], letters[RUN]) == joined


async def test_letters_that_come_after_midnight_join_the_run_of_the_day_that_ordered_them(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await ordered(notifier, neighbours, range(1, 2), data=EARLIER)
    yesterday = "newsletter-2026-11-22-1"
    await notifier.execute(f"UPDATE print_run SET day = '2026-11-22', run_id = '{yesterday}'")
    await notifier.execute(f"UPDATE letter SET run_id = '{yesterday}'")
    await ordered(notifier, neighbours, range(2, 3), data=EARLIER)
    await ordered(notifier, neighbours, range(3, 4), data={**EARLIER, "run_day": "2026-11-23"})
    assert sorted(await runs(notifier)) == [(yesterday, "rendered", 2), (RUN, "rendered", 1)]


async def test_letters_that_come_while_their_run_is_rendered_wait_for_it(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await ordered(notifier, neighbours, range(1, 2))
    rendering = (
        "UPDATE print_run SET state = 'open', lease_token = gen_random_uuid(),"
        " leased_until = now() + interval '1 minute', placed_at = now()"
    )
    await notifier.execute(rendering)
    await ordered(notifier, neighbours, range(2, 3))
    assert await runs(notifier) == [(RUN, "open", 1)]
    await notifier.execute("UPDATE print_run SET leased_until = now()")
    await notifier.work("render_print_runs")
    assert await runs(notifier) == [(RUN, "rendered", 2)]


@pytest.mark.parametrize(
    ("gathered", "waited"), [(0, 2), (3, 2), (40, 20), (7200, 60)], ids=lambda each: f"{each} s"
)
async def test_the_longer_letters_have_come_the_longer_quiet_is_waited_for(
    notifier: Notifier, neighbours: Neighbours, gathered: int, waited: int
) -> None:
    await ordered(notifier, neighbours, range(1, 2))
    await notifier.execute(
        "UPDATE print_run SET state = 'open', joined_at = now(),"
        f" gathers_since = now() - interval '{gathered} seconds'"
    )
    async with notifier.resources.database.transaction(notifier.agency) as transaction:
        left = await print_run_assembly.seconds_until_quiet(transaction, quiet_seconds=2)
    assert left is not None
    assert waited - 2 < left <= waited


@pytest.mark.parametrize(("quiet_for", "gathers_anew"), [("10 seconds", False), ("3 hours", True)])
async def test_a_letter_that_comes_hours_later_waits_for_few_others(
    notifier: Notifier, neighbours: Neighbours, quiet_for: str, *, gathers_anew: bool
) -> None:
    await ordered(notifier, neighbours, range(1, 2))
    await notifier.execute(
        f"UPDATE print_run SET joined_at = now() - interval '{quiet_for}',"
        " gathers_since = now() - interval '5 hours'"
    )
    await ordered(notifier, neighbours, range(2, 3))
    async with notifier.resources.database.transaction(notifier.agency) as transaction:
        anew = await transaction.execute(
            "SELECT gathers_since > now() - interval '1 hour' FROM print_run"
        )
        assert anew.scalar_one() is gathers_anew
