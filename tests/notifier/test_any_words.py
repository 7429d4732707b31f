"""Whatever a server answers or a book holds, reading it ends soon and in one of the known ways."""

import time
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.notifier.channels.email.outcomes import refusal
from services.notifier.channels.email.refusals import Meaning, Stage, meaning_of, says_why
from services.notifier.domain.addresses import AddressNotPostable, PostalAddress, address_lines
from services.notifier.domain.salutations import (
    FormOfAddress,
    Language,
    Person,
    Salutation,
    closing_line,
    full_name,
    greeting_line,
    name_lines,
)

WORDS = st.one_of(
    st.none(),
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            ["Dr.", "Prof.", "von", "der", "Freifrau", "Ute", "Bergmann-Groß", "Herr", "Frau", "z.",
             "Hd.", "(GF)", "und", "&", "/", ",", "GmbH", "eGbR", "Buchhaltung", "Familie", "jr."]
        ),
        max_size=7,
    ).map(" ".join),
)  # fmt: skip
PEOPLE = st.builds(
    Person,
    kind=st.sampled_from(["person", "company"]),
    salutation=st.sampled_from([None, *get_args(Salutation)]),
    title=WORDS,
    first_name=WORDS,
    last_name=WORDS,
    company_name=WORDS,
    contact_person=WORDS,
    form_of_address=st.sampled_from(get_args(FormOfAddress)),
    language=st.sampled_from(get_args(Language)),
    minor=st.booleans(),
)
REPLIES = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            ["5.1.1", "5.7.1", "4.2.2", "User unknown", "mailbox full", "relay", "blocked", "spam",
             "<a@b.example>", "try again later", "550", "\r\n", "#", "(", "no such user", "SPF"]
        ),
        max_size=12,
    ).map(" ".join),
)  # fmt: skip
STAGES = st.sampled_from(get_args(Stage))
UNHURRIED = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
SECONDS = 5.0
"""Of this process, for twenty thousand characters; a pattern that backtracks takes hours."""
LONG = 20_000


@given(code=st.integers(400, 599), text=REPLIES, stage=STAGES)
@UNHURRIED
def test_every_refusal_of_a_server_has_one_of_the_known_meanings(
    code: int, text: str, stage: Stage
) -> None:
    assert meaning_of(code, text, stage=stage) in get_args(Meaning)
    says_why(text)
    assert refusal(code, text, stage=stage) is not None


@given(code=st.integers(500, 599), stage=STAGES, text=st.text(max_size=80))
@UNHURRIED
def test_a_temporary_code_never_condemns_an_address(code: int, stage: Stage, text: str) -> None:
    assert meaning_of(code - 100, text, stage=stage) != "recipient"


@given(person=PEOPLE)
@UNHURRIED
def test_everybody_is_greeted_on_one_line_that_says_something(person: Person) -> None:
    for line in (greeting_line(person), closing_line(person)):
        assert line.strip()
        assert len(line.splitlines()) == 1
        assert "None" not in line or "None" in repr(person).replace("=None", "")
        assert "  " not in line
    full_name(person)
    assert all(len(line.splitlines()) <= 1 for line in name_lines(person))


@given(
    person=PEOPLE,
    street=WORDS,
    postcode=st.one_of(WORDS, st.from_regex(r"(D-)?[0-9]{4,5}", fullmatch=True)),
    city=WORDS,
    country=st.sampled_from(["DE", "AT", "GB", "XX", "de", ""]),
)
@UNHURRIED
def test_an_address_fits_its_zone_or_names_its_faults(
    person: Person, street: str | None, postcode: str | None, city: str | None, country: str
) -> None:
    address = PostalAddress(
        street=street or "", postcode=postcode or "", city=city or "", country=country
    )
    try:
        lines = address_lines(person, address)
    except AddressNotPostable as refused:
        lines, told = (), str(refused)
    else:
        told = "fits"
    assert len(lines) <= 6
    assert told.strip()


READERS: dict[str, Callable[[str], object]] = {
    "reply": lambda text: meaning_of(550, text, stage="rcpt"),
    "greeting": lambda text: greeting_line(Person(last_name=text, first_name=text, title=text)),
    "contact": lambda text: greeting_line(
        Person(kind="company", company_name=text, contact_person=text)
    ),
    "lines": lambda text: name_lines(Person(kind="company", company_name=text, last_name=text)),
}
PIECES = [
    "0",
    "5.",
    "a",
    " ",
    "-",
    "Dr. ",
    "a@b.",
    "<",
    "(",
    "von ",
    " und ",
    ", ",
    "mailbox ",
    "é",
]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_takes_no_longer_than_its_length(reader: str, piece: str) -> None:
    text = (piece * LONG)[:LONG] + "!"
    began = time.process_time()
    READERS[reader](text)
    assert time.process_time() - began < SECONDS
