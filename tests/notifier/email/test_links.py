"""Public links: what comes back is what was signed, and nothing else comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.public_links import (
    InvalidLink,
    LinkSecretTooShort,
    PublicLink,
    make_token,
    verify_token,
)

SECRET = "a-secret-of-at-least-16-bytes"
LINK = PublicLink(
    kind="unsubscribe", agency_id="musterbetrieb", customer_id="K-0001", purpose="newsletter"
)


def test_a_token_says_what_was_signed_and_fits_into_a_url() -> None:
    token = make_token(LINK, secret=SECRET)
    assert verify_token(token, secrets=[SECRET]) == LINK
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def test_an_old_secret_still_lets_people_unsubscribe() -> None:
    token = make_token(LINK, secret="the-secret-of-last-year")
    assert verify_token(token, secrets=[SECRET, "the-secret-of-last-year"]) == LINK
    with pytest.raises(InvalidLink):
        verify_token(token, secrets=[SECRET])


def test_every_changed_character_is_noticed() -> None:
    token = make_token(LINK, secret=SECRET)
    for place, character in enumerate(token):
        changed = token[:place] + ("A" if character != "A" else "B") + token[place + 1 :]
        with pytest.raises(InvalidLink):
            verify_token(changed, secrets=[SECRET])


@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("latin-1"))))
def test_garbage_has_one_name(garbage: str) -> None:
    with pytest.raises(InvalidLink):
        verify_token(garbage, secrets=[SECRET])


def test_a_short_secret_signs_nothing() -> None:
    with pytest.raises(LinkSecretTooShort):
        make_token(LINK, secret="short")
