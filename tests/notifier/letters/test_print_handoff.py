import csv
import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from services.notifier.channels.letters import RenderedRun, render_run
from services.notifier.channels.print_handoff import (
    PrintRunDiffers,
    RunIdUnsafe,
    hand_off,
    recipients_csv,
)
from services.notifier.domain.letters import Letter
from services.notifier.domain.print_runs import (
    ContentNotPromotional,
    NoRateKnown,
    cheapest_product,
    postage,
    weight_of,
)
from services.notifier.domain.salutations import Person
from tests.notifier.letters.examples import AGENCY, MADRID, SANGERHAUSEN, a_letter, a_run


def rendered(tmp_path: Path, *letters: Letter) -> RenderedRun:
    return render_run(letters, identity=AGENCY, run=a_run(), pdf=tmp_path / "run.pdf")


def test_a_run_lies_there_whole_with_digests_that_hold(tmp_path: Path) -> None:
    run = rendered(tmp_path, a_letter("L-1"), a_letter("L-2", address=MADRID))
    handed = hand_off(run, run=a_run(), directory=tmp_path / "out")
    manifest = json.loads((handed.path / "manifest.json").read_bytes())
    assert manifest["count"] == 2
    assert manifest["content"] == "promotional"
    assert manifest["postage_cents"] == 95 + 125
    assert [file["name"] for file in manifest["files"]] == ["letters.pdf", "recipients.csv"]
    for file in manifest["files"]:
        content = (handed.path / file["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            file["bytes"],
            file["sha256"],
        )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["run-1"]


def test_the_list_of_recipients_has_a_row_for_each_letter(tmp_path: Path) -> None:
    run = rendered(tmp_path, a_letter("L-1"), a_letter("L-2", address=MADRID))
    handed = hand_off(run, run=a_run(), directory=tmp_path / "out")
    text = (handed.path / "recipients.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), delimiter=";"))
    assert [row["recipient_id"] for row in rows] == ["L-1", "L-2"]
    assert [row["leitregion"] for row in rows] == ["06", ""]
    assert [(row["pdf_page_from"], row["weight_g"]) for row in rows] == [("1", "10"), ("2", "10")]
    assert rows[0]["address2"] == "Dr. Ute Bergmann"
    assert all(len(row["sha256"]) == 64 for row in rows)


def test_the_list_repeats_no_street_and_names_the_contact_person(tmp_path: Path) -> None:
    company = Person(
        kind="company", company_name="Tischlerei Holzmann GmbH", contact_person="Jana Holz"
    )
    letters = [a_letter("L-1"), a_letter("L-2", person=company), a_letter("L-3", address=MADRID)]
    text = recipients_csv(rendered(tmp_path, *letters).letters).decode()
    rows = {row["recipient_id"]: row for row in csv.DictReader(text.splitlines(), delimiter=";")}
    for row in rows.values():
        named = [row[f"address{number}"] for number in (1, 2, 3)]
        assert row["street"] not in named
        assert not any(row["zip"] in line for line in named)
    assert any("Jana Holz" in rows["L-2"][f"address{number}"] for number in (1, 2, 3))


def test_handing_off_the_same_run_again_changes_nothing(tmp_path: Path) -> None:
    first = hand_off(rendered(tmp_path, a_letter()), run=a_run(), directory=tmp_path / "out")
    again = hand_off(rendered(tmp_path, a_letter()), run=a_run(), directory=tmp_path / "out")
    assert (first.repeated, again.repeated) == (False, True)
    assert first.files == again.files


def test_another_run_under_the_same_id_is_refused(tmp_path: Path) -> None:
    hand_off(rendered(tmp_path, a_letter()), run=a_run(), directory=tmp_path / "out")
    with pytest.raises(PrintRunDiffers):
        hand_off(rendered(tmp_path, a_letter("L-2")), run=a_run(), directory=tmp_path / "out")


def test_a_file_changed_afterwards_is_noticed(tmp_path: Path) -> None:
    run = rendered(tmp_path, a_letter())
    handed = hand_off(run, run=a_run(), directory=tmp_path / "out")
    (handed.path / "letters.pdf").write_bytes(b"cut off")
    with pytest.raises(PrintRunDiffers):
        hand_off(run, run=a_run(), directory=tmp_path / "out")


def test_what_a_killed_process_left_is_cleaned_and_written_anew(tmp_path: Path) -> None:
    half = tmp_path / "out" / "run-1.tmp"
    half.mkdir(parents=True)
    (half / "letters.pdf").write_bytes(b"half")
    handed = hand_off(rendered(tmp_path, a_letter()), run=a_run(), directory=tmp_path / "out")
    assert not half.exists()
    assert (handed.path / "letters.pdf").stat().st_size > 1000


def test_a_run_id_cannot_leave_its_directory(tmp_path: Path) -> None:
    with pytest.raises(RunIdUnsafe):
        hand_off(rendered(tmp_path), run=a_run(run_id="../run"), directory=tmp_path / "out")


def test_service_letters_never_go_as_dialogpost(tmp_path: Path) -> None:
    run = rendered(tmp_path, a_letter("L-1"), a_letter("L-2", template="welcome"))
    with pytest.raises(ContentNotPromotional):
        hand_off(run, run=a_run(product="dialogpost"), directory=tmp_path / "out")


def test_the_product_follows_number_region_and_content() -> None:
    letter, service = a_letter(), a_letter(template="welcome")
    elsewhere = a_letter(address=replace(SANGERHAUSEN, postcode="80331"))
    assert cheapest_product([letter] * 199) == "standard"
    assert cheapest_product([letter] * 200) == "dialogpost"
    assert cheapest_product([letter] * 499 + [elsewhere]) == "dialogpost_easy"
    assert cheapest_product([letter] * 6000 + [service]) == "standard"


def test_postage_follows_weight_and_day() -> None:
    day = date(2026, 11, 27)
    weights = [weight_of(sheets) for sheets in (3, 4)]
    names = [
        postage(product="standard", address=SANGERHAUSEN, grams=grams, day=day).name
        for grams in weights
    ]
    assert names == ["Standardbrief", "Kompaktbrief"]
    with pytest.raises(NoRateKnown):
        postage(product="standard", address=SANGERHAUSEN, grams=10, day=date(2027, 1, 1))
