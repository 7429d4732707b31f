"""Book reviews and their print, over HTTP."""

import json

import pypdfium2 as pdfium
import pytest

from services.classifier.store.book_reviews import keep_review
from shared.contracts.book import BookReview
from tests.classifier.conftest import Agency
from tests.classifier.known_book import LONE, Book, by_segment, small_book


@pytest.fixture
async def book(agency: Agency) -> Book:
    """An empty book."""
    return Book(agency)


async def test_a_review_is_kept_as_it_was_made_whatever_happens_to_the_book(book: Book) -> None:
    await small_book(book)
    body = {"quarter": "2026-Q4"}
    made = await book.agency.call("POST", "/portfolio/reviews", json=body)
    assert made.status_code == 200, made.text
    review = made.json()
    assert (review["as_of"], review["complete"]) == ("2026-11-20", False)
    assert by_segment(review["classes"])["C"]["margin_cents"] == -28_000
    assert review["care"]["not_paying_units"] == 2
    assert review["care"]["costliest"][0]["unit_id"] == "C-1"
    assert review["fallow"]["items"][0]["unit_id"] == "O-1"
    assert review["fallow"]["items"][0]["last_contact"] is None
    assert review["first_classified_units"] == 7
    assert review["since_last"] is None
    await book.earned("C-1", 500_000)
    await book.classify()
    assert (await book.agency.call("POST", "/portfolio/reviews", json=body)).json() == review
    assert await book.agency.get("/portfolio/reviews/2026-Q4") == review
    listed = (await book.agency.get("/portfolio/reviews"))["items"]
    assert [(each["quarter"], each["complete"]) for each in listed] == [("2026-Q4", False)]


async def test_a_review_tells_who_moved_and_what_changed_since_the_last(book: Book) -> None:
    await book.customer("K-1", life=LONE, birth_date="1940-01-01")
    await book.customer("K-2", life=LONE, birth_date="1940-01-01")
    await book.earned("K-2", 50_000, on="2025-10-01")
    await book.run_day("2026-09-30")
    on_its_last_day = await book.agency.call(
        "POST", "/portfolio/reviews", json={"quarter": "2026-Q3"}
    )
    assert on_its_last_day.json()["complete"] is False
    await book.run_day("2026-10-01")
    first = await book.agency.call("POST", "/portfolio/reviews", json={"quarter": "2026-Q3"})
    assert first.json()["complete"] is True
    assert by_segment(first.json()["classes"])["B"]["revenue_cents"] == 50_000
    await book.earned("K-1", 40_000, on="2026-01-01")
    await book.run_day("2026-12-31")
    await book.run_day("2027-01-01")
    second = await book.agency.call("POST", "/portfolio/reviews", json={"quarter": "2026-Q4"})
    review = second.json()
    assert review["complete"] is True
    assert [each["unit_id"] for each in review["up"]["items"]] == ["K-1"]
    mover = review["up"]["items"][0]
    assert (mover["from_segment"], mover["to_segment"], mover["day"]) == ("C", "B", "2026-12-31")
    assert any("400,00 €" in reason for reason in mover["reasons_de"])
    assert [each["unit_id"] for each in review["down"]["items"]] == []
    since = review["since_last"]
    assert (since["quarter"], since["customers"]) == ("2026-Q3", 0)
    assert by_segment(since["classes"])["B"]["customers"] == 1
    assert by_segment(since["classes"])["C"]["units"] == -1


async def test_a_quarter_to_come_has_no_review(book: Book) -> None:
    later = {"quarter": "2027-Q1"}
    assert await book.refused("POST", "/portfolio/reviews", json=later) == "quarter-not-begun"
    assert await book.refused("GET", "/portfolio/reviews/2026-Q1") == "book-review-not-found"
    path = "/portfolio/reviews/2026-Q1/book-review.pdf"
    assert await book.refused("GET", path) == "book-review-not-found"
    wrong = {"quarter": "2026-Q5"}
    assert await book.refused("POST", "/portfolio/reviews", json=wrong) == "invalid-body"


