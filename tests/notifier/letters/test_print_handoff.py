import csv
import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from services.notifier.channels.letters import RenderedRun, render_run
from services.notifier.channels.print_files import csv_of, read_rows, rows_of
from services.notifier.channels.print_folders import PrintFilesMissing, PrintFolders
from services.notifier.channels.print_handoff import (
    PrintRunDiffers,
    RunIdUnsafe,
    hand_off,
)
from services.notifier.channels.print_removal import reissue
from services.notifier.domain.letters import Letter
from services.notifier.domain.print_runs import (
    ContentNotPromotional,
    NoRateKnown,
    Product,
    cheapest_product,
    expected_postage,
    postage,
    promotional_content,
    total_postage,
    weight_of,
)
from services.notifier.domain.salutations import Person
from services.notifier.domain.templates import Block
from tests.notifier.letters.examples import AGENCY, MADRID, a_letter, a_run


def rendered(tmp_path: Path, *letters: Letter) -> RenderedRun:
    return render_run(letters, identity=AGENCY, run=a_run(), pdf=tmp_path / "run.pdf")


def test_a_run_lies_there_whole_with_digests_that_hold(tmp_path: Path) -> None:
    run = rendered(tmp_path, a_letter("L-1"), a_letter("L-2", address=MADRID))
    handed = hand_off(run, run=a_run(), directory=tmp_path / "out")
    manifest = json.loads((handed.path / "manifest.json").read_bytes())
    assert manifest["count"] == 2
    assert manifest["content"] == "promotional"
    assert manifest["postage_net_cents"] == manifest["postage_gross_cents"] == 95 + 125
    assert manifest["postage_vat_cents"] == 0
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
    run = rendered(tmp_path, *letters)
    text = csv_of(rows_of(run.letters, product="standard", due_on=a_run().due_on)).decode()
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
    assert cheapest_product("promotional", ["06"] * 199) == "standard"
    assert cheapest_product("promotional", ["06"] * 200) == "dialogpost"
    assert cheapest_product("promotional", ["06"] * 499 + ["80"]) == "dialogpost_easy"
    assert cheapest_product("promotional", ["06"] * 499 + [""]) == "dialogpost"
    assert cheapest_product("mixed", ["06"] * 6000) == "standard"
    letters = [a_letter(), a_letter(template="welcome")]
    assert promotional_content(letters) == "mixed"


def test_postage_follows_weight_and_day() -> None:
    day = date(2026, 11, 27)
    weights = [weight_of(sheets) for sheets in (3, 4)]
    names = [
        postage(product="standard", domestic=True, grams=grams, day=day).name for grams in weights
    ]
    assert names == ["Standardbrief", "Kompaktbrief"]
    with pytest.raises(NoRateKnown):
        postage(product="standard", domestic=True, grams=10, day=date(2027, 1, 1))


@pytest.mark.parametrize(
    ("product", "day", "net"),
    [
        ("dialogpost", date(2026, 8, 31), 38),
        ("dialogpost", date(2026, 9, 1), 39),
        ("dialogpost", date(2026, 12, 31), 39),
        ("dialogpost", date(2026, 1, 2), 38),
        ("dialogpost_easy", date(2026, 11, 27), 57),
        ("standard", date(2026, 11, 27), 95),
    ],
)
def test_dialogpost_costs_a_cent_more_in_the_season(product: Product, day: date, net: int) -> None:
    cost = expected_postage(product, domestic=True, grams=10, day=day)
    assert cost is not None
    assert cost.net_cents == net
    assert cost.vat_percent == (0 if product == "standard" else 19)


def test_a_letter_abroad_in_a_run_of_dialogpost_costs_neither_tax_nor_season() -> None:
    day = date(2026, 11, 27)
    cost = expected_postage("dialogpost", domestic=False, grams=10, day=day)
    assert cost is not None
    assert (cost.net_cents, cost.vat_percent) == (125, 0)


