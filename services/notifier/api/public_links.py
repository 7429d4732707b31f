"""Pages behind the links of a mail. The signed link is the only proof, without cookies or
redirects.

A GET never changes anything, because mail programs fetch links in order to check them. The page has
a button that posts, and so does a mail program's own unsubscribe button (RFC 8058).
"""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from services.notifier.api.access import HeldHere
from services.notifier.domain.public_links import LONGEST_TOKEN
from services.notifier.usecases import public_links
from services.notifier.usecases.public_links import read_link
from shared.contracts.customers import ConsentPurpose

router = APIRouter(tags=["public links"])

Token = Annotated[
    str, Path(max_length=LONGEST_TOKEN, description="the signed end of a link in a mail")
]

NAMES: dict[ConsentPurpose, str] = {
    "advertising": "Angebote und Hinweise",
    "newsletter": "den Rundbrief",
    "events": "Einladungen",
    "review": "Einladungen zum Gespräch",
}
PAGE = """<!doctype html>
<html lang="de"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>{title}</title>
<style>body{{font:17px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.5rem;
color:#22312f}}button{{font:inherit;padding:.7rem 1.4rem;border:0;border-radius:.4rem;
background:#1f5c55;color:#fff}}</style></head>
<body><h1>{title}</h1><p>{text}</p>{form}</body></html>
"""
FORM = (
    '<form method="post"><button name="List-Unsubscribe" value="One-Click">{label}</button></form>'
)
NO_ADVERTISING = b"scope=advertising"
NO_ADVERTISING_FORM = (
    '<form method="post" style="margin-top:1rem"><button name="scope" value="advertising">'
    "Gar keine Werbung mehr per E-Mail</button></form>"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}


@router.get("/unsubscribe/{token}", summary="Ask before unsubscribing", response_class=HTMLResponse)
async def show_unsubscribe(resources: HeldHere, token: Token) -> HTMLResponse:
    """A page with a button; looking at it changes nothing."""
    link = read_link(token, kind="unsubscribe", secrets=resources.link_secrets)
    assert link.purpose is not None, "read_link refuses an unsubscribe without a purpose"
    return _page(
        "Abmelden",
        f"Möchten Sie {NAMES[link.purpose]} künftig nicht mehr per E-Mail erhalten?",
        label="Ja, abmelden",
        more=NO_ADVERTISING_FORM,
    )


@router.post("/unsubscribe/{token}", summary="Unsubscribe", response_class=HTMLResponse)
async def unsubscribe(resources: HeldHere, token: Token, request: Request) -> HTMLResponse:
    """Unsubscribe by one click (RFC 8058): the link alone is the proof, whatever the body says.

    The page's second button ends all advertising by e-mail.
    """
    everything = NO_ADVERTISING in await request.body()
    link = read_link(token, kind="unsubscribe", secrets=resources.link_secrets)
    purpose = await public_links.unsubscribe(
        database=resources.database,
        link=link,
        all_advertising=everything,
        now=resources.clock.now(),
    )
    if everything:
        return _page("Abgemeldet", "Sie erhalten keine Werbung mehr per E-Mail.")
    return _page("Abgemeldet", f"Sie erhalten {NAMES[purpose]} nicht mehr per E-Mail.")


@router.get("/answers/{token}", summary="Ask before answering", response_class=HTMLResponse)
async def show_answer(resources: HeldHere, token: Token) -> HTMLResponse:
    """A page with a button; looking at it changes nothing."""
    read_link(token, kind="answer", secrets=resources.link_secrets)
    return _page(
        "Melden Sie sich bei mir",
        "Ein Klick genügt: Ihr Ansprechpartner meldet sich bei Ihnen.",
        label="Bitte melden",
    )


@router.post("/answers/{token}", summary="Ask to be contacted", response_class=HTMLResponse)
async def answer(resources: HeldHere, token: Token) -> HTMLResponse:
    """Tell the agency, once, that the customer wants to hear from it about this message."""
    link = read_link(token, kind="answer", secrets=resources.link_secrets)
    await public_links.answer(database=resources.database, link=link, now=resources.clock.now())
    return _page("Vielen Dank", "Ihr Ansprechpartner meldet sich bei Ihnen.")


def _page(title: str, text: str, *, label: str | None = None, more: str = "") -> HTMLResponse:
    form = FORM.format(label=escape(label)) + more if label else ""
    page = PAGE.format(title=escape(title), text=escape(text), form=form)
    return HTMLResponse(page, headers=HEADERS)
