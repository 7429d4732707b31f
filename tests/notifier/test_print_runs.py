"""Letters from order to the print shop's folder: gathered, rendered, approved, handed over."""

import asyncio
import csv
import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest

from services.notifier.channels.letters.readback import PDFIUM
from shared.contracts.changes.classifier import CustomerErased
from shared.contracts.contacts import ContactAddress, ContactObjections
from tests.notifier.conftest import Notifier, bearer, order
from tests.notifier.neighbours import Neighbours

RUN = "newsletter-2026-11-23-1"
HALLE = ContactAddress(street="Am Markt 1", postcode="06108", city="Halle (Saale)")


def letter(number: int, **changes: Any) -> dict[str, Any]:
    return order(number, channel="letter", **changes)


def pages_of(pdf: bytes) -> list[str]:
    with PDFIUM:
        document = pdfium.PdfDocument(pdf)
        pages = [page.get_textpage().get_text_range() for page in document]
        document.close()
    return pages


def lies(path: Path) -> bool:
    return path.exists()


async def moved(notifier: Notifier, step: str, run: str = RUN) -> dict[str, Any]:
    answer = await notifier.call("POST", f"/print-runs/{run}/{step}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def handed_over(tmp_path: Path, notifier: Notifier) -> Path:
    return tmp_path / "print" / notifier.agency


async def test_letters_of_a_day_become_one_run_that_a_person_approves_and_releases(
    notifier: Notifier, neighbours: Neighbours, handed_over: Path
) -> None:
    neighbours.customer("K-0001")
    neighbours.customer("K-0002", last_name="Anders", address=HALLE)
    neighbours.customer("K-0003", address=None)
    neighbours.customer("K-0004", consents=[])
    neighbours.customer("K-0005", address=HALLE.model_copy(update={"postcode": "123"}))
    await notifier.dispatch(*(letter(number) for number in range(1, 6)))
    await notifier.work("render_print_runs")

    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["run_id"], run["state"], run["letters"]) == (RUN, "rendered", 3)
    pdf = (await notifier.call("GET", f"/print-runs/{RUN}/letters.pdf")).content
    pages = pages_of(pdf)
    assert len(pages) == run["pages"]
    assert "Anders" in pages[0], "sorted by postcode: Halle before Sangerhausen"
    assert "Jonas Adler" in pages[0]
    table = (await notifier.call("GET", f"/print-runs/{RUN}/recipients.csv")).text
    assert [row["zip"] for row in csv.DictReader(io.StringIO(table), delimiter=";")] == [
        "06108",
        "06526",
        "06526",
    ]
    assert not lies(handed_over)
    early = await notifier.call("POST", f"/print-runs/{RUN}/release")
    assert (early.status_code, early.json()["type"].rsplit("/")[-1]) == (409, "print-run-not-ready")

    assert (await moved(notifier, "approval"))["approved_by"] == "a test"
    assert (await notifier.call("DELETE", "/dispatches/d-1")).status_code == 409
    for _ in range(2):
        assert (await moved(notifier, "release"))["state"] == "released"

    manifest = json.loads((handed_over / RUN / "manifest.json").read_text())
    assert manifest["count"] == 3
    assert (handed_over / RUN / "letters.pdf").read_bytes() == pdf
    assert await notifier.states() == {
        "d-1": ("sent", None),
        "d-2": ("sent", None),
        "d-3": ("suppressed", "address_missing"),
        "d-4": ("sent", None),
        "d-5": ("failed", "address_not_postable"),
    }
    ended = await notifier.changes("letter.ended")
    assert {each["payload"]["run"] for each in ended} == {RUN}
    assert len(ended) == 5
    assert len((await notifier.get(f"/messages?run={RUN}&state=sent"))["items"]) == 3


async def test_a_letter_cancelled_after_rendering_is_taken_out_of_its_run(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    neighbours.customer("K-0002", last_name="Anders")
    await notifier.dispatch(letter(1), letter(2))
    await notifier.work("render_print_runs")
    assert (await notifier.call("DELETE", "/dispatches/d-2")).status_code == 200

    refused = await notifier.call("POST", f"/print-runs/{RUN}/approval")
    assert refused.status_code == 409
    await notifier.work("render_print_runs")
    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["state"], run["letters"]) == ("rendered", 1)
    pdf = (await notifier.call("GET", f"/print-runs/{RUN}/letters.pdf")).content
    assert not any("Anders" in page for page in pages_of(pdf))


