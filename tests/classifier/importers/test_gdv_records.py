"""GDV records of our own making: what each field does, and what rubbish in it does not do."""

from contextlib import suppress
from datetime import date
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.gdv.make_stock import JOERG, STOCK, UTE, Fields, contract, packet, stock, terms
from services.classifier.importers.any_file import UnreadableFile, read
from services.classifier.importers.gdv.records import Address1, Address2, Contract1, Head
from shared.contracts.customers import Contract
from tests.classifier.importers.samples import AS_OF, ZONE, Sorted, sorted_items

RUNNING = terms("01012020", "01012030", "01012020", "1", 10000)
REACH: Fields = {Address2.REACH[0][0]: "10", Address2.REACH[0][1]: "0345 1234"}


def delivery(*contracts: list[str], encoding: str = "cp1252", line_end: str = "\n") -> Sorted:
    lines = packet("9901", "Saale Sach", list(contracts))
    return sorted_items("".join(f"{line}{line_end}" for line in lines).encode(encoding))


def one(
    changed: Fields | None = None, *, person: Fields = UTE, number: str = "A1", line: str = "130"
) -> list[str]:
    return contract("9901", line, number, person, REACH, {**RUNNING, **(changed or {})}, "Tarif")


def only_contract(changed: Fields, *, line: str = "130") -> Contract:
    return delivery(one(changed, line=line)).contracts[0].contract


def test_the_example_file_is_what_its_program_makes() -> None:
    assert STOCK.read_bytes() == stock()


def test_the_example_file_gives_three_customers_and_five_contracts() -> None:
    found = sorted_items(stock())
    assert found.codes() == []
    assert [item.customer_id for item in found.customers][1] == "K-0042"
    assert [(c.contract_id, c.contract.line) for c in found.contracts] == [
        ("9901:HR100200", "household"), ("9901:PH100201", "private_liability"),
        ("9901:WG300007", "building"), ("9902:KF551", "motor"),
        ("9902:GW82020", "commercial_package"),
    ]  # fmt: skip
    ute, joerg, joinery = (item.customer for item in found.customers)
    assert (ute.title, ute.email, ute.birth_date) == ("Dr.", "ute@example.org", date(1984, 3, 12))
    assert joerg.last_name == "Größler"
    assert (joinery.kind, joinery.contact_person) == ("company", "Frau Späth")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac_roman", "utf-8", "iso8859-15"])
def test_any_encoding_and_line_end_gives_the_same_names(encoding: str, line_end: str) -> None:
    found = delivery(one(person=JOERG), one(number="A2"), encoding=encoding, line_end=line_end)
    assert [item.customer.last_name for item in found.customers] == ["Größler", "Bergmann"]
    assert found.customers[0].customer.address.street == "Am Mühlgraben 12"
    assert len(found.contracts) == 2


@pytest.mark.parametrize(
    ("code", "status"),
    [("1", "active"), ("3", "suspended"), ("4", "cancelled"), ("6", "active"), ("A", "active")],
)
def test_the_status_code_says_whether_a_contract_runs(code: str, status: str) -> None:
    assert only_contract({Contract1.STATUS: code}).status == status


@pytest.mark.parametrize(
    ("code", "instalments"),
    [("1", 1), ("2", 2), ("4", 4), ("8", 12), ("6", 0), ("9", 0), ("5", None), (" ", None)],
)
def test_the_mode_of_payment_is_instalments_per_year(code: str, instalments: int | None) -> None:
    assert only_contract({Contract1.INSTALMENTS: code}).instalments_per_year == instalments


def test_health_premiums_are_monthly_however_they_are_paid() -> None:
    assert only_contract({Contract1.INSTALMENTS: "1"}, line="021").instalments_per_year == 12


def test_of_a_co_insured_contract_only_the_insurers_share_counts() -> None:
    shared = {Contract1.SHARE_KIND: "B", Contract1.SHARE: "33333"}
    assert only_contract(shared).premium_cents == 3333
    assert only_contract({**shared, Contract1.SHARE_KIND: "A"}).premium_cents == 10000


def test_a_leaving_day_to_come_leaves_the_contract_running() -> None:
    leaving = {Contract1.LEAVING_REASON: "03", Contract1.LEAVING_DAY: "01012027"}
    running = only_contract(leaving)
    assert (running.status, running.cancelled_on, running.end) == ("active", None, date(2027, 1, 1))
    assert running.cancel_reason == "Kündigung durch Versicherungsnehmer nach Beitragserhöhung"
    assert only_contract({**leaving, Contract1.LEAVING_DAY: "01012026"}).status == "cancelled"


def test_a_partial_birth_date_is_unknown_and_told() -> None:
    found = delivery(one(person={**UTE, Address1.BIRTH_DATE: "00001984"}))
    assert found.customers[0].customer.birth_date is None
    assert [(w.code, w.column) for w in found.warnings] == [
        ("date-partial", "0100 Geburtsdatum (226-233)")
    ]


def test_a_birth_to_come_is_unknown_and_told_and_the_contract_is_taken() -> None:
    unborn = {**UTE, Address1.BIRTH_DATE: "01012030"}
    found = delivery(one(person=unborn), one(person=JOERG, number="A2"))
    assert [(w.line, w.code) for w in found.warnings] == [(2, "day-in-future")]
    assert found.customers[0].customer.birth_date is None
    assert [c.contract_id for c in found.contracts] == ["9901:A1", "9901:A2"]