async def test_the_printed_review_names_customers_as_they_are_written(book: Book) -> None:
    await small_book(book)
    await book.agency.call("POST", "/portfolio/reviews", json={"quarter": "2026-Q4"})
    answer = await book.agency.call("GET", "/portfolio/reviews/2026-Q4/book-review.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    document = pdfium.PdfDocument(answer.content)
    assert 1 <= len(document) <= 3
    text = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)
    assert "Bestandsanalyse 4. Quartal 2026" in text
    assert "vorläufig" in text
    assert "Olga #1 Muster O-1" in text
    assert "−280,00 €" in text
    assert all(abs(page.get_width() - 595.28) < 0.1 for page in document)


async def test_namesakes_are_told_apart_in_the_printed_review_by_their_numbers(book: Book) -> None:
    await small_book(book)
    for customer_id in ("C-1", "O-1"):
        await book.agency.call(
            "PATCH",
            f"/customers/{customer_id}",
            json={"first_name": "Hans", "last_name": "Müller"},
        )
    await book.agency.call("POST", "/portfolio/reviews", json={"quarter": "2026-Q4"})
    answer = await book.agency.call("GET", "/portfolio/reviews/2026-Q4/book-review.pdf")
    document = pdfium.PdfDocument(answer.content)
    text = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)
    assert "Hans Müller (C-1)" in text
    assert "Hans Müller (O-1)" in text
    assert "(A-1)" not in text


async def moved_in_the_fourth_quarter(book: Book) -> str:
    """K-1 and K-2 went from C to B, and K-3, who was B, objected; gives the review's text."""
    for customer in ("K-1", "K-2", "K-3"):
        await book.customer(customer, life=LONE, birth_date="1940-01-01")
    await book.earned("K-3", 50_000, on="2026-02-01")
    await book.run_day("2026-09-30")
    for customer in ("K-1", "K-2"):
        await book.earned(customer, 40_000, on="2026-02-01")
    objected = await book.agency.put("/customers/K-3/objections", {"profiling": True})
    assert objected.status_code == 200, objected.text
    await book.run_day("2026-12-31")
    made = await book.agency.call("POST", "/portfolio/reviews", json={"quarter": "2026-Q4"})
    assert made.status_code == 200, made.text
    return made.text


async def test_who_objected_counts_among_the_movers_and_is_not_named(book: Book) -> None:
    made = await moved_in_the_fourth_quarter(book)
    assert json.loads(made)["down"] == {"count": 1, "items": []}
    assert "K-3" not in made
    assert "widersprochen" not in made


async def test_who_is_erased_is_in_no_stored_review_and_its_numbers_stay(book: Book) -> None:
    before = json.loads(await moved_in_the_fourth_quarter(book))
    assert [each["unit_id"] for each in before["up"]["items"]] == ["K-1", "K-2"]
    erased = await book.agency.call("DELETE", "/customers/K-1")
    assert erased.status_code == 204, erased.text
    stored = await book.agency.call("GET", "/portfolio/reviews/2026-Q4")
    assert '"K-1"' not in stored.text
    after = stored.json()
    assert [each["unit_id"] for each in after["up"]["items"]] == ["K-2"]
    assert (after["up"]["count"], after["classes"]) == (2, before["classes"])


async def test_who_is_erased_while_a_review_is_summed_is_not_in_it(book: Book) -> None:
    summed = BookReview.model_validate_json(await moved_in_the_fourth_quarter(book))
    await book.agency.call("DELETE", "/customers/K-1")
    database, agency = book.agency.service.resources.database, book.agency.agency
    async with database.transaction(agency) as transaction:
        await keep_review(transaction, summed.model_copy(update={"quarter": "2026-Q2"}))
    stored = await book.agency.call("GET", "/portfolio/reviews/2026-Q2")
    assert [each["unit_id"] for each in stored.json()["up"]["items"]] == ["K-2"]
    assert '"K-1"' not in stored.text


async def test_a_review_of_days_before_the_first_class_says_who_is_missing_in_its_sums(
    book: Book,
) -> None:
    await small_book(book)
    await book.agency.call("POST", "/portfolio/reviews", json={"quarter": "2025-Q4"})

    answer = await book.agency.call("GET", "/portfolio/reviews/2025-Q4/book-review.pdf")

    text = " ".join(pdfium.PdfDocument(answer.content)[0].get_textpage().get_text_range().split())
    assert "Ohne Klasse am 31.12.2025: 7 Haushalte." in text
