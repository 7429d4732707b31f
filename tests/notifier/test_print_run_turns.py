"""A print run is rendered by turns: it goes on where it stood, and whoever cancels it ends it."""

import asyncio
import json
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest

from services.notifier.channels.letters import RenderingStopped, render_run
from services.notifier.channels.letters.readback import text_within
from services.notifier.channels.print_files import read_rows
from services.notifier.store.print_run_assembly import leased_runs
from services.notifier.usecases import print_run_rendering
from services.notifier.usecases.print_run_assembly import render_print_runs
from shared.turns import Turn
from tests.fixtures.waiting import eventually, wait_until
from tests.notifier.conftest import Notifier, order
from tests.notifier.letters.examples import AGENCY, a_letter, a_run
from tests.notifier.neighbours import Neighbours
from tests.notifier.test_print_runs import HALLE, RUN, moved, pages_of

LETTERS = 60
SECTION = 20


class ShortTurn(Turn):
    """A turn that permits so many slices, as one on a busy machine."""

    def __init__(self, slices: int) -> None:
        super().__init__(0)
        self._left = slices

    def goes_on(self) -> bool:
        self._left -= 1
        self.cut_short = self._left < 0
        return not self.cut_short


@pytest.fixture(autouse=True)
def small_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty letters between two looks at the turn."""
    monkeypatch.setattr(print_run_rendering, "SECTION_LETTERS", SECTION)


async def ordered(notifier: Notifier, neighbours: Neighbours) -> None:
    """Order letters for three towns, one of them last by its postcode."""
    for number in range(1, LETTERS + 1):
        postcode = ("99994", "06526", "01067")[number % 3]
        address = HALLE.model_copy(update={"postcode": postcode})
        neighbours.customer(f"K-{number:04d}", last_name=f"Name{number:03d}", address=address)
    await notifier.dispatch(*(order(each, channel="letter") for each in range(1, LETTERS + 1)))


async def turn_of(notifier: Notifier, slices: int) -> Turn:
    """One turn of the job."""
    turn, resources = ShortTurn(slices), notifier.resources
    await render_print_runs(
        agency=notifier.agency,
        database=resources.database,
        clock=resources.clock,
        profiles=resources.profiles,
        recipients=resources.recipients,
        templates=resources.templates,
        folders=resources.print_folders,
        quiet_seconds=0,
        lease_seconds=resources.lease_seconds,
        turn=turn,
    )
    return turn


async def progress(notifier: Notifier) -> tuple[str, int, int]:
    run = await notifier.get(f"/print-runs/{RUN}")
    return run["state"], run["letters_done"], run["letters"]


def aside(tmp_path: Path, notifier: Notifier) -> Path:
    return tmp_path / "print" / ".rendered" / notifier.agency


def parts(tmp_path: Path, notifier: Notifier) -> list[str]:
    return sorted(each.name for each in aside(tmp_path, notifier).rglob("*.part"))


async def test_a_run_of_several_turns_goes_on_where_it_stood(
    notifier: Notifier, neighbours: Neighbours, tmp_path: Path
) -> None:
    await ordered(notifier, neighbours)
    lookups = []
    for done in (20, 40, 60):
        turn = await turn_of(notifier, 2)
        assert turn.cut_short, "the runner queues the job again"
        assert await progress(notifier) == ("open", done, LETTERS)
        lookups.append(neighbours.lookups)
        assert await notifier.pending("render_print_runs") == [notifier.agency]
    assert len(parts(tmp_path, notifier)) == 3
    assert [after - before for before, after in pairwise(lookups)] == [1, 1]

    await turn_of(notifier, 3)
    assert await progress(notifier) == ("rendered", LETTERS, LETTERS)
    rows = read_rows(aside(tmp_path, notifier) / RUN)
    assert [row["zip"] for row in rows] == ["01067"] * 20 + ["06526"] * 20 + ["99994"] * 20
    assert [row["seq"] for row in rows] == [str(number) for number in range(1, LETTERS + 1)]
    pdf = (await notifier.call("GET", f"/print-runs/{RUN}/letters.pdf")).content
    pages = pages_of(pdf)
    for row in rows:
        assert row["last"] in pages[int(row["pdf_page_from"]) - 1]
    assert parts(tmp_path, notifier) == []
    assert (await moved(notifier, "approval"))["letters"] == LETTERS
    assert (await moved(notifier, "release"))["state"] == "released"


async def test_a_run_whose_form_is_changed_meanwhile_is_set_in_the_new_form_alone(
    notifier: Notifier, neighbours: Neighbours, tmp_path: Path
) -> None:
    await ordered(notifier, neighbours)
    await turn_of(notifier, 2)
    neighbours.letter_form = "A"
    notifier.resources.profiles._known.clear()
    await turn_of(notifier, 9)
    assert await progress(notifier) == ("rendered", LETTERS, LETTERS)
    manifest = await notifier.get(f"/print-runs/{RUN}/manifest.json")
    assert manifest["letter_form"] == "A"
    pdf = (await notifier.call("GET", f"/print-runs/{RUN}/letters.pdf")).content
    with pdfium.PdfDocument(pdf) as document:
        for number in range(len(document)):
            text = document[number].get_textpage()
            assert text_within(text, (25, 44.7, 91, 50)) != ""
            assert text_within(text, (25, 72, 91, 81)) == ""


async def test_a_run_whose_renderer_was_killed_keeps_what_was_set(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await ordered(notifier, neighbours)
    await turn_of(notifier, 2)
    async with notifier.resources.database.transaction(notifier.agency) as transaction:
        await leased_runs(30).claim(transaction, returning="run_id", order_by="run_id")
    await turn_of(notifier, 2)
    assert await progress(notifier) == ("open", 20, LETTERS), "somebody else works on it"
    await notifier.execute(
        "UPDATE print_run SET leased_until = now() - interval '1 second' WHERE agency_id = :agency"
    )
    await turn_of(notifier, 2)
    assert await progress(notifier) == ("open", 40, LETTERS)


async def test_a_letter_cancelled_while_its_run_is_rendered_costs_no_other_its_place(
    notifier: Notifier, neighbours: Neighbours, tmp_path: Path
) -> None:
    await ordered(notifier, neighbours)
    await turn_of(notifier, 3)
    assert (await notifier.call("DELETE", "/dispatches/d-2")).status_code == 200  # set already
    assert (await notifier.call("DELETE", "/dispatches/d-3")).status_code == 200  # not set yet
    assert await progress(notifier) == ("open", 40, LETTERS)
    await turn_of(notifier, 9)
    assert await progress(notifier) == ("rendered", LETTERS - 2, LETTERS - 2)
    names = {row["last"] for row in read_rows(aside(tmp_path, notifier) / RUN)}
    assert not names & {"Name002", "Name003"}


async def test_letters_ordered_while_a_run_is_rendered_join_it_afterwards(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    await ordered(notifier, neighbours)
    await turn_of(notifier, 2)
    neighbours.customer("K-9999")
    await notifier.dispatch(order(9999, channel="letter"))
    await turn_of(notifier, 9)
    runs = (await notifier.get("/print-runs"))["items"]
    assert {run["run_id"]: run["letters"] for run in runs} == {RUN: LETTERS + 1}


async def test_a_run_cancelled_while_it_is_rendered_ends_and_leaves_no_file(
    notifier: Notifier, neighbours: Neighbours, tmp_path: Path
) -> None:
    await ordered(notifier, neighbours)
    await turn_of(notifier, 2)
    assert parts(tmp_path, notifier)
    assert (await moved(notifier, "cancellation"))["state"] == "cancelled"
    assert not any(aside(tmp_path, notifier).iterdir())
    await turn_of(notifier, 9)
    assert set((await notifier.states()).values()) == {("cancelled", "run_cancelled")}
    assert not any(aside(tmp_path, notifier).iterdir())


async def test_a_run_cancelled_in_the_middle_of_a_section_ends_with_it(
    notifier: Notifier, neighbours: Neighbours, tmp_path: Path
) -> None:
    await ordered(notifier, neighbours)
    await turn_of(notifier, 2)
    neighbours.answering.clear()  # the next section waits for its recipients
    asked = neighbours.lookups
    rendering = asyncio.create_task(turn_of(notifier, 9))

    async def is_waiting() -> bool:
        return neighbours.lookups > asked

    await eventually(is_waiting)
    assert (await moved(notifier, "cancellation"))["state"] == "cancelled"
    neighbours.answering.set()
    await rendering
    assert set((await notifier.states()).values()) == {("cancelled", "run_cancelled")}
    assert not any(aside(tmp_path, notifier).iterdir())


async def test_a_lost_part_is_set_again(
    notifier: Notifier, neighbours: Neighbours, tmp_path: Path
) -> None:
    await ordered(notifier, neighbours)
    await turn_of(notifier, 3)
    next(aside(tmp_path, notifier).rglob("*.part")).unlink()
    await turn_of(notifier, 20)
    assert await progress(notifier) == ("rendered", LETTERS, LETTERS)
    manifest = json.loads((aside(tmp_path, notifier) / RUN / "manifest.json").read_bytes())
    assert (manifest["count"], manifest["pages"]) == (LETTERS, LETTERS)


async def test_a_job_that_is_told_to_end_stops_its_thread_within_a_chunk(
    notifier: Notifier, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ordered(notifier, neighbours)
    begun, ended = threading.Event(), threading.Event()
    told: list[type[BaseException]] = []

    def slow(*arguments: Any, stop: threading.Event, **options: Any) -> Any:
        begun.set()
        wait_until(stop.is_set)
        try:
            return render_run(*arguments, stop=stop, **options)
        except RenderingStopped as stopped:
            told.append(type(stopped))
            raise
        finally:
            ended.set()

    monkeypatch.setattr(print_run_rendering, "render_run", slow)
    job = asyncio.create_task(turn_of(notifier, 9))
    await asyncio.to_thread(begun.wait, 30)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert await asyncio.to_thread(ended.wait, 30)
    assert told == [RenderingStopped]


def test_rendering_stops_between_two_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    stop.set()
    letters = [a_letter(f"L-{number:03}") for number in range(60)]
    render: Callable[..., Any] = render_run
    with pytest.raises(RenderingStopped):
        render(letters, identity=AGENCY, run=a_run(), pdf=tmp_path / "run.pdf", stop=stop)
    assert not (tmp_path / "run.pdf").exists()