def test_a_negative_premium_rejects_its_contract() -> None:
    lines = packet("9901", "Saale Sach", [one(), one(number="A2")])
    broken = [
        text.replace("000000010000", "-00000010000") if "A1" in text else text for text in lines
    ]
    found = sorted_items("\n".join(broken).encode())
    assert [(r.code, r.column) for r in found.rejected] == [
        ("premium-negative", "0200 Gesamtbeitrag (Netto) (116-127)")
    ]
    assert [c.contract_id for c in found.contracts] == ["9901:A2"]


def test_rubbish_in_contact_fields_leaves_the_customer() -> None:
    reach = {Address2.REACH[0][0]: "50", Address2.REACH[0][1]: "nur per Post",
             Address2.REACH[1][0]: "30", Address2.REACH[1][1]: "abends"}  # fmt: skip
    found = delivery(contract("9901", "130", "A1", UTE, reach, RUNNING, "Tarif"))
    customer = found.customers[0].customer
    assert (customer.email, customer.phone) == (None, None)
    assert {w.code for w in found.warnings} == {"email-unreadable", "phone-unreadable"}


def test_the_brokers_number_names_the_customer_even_where_one_insurer_leaves_it_out() -> None:
    numbered = {**REACH, Address2.BROKERS_NUMBER: "K-7"}
    found = delivery(
        one(), contract("9901", "050", "A2", UTE, numbered, RUNNING, "Kfz"), one(number="A3")
    )
    assert [c.customer_id for c in found.customers] == ["K-7"]
    assert {c.customer_id for c in found.contracts} == {"K-7"}


def test_two_people_of_one_name_without_birth_dates_stay_two() -> None:
    unknown = {**UTE, Address1.BIRTH_DATE: "00000000"}
    elsewhere = {**unknown, Address1.STREET: "Ulmenweg 9"}
    found = delivery(one(person=unknown), one(person=elsewhere, number="A2"))
    assert len(found.customers) == 2


def test_parts_in_another_order_or_without_their_number_are_joined_all_the_same() -> None:
    parts = one()
    shuffled = [parts[1], parts[0], parts[2], parts[4], parts[3]]
    unnumbered = [text[:255] + " " for text in one(number="A2", person=JOERG)[:2]]
    found = delivery(shuffled, unnumbered + one(number="A2", person=JOERG)[3:])
    assert [c.contract.product for c in found.contracts] == ["Tarif", "Tarif"]
    assert [c.customer.phone for c in found.customers] == ["0345 1234", "0345 1234"]


def test_one_number_under_two_lines_is_two_contracts() -> None:
    found = delivery(one(line="130"), one(line="140"))
    assert [c.contract_id for c in found.contracts] == ["9901:A1.130", "9901:A1.140"]


def test_a_cut_record_and_a_line_of_nonsense_cost_themselves_only() -> None:
    lines = packet("9901", "Saale Sach", [one()])
    data = "\n".join([lines[0], "0200 cut", "völliger Unsinn", *lines[1:]]).encode()
    found = sorted_items(data)
    assert [(r.line, r.code) for r in found.rejected] == [
        (2, "record-cut"), (3, "record-unreadable"),
    ]  # fmt: skip
    assert len(found.contracts) == 1


def test_a_wrong_count_or_sum_is_a_warning() -> None:
    lines = packet("9901", "Saale Sach", [one()])
    found = sorted_items("\n".join([*lines[:-2], lines[-1]]).encode())
    assert [w.code for w in found.warnings] == ["count-differs"]
    found = sorted_items("\n".join([*lines[:4], lines[-1]]).encode())
    assert [w.code for w in found.warnings] == ["count-differs", "sum-differs"]


def test_the_caller_can_say_the_encoding() -> None:
    data = "\n".join(packet("9901", "S", [one(person=JOERG)])).encode("cp850")
    reading = read(data, zone=ZONE, as_of=AS_OF, encoding="cp1252")
    assert reading.encoding == "cp1252"


FIELDS = st.sampled_from(
    [Head.LINE, Head.NUMBER, Address1.NAME_1, Address1.BIRTH_DATE, Address1.ROLE, Address1.COUNTRY,
     Address2.BROKERS_NUMBER, Contract1.START, Contract1.PREMIUM, Contract1.SHARE]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_rubbish_in_any_field_raises_nothing_but_the_named_error(data: st.DataObject) -> None:
    text = bytearray(stock())
    for _ in range(data.draw(st.integers(1, 6))):
        field, record = data.draw(FIELDS), data.draw(st.integers(0, 28))
        width = field.last - field.first + 1
        start = record * 258 + field.first - 1
        text[start : start + width] = data.draw(st.binary(min_size=width, max_size=width))
    with suppress(UnreadableFile):
        sorted_items(bytes(text), file_name="x.gdv")


KINDS: st.SearchStrategy[Literal["csv", "gdv"] | None] = st.sampled_from(["csv", "gdv", None])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600), KINDS, st.booleans())
def test_arbitrary_bytes_raise_nothing_but_the_named_errors(
    data: bytes, kind: Literal["csv", "gdv"] | None, framed: bool
) -> None:
    if framed:
        data = b"0001" + data
    with suppress(UnreadableFile):
        list(read(data, kind=kind, zone=ZONE, as_of=AS_OF).items)


def test_a_contract_sent_twice_counts_once_and_a_conflict_is_told() -> None:
    same = delivery(one(), one())
    assert ({c.contract_id for c in same.contracts}, same.rejected) == ({"9901:A1"}, [])
    found = delivery(one(), one({Contract1.PREMIUM: f"{777:012}"}))
    assert [c.contract.premium_cents for c in found.contracts] == [10000]
    assert [(r.line, r.code) for r in found.rejected] == [(10, "number-doubled")]
