"""Whatever days a file pairs, what was taken of it can be read and put again."""

from itertools import product
from typing import Any

from examples.gdv.make_stock import UTE, Fields, contract, packet, terms
from services.classifier.importers.gdv.records import Address2, Contract1
from tests.classifier.conftest import Agency
from tests.classifier.test_imports import imported

DAYS = ("", "01.01.0001", "29.02.1952", "20.11.2026", "01.07.2071")
CUSTOMER_DAYS = ("Geburtsdatum", "Verstorben am", "Kunde seit", "Maklervertrag seit",
                 "Maklervertrag bis")  # fmt: skip
CONTRACT_DAYS = ("Beginn", "Ablauf", "Storno am")


def paired(columns: tuple[str, ...], first: str, second: str, *, shift: int = 0) -> list[str]:
    """Rows with every pair of days in two of the columns; the number counts them."""
    rows = []
    for number, days in enumerate(product(DAYS, DAYS)):
        row = dict.fromkeys(columns, "") | {first: days[0], second: days[1]}
        rows.append(f"N{(number + shift) % len(DAYS) ** 2};" + ";".join(row.values()))
    return rows


async def all_readable(agency: Agency) -> int:
    """Read every customer and contract, and put it again as it was read."""
    cursor, count = "", 0
    while cursor is not None:
        page = await agency.get(f"/customers?limit=500{cursor and '&cursor=' + cursor}")
        for each in page["items"]:
            path = f"/customers/{each['customer_id']}"
            read: dict[str, Any] = await agency.get(path)
            assert (await agency.put(path, read)).status_code == 200, read
            for held in (await agency.get(f"{path}/contracts"))["items"]:
                body = {name: value for name, value in held.items()
                        if name not in ("customer_id", "contract_id")}  # fmt: skip
                put = await agency.put(f"{path}/contracts/{held['contract_id']}", body)
                assert put.status_code == 200, (held, put.text)
                count += 1
        cursor = page["next_cursor"]
    return count


async def test_customers_of_lists_with_every_pair_of_days(agency: Agency) -> None:
    birth, death, since, order, ended = CUSTOMER_DAYS
    pairs = [(birth, death), (birth, since), (order, ended), (death, ended), (birth, order)]
    head = "Kundennummer;Nachname;" + ";".join(CUSTOMER_DAYS)
    for shift, (first, second) in enumerate(pairs):
        rows = paired(CUSTOMER_DAYS, first, second, shift=5 * shift)
        content = "\n".join([head, *(row.replace(";", ";Berg;", 1) for row in rows)])
        assert (await imported(agency, content.encode()))["state"] == "done"
    await all_readable(agency)


async def test_contracts_of_lists_and_deliveries_with_every_pair_of_days(agency: Agency) -> None:
    await agency.customer("K-1")
    pairs = [(a, b) for a, b in product(CONTRACT_DAYS, CONTRACT_DAYS) if a < b]
    head = "Vertragsnummer;" + ";".join(CONTRACT_DAYS) + ";Kundennummer;VU-Nr;Sparte"
    for shift, (first, second) in enumerate(pairs):
        rows = paired(CONTRACT_DAYS, first, second, shift=5 * shift)
        content = "\n".join([head, *(f"{row};K-1;9876;Hausrat" for row in rows)])
        assert (await imported(agency, content.encode()))["state"] == "done"
    records = []
    for number, (start, leaving) in enumerate(product(DAYS, DAYS)):
        days = [each.replace(".", "") or "00000000" for each in (start, leaving)]
        told: Fields = {
            **terms(days[0], days[1], "01012020", "1", 100),
            Contract1.LEAVING_DAY: days[1],
            Contract1.STATUS: "4" if number % 2 else "1",
        }
        reach = {Address2.BROKERS_NUMBER: "K-1"}
        records.append(
            contract("9876", "140", f"N{(number + 11) % len(DAYS) ** 2}", UTE, reach, told, "Tarif")
        )
    content = "\n".join(packet("9876", "Saale Sach", records))
    job = await imported(agency, content.encode("cp1252"))
    assert job["state"] == "done"
    assert await all_readable(agency) >= len(DAYS) ** 2 - 2
