"""Words where a number is expected, and firms without a legal form."""

import pytest

from tests.classifier.importers.test_doubtful_values import refused, rows


def test_a_note_in_the_column_of_numbers_is_no_number() -> None:
    """Else all contracts with the same note are one."""
    found = rows(
        "Kundennummer;Vertragsnummer;VU-Nr;Sparte",
        "K-1;siehe Akte;9876;Hausrat", "K-2;siehe Akte;9876;Unfall",
        "K-3;liegt dem Kunden vor;9876;Kfz",
    )  # fmt: skip
    assert [code for _, _, code in refused(found)] == ["number-placeholder"] * 3


@pytest.mark.parametrize(
    "name",
    [
        "Schmidt & Söhne",
        "Maier u. Co.",
        "Wolf und Partner",
        "WEG Lindenallee 4",
        "Salon Inh. Klein",
    ],
)
def test_a_firm_without_a_legal_form_is_a_company(name: str) -> None:
    found = rows("Kundennummer;Nachname", f"K-1;{name}").customers[0].customer
    assert (found.kind, found.company_name) == ("company", name)


@pytest.mark.parametrize("name", ["Weg", "Sohn", "Partner", "von Partner", "Cohn"])
def test_a_name_that_sounds_like_a_firm_is_a_persons(name: str) -> None:
    assert rows("Kundennummer;Nachname;Vorname", f"K-1;{name};Ute").customers[0].customer.kind == (
        "person"
    )
