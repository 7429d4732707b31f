"""Customers with their links and marks: written as they are sent, many at a time."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from services.classifier.domain.provenance import NO_PROVENANCE, Provenance
from services.classifier.domain.records import own_fields
from services.classifier.store.bulk import BulkTable, Upserted, text_array
from services.classifier.store.provenance import provenance_from, provenances_json
from services.classifier.store.tables import CustomerTable
from shared.contracts.bounds import STORED
from shared.contracts.customers import (
    Customer,
    CustomerKind,
    CustomerStatus,
    Flags,
    LifeSituation,
)
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
from shared.db.id_lists import id_list, parted

IMPORTED = "import"
"""Author of flags that came with a customer's record."""

_PLAIN = (
    "kind", "status", "salutation", "title", "first_name", "last_name", "company_name",
    "contact_person", "form_of_address", "language", "email", "phone", "came_by",
    "carer",
)  # fmt: skip
_DAYS = ("birth_date", "death_date", "customer_since", "last_review_on", "last_contact_on")

_CUSTOMERS = BulkTable(table=CustomerTable, stamp="updated_at", kept=("unit_id",))


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRecord:
    """A customer's whole record under the broker system's id, with who told what."""

    customer_id: CustomerId
    customer: Customer
    provenance: Provenance = NO_PROVENANCE


class KnownCustomer(NamedTuple):
    """What writing needs to know of a customer that exists."""

    customer_id: CustomerId
    unit_id: CustomerId
    kind: CustomerKind
    status: CustomerStatus
    deceased: bool


CustomerValues = tuple[Any, ...]
"""A customer's id and the values of `own_fields`."""


async def upsert_customers(transaction: Transaction, records: Sequence[CustomerRecord]) -> Upserted:
    """Create or replace the records themselves; links and marks have their own statements."""
    values_of = _OWN[1]
    values = [(record.customer_id, *values_of(record.customer)) for record in records]
    provenances = provenances_json([record.provenance for record in records])
    return await _CUSTOMERS.upsert_values(transaction, _COLUMNS, _rows(values, provenances))


async def enter_customers(
    transaction: Transaction, values: Sequence[CustomerValues], provenances: Sequence[Provenance]
) -> None:
    """Create customers of whom nobody is known, in the order of their ids."""
    rows = _rows(values, provenances_json(provenances))
    await _CUSTOMERS.enter_values(transaction, _COLUMNS, rows)


def _rows(values: Sequence[CustomerValues], provenances: Sequence[str]) -> list[tuple[Any, ...]]:
    """The rows of `_COLUMNS`; pets and numbers elsewhere go as the text of one column each."""
    return [
        (
            each[0],
            *each[:-2],
            text_array(each[-2]),
            json.dumps(each[-1]) if each[-1] else "{}",
            provenance,
        )
        for each, provenance in zip(values, provenances, strict=True)
    ]


_OWN: Final = own_fields(Customer)
_COLUMNS: Final = (
    "unit_id",
    "customer_id",
    *(
        {"address.state": "federal_state"}.get(name)
        or (name.replace(".", "_") if name.startswith("mandate.") else name.rpartition(".")[2])
        for name in _OWN[0]
    ),
    "provenance",
)


Link = tuple[CustomerId, CustomerId, str]
"""Whose it is, to whom, and of which kind."""


def links_of(customer_id: CustomerId, customer: Customer) -> Iterator[Link]:
    """The links that a record states, but for those to itself."""
    for link in customer.connections:
        if link.customer_id != customer_id:
            yield customer_id, link.customer_id, link.kind


async def replace_connections(
    transaction: Transaction, owners: Sequence[CustomerId], stated: Iterable[Link]
) -> tuple[set[CustomerId], set[CustomerId]]:
    """Make the links of these customers as stated. Returns the customers whose links changed, and
    those to whom a link ended, because what it brought them ended too. Set-based: one statement
    compares the links of a whole batch."""
    if not owners:
        return set(), set()
    links = sorted(set(stated))
    found = await transaction.execute(
        """
        WITH stated AS MATERIALIZED (
            SELECT * FROM unnest(CAST(:owners AS text[]), CAST(:others AS text[]),
                                 CAST(:kinds AS text[])) AS link (customer_id, other_id, kind)
        ), gone AS (
            DELETE FROM connection AS old
             WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS text[]))
               AND NOT EXISTS (SELECT FROM stated
                                WHERE stated.customer_id = old.customer_id
                                  AND stated.other_id = old.other_id AND stated.kind = old.kind)
            RETURNING customer_id, other_id
        ), come AS (
            INSERT INTO connection (agency_id, customer_id, other_id, kind)
            SELECT :agency, customer_id, other_id, kind FROM stated
            ON CONFLICT DO NOTHING RETURNING customer_id
        )
        SELECT customer_id, other_id FROM gone UNION SELECT customer_id, NULL FROM come
        """,
        {
            "ids": list(owners),
            "owners": [link[0] for link in links],
            "others": [link[1] for link in links],
            "kinds": [link[2] for link in links],
        },
    )
    rows = found.all()
    return {row.customer_id for row in rows}, {row.other_id for row in rows if row.other_id}


