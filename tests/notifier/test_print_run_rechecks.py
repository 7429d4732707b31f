"""What is asked again at the approval and at the release: law, address and calendar."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.notifier.channels.print_files import read_rows
from services.notifier.usecases import print_runs
from services.notifier.usecases.print_runs import LettersNoLongerRight
from shared.contracts.changes.classifier import CustomerErased
from shared.contracts.contacts import ContactAddress, ContactMandate
from shared.contracts.dispatches import PrintRunView
from tests.notifier.conftest import Notifier, order
from tests.notifier.neighbours import Neighbours
from tests.notifier.test_print_runs import RUN, moved, pages_of

HALLE = ContactAddress(street="Am Markt 1", postcode="06108", city="Halle (Saale)")
TUESDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)
BIRTHDAY: dict[str, Any] = {"template": "birthday", "purpose": "advertising", "channel": "letter"}
BIRTHDAYS = "birthday-2026-11-23-1"


async def three_rendered(notifier: Notifier, neighbours: Neighbours) -> None:
    for number, name in ((1, "Bergmann"), (2, "Anders"), (3, "Clausen")):
        neighbours.customer(f"K-{number:04d}", last_name=name)
    await notifier.dispatch(*(order(number, channel="letter") for number in (1, 2, 3)))
    await notifier.work("render_print_runs")


async def released(notifier: Notifier, run: str, now: datetime) -> PrintRunView:
    resources = notifier.resources
    return await print_runs.release(
        database=resources.database,
        rechecker=resources.rechecker,
        folders=resources.print_folders,
        agency=notifier.agency,
        run_id=run,
        now=now,
    )


def handed_over(tmp_path: Path, notifier: Notifier, run: str = RUN) -> Path:
    return tmp_path / "print" / notifier.agency / run


@pytest.mark.parametrize(
    "changes",
    [{"address": HALLE}, {"last_name": "Anders-Weiß"}, {"title": "Dr."}],
    ids=["moved", "married", "titled"],
)
async def test_approved_then_moved_the_letter_goes_to_the_new_address_in_another_run(
    notifier: Notifier, neighbours: Neighbours, tmp_path: Path, changes: dict[str, Any]
) -> None:
    await three_rendered(notifier, neighbours)
    await moved(notifier, "approval")
    neighbours.customer("K-0002", **{"last_name": "Anders", **changes})

    run = await moved(notifier, "release")
    assert (run["state"], run["letters"], run["pages"]) == ("released", 2, 2)
    folder = handed_over(tmp_path, notifier)
    pages = pages_of((folder / "letters.pdf").read_bytes())
    assert len(pages) == 2
    assert not any("Anders" in page for page in pages)
    assert json.loads((folder / "manifest.json").read_bytes())["count"] == 2

    await notifier.work("render_print_runs")
    (anew,) = [
        each for each in (await notifier.get("/print-runs"))["items"] if each["run_id"] != RUN
    ]
    assert (anew["state"], anew["letters"]) == ("rendered", 1)
    await moved(notifier, "approval", anew["run_id"])
    await moved(notifier, "release", anew["run_id"])
    (row,) = read_rows(handed_over(tmp_path, notifier, anew["run_id"]))
    assert row["zip"] == changes.get("address", ContactAddress(postcode="06526")).postcode
    assert row["last"] == changes.get("last_name", "Anders")
    assert set((await notifier.states()).values()) == {("sent", None)}


async def test_rendered_then_moved_the_run_is_rendered_again_before_its_approval(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await three_rendered(notifier, neighbours)
    neighbours.customer("K-0002", last_name="Anders", address=HALLE)
    refused = await notifier.call("POST", f"/print-runs/{RUN}/approval")
    assert (refused.status_code, refused.json()["type"].rsplit("/")[-1]) == (
        409,
        "print-run-changed",
    )
    await notifier.work("render_print_runs")
    pdf = (await notifier.call("GET", f"/print-runs/{RUN}/letters.pdf")).content
    assert "06108" in pages_of(pdf)[0]
    assert (await moved(notifier, "approval"))["letters"] == 3


async def test_approved_then_erased_by_the_feed_the_letter_is_taken_out_at_the_release(
    notifier: Notifier, neighbours: Neighbours, tmp_path: Path
) -> None:
    await three_rendered(notifier, neighbours)
    await moved(notifier, "approval")
    neighbours.tell(CustomerErased(customer_id="K-0002"))
    del neighbours.contacts["K-0002"]
    await notifier.work("follow_classifier")
    assert (await moved(notifier, "release"))["letters"] == 2
    text = (handed_over(tmp_path, notifier) / "recipients.csv").read_text()
    assert "Anders" not in text
    assert (await notifier.states())["d-2"] == ("suppressed", "customer_erased")


async def test_a_mandate_that_ended_since_the_run_began_counts_at_the_release(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    for number in (1, 2):
        neighbours.customer(f"K-{number:04d}")
    review = {"template": "yearly_review", "purpose": "service", "channel": "letter"}
    await notifier.dispatch(order(1, **review), order(2, **review))
    await notifier.work("render_print_runs")
    run = "yearly_review-2026-11-23-1"
    await moved(notifier, "approval", run)
    ended = ContactMandate(contract=True, ended_on=date(2026, 11, 23))
    neighbours.customer("K-0002", mandate=ended)
    assert (await released(notifier, run, TUESDAY)).letters == 1
    assert (await notifier.states())["d-2"] == ("suppressed", "mandate_ended")


async def birthdays_rendered(notifier: Notifier, neighbours: Neighbours) -> None:
    for number in (1, 2):
        neighbours.customer(f"K-{number}", consents=[])
    await notifier.dispatch(
        order(dispatch_id="in-time", customer_id="K-1", data={"due": "2026-11-23"}, **BIRTHDAY),
        order(dispatch_id="late", customer_id="K-2", data={"due": "2026-11-20"}, **BIRTHDAY),
    )
    await notifier.work("render_print_runs")
    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["run_id"], run["letters"]) == (BIRTHDAYS, 2)


async def test_a_late_birthday_is_taken_out_at_the_approval(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await birthdays_rendered(notifier, neighbours)
    resources = notifier.resources
    with pytest.raises(LettersNoLongerRight):
        await print_runs.approve(
            database=resources.database,
            rechecker=resources.rechecker,
            agency=notifier.agency,
            run_id=BIRTHDAYS,
            approved_by="a test",
            now=TUESDAY,
        )
    assert (await notifier.states())["late"] == ("suppressed", "too_late")
    await notifier.work("render_print_runs")
    assert (await moved(notifier, "approval", BIRTHDAYS))["letters"] == 1


async def test_a_late_birthday_is_taken_out_at_the_release(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await birthdays_rendered(notifier, neighbours)
    await moved(notifier, "approval", BIRTHDAYS)
    assert (await released(notifier, BIRTHDAYS, TUESDAY)).letters == 1
    assert (await notifier.states())["late"] == ("suppressed", "too_late")
    assert (await notifier.states())["in-time"] == ("sent", None)


async def test_what_an_order_calls_too_late_leaves_no_letter_in_the_run(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order(1, channel="letter", last_sensible_day="2026-11-23"))
    await notifier.work("render_print_runs")
    await moved(notifier, "approval")
    run = await released(notifier, RUN, TUESDAY)
    assert (run.state, run.reason) == ("cancelled", "no_letters")
    assert (await notifier.states())["d-1"] == ("suppressed", "too_late")


async def test_a_run_released_later_is_posted_later_by_the_calendar_of_the_federal_state(
    notifier: Notifier, neighbours: Neighbours, tmp_path: Path
) -> None:
    neighbours.federal_state = "BY"
    await three_rendered(notifier, neighbours)
    await moved(notifier, "approval")
    waiting = tmp_path / "print" / ".rendered" / notifier.agency / RUN
    before = json.loads((waiting / "manifest.json").read_bytes())
    assert before["due_on"] == "2026-11-26"
    run = await released(notifier, RUN, datetime(2027, 1, 3, 9, tzinfo=UTC))
    manifest = json.loads((handed_over(tmp_path, notifier) / "manifest.json").read_bytes())
    assert manifest["due_on"] == "2027-01-07", "three days on is Epiphany"
    assert manifest["postage_gross_cents"] is None, "prices of 2027 are not known"
    assert run.postage_gross_cents is None
    assert before["postage_gross_cents"] == 3 * 95


async def test_a_run_tells_its_postage_net_and_gross(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await three_rendered(notifier, neighbours)
    (run,) = (await notifier.get("/print-runs"))["items"]
    told = [run[f"postage_{kind}_cents"] for kind in ("net", "vat", "gross")]
    assert told == [285, 0, 285]


async def test_while_the_classifier_is_away_nothing_is_released(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await three_rendered(notifier, neighbours)
    await moved(notifier, "approval")
    neighbours.away = True
    refused = await notifier.call("POST", f"/print-runs/{RUN}/release")
    assert (refused.status_code, refused.json()["type"].rsplit("/")[-1]) == (503, "neighbour-away")
    neighbours.away = False
    assert (await moved(notifier, "release"))["letters"] == 3
