"""Customers who may be one person."""

from typing import Final

from services.classifier.store.customer_search import SMALL
from services.classifier.store.tables import CustomerTable
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

MOST_PROPOSALS = 500
_OTHER_LETTERS: Final = (("ß", "ss"), ("æ", "a"), ("œ", "o"), ("ø", "o"), ("ł", "l"), ("đ", "d"))
"""Letters that are no plain letter with an accent."""


def _name_key(column: str) -> str:
    """One spelling of a name: ``Müller``, ``Mueller`` and ``Muller``, ``Groß`` and ``Gross``,
    ``Meyer-Lüdenscheidt`` and ``Meyer Luedenscheidt`` are the same.

    Letters lose their accents, signs and blanks do not count, and ``ae``, ``oe``, ``ue`` are the
    vowel alone. A name without any Latin letter stays as it is, in small letters.
    """
    key = small = SMALL.format(column)
    for written, plain in _OTHER_LETTERS:
        key = f"replace({key}, '{written}', '{plain}')"
    key = f"regexp_replace(normalize({key}, NFKD), '[^a-z]+', '', 'g')"
    return f"coalesce(nullif(regexp_replace({key}, '([aou])e', '\\1', 'g'), ''), {small})"


_LAST: Final = _name_key("last_name")
_FIRST: Final = _name_key("first_name")


async def alike_customers(transaction: Transaction) -> list[list[CustomerId]]:
    """Ids of persons with one birth date, one postcode and the same two names, also swapped.

    Another given name is another person, as of twins. Set-based over the whole book: names are
    compared only of those who share birth date and postcode with somebody.
    """
    found = await transaction.execute(
        f"""
        WITH born_alike AS MATERIALIZED (
            SELECT customer_id, last_name, first_name, birth_date, postcode,
                   count(*) OVER (PARTITION BY birth_date, postcode) AS neighbours
              FROM {CustomerTable.__tablename__}
             WHERE agency_id = :agency AND kind = 'person' AND birth_date IS NOT NULL
               AND postcode IS NOT NULL AND last_name IS NOT NULL AND first_name IS NOT NULL
        ), named AS MATERIALIZED (
            SELECT customer_id, birth_date, postcode, {_LAST} AS last, {_FIRST} AS first
              FROM born_alike WHERE neighbours > 1
        )
        SELECT array_agg(customer_id ORDER BY customer_id) AS ids FROM named
         GROUP BY birth_date, postcode, least(last, first), greatest(last, first)
        HAVING count(*) > 1
         ORDER BY min(customer_id) LIMIT :most
        """,
        {"most": MOST_PROPOSALS},
    )
    return [list(row.ids) for row in found]
