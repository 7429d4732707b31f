"""A new carer names whom they follow, by the ids that an order carries."""

from typing import Any

import pytest
from pypdfium2 import PdfDocument

from kundentakt.demo.mail_receiver import MailReceiver
from tests.notifier.conftest import Notifier, order
from tests.notifier.neighbours import JONAS, Neighbours
from tests.notifier.test_emails import read

INA = {"staff_id": "S-2", "role": "back_office", "name": "Ina Roth"}
INTRODUCTION: dict[str, Any] = {"template": "carer_introduction", "purpose": "service"}


async def said(notifier: Notifier, receiver: MailReceiver, **data: str) -> str:
    await notifier.dispatch(order(**INTRODUCTION, data={"staff_id": "S-1", **data}))
    await notifier.work()
    mail = read(receiver.messages()[-1])
    return str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]  # it has one


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Mein Name ist Jonas Adler; ich übernehme von Ina Roth."),
        ("en", "My name is Jonas Adler; I am taking over from Ina Roth."),
    ],
)
async def test_the_mail_names_the_carer_before(
    notifier: Notifier,
    neighbours: Neighbours,
    receiver: MailReceiver,
    language: Any,
    sentence: str,
) -> None:
    neighbours.people = [JONAS, INA]
    neighbours.customer("K-0001", language=language)
    assert sentence in await said(notifier, receiver, previous_staff_id="S-2")


@pytest.mark.parametrize(
    "previous", [{}, {"previous_staff_id": "S-9"}, {"previous_staff_id": "S-1"}]
)
async def test_who_is_not_known_or_the_same_is_not_named(
    notifier: Notifier, neighbours: Neighbours, receiver: MailReceiver, previous: dict[str, str]
) -> None:
    neighbours.people = [JONAS, INA]
    neighbours.customer("K-0001")
    text = await said(notifier, receiver, **previous)
    assert "Mein Name ist Jonas Adler." in text
    assert "übernehme" not in text
    assert "S-9" not in text


async def test_the_letter_names_the_carer_before(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.people = [JONAS, INA]
    neighbours.customer("K-0001")
    data = {"staff_id": "S-1", "previous_staff_id": "S-2"}
    await notifier.dispatch(order(**INTRODUCTION, channel="letter", data=data))
    await notifier.work("render_print_runs")
    (run,) = (await notifier.get("/print-runs"))["items"]
    pdf = await notifier.call("GET", f"/print-runs/{run['run_id']}/letters.pdf")
    text = " ".join(PdfDocument(pdf.content)[0].get_textpage().get_text_bounded().split())
    assert "Mein Name ist Jonas Adler; ich übernehme von Ina Roth." in text