def test_net_and_gross_are_kept_apart_and_the_tax_is_that_of_the_sum() -> None:
    day = date(2026, 11, 27)
    bulk = [expected_postage("dialogpost_easy", domestic=True, grams=10, day=day)] * 500
    abroad = [expected_postage("dialogpost_easy", domestic=False, grams=10, day=day)] * 2
    total = total_postage([*bulk, *abroad])
    assert total is not None
    assert total.net_cents == 500 * 57 + 2 * 125
    assert total.vat_cents == 5415, "19 % of 285.00 €, nothing of the stamps"
    assert total.gross_cents == total.net_cents + total.vat_cents
    one = total_postage([expected_postage("dialogpost", domestic=True, grams=10, day=day)] * 3)
    assert one is not None
    assert one.vat_cents == 22, "19 % of 1.17 € is 22.23 cents; three times 7.41 would be 21"
    assert total_postage([*bulk, None]) is None


def test_the_manifest_and_each_row_tell_net_and_tax(tmp_path: Path) -> None:
    run = rendered(tmp_path, *(a_letter(f"L-{number:03}") for number in range(200)))
    order = a_run(product="dialogpost", due_on=date(2026, 11, 27))
    handed = hand_off(run, run=order, directory=tmp_path / "out")
    manifest = json.loads((handed.path / "manifest.json").read_bytes())
    assert manifest["postage_net_cents"] == 200 * 39
    assert manifest["postage_vat_cents"] == 1482
    assert manifest["postage_gross_cents"] == 9282
    assert {(row["postage_net_cents"], row["vat_percent"]) for row in handed.rows} == {("39", "19")}


def test_a_run_too_small_for_dialogpost_after_somebody_left_goes_as_letters(tmp_path: Path) -> None:
    run = rendered(tmp_path, *(a_letter(f"L-{number:03}") for number in range(200)))
    order = a_run(product="dialogpost", due_on=date(2026, 11, 27))
    folder = hand_off(run, run=order, directory=tmp_path / "out").path
    for _ in range(2):  # a killed process begins anew
        left = reissue(folder, without={"L-007"}, due_on=date(2026, 11, 30))
        manifest = json.loads((folder / "manifest.json").read_bytes())
        assert (left.letters, left.pages, manifest["product"]) == (199, 199, "standard")
        assert manifest["postage_gross_cents"] == manifest["postage_net_cents"] == 199 * 95
        assert manifest["due_on"] == "2026-11-30"
        assert set(left.net_cents.values()) == {95}
    whole = run.pdf.stat().st_size
    assert (folder / "letters.pdf").stat().st_size < whole * 1.05, "the fonts are not doubled"


def test_pages_and_rows_of_a_run_for_both_sides_still_belong_together(tmp_path: Path) -> None:
    order = a_run(duplex=True)
    letters = [a_letter(f"L-{number}") for number in range(4)]
    letters[1] = replace(letters[1], blocks=(Block(text="Ein langer Satz. " * 60),) * 5)
    printed = render_run(letters, identity=AGENCY, run=order, pdf=tmp_path / "run.pdf")
    folder = hand_off(printed, run=order, directory=tmp_path / "out").path
    left = reissue(folder, without={"L-0"}, due_on=order.due_on)
    assert left.pages == 6, "two pages, and two letters with an empty back"
    rows = read_rows(folder)
    assert [row["seq"] for row in rows] == ["1", "2", "3"]
    assert [(row["pdf_page_from"], row["pdf_page_to"]) for row in rows] == [
        ("1", "2"),
        ("3", "3"),
        ("5", "5"),
    ]


def test_a_folder_replaced_half_by_a_killed_process_is_found_again(tmp_path: Path) -> None:
    folders = PrintFolders(tmp_path)
    run = folders.rendered("a") / "run-1"
    run.mkdir(parents=True)
    (run / "recipients.csv").write_bytes(b"whole")
    run.rename(run.with_name("run-1.before"))
    assert (folders.waiting_run("a", "run-1") / "recipients.csv").read_bytes() == b"whole"
    folders.discard("a", "run-1")
    with pytest.raises(PrintFilesMissing):
        folders.waiting_run("a", "run-1")
