"""The staff list of a CSV export."""

import pytest

from services.scheduler.importers.staff_csv import ReadStaff, read_staff
from shared.csv.files import DoubtfulCell, MissingColumns, RejectedCell

HEADER = (
    "Kürzel;Name;Rolle;E-Mail;Telefon;Kapazität Kunden;Wochenstunden;Stundensatz;Vertretung;"
    "Zuständigkeiten"
)


def test_a_person_comes_with_hours_cost_and_responsibilities() -> None:
    line = "VJ;Jana Vogt;Inhaberin;vogt@example.org;030 1;350;38,5;120,00 €;BM;Firmen, Beschwerde"
    found = list(read_staff(f"{HEADER}\n{line}\n".encode("cp1252")))
    assert found == [
        ReadStaff(
            line=2,
            staff_id="VJ",
            name="Jana Vogt",
            role="owner",
            email="vogt@example.org",
            phone="030 1",
            capacity=350,
            weekly_hours=38.5,
            hourly_cents=12000,
            deputy="BM",
            responsibilities=("Firmen", "Beschwerde"),
        )
    ]


def test_an_unknown_role_is_told_and_too_many_hours_reject_the_row() -> None:
    text = f"{HEADER}\nA;Anna;Zauberin;;;;;;;\nB;Bert;Berater;;;;61;;;\n"
    doubtful, anna, rejected = read_staff(text.encode())
    assert isinstance(doubtful, DoubtfulCell)
    assert isinstance(rejected, RejectedCell)
    assert isinstance(anna, ReadStaff)
    assert anna.role == "unknown"
    assert [(each.line, each.code) for each in (doubtful, rejected)] == [
        (2, "word-unknown"),
        (3, "hours-out-of-range"),
    ]


def test_a_list_without_ids_is_one_clear_error_and_one_without_roles_tells_what_it_has() -> None:
    with pytest.raises(MissingColumns):
        read_staff(b"Name;Rolle\nAnna;Berater\n")
    (anna,) = read_staff("Kürzel;Telefon\nA;030 1\n".encode())
    assert isinstance(anna, ReadStaff)
    assert (anna.name, anna.role, anna.phone) == (None, None, "030 1")
