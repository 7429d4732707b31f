"""Customers are found by what a caller knows of them."""

import pytest

from services.classifier.store.customer_search import DIALLED, SMALL, dialled
from tests.classifier.conftest import Agency
from tests.classifier.rules import work


async def book(agency: Agency) -> None:
    """Three customers with numbers of insurers."""
    await agency.customer(
        "K-1", first_name="Ute", last_name="Bergmann", email="Ute@Example.org",
        address={"postcode": "06526"}, identities={"gdv": "9999:4711", "pool": "A_1"},
        phone="+49 (0) 3464 / 55-55",
    )  # fmt: skip
    await agency.customer(
        "K-2",
        first_name="JÖRG",
        last_name="Berg",
        identities={"gdv": "9999:4712"},
        phone="+41 3464 5555",
    )
    await agency.customer("K-3", last_name="100%_Groß")
    terms = {"line": "household", "insurer_number": "9999", "contract_number": "00 12-345"}
    await agency.put("/customers/K-2/contracts/C-1", terms)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("identity=9999:4711", ["K-1"]),
        ("identity=gdv:9999:4712", ["K-2"]),
        ("identity=pool:A_1", ["K-1"]),
        ("identity=A_1", ["K-1"]),
        ("identity=pool:9999:4711", []),
        ("identity=9999", []),
        ("contract_number=12345", ["K-2"]),
        ("contract_number=0012%20345&name=berg", ["K-2"]),
        ("email=ute@example.ORG", ["K-1"]),
        ("postcode=06526", ["K-1"]),
        ("name=berg", ["K-1", "K-2"]),
        ("name=ute%20berg", ["K-1"]),
        ("name=j%C3%B6rg", ["K-2"]),
        ("phone=034645555", ["K-1"]),
        ("phone=0049%203464%205555", ["K-1"]),
        ("phone=%2B49-3464-5555&name=berg", ["K-1"]),
        ("phone=%2B4134645555", ["K-2"]),
        ("phone=0041%203464-5555", ["K-2"]),
        ("phone=+49%203464%205555", ["K-1"]),
        ("phone=%2B49&name=ute", []),
        ("phone=5555", []),
        ("changed_since=2020-01-01T00:00:00Z", ["K-1", "K-2", "K-3"]),
        ("changed_since=2099-01-01T00:00:00%2B01:00", []),
        ("name=100%25_", ["K-3"]),
        ("name=%25", ["K-3"]),
        ("name=ute&postcode=99999", []),
        ("", ["K-1", "K-2", "K-3"]),
    ],
)
async def test_all_that_is_given_holds(agency: Agency, asked: str, found: list[str]) -> None:
    await book(agency)
    answer = await agency.get(f"/customers?{asked}")
    assert [each["customer_id"] for each in answer["items"]] == found


async def test_pages_go_on_and_nonsense_is_refused(agency: Agency) -> None:
    await book(agency)
    page = await agency.get("/customers?name=berg&limit=1")
    further = await agency.get(f"/customers?name=berg&limit=1&cursor={page['next_cursor']}")
    assert [each["items"][0]["customer_id"] for each in (page, further)] == ["K-1", "K-2"]
    for query in (
        "identity=", "name=%20", "email=a%00b", "number=4711", "phone=%20", "phone=k.A.",
        "phone=(0)", "segment=X",
        "changed_since=2026-01-01", "changed_since=soon",
    ):  # fmt: skip
        assert (await agency.call("GET", f"/customers?{query}")).status_code == 422, query


async def test_the_database_and_python_dial_alike(agency: Agency) -> None:
    same = {
        "+49 (0) 3464 / 55-55": "34645555", "0049 3464 5555": "34645555", "03464/5555": "34645555",
        "+41 3464 5555": "+4134645555", "0041 (0)3464 5555": "+4134645555", "3464": "3464",
        "0": "0", "+49": "+49", "00": "+", "k.A.": "", "0049": "+49", "0030 1": "+301", "005": "+5",
    }  # fmt: skip
    asked = ", ".join(DIALLED.format(f"'{each}'") for each in same)
    (found,) = await agency.rows(f"SELECT {asked}")
    assert list(found) == [dialled(each) for each in same] == list(same.values())


async def test_small_letters_do_not_depend_on_the_locale_of_the_database(agency: Agency) -> None:
    (row,) = await agency.rows(f"SELECT {SMALL.format(chr(39) + 'ÄÖÜ É' + chr(39))}")
    assert tuple(row) == ("äöü é",)


async def test_customers_are_found_by_their_present_class(agency: Agency) -> None:
    await book(agency)
    await work(agency)
    listed = (await agency.get("/classifications"))["items"]
    segments = {each["customer_id"]: each["segment"] for each in listed}
    assert sorted(segments) == ["K-1", "K-2", "K-3"]
    for segment in "ABOC":
        found = (await agency.get(f"/customers?segment={segment}"))["items"]
        expected = [each for each in sorted(segments) if segments[each] == segment]
        assert [each["customer_id"] for each in found] == expected, segment
