"""Letters and runs that cannot be made: none holds back another, none stays for ever."""

from typing import Any

import pytest

from services.notifier.channels import print_handoff
from services.notifier.channels.templates import MessageTemplates
from services.notifier.usecases import print_run_rendering
from tests.notifier.conftest import Notifier, order
from tests.notifier.neighbours import Neighbours
from tests.notifier.test_print_runs import RUN, pages_of

DUE_NOW = """
    UPDATE message SET due_at = accepted_at WHERE agency_id = :agency AND state = 'accepted'
"""
FREE_NOW = """
    UPDATE print_run SET leased_until = NULL WHERE agency_id = :agency AND state = 'open'
"""


async def three_ordered(notifier: Notifier, neighbours: Neighbours) -> None:
    for number in (1, 2, 3):
        neighbours.customer(f"K-{number:04d}")
    await notifier.dispatch(*(order(number, channel="letter") for number in (1, 2, 3)))


async def waiting(notifier: Notifier) -> dict[str, int]:
    status = await notifier.get("/operations/status")
    return {each["reason"]: each["count"] for each in status["waiting"]}


async def tried_again(notifier: Notifier) -> None:
    """Let the worker try again, as it would after a while."""
    await notifier.execute(DUE_NOW)
    await notifier.execute(FREE_NOW)
    await notifier.work("render_print_runs")


@pytest.mark.parametrize("broken", ["'[]'", "'{\"articles\": 7}'"], ids=["data", "value"])
async def test_a_poison_letter_ends_failed_and_holds_back_no_other(
    notifier: Notifier, neighbours: Neighbours, broken: str
) -> None:
    await three_ordered(notifier, neighbours)
    await notifier.execute(
        f"UPDATE message SET data = {broken} WHERE agency_id = :agency AND dispatch_id = 'd-2'"
    )
    await notifier.work("render_print_runs")
    run = await notifier.get(f"/print-runs/{RUN}")
    assert (run["state"], run["letters"]) == ("rendered", 2)
    for _ in range(2):
        await tried_again(notifier)
    state, reason = (await notifier.states())["d-2"]
    assert state == "failed"
    assert reason in ("preparation_failed", "rendering_failed")
    assert await waiting(notifier) == {reason: 1}
    assert await notifier.pending("render_print_runs") == []


async def test_a_letter_that_only_fails_now_is_tried_again_and_printed(
    notifier: Notifier, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await three_ordered(notifier, neighbours)
    render = MessageTemplates.render_letter

    def broken(*arguments: Any, **options: Any) -> Any:
        raise KeyError("a bug of ours")

    monkeypatch.setattr(MessageTemplates, "render_letter", broken)
    await notifier.work("render_print_runs")
    assert set((await notifier.states()).values()) == {("accepted", "preparation_failed")}
    assert await waiting(notifier) == {"preparation_failed": 3}
    monkeypatch.setattr(MessageTemplates, "render_letter", render)
    await tried_again(notifier)
    runs = {run["run_id"]: run for run in (await notifier.get("/print-runs"))["items"]}
    assert (runs[RUN]["state"], runs[RUN]["reason"]) == ("cancelled", "no_letters")
    anew = runs["newsletter-2026-11-23-2"]
    assert (anew["state"], anew["letters"]) == ("rendered", 3)


async def test_a_run_whose_template_is_gone_ends_failed_after_a_few_tries(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await three_ordered(notifier, neighbours)
    await notifier.execute("UPDATE message SET template = 'gone' WHERE agency_id = :agency")
    await notifier.work("render_print_runs")
    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["state"], run["reason"]) == ("open", "preparation_failed")
    assert await waiting(notifier) == {"preparation_failed": 3}
    assert await notifier.pending("render_print_runs") == []
    for _ in range(2):
        await tried_again(notifier)
    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["state"], run["reason"]) == ("failed", "preparation_failed")
    assert set((await notifier.states()).values()) == {("failed", "preparation_failed")}
    ended = await notifier.changes("letter.ended")
    assert {each["payload"]["state"] for each in ended} == {"failed"}
    assert len(ended) == 3
    assert await notifier.pending("render_print_runs") == []
    again = await notifier.call("POST", f"/messages/{ended[0]['subject']}/resend")
    assert again.status_code == 202


async def test_while_the_folder_cannot_be_written_to_the_run_waits_however_long(
    notifier: Notifier, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await three_ordered(notifier, neighbours)

    def full(*arguments: Any, **options: Any) -> Any:
        raise OSError(28, "No space left on device", "letters.pdf")

    monkeypatch.setattr(print_run_rendering, "hand_off", full)
    await notifier.work("render_print_runs")
    for _ in range(4):
        await tried_again(notifier)
    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["state"], run["reason"]) == ("open", "print_folder_unusable")
    assert await waiting(notifier) == {"print_folder_unusable": 3}
    monkeypatch.setattr(print_run_rendering, "hand_off", print_handoff.hand_off)
    await tried_again(notifier)
    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["state"], run["reason"]) == ("rendered", None)
    assert await waiting(notifier) == {}
    pdf = (await notifier.call("GET", f"/print-runs/{RUN}/letters.pdf")).content
    assert len(pages_of(pdf)) == 3


async def test_the_status_tells_what_no_worker_takes_up(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order(1), order(2), order(3, channel="letter"))
    assert await waiting(notifier) == {}
    await notifier.execute(
        "UPDATE message SET due_at = due_at - interval '1 hour'"
        " WHERE agency_id = :agency AND dispatch_id = 'd-1'"
    )
    await notifier.execute(
        "UPDATE message SET state = 'claimed', lease_token = gen_random_uuid(),"
        " leased_until = now() - interval '1 hour', claimed_at = now() - interval '1 hour'"
        " WHERE agency_id = :agency AND dispatch_id = 'd-2'"
    )
    assert await waiting(notifier) == {"not_picked_up": 1, "stuck": 1}
    await notifier.work()
    assert await waiting(notifier) == {}


async def test_while_the_classifier_refuses_our_token_no_run_fails_however_long(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await three_ordered(notifier, neighbours)
    await notifier.resources.profiles.of(notifier.agency)
    neighbours.refuses = True
    await notifier.work("render_print_runs")
    for _ in range(4):
        await tried_again(notifier)
    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["state"], run["reason"]) == ("open", "classifier_refuses")
    assert await waiting(notifier) == {"classifier_refuses": 3}
    neighbours.refuses = False
    await tried_again(notifier)
    neighbours.refuses = True
    answer = await notifier.call("POST", f"/print-runs/{RUN}/approval")
    assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (503, "neighbour-away")
    neighbours.refuses = False
    answer = await notifier.call("POST", f"/print-runs/{RUN}/approval")
    assert answer.status_code == 200


async def test_a_run_begun_before_the_legal_notice_went_missing_tells_why_it_waits(
    notifier: Notifier, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await three_ordered(notifier, neighbours)

    def nothing(*arguments: Any, **options: Any) -> Any:
        raise OSError(28, "No space left on device", "letters.pdf")

    monkeypatch.setattr(print_run_rendering, "hand_off", nothing)
    await notifier.work("render_print_runs")
    monkeypatch.setattr(print_run_rendering, "hand_off", print_handoff.hand_off)
    sender, neighbours.sender = neighbours.sender, None
    notifier.resources.profiles._known.clear()
    await tried_again(notifier)
    assert await waiting(notifier) == {"sender_identity_missing": 3}
    neighbours.sender = sender
    await tried_again(notifier)
    run = await notifier.get(f"/print-runs/{RUN}")
    assert (run["state"], run["reason"]) == ("rendered", None)
