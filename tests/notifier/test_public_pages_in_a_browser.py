"""The public pages as customers see them: style, buttons, a narrow phone, and both languages.

What only a browser can tell: whether the page's own policy lets its style sheet in, whether
everything fits, and what a press of a button leads to.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fixtures.browsers import DESKTOP, PHONE, Browser
from tests.fixtures.raw_http import served
from tests.notifier.conftest import Notifier
from tests.notifier.test_public_pages import INVITATION, REVIEW, Sent, link_in_mail, told

__all__ = ["link_in_mail"]

PRIMARY = "rgb(31, 92, 85)"
SMALLEST_TARGET = 44
"""CSS pixels that a finger hits surely (WCAG 2.2, 2.5.5)."""
SMALLEST_TEXT = 16
"""CSS pixels. A phone zooms in on a field with smaller text, and the page no longer fits."""
GERMAN: Any = {"language": "de"}
ENGLISH: Any = {"language": "en"}


@dataclass(frozen=True, slots=True)
class Site:
    """The notifier's own address, as it is behind a proxy."""

    url: str

    def at(self, path: str) -> str:
        return f"{self.url}{path}"


@pytest.fixture
async def site(notifier: Notifier) -> AsyncIterator[Site]:
    """The app behind the real server."""
    async with served(notifier.app) as port:
        yield Site(f"http://127.0.0.1:{port}")


def assert_looks_right(browser: Browser, language: str) -> None:
    """Whatever every page must be, on a phone and on a desk."""
    assert browser.value("document.documentElement.lang") == language
    assert browser.value("document.title") == browser.heading
    refused = [each for each in browser.complaints() if "status of 4" not in each]
    assert refused == [], "the page's policy keeps something out that the page needs"
    for width in (PHONE, DESKTOP):
        browser.width(width)
        assert browser.value("document.documentElement.scrollWidth <= innerWidth"), browser.text
        for each in browser.every("//button | //input | //select"):
            size, style = each.rect, each.value_of_css_property
            assert size["height"] >= SMALLEST_TARGET, each.text
            assert size["x"] + size["width"] <= width, each.text
            assert float(style("font-size").removesuffix("px")) >= SMALLEST_TEXT
        for button in browser.every("//button[1][not(contains(@class, 'quiet'))]"):
            assert button.value_of_css_property("background-color") in (PRIMARY, _with_alpha())


def _with_alpha() -> str:
    return PRIMARY.replace("rgb", "rgba").replace(")", ", 1)")


@pytest.mark.parametrize(
    ("reader", "no", "changed", "again", "sure", "proposed"),
    [
        (
            GERMAN,
            "Nein, dieses Mal nicht",
            "Antwort ändern",
            "Ihre Antwort vom 23. November 2026: Nein, dieses Mal nicht",
            "Diesen Termin schlage ich vor",
            "Diesen Termin schlage ich vor, am Donnerstag, dem 17. Dezember 2026, vormittags",
        ),
        (
            ENGLISH,
            "No, not this time",
            "Change the answer",
            "Your answer of 23 November 2026: No, not this time",
            "I propose this time",
            "I propose this time, on Thursday, 17 December 2026, in the morning",
        ),
    ],
    ids=["German", "English"],
)
async def test_a_customer_declines_then_changes_the_answer_to_a_day_of_their_own(
    link_in_mail: Sent,
    notifier: Notifier,
    site: Site,
    browser: Browser,
    reader: Any,
    no: str,
    changed: str,
    again: str,
    sure: str,
    proposed: str,
) -> None:
    path, language = await link_in_mail(**REVIEW, reader=reader), reader["language"]

    def visit(browser: Browser) -> None:
        browser.open(site.at(path))
        assert_looks_right(browser, language)
        browser.press(no)
        assert browser.heading == no
        assert_looks_right(browser, language)
        browser.press(changed)
        assert again in browser.text
        browser.find(f"//button[.='{sure}']").click()
        assert browser.value("document.querySelector('input:invalid').name") == "on", "day missing"
        browser.find("//input[@type='date']").send_keys("12172026")
        browser.find("//option[@value='morning']").click()
        browser.press(sure)
        assert browser.heading == proposed
        assert_looks_right(browser, language)

    await browser.run(visit)
    answered = [(each["answer"], each.get("proposed_on")) for each in await told(notifier)]
    assert answered == [("decline", None), ("other_time", "2026-12-17")]


@pytest.mark.parametrize(
    ("reader", "this", "everything", "left"),
    [
        (
            GERMAN,
            "Ja, abmelden",
            "Gar keine Werbung mehr per E-Mail",
            "Nachrichten, die zu Ihren Verträgen",
        ),
        (
            ENGLISH,
            "Yes, unsubscribe",
            "No advertising by e-mail at all",
            "messages that belong to your contracts",
        ),
    ],
    ids=["German", "English"],
)
async def test_a_customer_ends_the_newsletter_and_then_all_advertising(
    link_in_mail: Sent,
    notifier: Notifier,
    site: Site,
    browser: Browser,
    reader: Any,
    this: str,
    everything: str,
    left: str,
) -> None:
    path, language = await link_in_mail("unsubscribe", reader=reader), reader["language"]

    def visit(browser: Browser) -> None:
        browser.open(site.at(path))
        assert_looks_right(browser, language)
        browser.press(this)
        assert left in browser.text
        assert_looks_right(browser, language)
        browser.press(everything)
        assert left in browser.text
        assert browser.every("//button") == [], "nothing is left to be ended"
        assert_looks_right(browser, language)

    await browser.run(visit)
    ended = [each["payload"]["purpose"] for each in await notifier.changes("consent.withdrawn")]
    assert ended[0] == "newsletter"
    assert set(ended) == {"newsletter", "events", "advertising", "review"}


async def test_old_and_broken_links_say_in_the_readers_language_what_to_do(
    link_in_mail: Sent, notifier: Notifier, site: Site, browser: Browser
) -> None:
    path = await link_in_mail(**INVITATION, reader=ENGLISH)
    await notifier.execute(
        "UPDATE message SET transmitting_at = transmitting_at - interval '181 days'"
        " WHERE agency_id = :agency"
    )

    def visit(browser: Browser) -> None:
        browser.open(site.at(path))
        assert browser.heading == "This link can no longer be answered"
        assert "+49 3464 123456" in browser.text
        assert_looks_right(browser, "en")
        for prefers, heading in (
            ("de-AT,en;q=0.5", "Dieser Link funktioniert nicht"),
            ("en-GB,de;q=0.5", "This link does not work"),
        ):
            browser.prefers(prefers)
            browser.open(site.at(path[:-9]))
            assert browser.heading == heading
            assert_looks_right(browser, prefers[:2])

    await browser.run(visit)
    assert await told(notifier) == []
