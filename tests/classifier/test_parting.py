"""Polite parting over HTTP: a list, obstacles, and one decision at a time."""

import pytest

from tests.classifier.conftest import Agency, Service, bearer
from tests.classifier.known_book import LONE, Book, small_book


@pytest.fixture
async def book(agency: Agency) -> Book:
    """An empty book."""
    return Book(agency)


async def test_only_costly_small_customers_are_listed_and_never_the_quiet(book: Book) -> None:
    await small_book(book)
    await book.contact("C-2", 30)  # 35,00 € against 20,00 €: costs more, and is quiet all the same
    await book.contact("C-3", 600, topic="claim")  # a claim counts against nobody
    await book.classify()
    found = await book.agency.get("/portfolio/parting-candidates")
    assert [each["unit_id"] for each in found["items"]] == ["C-1"]
    listed = found["items"][0]
    assert (listed["margin_cents"], listed["timing"]) == (10_000 - 35_000, "now")
    assert (listed["obstacles"], listed["decision"]) == ([], None)
    assert "350,00 €" in listed["de"]


async def test_who_is_dear_to_the_agency_or_objects_is_not_listed(book: Book) -> None:
    await small_book(book)
    favourite = {"life": LONE, "birth_date": "1940-01-01", "flags": {"favourite": True}}
    await book.customer("C-1", **favourite)
    await book.classify()
    assert (await book.agency.get("/portfolio/parting-candidates"))["items"] == []
    await book.customer("C-1", life=LONE, birth_date="1940-01-01")
    await book.agency.put("/customers/C-1/objections", {"profiling": "2026-11-01T10:00:00+01:00"})
    await book.classify()
    assert (await book.agency.get("/portfolio/parting-candidates"))["items"] == []


async def test_nobody_parts_with_the_dead_but_with_who_lives_on_of_their_household(
    book: Book,
) -> None:
    await small_book(book)
    await book.customer("C-1", life=LONE, birth_date="1940-01-01", death_date="2026-11-01")
    await book.classify()
    assert (await book.agency.get("/portfolio/parting-candidates"))["items"] == []
    household = [{"customer_id": "C-1", "kind": "household"}]
    await book.customer("C-2", life=LONE, birth_date="1942-01-01", connections=household)
    await book.classify()
    (listed,) = (await book.agency.get("/portfolio/parting-candidates"))["items"]
    assert listed["customer_ids"] == ["C-1", "C-2"]


async def test_a_decision_without_a_word_why_is_refused(book: Book) -> None:
    await small_book(book)
    body = {"decision": "keep", "reason": "  "}
    answer = await book.agency.call("PUT", "/customers/C-1/parting", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"] == [
        {
            "pointer": "/reason",
            "detail": "must say something: it is empty or has nothing but blanks",
        }
    ]


async def test_an_inopportune_time_is_named_with_its_end_and_refuses_the_decision(
    book: Book,
) -> None:
    await small_book(book)
    await book.contact("C-1", 5, topic="claim", at="2026-10-20T10:00:00+02:00")
    await book.contract("C-1", "V-9", "legal", main_due_date="--01-01", notice_months=1)
    await book.contract("C-1", "V-8", "household", status="applied")
    await book.classify()
    listed = (await book.agency.get("/portfolio/parting-candidates"))["items"][0]
    assert listed["timing"] == "not_now"
    assert [(each["kind"], each["until"]) for each in listed["obstacles"]] == [
        ("deadline", "2027-01-01"), ("claim", "2027-01-20"), ("application", None),
    ]  # fmt: skip
    assert "30.11.2026" in listed["obstacles"][0]["de"]
    part = {"decision": "part", "reason": "Aufwand"}
    assert await book.refused("PUT", "/customers/C-1/parting", json=part) == "parting-inopportune"


async def test_the_owner_decides_one_by_one_and_every_decision_is_kept(book: Book) -> None:
    await small_book(book)
    path, part = "/customers/C-1/parting", {"decision": "part", "reason": "Viel Aufwand"}
    first = await book.agency.put(path, part)
    assert first.status_code == 200, first.text
    assert first.json()["author"] == "a test"
    assert (await book.agency.put(path, part)).json() == first.json(), "said twice, kept once"
    listed = (await book.agency.get("/portfolio/parting-candidates"))["items"][0]
    assert listed["decision"] == first.json()
    await book.agency.put(path, {"decision": "keep", "reason": "Gespräch geführt"})
    listed = (await book.agency.get("/portfolio/parting-candidates"))["items"][0]
    assert (listed["decision"]["decision"], listed["timing"]) == ("keep", "now")
    rows = await book.agency.rows("SELECT decision FROM parting_decision ORDER BY decided_at")
    assert rows == [("part",), ("keep",)]
    assert await book.refused("PUT", "/customers/A-1/parting", json=part) == "no-parting-candidate"
    assert await book.refused("PUT", "/customers/X-1/parting", json=part) == "customer-not-found"


async def test_erasing_a_customer_erases_what_was_decided_on_them(book: Book) -> None:
    await small_book(book)
    await book.agency.put("/customers/C-1/parting", {"decision": "keep", "reason": "Nachbar"})
    await book.agency.call("DELETE", "/customers/C-1")
    assert await book.agency.rows("SELECT * FROM parting_decision") == []


async def test_decisions_are_the_owners_and_nobody_sees_a_strangers_book(
    book: Book, service: Service
) -> None:
    await small_book(book)
    headers = bearer(book.agency.agency, "customers:read")
    for method, path, body in (
        ("PUT", "/customers/C-1/parting", {"decision": "part", "reason": "x"}),
        ("POST", "/portfolio/reviews", {"quarter": "2026-Q4"}),
    ):
        answer = await service.client.request(method, f"/v1{path}", headers=headers, json=body)
        assert answer.status_code == 403
    stranger = service.of("fremdbetrieb")
    assert (await stranger.get("/portfolio"))["units"] == 0
    assert (await stranger.get("/portfolio/parting-candidates"))["items"] == []
    assert await Book(stranger).refused("GET", "/portfolio/reviews/2026-Q4") == (
        "book-review-not-found"
    )


async def test_the_parting_list_goes_on_where_its_page_ended(book: Book) -> None:
    for number in range(5):
        await book.customer(f"C-{number}", life=LONE, birth_date="1940-01-01")
        await book.contact(f"C-{number}", 120 if number < 3 else 180)
    await book.classify()
    seen: list[str] = []
    cursor = ""
    while True:
        page = await book.agency.get(f"/portfolio/parting-candidates?limit=2{cursor}")
        seen += [each["unit_id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["C-3", "C-4", "C-0", "C-1", "C-2"]
    path = "/portfolio/parting-candidates?cursor=eA"
    assert await book.refused("GET", path) == "cursor-not-valid"
