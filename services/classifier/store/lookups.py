"""What other services ask by id: how to reach customers, and what planning needs of them.

Statements about many ids are SQL text because they are hot: with one array of ids the statement is
the same for any number of them, and PostgreSQL prepares it once.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from services.classifier.store.address_blocks import is_current
from services.classifier.store.consents import OVERRULED
from services.classifier.store.held_contacts import HeldContacts, told_or_held
from shared.contracts.contacts import (
    Contact,
    ContactAddress,
    ContactBlock,
    ContactConsent,
    ContactMandate,
    ContactObjections,
)
from shared.contracts.planning import PlanningConsent, PlanningFacts
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
from shared.law import is_minor, mandate_state


async def contacts(
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, today: date
) -> list[Contact]:
    """Names, addresses, consents, objections and blocks of these customers."""
    rows = await _rows(transaction, _CUSTOMERS, customer_ids)
    consents = _grouped(await _rows(transaction, _LAST_CONSENTS, customer_ids))
    blocks = _grouped(await _rows(transaction, _BLOCKS, customer_ids))
    return [
        _contact(row, consents.get(row.customer_id, []), blocks.get(row.customer_id, []), today)
        for row in rows
    ]


async def planning_facts(
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, today: date
) -> list[PlanningFacts]:
    """What planning needs of these customers."""
    rows = await _rows(transaction, _CUSTOMERS, customer_ids)
    consents = _grouped(await _rows(transaction, _LAST_CONSENTS, customer_ids))
    blocks = _grouped(await _rows(transaction, _BLOCKS, customer_ids))
    gifts = await transaction.execute(_NO_GIFTS, {"ids": list(customer_ids), "today": today})
    without_gifts = set(gifts.scalars())
    held = await told_or_held(
        transaction,
        [(row.customer_id, row.last_review_on, row.last_contact_on) for row in rows],
        today=today,
    )
    return [
        _planning(
            row,
            consents.get(row.customer_id, []),
            blocks.get(row.customer_id, []),
            held[row.customer_id],
            today=today,
            no_gifts=row.customer_id in without_gifts,
        )
        for row in rows
    ]


def _planning(
    row: Any,
    consents: Iterable[Any],
    blocks: Iterable[Any],
    held: HeldContacts,
    *,
    today: date,
    no_gifts: bool,
) -> PlanningFacts:
    return PlanningFacts(
        customer_id=row.customer_id,
        unit_id=row.unit_id,
        kind=row.kind,
        status=row.status,
        birth_date=row.birth_date,
        death_date=row.death_date,
        minor=is_minor(row.birth_date, today),
        customer_since=row.customer_since,
        carer=row.carer,
        last_review_on=held.review,
        last_contact_on=held.contact,
        federal_state=row.federal_state,
        visit_area=None if row.postcode is None else f"{row.country}-{row.postcode}",
        mandate=mandate_state(
            contract=row.mandate_contract,
            power_of_attorney=row.mandate_power_of_attorney,
            ended_on=row.mandate_ended_on,
            on=today,
        ),
        mandate_ends_on=row.mandate_ended_on,
        email_known=row.email is not None,
        phone_known=row.phone is not None,
        postal_address_known=None not in (row.street, row.postcode, row.city),
        consents=[
            PlanningConsent(purpose=each.purpose, channel=each.channel, state=each.state)
            for each in consents
        ],
        advertising_objected=row.advertising,
        profiling_objected=row.profiling,
        blocked_channels=[
            each.channel for each in blocks if is_current(row.agency_id, each, row.email)
        ],
        no_gifts=no_gifts,
    )


def _contact(row: Any, consents: Iterable[Any], blocks: Iterable[Any], today: date) -> Contact:
    return Contact(
        customer_id=row.customer_id,
        kind=row.kind,
        status=row.status,
        salutation=row.salutation,
        title=row.title,
        first_name=row.first_name,
        last_name=row.last_name,
        company_name=row.company_name,
        contact_person=row.contact_person,
        form_of_address=row.form_of_address,
        language=row.language,
        address=ContactAddress(
            street=row.street, postcode=row.postcode, city=row.city, country=row.country
        ),
        email=row.email,
        phone=row.phone,
        minor=is_minor(row.birth_date, today),
        deceased=row.death_date is not None,
        consents=[_consent(each) for each in consents],
        objections=ContactObjections(advertising=row.advertising, profiling=row.profiling),
        blocks=[
            ContactBlock(channel=each.channel, reason=each.reason, at=each.at)
            for each in blocks
            if is_current(row.agency_id, each, row.email)
        ],
        mandate=_contact_mandate(row),
    )


def _contact_mandate(row: Any) -> ContactMandate | None:
    """The mandate as told; None if nothing of it is known, because unknown refuses nothing."""
    mandate = ContactMandate(
        contract=row.mandate_contract,
        power_of_attorney=row.mandate_power_of_attorney,
        since=row.mandate_since,
        ended_on=row.mandate_ended_on,
    )
    return None if mandate == ContactMandate() else mandate


def _consent(row: Any) -> ContactConsent:
    return ContactConsent(
        purpose=row.purpose,
        channel=row.channel,
        state=row.state,
        basis=row.basis,
        at=row.at,
        wording=row.wording,
        source=row.source,
        # A double opt-in is only recorded with its confirmation.
        confirmed=True if row.confirmed else None,
    )


def _grouped(rows: Iterable[Any]) -> dict[CustomerId, list[Any]]:
    grouped: dict[CustomerId, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row.customer_id, []).append(row)
    return grouped


async def _rows(
    transaction: Transaction, statement: str, customer_ids: Sequence[CustomerId]
) -> Sequence[Any]:
    return (await transaction.execute(statement, {"ids": list(customer_ids)})).all()


_CUSTOMERS = """
    SELECT customer.*, objection.advertising, objection.profiling
      FROM customer LEFT JOIN objection USING (agency_id, customer_id)
     WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS text[]))
     ORDER BY customer_id
"""
_LAST_CONSENTS = f"""
    SELECT DISTINCT ON (customer_id, purpose, channel)
           customer_id, purpose, channel, state, basis, at, wording, source,
           double_opt_in IS NOT NULL AS confirmed
      FROM consent
     WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS text[]))
     ORDER BY customer_id, purpose, channel, {OVERRULED}, at DESC
"""
_BLOCKS = """
    SELECT customer_id, channel, digest, reason, at FROM address_block
     WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS text[]))
     ORDER BY customer_id, channel
"""
_NO_GIFTS = """
    SELECT customer_id FROM flag
     WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS text[]))
       AND flag = 'no_gifts' AND value AND ends_on >= :today
"""