async def replace_imported_flags(
    transaction: Transaction, records: Sequence[CustomerRecord], *, now: datetime, ends_on: date
) -> set[CustomerId]:
    """Make the marks that came with records as stated; returns the customers whose marks changed.

    A mark that staff set by hand stays, because a nightly export that does not know it must not
    undo it. A mark that is stated again keeps its first day, or it would never end. Set-based: one
    statement compares the marks of a whole batch.
    """
    if not records:
        return set()
    stated = sorted(
        {
            (record.customer_id, flag)
            for record in records
            for flag in Flags.model_fields
            if getattr(record.customer.flags, flag)
        }
    )
    found = await transaction.execute(
        """
        WITH stated AS MATERIALIZED (
            SELECT * FROM unnest(CAST(:owners AS text[]), CAST(:flags AS text[]))
                       AS mark (customer_id, flag)
        ), gone AS (
            DELETE FROM flag AS old
             WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS text[]))
               AND author = :imported
               AND NOT EXISTS (SELECT FROM stated WHERE stated.customer_id = old.customer_id
                                                    AND stated.flag = old.flag)
            RETURNING customer_id
        ), come AS (
            INSERT INTO flag (agency_id, customer_id, flag, value, reason, author, set_at, ends_on)
            SELECT :agency, customer_id, flag, true, 'imported', :imported, :now, :ends_on
              FROM stated
            ON CONFLICT DO NOTHING RETURNING customer_id
        )
        SELECT customer_id FROM gone UNION SELECT customer_id FROM come
        """,
        {
            "ids": [record.customer_id for record in records],
            "owners": [mark[0] for mark in stated],
            "flags": [mark[1] for mark in stated],
            "imported": IMPORTED,
            "now": now,
            "ends_on": ends_on,
        },
    )
    return set(found.scalars())


async def known_customers(
    transaction: Transaction, customer_ids: Sequence[CustomerId]
) -> dict[CustomerId, KnownCustomer]:
    """Which of these exist. They cannot be erased before this transaction ends, because what is
    written for a customer must not outlive the erasure that should have removed it. SQL text
    because it is hot: every event and every slice of a file asks."""
    found = await transaction.execute(
        f"""
        SELECT customer_id, unit_id, kind, status, death_date IS NOT NULL AS deceased
          FROM customer
         WHERE agency_id = :agency AND customer_id = ANY({parted("ids")})
         ORDER BY customer_id FOR KEY SHARE
        """,
        {"ids": id_list(customer_ids)},
    )
    return {row[0]: KnownCustomer._make(row) for row in found.all()}


async def any_known(transaction: Transaction, customer_ids: Sequence[CustomerId]) -> bool:
    """Whether one of these exists; SQL text as of `known_customers`."""
    found = await transaction.execute(
        f"""
        SELECT EXISTS (SELECT FROM customer
                        WHERE agency_id = :agency AND customer_id = ANY({parted("ids")}))
        """,
        {"ids": id_list(customer_ids)},
    )
    return bool(found.scalar_one())


async def all_known(transaction: Transaction, customer_ids: Sequence[CustomerId]) -> bool:
    """Whether each of these different ones exists; locked as by `known_customers`."""
    found = await transaction.execute(
        f"""
        SELECT count(*)
          FROM (SELECT FROM customer
                 WHERE agency_id = :agency AND customer_id = ANY({parted("ids")})
                 ORDER BY customer_id FOR KEY SHARE) AS known
        """,
        {"ids": id_list(customer_ids)},
    )
    return int(found.scalar_one()) == len(customer_ids)


async def customer_record(
    transaction: Transaction, customer_id: CustomerId, *, today: date
) -> CustomerRecord | None:
    """A customer with the marks in force today; None if there is none."""
    return (await customer_records(transaction, [customer_id], today=today)).get(customer_id)


async def customer_records(
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, today: date
) -> dict[CustomerId, CustomerRecord]:
    """Those of these customers that exist, with the marks in force today. SQL text because one
    statement collects flags and links as arrays."""
    found = await transaction.execute(
        """
        SELECT customer.*, identities::text AS identities_json,
               provenance::text AS provenance_json,
               ARRAY(SELECT flag FROM flag
                      WHERE flag.agency_id = customer.agency_id
                        AND flag.customer_id = customer.customer_id
                        AND value AND ends_on >= :today) AS flags,
               ARRAY(SELECT kind || ' ' || other_id FROM connection
                      WHERE connection.agency_id = customer.agency_id
                        AND connection.customer_id = customer.customer_id
                      ORDER BY kind, other_id) AS links
          FROM customer
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS text[]))
        """,
        {"ids": list(customer_ids), "today": today},
    )
    return {
        row.customer_id: CustomerRecord(
            customer_id=row.customer_id,
            customer=_customer(row._mapping),
            provenance=provenance_from(json.loads(row.provenance_json)),
        )
        for row in found
    }


def _customer(row: Mapping[Any, Any]) -> Customer:
    links = [link.split(" ", 1) for link in row["links"]]
    stored = {
        **{name: row[name] for name in _PLAIN},
        **{name: row[name] for name in _DAYS},
        "address": {
            "street": row["street"],
            "postcode": row["postcode"],
            "city": row["city"],
            "country": row["country"],
            "state": row["federal_state"],
        },
        "mandate": {
            "contract": row["mandate_contract"],
            "power_of_attorney": row["mandate_power_of_attorney"],
            "since": row["mandate_since"],
            "ended_on": row["mandate_ended_on"],
        },
        "life": {name: row[name] for name in LifeSituation.model_fields},
        "flags": dict.fromkeys(row["flags"], True),
        "connections": [{"kind": kind, "customer_id": other} for kind, other in links],
        "identities": json.loads(row["identities_json"]),
    }
    return Customer.model_validate(stored, context=STORED)
