"""What full deliveries contain, and what their sources told before and they no longer contain.

The statements are set-based: a delivery holds the whole book of its source.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from services.classifier.store.import_tables import ImportJobTable
from shared.contracts.vocabulary import ContractId, CustomerId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True)
class DeliveredRecord:
    """A customer, or a contract of one, that a file contains, by the source that tells it."""

    source: str
    customer_id: CustomerId
    contract_id: ContractId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRecord:
    """A customer or contract that is known and not in the delivery; ``number`` as people write
    it."""

    customer_id: CustomerId
    contract_id: ContractId | None
    number: str


async def keep_delivered(
    transaction: Transaction, import_id: UUID, records: Iterable[DeliveredRecord]
) -> None:
    """Remember what a slice contains until the job ends."""
    rows = list(dict.fromkeys(records))
    if not rows:
        return
    await transaction.execute(
        """
        INSERT INTO import_delivered (agency_id, import_id, source, customer_id, contract_id)
        SELECT :agency, :import_id, new.*
          FROM unnest(CAST(:sources AS text[]), CAST(:customers AS text[]),
                      CAST(:contracts AS text[])) AS new
        ON CONFLICT DO NOTHING
        """,
        {
            "import_id": import_id,
            "sources": [each.source for each in rows],
            "customers": [each.customer_id for each in rows],
            "contracts": [each.contract_id or "" for each in rows],
        },
    )


async def rows_of_nobody(transaction: Transaction, import_id: UUID) -> int:
    """Rows that could not be read, and that do not tell whose they are."""
    found = await transaction.execute(
        """
        SELECT count(DISTINCT line) FROM import_rejection
         WHERE agency_id = :agency AND import_id = :import_id
           AND NOT warning AND row_names IS NULL
        """,
        {"import_id": import_id},
    )
    return int(found.scalar_one())


async def sources_delivered(transaction: Transaction, import_id: UUID) -> list[str]:
    """The sources whose records the file contains."""
    found = await transaction.execute(
        "SELECT DISTINCT source FROM import_delivered"
        " WHERE agency_id = :agency AND import_id = :import_id ORDER BY source",
        {"import_id": import_id},
    )
    return list(found.scalars())


async def missing_customers(
    transaction: Transaction, import_id: UUID, *, source: str
) -> list[MissingRecord]:
    """Living customers of this source (a prefix) who are not in the delivery, former ones aside."""
    found = await transaction.execute(
        f"""
        SELECT customer_id, NULL AS contract_id, customer_id AS number
          FROM customer
         WHERE agency_id = :agency AND status <> 'former' AND death_date IS NULL
           AND {_TOLD_BEFORE.format(table="customer")}
           AND {_NOT_DELIVERED.format(own="delivered.contract_id = ''", table="customer")}
           AND {_CUSTOMER_KEY} NOT IN {_UNREAD}
           AND NOT EXISTS (SELECT FROM contract
                            WHERE contract.agency_id = :agency
                              AND contract.customer_id = customer.customer_id
                              AND number_key IN {_UNREAD})
         ORDER BY customer_id
        """,
        {"import_id": import_id, "source": source, "insurer": insurer_of(source)},
    )
    return [MissingRecord(**row._mapping) for row in found]


async def missing_contracts(
    transaction: Transaction, import_id: UUID, *, source: str, today: date
) -> list[MissingRecord]:
    """Running contracts that this source (a prefix) told, or that are with the insurer whose file
    it is, and that are not in the delivery."""
    found = await transaction.execute(
        f"""
        SELECT customer_id, contract_id, coalesce(contract_number, contract_id) AS number
          FROM contract
         WHERE agency_id = :agency AND status IN ('active', 'suspended') AND NOT held_elsewhere
           AND (ends_on IS NULL OR ends_on >= :today)
           AND ({_TOLD_BEFORE.format(table="contract")}
                OR (:insurer <> ''
                    AND ltrim(regexp_replace(upper(coalesce(insurer_number, '')),
                                             '\\W', '', 'g'), '0') = :insurer))
           AND {_NOT_DELIVERED.format(own=_SAME_CONTRACT, table="contract")}
           AND number_key NOT IN {_UNREAD}
           AND {_CUSTOMER_KEY} NOT IN {_UNREAD}
         ORDER BY customer_id, contract_id
        """,
        {"import_id": import_id, "source": source, "insurer": insurer_of(source), "today": today},
    )
    return [MissingRecord(**row._mapping) for row in found]


async def keep_missing(
    transaction: Transaction, import_id: UUID, *, customers: int, contracts: int, remarks: int
) -> None:
    """Note with the job how many records are missing, and so many more remarks."""
    await transaction.execute(
        update(ImportJobTable)
        .where(
            col(ImportJobTable.agency_id) == transaction.agency,
            col(ImportJobTable.import_id) == import_id,
        )
        .values(
            missing={"customers": customers, "contracts": contracts},
            warnings=col(ImportJobTable.warnings) + remarks,
        )
    )


def insurer_of(source: str) -> str:
    """The number of the insurer whose files bear this source, without zeros in front; else empty.

    `domain/contract_matching.py: same_insurer` compares numbers likewise.
    """
    kind, _, number = source.partition(":")
    return "".join(filter(str.isalnum, number)).upper().lstrip("0") if kind == "gdv" else ""


_TOLD_BEFORE = """
    (EXISTS (SELECT FROM jsonb_each({table}.provenance -> 'groups') AS told
              WHERE told.value ->> 'source' = :source
                 OR (:insurer = '' AND starts_with(told.value ->> 'source', :source)))
     OR ({table}.provenance -> 'heard') ? :source)
"""
_SAME_CONTRACT = "delivered.contract_id = contract.contract_id"
_NOT_DELIVERED = """
    NOT EXISTS (SELECT FROM import_delivered AS delivered
                 WHERE delivered.agency_id = :agency AND delivered.import_id = :import_id
                   AND delivered.customer_id = {table}.customer_id AND {own})
"""
_CUSTOMER_KEY = "ltrim(regexp_replace(upper(customer_id), '[^A-Z0-9_:]+', '', 'g'), '0')"
"""As `domain/erasure.py: compact` writes a number, by which remarks name whose row it is."""
_UNREAD = """
    (SELECT row_names FROM import_rejection
      WHERE agency_id = :agency AND import_id = :import_id AND NOT warning
        AND row_names IS NOT NULL)
"""
