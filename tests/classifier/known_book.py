"""A book of which every number is known, sent as a broker system sends it.

Eight people in seven units on Friday, 20 November 2026. Bookings are of the kind *other*, which is
earned over twelve months: on 21 November 2025 and so wholly within the window.
"""

from datetime import UTC, date, datetime
from typing import Any

from services.classifier.usecases.classification import reclassify_book, reclassify_marked
from tests.classifier.conftest import Agency

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LONE = {"household": "single", "home": "rents", "employment": "retired", "children": 0}
"""A life that raises few needs: potential stays below the threshold."""
YOUNG = {
    "household": "family", "home": "owns", "employment": "employed", "children": 2, "vehicles": 1,
}  # fmt: skip
"""A life full of needs: potential lies above the threshold."""


class Book:
    """What a broker system sends, and the worker that classifies it."""

    def __init__(self, agency: Agency) -> None:
        self.agency = agency
        self.bookings = 0

    async def customer(self, customer_id: str, **fields: Any) -> None:
        await self.agency.customer(customer_id, **{"last_name": f"Muster {customer_id}", **fields})

    async def earned(self, customer_id: str, cents: int, *, on: str = "2025-11-21") -> None:
        """A booking that counts in full: earned over the twelve months of the window."""
        self.bookings += 1
        booking = {
            "commission_id": f"B-{self.bookings}", "customer_id": customer_id, "booked_on": on,
            "kind": "other", "amount_cents": cents,
        }  # fmt: skip
        await self._batch("/commissions", booking)

    async def contact(self, customer_id: str, minutes: int, **fields: Any) -> None:
        self.bookings += 1
        contact = {
            "interaction_id": f"I-{self.bookings}", "customer_id": customer_id,
            "at": "2026-06-01T10:00:00+02:00", "direction": "in", "channel": "phone",
            "role": "adviser", "minutes": minutes, "topic": "advice",
        } | fields  # fmt: skip
        await self._batch("/interactions", contact)

    async def contract(self, customer_id: str, contract_id: str, line: str, **more: Any) -> None:
        path = f"/customers/{customer_id}/contracts/{contract_id}"
        answer = await self.agency.put(path, {"line": line, **more})
        assert answer.status_code in (200, 201), answer.text

    async def classify(self) -> None:
        await reclassify_marked(
            database=self.agency.service.resources.database, agency=self.agency.agency, now=NOW
        )

    async def run_day(self, day: str) -> None:
        with self.agency.service.not_before(date.fromisoformat(day)):
            answer = await self.agency.call("POST", f"/days/{day}/run")
        assert answer.status_code == 202, answer.text
        await reclassify_book(
            database=self.agency.service.resources.database, agency=self.agency.agency, now=NOW
        )

    async def refused(self, method: str, path: str, **options: Any) -> str:
        """The slug of the problem that a call ends in."""
        answer = await self.agency.call(method, path, **options)
        assert answer.status_code >= 400, answer.text
        return str(answer.json()["type"]).rsplit("/", 1)[-1]

    async def _batch(self, path: str, item: dict[str, Any]) -> None:
        answer = await self.agency.call("POST", path, json={"items": [item]})
        assert answer.json()["items"][0]["state"] in ("created", "updated"), answer.text


async def small_book(book: Book) -> None:
    """A: 1.000 € and 600 € (a couple); B: 400 €; O: nothing yet; C: 100 €, 20 € and −50 €."""
    await book.customer("A-1", life=YOUNG, birth_date="1985-05-05")
    await book.earned("A-1", 100_000)
    await book.contact("A-1", 120)  # 140,00 €
    await book.customer("A-2", life=YOUNG, birth_date="1986-05-05")
    household = [{"customer_id": "A-2", "kind": "household"}]
    await book.customer("A-3", life=YOUNG, birth_date="1987-05-05", connections=household)
    await book.earned("A-3", 60_000)
    group = [{"customer_id": "A-1", "kind": "company_group"}]
    await book.customer("B-1", life=LONE, birth_date="1940-01-01", connections=group)
    await book.earned("B-1", 40_000)
    await book.customer("O-1", life=YOUNG, birth_date="1990-01-01", first_name="Olga #1")
    await book.customer("C-1", life=LONE, birth_date="1940-01-01")
    await book.earned("C-1", 10_000)
    await book.contact("C-1", 300)  # 350,00 €
    await book.customer("C-2", life=LONE, birth_date="1940-01-01")
    await book.earned("C-2", 2_000)
    await book.customer("C-3", life=LONE, birth_date="1940-01-01")
    await book.earned("C-3", -5_000)
    await book.contract("A-1", "V-1", "private_liability")
    await book.contract("A-1", "V-2", "building", gdv_line="141")
    await book.contract("A-2", "V-3", "building", gdv_line="142")
    await book.classify()


def by_segment(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["segment"]: item for item in items}
