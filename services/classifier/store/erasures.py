"""Erasure: the tables by their marks (`personal_data.py`), the others by statements of their own,
and digests that remember whom an old file must not bring back."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import select

from services.classifier.store.erased_traces import erase_traces, traces_of
from services.classifier.store.personal_data import PERSONAL_DATA
from services.classifier.store.tables import CustomerTable
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
from shared.db.id_lists import id_list, parted


async def lock_customer(transaction: Transaction, customer_id: CustomerId) -> bool:
    """Wait until nobody writes for this customer any more; false if there is none."""
    found = await transaction.exec(
        select(CustomerTable.customer_id)
        .where(
            CustomerTable.agency_id == transaction.agency,
            CustomerTable.customer_id == customer_id,
        )
        .with_for_update()
    )
    return found.one_or_none() is not None


async def erase_customer(transaction: Transaction, customer_id: CustomerId) -> None:
    """Remove everything personal of one customer and remember digests of what they were known by.

    The digests are SQL text because PostgreSQL computes them with the agency's salt.
    """
    traces = await traces_of(transaction, customer_id)
    await _remember_objection(transaction, customer_id)
    await erase_traces(transaction, traces)
    await _erase_from_history(transaction, customer_id)
    await PERSONAL_DATA.erase(transaction, [customer_id])
    await transaction.execute(
        """
        INSERT INTO erased (agency_id, digest)
        SELECT DISTINCT agency_id, sha256(convert_to(erasure_salt || ':' || known, 'UTF8'))
          FROM agency, unnest(CAST(:known AS text[])) AS known WHERE agency_id = :agency
        ON CONFLICT DO NOTHING
        """,
        {"known": [customer_id, *traces.known_by]},
    )


async def _remember_objection(transaction: Transaction, customer_id: CustomerId) -> None:
    """Remember how somebody who objected to advertising is reached, so that it stays an objection
    if they come back under another id (art. 21 GDPR)."""
    await transaction.execute(
        f"""
        INSERT INTO objection_block (agency_id, digest, at)
        SELECT DISTINCT ON (digest) agency_id, digest, advertising
          FROM objection
          JOIN customer USING (agency_id, customer_id) JOIN agency USING (agency_id)
         CROSS JOIN LATERAL {_REACHED} AS reached (digest)
         WHERE agency_id = :agency AND customer_id = :customer_id
           AND advertising IS NOT NULL AND digest IS NOT NULL
        ON CONFLICT DO NOTHING
        """,
        {"customer_id": customer_id},
    )


_REACHED = """
    (VALUES
        (sha256(convert_to(erasure_salt || '/email/' || lower(btrim(customer.email)), 'UTF8'))),
        (sha256(convert_to(erasure_salt || '/post/'
            || lower(regexp_replace(concat(first_name, last_name, company_name),
                                    '[\\W_]+', '', 'g'))
            || '/' || postcode || '/' || lower(regexp_replace(street, '[\\W_]+', '', 'g')),
            'UTF8'))))
"""
"""Digests of a customer's mailbox and of name with address; NULL where a part is unknown."""


async def objected_before(
    transaction: Transaction, customer_ids: Collection[CustomerId]
) -> dict[CustomerId, datetime]:
    """Those of these customers who are reached like somebody who objected and was erased, and since
    when; set-based, as a file is read."""
    found = await transaction.execute(
        f"""
        SELECT customer_id, min(at) AS at
          FROM customer JOIN agency USING (agency_id)
         CROSS JOIN LATERAL {_REACHED} AS reached (digest)
          JOIN objection_block USING (agency_id, digest)
         WHERE agency_id = :agency AND customer_id = ANY({parted("ids")})
           AND EXISTS (SELECT FROM objection_block WHERE agency_id = :agency)
         GROUP BY customer_id
        """,
        {"ids": id_list(customer_ids)},
    )
    return {row.customer_id: row.at for row in found}


async def _erase_from_history(transaction: Transaction, customer_id: CustomerId) -> None:
    """Erase past classes, because they tell of a life; those of a household stay for its others.
    The present class goes if nobody else has it.

    SQL text because one statement changes rows of three kinds.
    """
    await transaction.execute(
        """
        WITH left_behind AS (
            DELETE FROM classified_member
             WHERE agency_id = :agency AND customer_id = :customer_id
            RETURNING unit_id, number
        ), shared AS (
            UPDATE classification AS c
               SET members = array_remove(c.members, CAST(:customer_id AS varchar))
              FROM left_behind
             WHERE c.agency_id = :agency AND c.unit_id = left_behind.unit_id
               AND c.number = left_behind.number AND cardinality(c.members) > 1
        )
        DELETE FROM classification AS c USING left_behind
         WHERE c.agency_id = :agency AND c.unit_id = left_behind.unit_id
           AND c.number = left_behind.number AND cardinality(c.members) <= 1
        """,
        {"customer_id": customer_id},
    )
    await transaction.execute(
        "DELETE FROM care_class WHERE agency_id = :agency"
        " AND members = ARRAY[CAST(:customer_id AS varchar)]",
        {"customer_id": customer_id},
    )


async def erased_among(transaction: Transaction, known_by: Collection[str]) -> set[str]:
    """Which of these ids, or of what else customers are known by (`domain/erasure.py`), belonged to
    somebody who was erased; set-based, as a file is read."""
    found = await transaction.execute(
        """
        SELECT id FROM agency, unnest(CAST(:ids AS text[])) AS id
         WHERE agency_id = :agency
           AND EXISTS (SELECT FROM erased WHERE agency_id = :agency)
           AND EXISTS (SELECT FROM erased
                        WHERE erased.agency_id = :agency
                          AND digest = sha256(convert_to(erasure_salt || ':' || id, 'UTF8')))
        """,
        {"ids": list(known_by)},
    )
    return set(found.scalars())
