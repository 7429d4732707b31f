"""The recipients of messages: looked up before each batch, with what is known here alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.notifier.domain.salutations import Person
from services.notifier.store import contacts as store
from services.notifier.store.contacts import Withdrawal
from shared.clients.classifier import ClassifierClient
from shared.clients.http import ServiceAway
from shared.contracts.contacts import LOOKUP_LIMIT, Contact, ContactBlock, ContactConsent
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """Contacts by customer.

    ``copied`` says that the classifier is away and these are the last copies. A customer who is
    missing then may exist all the same.
    """

    contacts: Mapping[CustomerId, Contact]
    copied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientReader:
    """Looks recipients up in the classifier, or in the last copies if it is away."""

    database: Database
    classifier: ClassifierClient

    async def of(self, agency: AgencyId, customer_ids: Sequence[CustomerId]) -> Recipients:
        """Return the contacts of these customers as they are now, or as they last were."""
        found: list[Contact] = []
        copied = False
        asked = sorted(set(customer_ids))
        for start in range(0, len(asked), LOOKUP_LIMIT):
            ids = asked[start : start + LOOKUP_LIMIT]
            try:
                items = list((await self.classifier.contacts(agency, ids)).items)
            except ServiceAway:
                copied = True
                items = []
            found += await _completed(self.database, agency, ids, items, copied=copied)
        return Recipients(contacts={each.customer_id: each for each in found}, copied=copied)


def person_of(contact: Contact) -> Person:
    """Return whom a message greets."""
    return Person(
        kind=contact.kind,
        salutation=contact.salutation,
        title=contact.title,
        first_name=contact.first_name,
        last_name=contact.last_name,
        company_name=contact.company_name,
        contact_person=contact.contact_person,
        form_of_address=contact.form_of_address,
        language=contact.language,
        minor=contact.minor,
    )


async def _completed(
    database: Database,
    agency: AgencyId,
    ids: Sequence[CustomerId],
    items: list[Contact],
    *,
    copied: bool,
) -> list[Contact]:
    """Store fresh contacts, or read their copies; add withdrawals and addresses that bounced."""
    async with database.transaction(agency) as transaction:
        if copied:
            items = await store.copied_contacts(transaction, ids)
        else:
            await store.copy_contacts(transaction, items)
        withdrawn = await store.withdrawals(transaction, ids)
        emails = [contact.email for contact in items if contact.email]
        dead = await store.dead_addresses(transaction, emails)
    by_customer: dict[CustomerId, list[Withdrawal]] = {}
    for withdrawal in withdrawn:
        by_customer.setdefault(withdrawal.customer_id, []).append(withdrawal)
    return [
        _with_ours(contact, by_customer.get(contact.customer_id, []), dead.get(contact.email or ""))
        for contact in items
    ]


def _with_ours(
    contact: Contact, withdrawn: Sequence[Withdrawal], dead_since: datetime | None
) -> Contact:
    """Add what is known here as one more statement of the customer.

    The newest statement counts, so a customer who agrees again later is written to again.
    """
    if not withdrawn and dead_since is None:
        return contact
    withdrawals = [
        ContactConsent(
            purpose=each.purpose,
            channel="email",
            state="withdrawn",
            basis="consent",
            at=each.at,
            source="unsubscribe",
        )
        for each in withdrawn
    ]
    blocks = [ContactBlock(channel="email", reason="bounced", at=dead_since)] if dead_since else []
    return contact.model_copy(
        update={"consents": [*contact.consents, *withdrawals], "blocks": [*contact.blocks, *blocks]}
    )
