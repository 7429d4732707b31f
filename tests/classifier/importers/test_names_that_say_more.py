"""Names that tell of a death, of heirs or of a lost letter, and days told roughly."""

from datetime import date

import pytest

from tests.classifier.importers.samples import Sorted, sorted_items


def rows(header: str, line: str) -> Sorted:
    """What a list of one row gives."""
    return sorted_items(f"{header}\n{line}\n".encode())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Meier (verstorben)", "name-maybe-dead"), ("† Schmidt", "name-maybe-dead"),
        ("verst. Müller", "name-maybe-dead"), ("Müller verst.", "name-maybe-dead"),
        ("Erbengemeinschaft Roth", "name-of-heirs"), ("Erben nach Ilse Ahrens", "name-of-heirs"),
        ("Ungeteilte Erbengemeinschaft Roth", "name-of-heirs"), ("Nachlass Roth", "name-of-heirs"),
    ],
)  # fmt: skip
def test_who_may_have_died_is_taken_told_and_not_advertised_to(name: str, code: str) -> None:
    found = rows("Kundennummer;Nachname", f"K-1;{name}")
    (item,) = found.customers
    assert name in (item.customer.last_name, item.customer.company_name)
    assert item.objections is not None
    assert item.objections.advertising is not None
    (told,) = [each for each in found.warnings if each.code == code]
    assert name in told.value
    assert "objections" in told.reason_de


@pytest.mark.parametrize(
    "name", ["Verstegen", "Erben", "Nachlasser", "Selig", "Todt", "Verstappen"]
)
def test_a_name_that_only_looks_so_is_a_name(name: str) -> None:
    found = rows("Kundennummer;Nachname", f"K-1;{name}")
    assert (found.customers[0].objections, found.warnings) == (None, [])


@pytest.mark.parametrize("name", ["O'Neill-?ahin", "M?ller", "?zdemir"])
def test_a_letter_lost_in_a_name_is_told(name: str) -> None:
    found = rows("Kundennummer;Nachname", f"K-1;{name}")
    assert found.customers[0].objections is None
    assert [each.code for each in found.warnings] == ["name-letter-lost"]


@pytest.mark.parametrize("header", ["Letztes Jahresgespräch", "Letzter Kontakt", "Kunde seit"])
@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("März 2026", date(2026, 3, 1)), ("12/2025", date(2025, 12, 1)),
        ("03.2026", date(2026, 3, 1)), ("2019", date(2019, 1, 1)),
    ],
)  # fmt: skip
def test_a_month_or_year_is_its_first_day_and_told(header: str, cell: str, value: date) -> None:
    found = rows(f"Kundennummer;Nachname;{header}", f"K-1;Meier;{cell}")
    customer = found.customers[0].customer
    days = (customer.last_review_on, customer.last_contact_on, customer.customer_since)
    assert [each for each in days if each] == [value]
    assert [(each.column, each.code) for each in found.warnings] == [(header, "day-taken-as-first")]


@pytest.mark.parametrize(
    ("cell", "code"), [("13/2025", "day-unreadable"), ("12/2093", "day-in-future")]
)
def test_a_month_that_is_none_or_to_come_is_not_taken(cell: str, code: str) -> None:
    found = rows("Kundennummer;Nachname;Kunde seit", f"K-1;Meier;{cell}")
    assert found.customers[0].customer.customer_since is None
    assert [each.code for each in found.warnings] == [code]
