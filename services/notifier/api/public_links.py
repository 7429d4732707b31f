"""Pages behind the links of a mail. The signed link is the only proof, without cookies or
redirects.

A GET never changes anything, because mail programs fetch links in order to check them. The page has
buttons that post, and so does a mail program's own unsubscribe button (RFC 8058).
"""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from services.notifier.api import pages
from services.notifier.api.access import HeldHere
from services.notifier.api.pages import html, language_of
from services.notifier.channels.templates.pages import filled, words_of
from services.notifier.domain.answers import AnswerUnreadable, ProposalUnreadable, read_answer
from services.notifier.domain.pages import Reader
from services.notifier.domain.public_links import LONGEST_TOKEN
from services.notifier.usecases import answers, public_links
from services.notifier.usecases.answers import NoLongerAnswerable
from services.notifier.usecases.public_links import read_link
from shared.contracts.problems import MEDIA_TYPE as PROBLEM

Token = Annotated[
    str, Path(max_length=LONGEST_TOKEN, description="the signed end of a link in a mail")
]

GONE = 410
NOT_UNDERSTOOD = 422
SHOWN = {
    404: "A page: the link is none of ours, or was cut off (`link-not-valid`, `not-found`)",
    410: "A page: the message can no longer be answered",
    412: "A page: nothing here has a version that could be compared",
    413: "A page: the body is too large",
    422: "A page: what was sent is no answer; nothing was changed",
    503: "A page: something is away for the moment",
}
PAGES: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"text/html": {}, PROBLEM: {}}}
    for status, text in SHOWN.items()
}
"""Who asks for JSON alone gets a problem document."""

router = APIRouter(tags=["public links"], responses=PAGES)


@router.get("/unsubscribe/{token}", summary="Ask before unsubscribing", response_class=HTMLResponse)
async def show_unsubscribe(resources: HeldHere, token: Token, request: Request) -> HTMLResponse:
    """A page with two buttons; looking at it changes nothing."""
    link = read_link(token, kind="unsubscribe", secrets=resources.link_secrets)
    assert link.purpose is not None, "read_link refuses an unsubscribe without a purpose"
    known = await public_links.reader_of_link(database=resources.database, link=link)
    reader = known or Reader(language=language_of(request))
    return html(pages.unsubscribe_page(reader, link.purpose), reader)


@router.post("/unsubscribe/{token}", summary="Unsubscribe", response_class=HTMLResponse)
async def unsubscribe(resources: HeldHere, token: Token, request: Request) -> HTMLResponse:
    """Unsubscribe by one click (RFC 8058): the link alone is the proof, whatever the body says.

    The page's second button ends all advertising by e-mail.
    """
    link = read_link(token, kind="unsubscribe", secrets=resources.link_secrets)
    everything = (await _form_of(request) or {}).get("scope") == "advertising"
    purpose = await public_links.unsubscribe(
        database=resources.database,
        recipients=resources.recipients,
        link=link,
        all_advertising=everything,
        now=resources.clock.now(),
    )
    known = await public_links.reader_of_link(database=resources.database, link=link)
    reader = known or Reader(language=language_of(request))
    return html(pages.unsubscribed_page(reader, purpose, everything=everything), reader)


@router.get("/answers/{token}", summary="Ask before answering", response_class=HTMLResponse)
async def show_answer(resources: HeldHere, token: Token, request: Request) -> HTMLResponse:
    """A page with the possible answers; looking at it changes nothing."""
    link = read_link(token, kind="answer", secrets=resources.link_secrets)
    now = resources.clock.now()
    try:
        reader, asked = await answers.read_asked(database=resources.database, link=link, now=now)
    except NoLongerAnswerable as over:
        return _over(over, request)
    return html(pages.answer_page(reader, asked), reader)


@router.post("/answers/{token}", summary="Answer a message", response_class=HTMLResponse)
async def answer(resources: HeldHere, token: Token, request: Request) -> HTMLResponse:
    """Keep an answer and tell the agency; a later one takes its place.

    The form's `answer` is `accept`, `decline`, `call_me` or `other_time`; the last may have a day
    (`on`) and a part of it (`part`). Without a form it is `call_me`.
    """
    link = read_link(token, kind="answer", secrets=resources.link_secrets)
    form, now = await _form_of(request), resources.clock.now()
    database = resources.database
    try:
        reader, asked = await answers.read_asked(database=database, link=link, now=now)
        try:
            if form is None:
                raise AnswerUnreadable
            given = read_answer(form, about=asked.about, today=asked.today)
        except (AnswerUnreadable, ProposalUnreadable) as error:
            page = pages.answer_page(reader, asked, remark=_remark(reader, error))
            return html(page, reader, status=NOT_UNDERSTOOD)
        reader, asked = await answers.answer(database=database, link=link, answer=given, now=now)
    except NoLongerAnswerable as over:
        return _over(over, request)
    return html(pages.answered_page(reader, asked, given), reader)


def _over(over: NoLongerAnswerable, request: Request) -> HTMLResponse:
    reader = over.reader or Reader(language=language_of(request))
    return html(pages.over_page(reader), reader, status=GONE)


def _remark(reader: Reader, error: AnswerUnreadable | ProposalUnreadable) -> str:
    words = words_of(reader.language).answer
    if isinstance(error, ProposalUnreadable):
        return filled(words["day_unreadable"], reader, first=error.first, last=error.last)
    return filled(words["unreadable"], reader)


async def _form_of(request: Request) -> dict[str, str] | None:
    """Return the fields of a form; none if the body is empty, None if it is no form at all."""
    if not await request.body():
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return None
    try:
        form = await request.form()
    except HTTPException:
        return None
    return {name: value for name, value in form.items() if isinstance(value, str)}
