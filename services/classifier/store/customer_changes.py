"""Changes that events make to customers' records; SQL text because one statement serves a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.classifier.store.bulk import BulkTable, text_array
from services.classifier.store.customers import IMPORTED
from shared.contracts.customers import LifeSituation
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

_FLAGS = BulkTable(
    table="flag",
    keys=("customer_id", "flag"),
    columns={
        "customer_id": "text",
        "flag": "text",
        "value": "boolean",
        "reason": "text",
        "author": "text",
        "set_at": "timestamptz",
        "ends_on": "date",
    },
    # An older mark that comes late does not replace a newer one, unless that was imported.
    unless=f"old.set_at > excluded.set_at AND old.author <> '{IMPORTED}'",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagMark:
    """A mark as staff set it; it holds up to and including ``ends_on``."""

    customer_id: CustomerId
    flag: str
    value: bool
    reason: str
    author: str
    set_at: datetime
    ends_on: date


async def record_deaths(
    transaction: Transaction, deaths: Sequence[tuple[CustomerId, date]]
) -> None:
    """Enter when these customers died."""
    await transaction.execute(
        """
        UPDATE customer SET death_date = new.day, updated_at = now()
          FROM unnest(CAST(:ids AS text[]), CAST(:days AS date[])) AS new (customer_id, day)
         WHERE customer.agency_id = :agency AND customer.customer_id = new.customer_id
        """,
        {"ids": [each for each, _ in deaths], "days": [day for _, day in deaths]},
    )


async def end_mandates(transaction: Transaction, ends: Sequence[tuple[CustomerId, date]]) -> None:
    """Enter the last day of these customers' mandates."""
    await transaction.execute(
        """
        UPDATE customer SET mandate_ended_on = new.day, updated_at = now()
          FROM unnest(CAST(:ids AS text[]), CAST(:days AS date[])) AS new (customer_id, day)
         WHERE customer.agency_id = :agency AND customer.customer_id = new.customer_id
        """,
        {"ids": [each for each, _ in ends], "days": [day for _, day in ends]},
    )


async def change_life(
    transaction: Transaction, changes: Sequence[tuple[CustomerId, LifeSituation]]
) -> None:
    """Replace the fields of the life situation that are given; the others stay as they are."""
    lives = [life for _, life in changes]
    await transaction.execute(
        """
        UPDATE customer
           SET household = coalesce(new.household, customer.household),
               children = coalesce(new.children, customer.children),
               home = coalesce(new.home, customer.home),
               employment = coalesce(new.employment, customer.employment),
               vehicles = coalesce(new.vehicles, customer.vehicles),
               pets = coalesce(CAST(new.pets AS text[]), customer.pets),
               industry = coalesce(new.industry, customer.industry),
               employees = coalesce(new.employees, customer.employees),
               income_band = coalesce(new.income_band, customer.income_band),
               updated_at = now()
          FROM unnest(CAST(:ids AS text[]), CAST(:household AS text[]),
                      CAST(:children AS integer[]), CAST(:home AS text[]),
                      CAST(:employment AS text[]), CAST(:vehicles AS integer[]),
                      CAST(:pets AS text[]), CAST(:industry AS text[]),
                      CAST(:employees AS integer[]), CAST(:income_band AS text[]))
               AS new (customer_id, household, children, home, employment, vehicles, pets,
                       industry, employees, income_band)
         WHERE customer.agency_id = :agency AND customer.customer_id = new.customer_id
        """,
        {
            "ids": [customer_id for customer_id, _ in changes],
            **{
                name: [getattr(life, name) for life in lives]
                for name in LifeSituation.model_fields
                if name != "pets"
            },
            "pets": [text_array(life.pets) for life in lives],
        },
    )


async def set_flags(transaction: Transaction, marks: Sequence[FlagMark]) -> None:
    """Set or remove marks; an imported mark of the same name is replaced."""
    await _FLAGS.upsert(
        transaction,
        [{name: getattr(mark, name) for name in FlagMark.__dataclass_fields__} for mark in marks],
    )
