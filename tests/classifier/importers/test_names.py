"""Names as lists write them: legal forms, several parts in one column, names of lines."""

import pytest

from services.classifier.importers.broker_csv.line_words import line_of_word
from services.classifier.importers.names import is_company_name, parted


@pytest.mark.parametrize(
    "name",
    [
        "Muster GmbH", "Muster GmbH & Co. KG", "Kita gGmbH", "Start UG (haftungsbeschränkt)",
        "Alt e.K.", "Alt e. Kfr.", "Alt e.Kfm.", "Alt eK", "Meyer eGbR", "Meyer GbR",
        "Praxis PartG mbB",
        "Praxis PartGmbB", "Volksbank eG", "Wohnen e.G.", "Sport e. V.", "Sport eV",
        "Stadtwerke AöR",
        "Konzern AG", "Konzern SE", "Konzern KGaA", "Handel oHG", "Global Ltd.", "Global Inc.",
        "Haus B.V.", "Haus S.à r.l.", "Bürgerstiftung Harz Stiftung", "Erbengemeinschaft Meier",
    ],
)  # fmt: skip
def test_a_legal_form_tells_a_company(name: str) -> None:
    assert is_company_name(name)


@pytest.mark.parametrize(
    "name",
    ["Meier", "Sessler", "Agnes", "Kge", "Kegel", "Vereinshaus", "Evers", "Ugur", "Gmbhofer"],
)
def test_a_persons_name_is_no_company(name: str) -> None:
    assert not is_company_name(name)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Bergmann, Dr. Ute", ("Bergmann", "Dr.", "Ute")),
        ("von der Aue, Karl-Heinz", ("von der Aue", None, "Karl-Heinz")),
        ("Weiß, Prof. Dr. med. Anna Maria", ("Weiß", "Prof. Dr. med.", "Anna Maria")),
        ("Bergmann", None),
        ("Bergmann, ", None),
        ("Bergmann, Dr.", ("Bergmann", "Dr.", None)),
        ("Muster, Meier GmbH", None),
        ("Meier, Hans, Ute", None),
        ("Bergmann, geb. Meier", None),
        ("Bergmann, geborene Meier", None),
        ("Bergmann, verw. Klein", None),
        ("Bergmann, vorm. Klein", None),
        ("Bergmann, jun.", None),
        ("Bergmann, Hans sen.", None),
        ("Bergmann, Hans und Ute", None),
        ("Bergmann, Hans & Ute", None),
        ("Bergmann, MBA", None),
        ("Bergmann, z.Hd. Frau Klein", None),
        ("Bergmann, Haus 3", None),
        ("Bergmann, Gena", ("Bergmann", None, "Gena")),
        ("Bergmann, Ulf", ("Bergmann", None, "Ulf")),
        ("Bergmann, Viktor", ("Bergmann", None, "Viktor")),
    ],
)
def test_a_name_in_one_column_is_parted_if_it_surely_can_be(
    name: str, parts: tuple[str, str | None, str | None] | None
) -> None:
    assert parted(name) == parts


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("Kfz-Haftpflicht", "motor"), ("KH/VK", "motor"), ("Vollkasko", "motor"),
        ("Verbundene Hausratversicherung", "household"), ("VHV", "household"),
        ("Wohngebäude-Versicherung", "building"), ("Elementarversicherung", "building"),
        ("Private Haftpflichtversicherung", "private_liability"), ("Rechtsschutz", "legal"),
        ("Verkehrs-Rechtsschutz", "legal"), ("Kinderunfallversicherung", "accident"),
        ("Risiko-LV", "term_life"), ("Rürup-Rente", "pension"), ("SBU", "disability"),
        ("Direktversicherung", "company_pension"), ("PKV Voll", "health_full"),
        ("Zahnzusatzversicherung", "dental"), ("Pflegetagegeld", "care"),
        ("Auslandsreisekrankenversicherung", "travel"), ("Hunde-OP", "animal"),
        ("Betriebshaftpflicht", "business_liability"), ("D&O", "professional_liability"),
        ("Photovoltaik", "engineering"), ("Schutzbrief", "assistance"), ("Hexerei", None),
    ],
)  # fmt: skip
def test_lines_are_known_by_the_names_that_insurers_use(word: str, line: str | None) -> None:
    assert line_of_word(word) == line
