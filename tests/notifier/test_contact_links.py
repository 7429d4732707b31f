"""Number and address of the agency can be touched wherever a public page names them."""

import pytest

from services.notifier.api.pages import over_page
from services.notifier.channels.templates.contact_links import with_contact_links
from services.notifier.channels.templates.pages import written_page
from services.notifier.domain.pages import Reader
from services.notifier.domain.salutations import Language
from tests.notifier.letters.examples import AGENCY

NUMBER = '<a href="tel:+49-3464-123456">+49 3464 123456</a>'
PHONE = "+49 3464 123456"
MAILBOX = f'<a href="mailto:{AGENCY.email}">{AGENCY.email}</a>'


@pytest.mark.parametrize(
    ("language", "asks", "footer"),
    [
        ("de", f"gern direkt bei uns: {NUMBER} oder {MAILBOX}.", f"Telefon {NUMBER}, {MAILBOX}"),
        ("en", f"contact us directly: {NUMBER} or {MAILBOX}.", f"Phone {NUMBER}, {MAILBOX}"),
    ],
)
def test_the_page_of_an_expired_link_lets_its_reader_call_and_write_by_a_touch(
    language: Language, asks: str, footer: str
) -> None:
    reader = Reader(language=language, sender=AGENCY.model_copy(update={"phone": PHONE}))
    page = written_page(over_page(reader), reader)
    assert asks in page
    assert footer in page


@pytest.mark.parametrize(
    ("phone", "link"),
    [
        ("03464 / 12 34-56", "tel:+49-3464-123456"),
        ("+49 (0) 3464 123456", "tel:+49-3464-123456"),
        ("0800 1234567", "tel:+49-800-1234567"),
        ("+43 1 51310", "tel:+43-1-51310"),
        ("auf Anfrage", None),
        ("1", None),
    ],
)
def test_a_number_becomes_a_link_if_somebody_could_dial_it(phone: str, link: str | None) -> None:
    sender = AGENCY.model_copy(update={"phone": phone, "email": "post&mehr@muster.example"})
    shown = with_contact_links(f"<b> {phone}, {sender.email}", sender)
    number = f'<a href="{link}">{phone}</a>' if link else phone
    mailbox = '<a href="mailto:post%26mehr@muster.example">post&amp;mehr@muster.example</a>'
    assert shown == f"&lt;b&gt; {number}, {mailbox}"
