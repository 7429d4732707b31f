"""Unsubscribing by the link of a mail, without a login."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.notifier.domain.pages import Reader
from services.notifier.domain.public_links import InvalidLink, LinkKind, PublicLink, verify_token
from services.notifier.store import contacts
from services.notifier.usecases.answers import reader_of
from services.notifier.usecases.message_changes import publish_withdrawal
from services.notifier.usecases.recipients import RecipientReader
from shared.clients.http import ServiceRefused
from shared.contracts.customers import ConsentPurpose
from shared.db.database import Database


def read_link(token: str, *, kind: LinkKind, secrets: Sequence[str]) -> PublicLink:
    """Return what a link of this kind says. Raises InvalidLink."""
    link = verify_token(token, secrets=secrets)
    if link.kind != kind or (kind == "unsubscribe" and link.purpose is None):
        raise InvalidLink
    return link


ALL_ADVERTISING: tuple[ConsentPurpose, ...] = ("advertising", "newsletter", "events", "review")
"""What ends if a customer wants no advertising by e-mail at all (§ 7 (3) no. 3 UWG)."""


async def unsubscribe(
    *,
    database: Database,
    recipients: RecipientReader,
    link: PublicLink,
    all_advertising: bool = False,
    now: datetime,
) -> ConsentPurpose:
    """Withdraw the consent that a mail relied on, or all of them, at once.

    Repeating it writes nothing, as long as the customer did not agree again since.
    """
    assert link.purpose is not None, "read_link refuses an unsubscribe without a purpose"
    message_id = UUID(link.message_id) if link.message_id else None
    purposes = ALL_ADVERTISING if all_advertising else (link.purpose,)
    outlived = await _outlived(database, recipients, link, purposes)
    async with database.transaction(link.agency_id) as transaction:
        for purpose in purposes:
            new = await contacts.withdraw(
                transaction,
                customer_id=link.customer_id,
                purpose=purpose,
                at=now,
                message_id=message_id,
                outlived=outlived.get(purpose),
            )
            if not new:
                continue
            publish_withdrawal(
                transaction,
                customer_id=link.customer_id,
                purpose=purpose,
                message_id=link.message_id,
                at=now,
            )
    return link.purpose


async def _outlived(
    database: Database,
    recipients: RecipientReader,
    link: PublicLink,
    purposes: Sequence[ConsentPurpose],
) -> Mapping[ConsentPurpose, datetime]:
    """Return since when withdrawals stood that no longer do, because the customer agreed again.

    If nobody can tell, none stands: a withdrawal twice does less harm than one that is lost. Who is
    not known any more (erased, merged) has not agreed again.
    """
    async with database.transaction(link.agency_id) as transaction:
        found = await contacts.withdrawals(transaction, [link.customer_id])
    stood = {each.purpose: each.at for each in found if each.purpose in purposes}
    if not stood:
        return {}
    try:
        asked = await recipients.of(link.agency_id, [link.customer_id])
    except ServiceRefused:
        return stood
    contact = asked.contacts.get(link.customer_id)
    if asked.copied:
        return stood
    if contact is None:
        return {}
    agreed = [
        each for each in contact.consents if each.channel == "email" and each.state == "granted"
    ]
    return {
        purpose: at
        for purpose, at in stood.items()
        if any(each.purpose == purpose and each.at >= at for each in agreed)
    }


async def reader_of_link(*, database: Database, link: PublicLink) -> Reader | None:
    """Return who follows a link; None if the customer is not known here (any more)."""
    async with database.transaction(link.agency_id) as transaction:
        return (await reader_of(transaction, link.customer_id)).reader
