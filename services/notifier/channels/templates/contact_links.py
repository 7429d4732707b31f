"""Phone number and e-mail address of the agency as links, wherever a public page names them."""

from urllib.parse import quote

import phonenumbers
from markupsafe import Markup, escape
from phonenumbers import NumberParseException, PhoneNumberFormat

from shared.contracts.identities import SenderIdentity

HOME = "DE"
"""Where a number without a country code is."""


def with_contact_links(text: str, sender: SenderIdentity | None) -> Markup:
    """Return a text as HTML, escaped, in which the sender's number and address are links.

    A number that cannot be dialled (`auf Anfrage`) stays text.
    """
    shown = escape(text)
    if sender is None:
        return shown
    for written, address in ((sender.phone, _tel(sender.phone)), (sender.email, _to(sender.email))):
        if address is not None:
            link = Markup('<a href="{}">{}</a>').format(address, written)
            shown = Markup(str(shown).replace(str(escape(written)), str(link)))  # escaped before
    return shown


def _tel(phone: str) -> str | None:
    """Return the number as a `tel:` link (RFC 3966); None if nobody could dial it."""
    try:
        number = phonenumbers.parse(phone, HOME)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.RFC3966)


def _to(email: str) -> str:
    """Return the address as a `mailto:` link (RFC 6068)."""
    return f"mailto:{quote(email, safe='@')}"
