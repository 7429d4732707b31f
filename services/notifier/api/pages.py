"""What the public pages show and how they are sent: no script, no frame, nothing from elsewhere."""

from collections.abc import Mapping
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from services.notifier.channels.templates.pages import (
    filled,
    style_digest,
    words_of,
    written_page,
)
from services.notifier.domain.answers import BUTTONS, Answer, proposable
from services.notifier.domain.pages import Button, Page, ProposalForm, Reader
from services.notifier.domain.salutations import Language
from services.notifier.usecases.answers import Asked
from shared.contracts.customers import ConsentPurpose
from shared.web.problems import ProblemType

PATHS = ("/v1/unsubscribe", "/v1/answers")
QUIET = frozenset({"other_time", "call_me", "decline"})


def html(page: Page, reader: Reader, *, status: int = 200) -> HTMLResponse:
    """Return the response: nobody keeps it, frames it, or learns the address with its token."""
    headers = {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex",
        "Content-Security-Policy": f"default-src 'none'; style-src {style_digest()}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    }
    return HTMLResponse(written_page(page, reader), status_code=status, headers=headers)


def unsubscribe_page(reader: Reader, purpose: ConsentPurpose) -> Page:
    """Ask before unsubscribing: from this kind of message, or from all advertising."""
    words = words_of(reader.language)
    this = Button(name="List-Unsubscribe", value="One-Click", label=words.unsubscribe["this"])
    return Page(
        title=words.unsubscribe["title"],
        texts=(filled(words.unsubscribe["question"], reader, what=words.names[purpose]),),
        buttons=(this, _no_advertising(reader)),
    )


def unsubscribed_page(reader: Reader, purpose: ConsentPurpose, *, everything: bool) -> Page:
    """Tell what no longer comes; all other advertising can still be stopped here."""
    words = words_of(reader.language)
    told = ("done_all", "still") if everything else ("done", "others", "still")
    return Page(
        title=words.unsubscribe["done_title"],
        texts=tuple(
            filled(words.unsubscribe[each], reader, what=words.names[purpose]) for each in told
        ),
        buttons=() if everything else (_no_advertising(reader),),
    )


def _no_advertising(reader: Reader) -> Button:
    label = words_of(reader.language).unsubscribe["all"]
    return Button(name="scope", value="advertising", label=label, quiet=True)


def answer_page(reader: Reader, asked: Asked, *, remark: str | None = None) -> Page:
    """Show what may be answered, and what was answered before."""
    words = words_of(reader.language)
    about = words.about[asked.about]
    buttons = BUTTONS[asked.about]
    first, last = proposable(asked.today)
    labels = {key: filled(label, reader) for key, label in about.labels.items()}
    proposes = "other_time" not in buttons
    return Page(
        title=filled(about.title, reader),
        texts=tuple(_matter(reader, asked)) + tuple(_given(reader, asked)),
        remark=remark,
        buttons=tuple(
            Button(name="answer", value=key, label=labels[key], quiet=key in QUIET)
            for key in buttons
        ),
        proposal=ProposalForm(label=labels["other_time"], first=first, last=last)
        if proposes
        else None,
    )


def answered_page(reader: Reader, asked: Asked, answer: Answer) -> Page:
    """Tell what happens now; the answer can be changed."""
    words = words_of(reader.language)
    return Page(
        title=_said(reader, asked, answer),
        texts=(filled(words.about[asked.about].done[answer.answer], reader),),
        again=words.answer["again"],
    )


def _matter(reader: Reader, asked: Asked) -> list[str]:
    if asked.subject is None:
        return []
    text = words_of(reader.language).answer["matter"]
    return [filled(text, reader, matter=asked.subject, sent_on=asked.sent_on)]


def _given(reader: Reader, asked: Asked) -> list[str]:
    if asked.given is None or asked.given.answer is None:
        return []
    said = _said(reader, asked, asked.given.answer)
    text = words_of(reader.language).answer["given"]
    return [filled(text, reader, answered=said, given_at=asked.given_on)]


def _said(reader: Reader, asked: Asked, answer: Answer) -> str:
    """Return an answer in words: its button, and the time that was proposed."""
    words = words_of(reader.language)
    label = filled(words.about[asked.about].labels[answer.answer], reader)
    if answer.proposed_on is None:
        return label
    part = answer.proposed_part and words.proposal.parts[answer.proposed_part]
    text = words.answer["proposed"]
    return filled(text, reader, label=label, on=answer.proposed_on, part=part)


def over_page(reader: Reader) -> Page:
    """Tell that this message cannot be answered any more, and whom to ask instead."""
    words = words_of(reader.language).over
    sender = reader.sender
    contact = (
        filled(words["contact"], reader, phone=sender.phone, email=sender.email)
        if sender
        else words["nobody"]
    )
    return Page(title=words["title"], texts=(words["text"], contact))


def problem_page(
    request: Request, problem: ProblemType, headers: Mapping[str, str]
) -> Response | None:
    """Return the page for a problem behind a public link; None for all other addresses.

    A browser that looks for what is nowhere gets it too: links lose their ends, down to the host.
    A program that asks for JSON alone gets JSON here as well.
    """
    path, accepted = request.url.path, request.headers.get("accept", "")
    lost = problem.status == NOT_FOUND and "text/html" in accepted
    if not lost and not any(path == each or path.startswith(f"{each}/") for each in PATHS):
        return None
    if "json" in accepted and "html" not in accepted:
        return None
    reader = Reader(language=language_of(request))
    words = words_of(reader.language)
    said = words.failed if problem.status >= 500 or problem.status == 429 else words.broken
    page = Page(title=said["title"], texts=(said["text"], said["hint"]))
    response = html(page, reader, status=problem.status)
    response.headers.update(headers)
    return response


NOT_FOUND: Final = 404
_LANGUAGES: Final[Mapping[str, Language]] = {"de": "de", "en": "en"}


def language_of(request: Request) -> Language:
    """Return what a browser prefers, where the reader is not known: German unless English."""
    preferred: tuple[float, Language] = (0.0, "de")
    for entry in request.headers.get("accept-language", "").split(","):
        tag, _, weight = entry.strip().partition(";")
        quality = _quality(weight)
        language = _LANGUAGES.get(tag.strip()[:2].lower())
        if language is not None and quality > preferred[0]:
            preferred = (quality, language)
    return preferred[1]


def _quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
