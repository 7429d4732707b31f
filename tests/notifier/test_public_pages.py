"""The pages behind the links of a mail, as their readers and their mail programs use them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import httpx
import pytest

from kundentakt.demo.mail_receiver import MailReceiver
from services.notifier.domain.answers import BUTTONS
from services.notifier.domain.public_links import PublicLink, make_token
from services.notifier.usecases.answers import NoLongerAnswerable
from shared.contracts.answers import AnswerAbout
from shared.contracts.templates import TEMPLATES
from tests.notifier.conftest import Notifier, order
from tests.notifier.email.examples import DATA, word
from tests.notifier.email.examples import TEMPLATES as MESSAGES
from tests.notifier.neighbours import Neighbours
from tests.notifier.test_emails import read

REVIEW = {"template": "yearly_review", "purpose": "service"}
EVENT = {"title": "Wein", "starts_at": "2026-12-03T18:30:00+01:00", "place": "Rathaus"}
INVITATION: dict[str, Any] = {
    "template": "event_invitation",
    "purpose": "events",
    "data": EVENT,
}
SECRET = "the link secret of a test"

Sent = Callable[..., Any]


@pytest.fixture
def link_in_mail(notifier: Notifier, neighbours: Neighbours, receiver: MailReceiver) -> Sent:
    """Sends one message and gives the address behind its button, or to unsubscribe."""

    async def sent(kind: str = "answers", *, reader: Any = None, **ordered: Any) -> str:
        consents = [
            word(purpose=purpose, at=datetime(2026, 1, 5, tzinfo=UTC))
            for purpose in ("newsletter", "events", "advertising")
        ]
        neighbours.customer("K-0001", **{"consents": consents, **(reader or {})})
        await notifier.dispatch(order(**ordered))
        await notifier.work()
        text = read(receiver.messages()[-1]).get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
        found: list[str] = re.findall(rf"https://kontakt\.example(/v1/{kind}/\S+)", text)
        return found[0]

    return sent


def heading(page: httpx.Response) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page.text)
    assert found, page.text
    return unescape(found[1])


def offered(page: httpx.Response) -> list[str]:
    """The values of the buttons of a page."""
    return re.findall(r'<button name="\S+" value="(\S+?)"', page.text)


async def told(notifier: Notifier) -> list[dict[str, Any]]:
    return [each["payload"] for each in await notifier.changes("message.answered")]


def test_exactly_the_messages_with_a_button_say_what_it_asks() -> None:
    for key, definition in TEMPLATES.items():
        text = MESSAGES._sources.texts[key].email
        buttons = [
            any(block.kind == "button" for block in words.blocks)
            for words in ((text.de, text.en) if text else ())
        ]
        assert set(buttons) <= {definition.answers is not None}, key
    assert {each.answers for each in TEMPLATES.values()} - {None} == set(BUTTONS)


@pytest.mark.parametrize("key", [key for key, each in TEMPLATES.items() if each.answers])
async def test_every_button_leads_to_yes_no_and_another_time(
    link_in_mail: Sent, notifier: Notifier, key: str
) -> None:
    template = TEMPLATES[key]
    path = await link_in_mail(template=key, purpose=template.purpose, data=DATA)
    page = await notifier.client.get(path)
    assert page.status_code == 200
    assert {"accept", "decline", "other_time"} <= set(offered(page))
    assert "None" not in page.text
    assert await told(notifier) == []


@pytest.mark.parametrize(
    ("about", "answer", "says"),
    [
        ("event", "accept", "Ihre Zusage ist angekommen"),
        ("event", "decline", "Ihre Absage ist vermerkt"),
        ("event", "other_time", "ein anderes Mal"),
        ("appointment", "accept", "vereinbart einen Termin"),
        ("appointment", "decline", "fragen zu diesem Gespräch nicht mehr nach"),
        ("appointment", "other_time", "erst, wenn Ihr Ansprechpartner ihn Ihnen bestätigt"),
        ("appointment", "call_me", "meldet sich bei Ihnen"),
    ],
)
async def test_each_button_does_what_it_says(
    link_in_mail: Sent, notifier: Notifier, about: AnswerAbout, answer: str, says: str
) -> None:
    path = await link_in_mail(**(INVITATION if about == "event" else REVIEW))
    page = await notifier.client.post(path, data={"answer": answer})
    assert (page.status_code, says in page.text) == (200, True), page.text
    (change,) = await told(notifier)
    assert (change["answer"], change["about"]) == (answer, about)
    (message,) = (await notifier.get("/messages"))["items"]
    assert (message["answer"], message["answered_at"]) == (
        answer,
        change["at"].replace("+00:00", "Z"),
    )


async def test_another_time_is_proposed_by_day_and_part_of_the_day(
    link_in_mail: Sent, notifier: Notifier
) -> None:
    path = await link_in_mail(**REVIEW)
    form = {"answer": "other_time", "on": "2026-12-01", "part": "evening"}
    page = await notifier.client.post(path, data=form)
    assert (
        heading(page) == "Diesen Termin schlage ich vor, am Dienstag, dem 1. Dezember 2026, abends"
    )
    (change,) = await told(notifier)
    assert (change["proposed_on"], change["proposed_part"]) == ("2026-12-01", "evening")
    shown = await notifier.client.get(path)
    assert (
        "Ihre Antwort vom 23. November 2026: Diesen Termin schlage ich vor, am Dienstag"
        in shown.text
    )


@pytest.mark.parametrize("day", ["2026-11-22", "2028-01-01", "nächste Woche", "2026-13-40"])
async def test_a_day_that_cannot_be_meant_is_asked_for_again(
    link_in_mail: Sent, notifier: Notifier, day: str
) -> None:
    path = await link_in_mail(**REVIEW)
    page = await notifier.client.post(path, data={"answer": "other_time", "on": day})
    assert page.status_code == 422
    assert "23. November 2026 bis zum 24. November 2027" in page.text
    assert "other_time" in offered(page)
    assert await told(notifier) == []


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"answer": "maybe"}},
        {"data": {"answer": "other_time", "part": "night"}},
        {"json": {"answer": "decline"}},
        {"content": b"decline", "headers": {"content-type": "text/plain"}},
        {"content": b"--x", "headers": {"content-type": "multipart/form-data"}},
    ],
)
async def test_what_is_no_answer_changes_nothing(
    link_in_mail: Sent, notifier: Notifier, sent: dict[str, Any]
) -> None:
    page = await notifier.client.post(await link_in_mail(**REVIEW), **sent)
    assert (page.status_code, page.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert "es wurde nichts geändert" in page.text
    assert await told(notifier) == []


async def test_a_second_click_is_told_once_and_another_answer_anew(
    link_in_mail: Sent, notifier: Notifier
) -> None:
    path = await link_in_mail(**INVITATION)
    for answer in ("accept", "accept", "decline", "decline", "accept"):
        assert (await notifier.client.post(path, data={"answer": answer})).status_code == 200
    assert [each["answer"] for each in await told(notifier)] == ["accept", "decline", "accept"]
    for _ in range(2):  # multipart, as some programs post forms
        await notifier.client.post(path, files={"answer": (None, "decline")})
    assert [each["answer"] for each in await told(notifier)][3:] == ["decline"]


async def test_the_same_wish_of_another_day_is_a_new_one(
    link_in_mail: Sent, notifier: Notifier
) -> None:
    path = await link_in_mail(**REVIEW)
    await notifier.client.post(path)
    await notifier.execute(
        "UPDATE message SET answered_at = answered_at - interval '2 days' WHERE agency_id = :agency"
    )
    await notifier.client.post(path)
    assert [each["answer"] for each in await told(notifier)] == ["call_me", "call_me"]


@pytest.mark.parametrize(
    "aged",
    [
        "UPDATE message SET transmitting_at = transmitting_at - interval '181 days'",
        "UPDATE message SET data = jsonb_set(data, '{starts_at}', '\"2026-11-23T09:00:00+01:00\"')",
        "DELETE FROM contact_copy",
    ],
)
async def test_after_its_time_nothing_can_be_answered_and_the_page_says_whom_to_ask(
    link_in_mail: Sent, notifier: Notifier, aged: str
) -> None:
    path = await link_in_mail(**INVITATION)
    await notifier.execute(f"{aged} WHERE agency_id = :agency")
    for page in (
        await notifier.client.get(path),
        await notifier.client.post(path, data={"answer": "accept"}),
    ):
        assert page.status_code == 410
        assert heading(page) == "Über diesen Link ist keine Antwort mehr möglich"
        erased = "contact_copy" in aged
        assert ("+49 3464 123456" in page.text) != erased
        assert ('<a href="tel:+49-3464-123456">+49 3464 123456</a> oder' in page.text) != erased
        assert (' oder <a href="mailto:post@musterbetrieb.example">' in page.text) != erased
    assert await told(notifier) == []


async def test_every_page_speaks_to_its_reader(link_in_mail: Sent, notifier: Notifier) -> None:
    english = {"reader": {"language": "en"}}
    path = await link_in_mail(**REVIEW, **english)
    page = await notifier.client.get(path, headers={"accept-language": "de"})
    assert (heading(page), '<html lang="en">' in page.text) == ("When would suit you?", True)
    assert "Or on a certain day" in page.text
    page = await notifier.client.post(path, data={"answer": "decline"})
    assert "Whenever you need us" in page.text
    familiar = {"reader": {"form_of_address": "du"}}
    path = await link_in_mail(dispatch_id="d-2", **REVIEW, **familiar)
    page = await notifier.client.get(path)
    assert heading(page) == "Wann passt es dir?"
    assert not re.search(r"\b(Sie|Ihnen|Ihre?)\b", page.text.partition("<footer>")[0])


async def test_unsubscribing_offers_this_and_all_advertising_in_the_readers_language(
    link_in_mail: Sent, notifier: Notifier
) -> None:
    path = await link_in_mail("unsubscribe")
    page = await notifier.client.get(path)
    assert offered(page) == ["One-Click", "advertising"]
    assert "den Rundbrief" in page.text
    assert "Gar keine Werbung mehr per E-Mail" in page.text
    assert await notifier.changes("consent.withdrawn") == []

    english = await link_in_mail("unsubscribe", reader={"language": "en"}, dispatch_id="d-2")
    page = await notifier.client.get(english)
    assert (heading(page), "No advertising by e-mail at all" in page.text) == ("Unsubscribe", True)
    page = await notifier.client.post(english, data={"scope": "advertising"})
    assert (heading(page), offered(page)) == ("Unsubscribed", [])
    withdrawn = {each["payload"]["purpose"] for each in await notifier.changes("consent.withdrawn")}
    assert withdrawn == {"advertising", "newsletter", "events", "review"}


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {},
        {"content": b"\xff\x00", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"scope%3Dadvertising", "headers": {"content-type": "text/plain"}},
    ],
)
async def test_one_click_ends_this_newsletter_whatever_a_mail_program_posts(
    link_in_mail: Sent, notifier: Notifier, sent: dict[str, Any]
) -> None:
    path = await link_in_mail("unsubscribe")
    clicked = await notifier.client.post(path, follow_redirects=False, **sent)
    assert (clicked.status_code, "set-cookie" in clicked.headers) == (200, False)
    assert offered(clicked) == ["advertising"], "the rest can still be stopped"
    (withdrawn,) = await notifier.changes("consent.withdrawn")
    assert withdrawn["payload"]["purpose"] == "newsletter"


@pytest.mark.parametrize("kind", ["answers", "unsubscribe"])
async def test_a_scanner_that_follows_links_changes_nothing(
    link_in_mail: Sent, notifier: Notifier, kind: str
) -> None:
    path = await link_in_mail(kind, template="how_are_you", purpose="advertising")
    for method, query in (
        ("GET", "?utm_source=mail&answer=accept&scope=advertising"),
        ("HEAD", ""),
        ("GET", "?List-Unsubscribe=One-Click"),
        ("OPTIONS", ""),
        ("PUT", ""),
    ):
        page = await notifier.client.request(method, path + query)
        assert page.status_code in (200, 405)
        assert page.headers["content-type"].startswith("text/html")
    assert await told(notifier) == []
    assert await notifier.changes("consent.withdrawn") == []


BROKEN = [
    "/v1/unsubscribe/eyJ.abc",
    "/v1/answers/eyJ.abc",
    "/v1/answers/" + "a" * 1100,
    "/v1/answers/%00",
    "/v1/unsubscribe/",
    "/v1/answers",
    "/v1/answers/a/b",
]


@pytest.mark.parametrize("path", BROKEN)
async def test_a_broken_link_shows_a_page(notifier: Notifier, path: str) -> None:
    for method in ("GET", "POST"):
        page = await notifier.client.request(method, path)
        assert page.status_code in (404, 405, 422)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert (heading(page), 'lang="de"' in page.text) == ("Dieser Link funktioniert nicht", True)
    english = {"accept-language": "fr;q=0.9, en-GB;q=0.8, de;q=0.5"}
    page = await notifier.client.get(path, headers=english)
    assert heading(page) == "This link does not work"
    document = await notifier.client.get(path, headers={"accept": "application/problem+json"})
    assert document.headers["content-type"] == "application/problem+json"


async def test_a_link_of_another_kind_agency_or_secret_does_nothing(
    link_in_mail: Sent, notifier: Notifier
) -> None:
    path = await link_in_mail("unsubscribe")
    crossed = path.replace("unsubscribe", "answers")
    assert heading(await notifier.client.post(crossed)) == "Dieser Link funktioniert nicht"
    (message,) = (await notifier.get("/messages"))["items"]
    link = PublicLink(
        kind="answer",
        agency_id="nachbar",
        customer_id="K-0001",
        message_id=message["message_id"],
    )
    other = make_token(link, secret=SECRET)
    assert (await notifier.client.post(f"/v1/answers/{other}")).status_code == 410
    forged = make_token(link, secret="a secret of somebody else")
    assert (await notifier.client.post(f"/v1/answers/{forged}")).status_code == 404
    assert await told(notifier) == []


async def test_no_page_can_be_framed_sniffed_kept_or_scripted(
    link_in_mail: Sent, notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = await link_in_mail(**REVIEW)
    unsubscribe = await link_in_mail("unsubscribe", dispatch_id="d-2")
    client = notifier.client
    shown = [await client.get(each) for each in (answers, unsubscribe, *BROKEN)]
    shown += [await client.post(each) for each in (answers, unsubscribe)]
    shown.append(await client.delete(answers))

    async def away(**_: Any) -> None:
        raise ConnectionError

    async def fails(**_: Any) -> None:
        raise NoLongerAnswerable(None)

    monkeypatch.setattr("services.notifier.usecases.answers.read_asked", fails)
    shown.append(await client.get(answers))
    monkeypatch.setattr("services.notifier.usecases.answers.read_asked", away)
    failed = await client.get(answers)
    assert (failed.status_code, heading(failed)) == (503, "Das hat gerade nicht geklappt")
    for page in (*shown, failed):
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers.get_list("x-content-type-options") == ["nosniff"]
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert not re.search(r"<script|style=|\bon\w+=|src=", page.text)


async def test_what_stands_in_a_subject_is_text_on_the_page(
    link_in_mail: Sent, notifier: Notifier
) -> None:
    data = {**EVENT, "title": "<b>Wein</b> & {{ s }}"}
    path = await link_in_mail(**{**INVITATION, "data": data})
    page = await notifier.client.get(path)
    assert "&lt;b&gt;Wein&lt;/b&gt; &amp; {{ s }}" in page.text


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/answ", "/gibt-es-nicht"])
async def test_a_browser_at_a_link_without_its_end_reads_a_page(
    notifier: Notifier, path: str
) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": "en-GB"}
    page = await notifier.client.get(path, headers=browser)
    assert (page.status_code, heading(page)) == (404, "This link does not work")
    assert page.headers["x-content-type-options"] == "nosniff"
    program = await notifier.client.get(path, headers={"accept": "*/*"})
    assert program.headers["content-type"] == "application/problem+json"
