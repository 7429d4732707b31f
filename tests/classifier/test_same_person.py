"""The same person and the same contract stay one, whatever a delivery leaves out or reorders."""

from pathlib import Path

from tests.classifier.conftest import Agency
from tests.classifier.test_imports import imported

CASES = Path(__file__).parent / "cases"


async def case(agency: Agency, *names: str) -> None:
    """Import files of the cases in this order."""
    for name in names:
        (path,) = CASES.glob(f"{name}-*")
        job = await imported(agency, path.read_bytes())
        assert job["state"] == "done", job


async def held(agency: Agency) -> list[tuple[str, ...]]:
    """Holder and id of every contract."""
    rows = await agency.rows("SELECT customer_id, contract_id FROM contract ORDER BY 1, 2")
    return [tuple(row) for row in rows]


async def test_02_a_delivery_without_the_brokers_number_finds_the_holder_of_the_contract(
    agency: Agency,
) -> None:
    await case(agency, "02a", "02b", "02c")
    assert await held(agency) == [("K-1", "9876:R1")]
    await case(agency, "02d")  # after a marriage
    assert await held(agency) == [("K-1", "9876:R1")]
    assert [each[0] for each in await agency.rows("SELECT customer_id FROM customer")] == ["K-1"]


async def test_03_the_order_of_the_records_does_not_change_the_contracts(agency: Agency) -> None:
    await case(agency, "03a")
    before = await agency.rows("SELECT * FROM contract ORDER BY contract_id")
    assert len(before) == 2
    await case(agency, "03b")
    after = await agency.rows("SELECT * FROM contract ORDER BY contract_id")
    assert [tuple(row)[:-1] for row in after] == [tuple(row)[:-1] for row in before]


async def test_a_contract_known_with_zeros_in_front_is_the_same(agency: Agency) -> None:
    await case(agency, "02a")
    body = {"line": "household", "insurer_number": "09876", "contract_number": "00R-1"}
    await agency.put("/customers/K-1/contracts/own-7", body)
    await case(agency, "02c")
    assert await held(agency) == [("K-1", "own-7")]


async def test_equal_name_birth_date_and_postcode_are_a_proposal_only(agency: Agency) -> None:
    same = {"first_name": "Ute", "last_name": "Bergmann", "birth_date": "1984-03-12"}
    for customer_id, postcode in (("K-1", "06484"), ("K-2", "06484"), ("K-3", "06526")):
        await agency.customer(customer_id, **same, address={"postcode": postcode})
    found = await agency.get("/customers/duplicates")
    assert [each["customer_ids"] for each in found["items"]] == [["K-1", "K-2"]]
    assert len((await agency.get("/customers"))["items"]) == 3
