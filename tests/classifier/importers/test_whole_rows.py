"""Names in one column, rows that end early, and lists of seven bits."""

import pytest

from tests.classifier.importers.samples import sorted_items
from tests.classifier.importers.test_cells_of_every_form import rows
from tests.classifier.importers.test_doubtful_values import told


@pytest.mark.parametrize(
    "name",
    ["Ute Bergmann", "Bergmann Ute", "Bergmann, geb. Meier", "Hans und Ute Meier", "Dr. Ute Klein",
     "Meier, Hans, Ute", "Graf von Berg, Hans sen."],
)  # fmt: skip
def test_a_name_in_one_column_that_is_not_surely_parted_is_told(name: str) -> None:
    found = rows("Kundennummer;Name", f"K-1;{name}")
    assert [(c.customer.last_name, c.customer.first_name) for c in found.customers] == [
        (name, None)
    ]
    assert told(found) == [(2, "Name", name, "name-whole")]


@pytest.mark.parametrize(
    "name", ["Bergmann", "von der Leyen", "Müller-Lüdenscheidt", "de Maizière"]
)
def test_a_last_name_alone_is_nothing_to_tell(name: str) -> None:
    assert told(rows("Kundennummer;Name", f"K-1;{name}")) == []


def test_a_short_row_says_nothing_of_the_columns_that_it_does_not_reach() -> None:
    header = "Kundennummer;Nachname;E-Mail;Telefon;Ort"
    found = rows(header, "K-1;A;a@b.de;;Ulm", "K-2;Klein", "K-4;A;;;", "K-3;Groß;;", "K-5;A;;;Ulm")
    empty = {c.customer_id: c.carried.empty for c in found.customers}
    assert empty["K-1"] == {"phone"}
    assert empty["K-2"] == set()
    assert empty["K-3"] == {"email", "phone"}
    assert empty["K-4"] == {"email", "phone", "address.city"}


SEVEN_BITS = (
    "Kundennummer;Nachname;Vorname;Stra~e;Ort;E-Mail;Branche\r\n"
    'K-1;M}ller;J|rg;"Gro~e Gasse 3";K|ln;j.m@example.org;"B{ckerei (@ 1 HwO)"\r\n'
    "K-2;[rger;\\zlem;Weg 1;]lzen;a_b@example.org;~\r\n"
)


def test_umlauts_of_seven_bits_are_read_in_lists_and_told() -> None:
    found = sorted_items(SEVEN_BITS.encode("ascii"))
    people = [(c.customer.last_name, c.customer.first_name) for c in found.customers]
    assert people == [("Müller", "Jörg"), ("Ärger", "Özlem")]
    first, second = (c.customer for c in found.customers)
    assert (first.address.street, first.address.city) == ("Große Gasse 3", "Köln")
    assert (first.email, first.life.industry) == ("j.m@example.org", "Bäckerei (§ 1 HwO)")
    assert second.address.city == "Ülzen"
    assert (found.encoding, "encoding-guessed" in found.codes()) == ("din66003", True)


@pytest.mark.parametrize(
    "text",
    [
        "Kundennummer|Nachname|Haustiere\nK-1|Meier|hund\n",
        "Kundennummer;Nachname;Haustiere\nK-1;Meier;hund|katze\n",
        "Kundennummer;Nachname;Branche\nK-1;Meier;siehe [bemerkung] und {text}\n",
        "Kundennummer;Nachname;Quelle\nK-1;Meier;C:\\temp\\alt~1 https://example.org/~meier\n",
        "Kundennummer;Nachname;Geworben von\nK-1;Meier;K-2|K-3\n",
    ],
)
def test_bars_and_braces_of_other_lists_stay_what_they_are(text: str) -> None:
    found = sorted_items(text.encode("ascii"))
    assert (found.encoding, len(found.customers)) == ("utf-8", 1)
    assert found.customers[0].customer.last_name == "Meier"
