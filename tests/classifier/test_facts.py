"""Facts move with the day: classes change merely because time passed, and on the very day."""

from datetime import date, timedelta
from typing import Any

from tests.classifier.case_runner import CaseRunner
from tests.classifier.conftest import Agency, Service
from tests.classifier.domain.case_steps import AS_OF, Step, booked, customer, flagged
from tests.classifier.domain.worked_policies import FOUR, NOTHING, OWNS, THREE

FOUR_LIVES: list[Step] = [
    # K-1: 300.00 € of an initial commission over five years, then corrected to 298.84 €: below on
    # 2026-11-20 for the first day, on 2027-02-17 for the ninetieth.
    customer("K-1", **NOTHING),
    booked(1500.83, "2025-11-21", "initial", who="K-1", as_id="B-1"),
    # K-2: believed in from 2025-12-01 for twelve months, to 2026-12-01.
    customer("K-2", **NOTHING),
    flagged("promising", "2025-12-01", who="K-2"),
    # K-3: a pension is needed to 55; the 56th birthday is 2026-12-10. 150 € + 50 € become 50 €.
    customer("K-3", born="1970-12-10", employment="employed"),
    # K-4: a renewal of 328.50 € is 0.90 € a day, and each day one leaves the window. Below 270 €
    # when fewer than 300 days are left: after 66 days, 2027-01-25.
    customer("K-4", **NOTHING),
    booked(328.50, who="K-4"),
]


async def classes(agency: Agency) -> dict[str, str]:
    items = (await agency.get("/classifications?limit=500"))["items"]
    return {item["customer_id"]: item["segment"] for item in items}


async def walk(runner: CaseRunner, days: list[date]) -> list[tuple[str, str, str]]:
    """Run these days one after the other: on which day who became what."""
    moves = []
    before = await classes(runner.agency)
    for each in days:
        await runner.begin(each.isoformat())
        after = await classes(runner.agency)
        moves += [(each.isoformat(), who, after[who]) for who in after if after[who] != before[who]]
        before = after
    return moves


async def test_walking_through_the_days_finds_everyone_whose_class_time_changes(
    lasting_service: Service,
) -> None:
    runner = CaseRunner(lasting_service.of("walking"))
    await runner.set_out(FOUR, *FOUR_LIVES)
    await runner.take(booked(1495, "2025-11-21", "initial", who="K-1", as_id="B-1"))
    await runner.classify()
    assert await classes(runner.agency) == {"K-1": "B", "K-2": "O", "K-3": "O", "K-4": "B"}
    begin = date.fromisoformat(AS_OF)
    moves = await walk(runner, [begin + timedelta(days=number) for number in range(1, 91)])
    assert moves == [
        ("2026-12-02", "K-2", "C"),
        ("2026-12-10", "K-3", "C"),
        ("2027-01-25", "K-4", "C"),
        ("2027-02-17", "K-1", "C"),
    ]
    runs = await runner.agency.rows("SELECT count(*) FROM reclassification WHERE reason = 'day'")
    assert runs == [(90,)]


async def test_a_day_on_which_nobody_crosses_a_border_writes_nothing(
    lasting_service: Service,
) -> None:
    runner = CaseRunner(lasting_service.of("quiet"))
    await runner.set_out(FOUR, *FOUR_LIVES)
    told = len(await runner.agency.changes("classification.changed"))
    assert await walk(runner, [date(2026, 11, 21), date(2026, 11, 22)]) == []
    assert len(await runner.agency.changes("classification.changed")) == told


async def test_a_chance_ends_and_marks_expire_by_the_day_in_the_three_classes(
    lasting_service: Service,
) -> None:
    runner = CaseRunner(lasting_service.of("three"))
    await runner.set_out(
        THREE,
        customer("K-1", **OWNS),
        customer("K-2", **NOTHING),
        flagged("favourite", "2026-02-28", who="K-2"),
    )
    assert await classes(runner.agency) == {"K-1": "B", "K-2": "A"}
    days = ["2027-02-28", "2027-03-01", "2027-11-19", "2027-11-20"]
    assert await walk(runner, [date.fromisoformat(each) for each in days]) == [
        ("2027-03-01", "K-2", "C"),
        ("2027-11-20", "K-1", "C"),
    ]


async def test_days_left_out_are_made_up_for_by_the_next_that_is_run(
    lasting_service: Service,
) -> None:
    each_day, leaping = (
        CaseRunner(lasting_service.of("each-day")),
        CaseRunner(lasting_service.of("leaping")),
    )
    for runner in (each_day, leaping):
        await runner.set_out(FOUR, *FOUR_LIVES)
        await runner.take(booked(1495, "2025-11-21", "initial", who="K-1", as_id="B-1"))
        await runner.classify()
    begin = date.fromisoformat(AS_OF)
    assert await walk(each_day, [begin + timedelta(days=number) for number in range(1, 21)])
    assert await walk(leaping, [date(2026, 12, 10)]) == [
        ("2026-12-10", "K-2", "C"),
        ("2026-12-10", "K-3", "C"),
    ]
    for who in ("K-1", "K-2", "K-3", "K-4"):
        assert await shown(leaping, who) == await shown(each_day, who)
    assert await walk(leaping, [date(2027, 2, 17)]) == [
        ("2027-02-17", "K-1", "C"),
        ("2027-02-17", "K-4", "C"),
    ]


async def test_who_fell_below_on_a_day_left_out_is_below_from_the_next_that_is_run(
    lasting_service: Service,
) -> None:
    runner = CaseRunner(lasting_service.of("unseen"))
    await runner.set_out(FOUR, *FOUR_LIVES)
    # K-4 is below 300.00 € from 2026-12-22 on (328.50 € less 0.90 € a day): nobody looked then.
    await runner.begin("2026-12-21")
    assert (await shown(runner, "K-4"))["axes"]["revenue"]["below_since"] is None
    await runner.begin("2026-12-31")
    assert (await shown(runner, "K-4"))["axes"]["revenue"]["below_since"] == "2026-12-31"


async def shown(runner: CaseRunner, who: str) -> dict[str, Any]:
    """The whole classification but for when it came to be: days that were run have their own."""
    found = await runner.agency.get(f"/customers/{who}/classification")
    return {name: found[name] for name in found if name not in ("as_of", "classified_at")}
