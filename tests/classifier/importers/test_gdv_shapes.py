"""GDV files as insurers really send them: blocks, foreign signs, further roles, odd days."""

from datetime import date

import pytest

from examples.gdv.make_stock import JOERG, UTE, Fields, contract, packet, terms
from services.classifier.importers.gdv.records import Address1, Address2
from tests.classifier.importers.samples import Sorted, sorted_items

RUNNING = terms("01012020", "01012030", "01012020", "1", 10000)
REACH: Fields = {Address2.REACH[0][0]: "10", Address2.REACH[0][1]: "0345 1234"}


def lines_of(*persons: Fields, reach: Fields = REACH) -> list[str]:
    contracts = [
        contract("9901", "130", f"A{number}", person, reach, RUNNING, "Tarif")
        for number, person in enumerate(persons)
    ]
    return packet("9901", "Saale Sach", contracts)


def read_lines(lines: list[str], *, encoding: str = "cp1252", end: str = "\n") -> Sorted:
    return sorted_items("".join(f"{line}{end}" for line in lines).encode(encoding))


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "utf-8"])
@pytest.mark.parametrize("last", ["\r\n", "\n", "\r", "\x1a", "\r\n\x1a", ""])
def test_case_13_blocks_with_one_final_line_end_are_read(last: str, encoding: str) -> None:
    person = {**UTE, Address1.NAME_1: "Größler"}
    data = ("".join(lines_of(person, person)) + last).encode(encoding)
    found = sorted_items(data)
    assert [item.customer.last_name for item in found.customers] == ["Größler"]
    assert (len(found.contracts), found.rejected) == (2, [])


def test_a_line_for_each_packet_is_cut_into_its_records() -> None:
    one = "".join(lines_of(UTE))
    found = sorted_items(f"{one}\r\n{one}\r\n".encode("cp1252"))
    assert len({item.contract_id for item in found.contracts}) == 1
    assert len(found.customers) == 1


@pytest.mark.parametrize(
    "name", ["O’Neill", "Café „Zur Post“", "Bäcker’s Backstube", "Müller – Meier", "Größe", "Seán"]
)
def test_case_12_signs_of_windows_stay_what_they_are(name: str) -> None:
    found = read_lines(lines_of({**UTE, Address1.NAME_1: name}))
    assert [item.customer.last_name for item in found.customers] == [name]


def test_a_paragraph_sign_in_an_address_is_an_at_sign_and_told() -> None:
    reach: Fields = {Address2.REACH[0][0]: "50", Address2.REACH[0][1]: "ute§example.org"}
    found = read_lines(lines_of(UTE, reach=reach))
    assert found.customers[0].customer.email == "ute@example.org"
    assert [w.code for w in found.warnings] == ["email-sign-replaced"]


@pytest.mark.parametrize(
    ("written", "birth", "codes"),
    [
        ("01010001", None, ["day-placeholder"]), ("01011900", None, ["day-placeholder"]),
        ("31121899", None, ["day-placeholder"]), ("00001984", None, ["date-partial"]),
        ("00000000", None, []), ("12031984", date(1984, 3, 12), []),
    ],
)  # fmt: skip
def test_case_19_births_that_stand_for_an_unknown_day_are_unknown(
    written: str, birth: date | None, codes: list[str]
) -> None:
    found = read_lines(lines_of({**UTE, Address1.BIRTH_DATE: written}))
    assert found.customers[0].customer.birth_date == birth
    assert [w.code for w in found.warnings] == codes


@pytest.mark.parametrize("role", ["31", "61"])
def test_case_16_a_second_policyholder_is_known_and_told(role: str) -> None:
    first = lines_of(UTE)
    second = lines_of({
        **UTE, Address1.NAME_1: "Winter", Address1.NAME_3: "Eva", Address1.BIRTH_DATE: "01021986",
        Address1.ROLE: role,
    })  # fmt: skip
    address = next(line for line in second if line.startswith("0100"))
    lines = [first[0], address, *first[1:-1], first[-1]]
    found = read_lines(lines)
    assert {item.customer.last_name for item in found.customers} == {"Winter", "Bergmann"}
    owner = found.contracts[0].customer_id
    bergmann = next(i for i in found.customers if i.customer.last_name == "Bergmann")
    assert owner == bergmann.customer_id
    assert "further-policyholder" in {w.code for w in found.warnings}


@pytest.mark.parametrize(
    ("kind", "code"), [("0400", "commissions-not-read"), ("0500", "claims-not-read")]
)
def test_case_18_records_that_are_not_read_are_told(kind: str, code: str) -> None:
    lines = lines_of(UTE)
    record = f"{kind}9901  130               H1014711      30".ljust(255) + "1"
    found = read_lines([lines[0], record, record, lines[-1]])
    remark = next(w for w in found.warnings if w.code == code)
    assert "2 Sätze" in remark.reason_de


def test_umlauts_of_seven_bits_are_umlauts() -> None:
    old = {
        **JOERG, Address1.NAME_1: "Gr|~ler", Address1.NAME_3: "J|rg", Address1.CITY: "[rzen",
        Address1.STREET: "Am M}hlgraben 12",
    }  # fmt: skip
    found = read_lines(lines_of(old))
    assert found.encoding == "din66003"
    (person,) = [item.customer for item in found.customers]
    assert (person.last_name, person.first_name) == ("Größler", "Jörg")
    assert (person.address.city, person.address.street) == ("Ärzen", "Am Mühlgraben 12")


@pytest.mark.parametrize(
    ("name", "code"),
    [("Meier (verstorben)", "name-maybe-dead"), ("Erbengemeinschaft Roth", "name-of-heirs")],
)
def test_who_may_have_died_and_heirs_are_told_and_not_advertised_to(name: str, code: str) -> None:
    found = read_lines(lines_of({**UTE, Address1.NAME_1: name}))
    (item,) = found.customers
    assert item.objections is not None
    assert item.objections.advertising is not None
    assert code in [each.code for each in found.warnings]