async def test_who_objects_after_rendering_is_taken_out_before_the_approval_counts(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    neighbours.customer("K-0002", last_name="Anders")
    await notifier.dispatch(letter(1), letter(2))
    await notifier.work("render_print_runs")
    objected = ContactObjections(advertising=datetime(2026, 11, 23, 9, tzinfo=UTC))
    neighbours.customer("K-0002", last_name="Anders", objections=objected)

    refused = await notifier.call("POST", f"/print-runs/{RUN}/approval")
    assert (refused.status_code, refused.json()["type"].rsplit("/")[-1]) == (
        409,
        "print-run-changed",
    )
    await notifier.work("render_print_runs")
    assert (await moved(notifier, "approval"))["letters"] == 1
    assert (await notifier.states())["d-2"] == ("suppressed", "objection_advertising")


async def test_letters_ordered_after_the_approval_get_a_run_of_their_own(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    for number in (1, 2):
        neighbours.customer(f"K-{number:04d}")
        await notifier.dispatch(letter(number))
        await notifier.work("render_print_runs")
        if number == 1:
            await moved(notifier, "approval")
    runs = (await notifier.get("/print-runs"))["items"]
    assert [run["run_id"] for run in runs] == [RUN, "newsletter-2026-11-23-2"]


async def test_a_cancelled_run_cancels_its_letters(
    notifier: Notifier, neighbours: Neighbours, handed_over: Path
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(letter(1))
    await notifier.work("render_print_runs")
    await moved(notifier, "approval")
    assert (await moved(notifier, "cancellation"))["state"] == "cancelled"
    assert await notifier.states() == {"d-1": ("cancelled", "run_cancelled")}
    assert (await notifier.call("POST", f"/print-runs/{RUN}/release")).status_code == 409
    assert not lies(handed_over)


async def test_a_run_of_nobody_is_no_run(notifier: Notifier, neighbours: Neighbours) -> None:
    await notifier.dispatch(letter(1))
    await notifier.work("render_print_runs")
    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["state"], run["reason"]) == ("cancelled", "no_letters")
    assert await notifier.states() == {"d-1": ("failed", "customer_unknown")}


async def test_an_erased_customer_is_taken_out_of_a_rendered_run(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    neighbours.customer("K-0002", last_name="Anders")
    await notifier.dispatch(letter(1), letter(2))
    await notifier.work("render_print_runs")
    neighbours.tell(CustomerErased(customer_id="K-0002"))
    await notifier.work("follow_classifier")
    await notifier.work("render_print_runs")
    pdf = (await notifier.call("GET", f"/print-runs/{RUN}/letters.pdf")).content
    assert not any("Anders" in page for page in pages_of(pdf))


async def erase(notifier: Notifier, neighbours: Neighbours, customer_id: str) -> None:
    neighbours.contacts.pop(customer_id, None)
    neighbours.tell(CustomerErased(customer_id=customer_id))
    await notifier.work("follow_classifier")


def names_in(folder: Path) -> str:
    """Every word of the files below a folder, pages and lists."""
    words = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".pdf":
            words += pages_of(path.read_bytes())
        elif path.is_file():
            words.append(path.read_text(errors="replace"))
    return "\n".join(words)


async def three_letters(notifier: Notifier, neighbours: Neighbours) -> None:
    for number, name in ((1, "Bergmann"), (2, "Anders"), (3, "Clausen")):
        neighbours.customer(f"K-{number:04d}", last_name=name)
    await notifier.dispatch(*(letter(number) for number in (1, 2, 3)))
    await notifier.work("render_print_runs")


async def test_an_erased_customer_leaves_the_files_of_an_approved_run_at_once(
    notifier: Notifier, neighbours: Neighbours, handed_over: Path
) -> None:
    await three_letters(notifier, neighbours)
    await moved(notifier, "approval")
    assert "Anders" in names_in(handed_over.parent)
    await erase(notifier, neighbours, "K-0002")
    assert "Anders" not in names_in(handed_over.parent)
    assert (await notifier.states())["d-2"] == ("suppressed", "customer_erased")
    released = await moved(notifier, "release")
    assert (released["state"], released["letters"]) == ("released", 2)
    assert "Bergmann" in names_in(handed_over)


async def test_an_erased_customer_leaves_the_files_of_a_released_run(
    notifier: Notifier, neighbours: Neighbours, handed_over: Path
) -> None:
    await three_letters(notifier, neighbours)
    await moved(notifier, "approval")
    await moved(notifier, "release")
    await erase(notifier, neighbours, "K-0002")
    words = names_in(handed_over.parent)
    assert "Anders" not in words
    assert "Bergmann" in words
    assert (await notifier.states())["d-2"] == ("sent", None)


@pytest.mark.parametrize("step", ["approval", "release"])
async def test_the_files_of_an_erased_customers_own_run_hold_nobody(
    notifier: Notifier, neighbours: Neighbours, handed_over: Path, step: str
) -> None:
    neighbours.customer("K-0001", last_name="Anders")
    await notifier.dispatch(letter(1))
    await notifier.work("render_print_runs")
    await moved(notifier, "approval")
    if step == "release":
        await moved(notifier, "release")
    await erase(notifier, neighbours, "K-0001")
    assert "Anders" not in names_in(handed_over.parent)


async def test_a_cancelled_run_leaves_no_files(
    notifier: Notifier, neighbours: Neighbours, handed_over: Path
) -> None:
    await three_letters(notifier, neighbours)
    await moved(notifier, "cancellation")
    assert names_in(handed_over.parent) == ""


async def test_two_workers_render_a_run_once(notifier: Notifier, neighbours: Neighbours) -> None:
    for number in range(1, 31):
        neighbours.customer(f"K-{number:04d}")
    await notifier.dispatch(*(letter(number) for number in range(1, 31)))
    await asyncio.gather(*(notifier.work("render_print_runs") for _ in range(2)))
    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["state"], run["letters"]) == ("rendered", 30)
    rendered = [
        each
        for each in await notifier.changes("print_run.changed")
        if each["payload"]["state"] == "rendered"
    ]
    assert len(rendered) == 1


async def test_while_the_classifier_is_away_a_run_waits(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(letter(1))
    await notifier.resources.profiles.of(notifier.agency)
    neighbours.away = True
    await notifier.work("render_print_runs")
    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["state"], run["reason"]) == ("open", "classifier_away")
    assert await notifier.pending("render_print_runs") == []


async def test_a_letter_that_joins_a_run_that_waits_does_not_wait_with_it(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    neighbours.customer("K-0002")
    await notifier.dispatch(letter(1))
    await notifier.resources.profiles.of(notifier.agency)
    neighbours.away = True
    await notifier.work("render_print_runs")
    neighbours.away = False
    await notifier.dispatch(letter(2))
    await notifier.work("render_print_runs")
    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["state"], run["letters"], run["reason"]) == ("rendered", 2, None)


async def test_another_agencys_run_cannot_be_seen_or_moved(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(letter(1))
    await notifier.work("render_print_runs")
    other = bearer("nachbar")
    for method, path in (("GET", "letters.pdf"), ("POST", "approval"), ("POST", "cancellation")):
        answer = await notifier.client.request(
            method, f"/v1/print-runs/{RUN}/{path}", headers=other
        )
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("since", "ended"),
    [
        (
            {"objections": ContactObjections(advertising=datetime(2026, 11, 23, tzinfo=UTC))},
            ("suppressed", "objection_advertising"),
        ),
        ({"deceased": True}, ("suppressed", "deceased")),
        (None, ("failed", "customer_unknown")),
    ],
    ids=["objected", "died", "erased"],
)
async def test_approved_then_objected_the_letter_is_taken_out_at_the_release(
    notifier: Notifier,
    neighbours: Neighbours,
    handed_over: Path,
    since: dict[str, Any] | None,
    ended: tuple[str, str],
) -> None:
    for number, name in ((1, "Bergmann"), (2, "Anders"), (3, "Clausen")):
        neighbours.customer(f"K-{number:04d}", last_name=name)
    await notifier.dispatch(*(letter(number) for number in (1, 2, 3)))
    await notifier.work("render_print_runs")
    before = json.loads(await file_of(notifier, "manifest.json"))
    await moved(notifier, "approval")
    if since is None:
        del neighbours.contacts["K-0002"]
    else:
        neighbours.customer("K-0002", last_name="Anders", **since)

    released = await moved(notifier, "release")
    assert (released["state"], released["letters"]) == ("released", 2)
    assert await notifier.states() == {
        "d-1": ("sent", None),
        "d-2": ended,
        "d-3": ("sent", None),
    }
    pdf = (handed_over / RUN / "letters.pdf").read_bytes()
    pages = pages_of(pdf)
    assert len(pages) == released["pages"]
    assert not any("Anders" in page for page in pages)
    rows = list(
        csv.DictReader(
            io.StringIO((handed_over / RUN / "recipients.csv").read_text()), delimiter=";"
        )
    )
    assert [row["seq"] for row in rows] == ["1", "2"]
    assert {row["last"] for row in rows} == {"Bergmann", "Clausen"}
    for row in rows:
        assert row["last"] in pages[int(row["pdf_page_from"]) - 1]
    manifest = json.loads((handed_over / RUN / "manifest.json").read_bytes())
    assert manifest["count"] == 2
    assert manifest["postage_net_cents"] == before["postage_net_cents"] // 3 * 2
    assert manifest["files"][0]["sha256"] == hashlib.sha256(pdf).hexdigest()
    assert await moved(notifier, "release") == released


async def test_an_approved_run_from_which_all_withdrew_is_cancelled(
    notifier: Notifier, neighbours: Neighbours, handed_over: Path
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(letter(1))
    await notifier.work("render_print_runs")
    await moved(notifier, "approval")
    neighbours.customer("K-0001", deceased=True)
    assert (await moved(notifier, "release"))["state"] == "cancelled"
    assert await notifier.states() == {"d-1": ("suppressed", "deceased")}
    assert not lies(handed_over)


async def file_of(notifier: Notifier, name: str) -> bytes:
    return (await notifier.call("GET", f"/print-runs/{RUN}/{name}")).content


async def test_what_can_only_be_posted_is_no_name_of_a_file(notifier: Notifier) -> None:
    headers = bearer(notifier.agency)
    asked = await notifier.client.get("/v1/print-runs/run-1/approval", headers=headers)

    assert asked.status_code == 405
    assert asked.headers["allow"] == "POST"
