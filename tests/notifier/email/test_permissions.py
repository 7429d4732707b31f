"""May this message be sent? Every combination, and the cases that people ask about."""

from datetime import date, timedelta
from itertools import product
from typing import Any, get_args

import pytest

from services.notifier.domain.permissions import (
    SENTENCES,
    Allowed,
    Question,
    Suppressed,
    SuppressionReason,
    permission,
)
from shared.contracts.contacts import (
    ContactBlock,
    ContactConsent,
    ContactMandate,
    ContactObjections,
)
from shared.contracts.customers import ConsentBasis, ConsentState
from shared.contracts.dispatches import DispatchChannel, MessagePurpose
from tests.notifier.email.examples import NOW, TODAY, ute, word

CHANNELS: tuple[DispatchChannel, ...] = get_args(DispatchChannel)
PURPOSES: tuple[MessagePurpose, ...] = get_args(MessagePurpose)
R = SuppressionReason
OBJECTS = ContactObjections(advertising=NOW)
NO_PROFILE = ContactObjections(profiling=NOW)
BOUNCED = [ContactBlock(channel="email", reason="bounced", at=NOW)]
ENDED = ContactMandate(contract=True, ended_on=TODAY - timedelta(days=1))
LAST_DAY = ContactMandate(contract=True, ended_on=TODAY)
NEXT_YEAR = ContactMandate(contract=True, ended_on=TODAY + timedelta(days=200))
REFUSED = ContactMandate(contract=False, power_of_attorney=False)
SALE = word(basis="existing_customer", wording="Sie können jederzeit widersprechen.")
YES = [word()]


def asked(purpose: MessagePurpose = "advertising", **more: Any) -> Question:
    return Question(channel=more.pop("channel", "email"), purpose=purpose, **more)


def verdict(question: Question, **customer: Any) -> str:
    """The basis that allows, or the reason that forbids."""
    answer = permission(question, ute(**customer), as_of=TODAY)
    return answer.basis if isinstance(answer, Allowed) else answer.reason


@pytest.mark.parametrize(
    ("question", "customer", "expected"),
    [
        (asked("service"), {}, "service"),
        (asked("service"), {"deceased": True}, R.DECEASED),
        (asked("service"), {"blocks": BOUNCED}, R.ADDRESS_BLOCKED),
        (asked("service", channel="letter"), {"blocks": BOUNCED}, "service"),
        (asked("service"), {"email": None}, R.ADDRESS_MISSING),
        (asked("service", channel="letter"), {"address": None}, R.ADDRESS_MISSING),
        (asked("service"), {"mandate": ENDED}, R.MANDATE_ENDED),
        (asked("service"), {"mandate": LAST_DAY}, "service"),
        (asked(), {"mandate": LAST_DAY, "consents": YES}, R.MANDATE_ENDING),
        (asked(), {"mandate": NEXT_YEAR, "consents": YES}, R.MANDATE_ENDING),
        (asked("newsletter", channel="letter"), {"mandate": NEXT_YEAR}, R.MANDATE_ENDING),
        (asked("service", channel="letter"), {"mandate": NEXT_YEAR}, "service"),
        (asked("service"), {"status": "former"}, R.MANDATE_ENDED),
        (asked("service", winding_up=True), {"mandate": ENDED}, "service"),
        (asked("service"), {"mandate": REFUSED}, R.NO_MANDATE),
        (asked("service", before_mandate=True), {"mandate": REFUSED}, "service"),
        (asked("service"), {"mandate": REFUSED, "status": "prospect"}, "service"),
        (asked("service"), {"objections": OBJECTS, "minor": True}, "service"),
        (asked(), {}, R.NO_CONSENT),
        (asked(), {"consents": YES}, "consent"),
        (asked(), {"consents": YES, "objections": OBJECTS}, R.OBJECTION_ADVERTISING),
        (asked(), {"consents": YES, "objections": NO_PROFILE}, "consent"),
        (
            asked(from_profile=True),
            {"consents": YES, "objections": NO_PROFILE},
            R.OBJECTION_PROFILING,
        ),
        (asked(), {"consents": YES, "minor": True}, R.MINOR),
        (asked(), {"consents": [word(state="denied")]}, R.CONSENT_DENIED),
        (asked(), {"consents": [word(state="withdrawn")]}, R.CONSENT_WITHDRAWN),
        (asked(), {"consents": [word(confirmed=False)]}, R.CONSENT_UNCONFIRMED),
        (asked(), {"consents": [word(confirmed=True)]}, "consent"),
        (asked(), {"consents": [word(channel="letter")]}, R.NO_CONSENT),
        (asked(), {"consents": [word(basis="legitimate_interest")]}, R.NO_CONSENT),
        (asked("newsletter"), {"consents": YES}, R.NO_CONSENT),
        (asked("newsletter"), {"consents": [word(purpose="newsletter")]}, "consent"),
        (asked("events"), {"consents": [word(purpose="events")]}, "consent"),
        (asked(consent="review"), {"consents": YES}, R.NO_CONSENT),
        (asked(consent="review"), {"consents": [word(purpose="review")]}, "consent"),
        (asked(), {"consents": [SALE]}, "existing_customer"),
        (asked("newsletter"), {"consents": [SALE]}, "existing_customer"),
        (asked("events"), {"consents": [SALE]}, R.NO_CONSENT),
        (asked(), {"consents": [SALE], "status": "prospect"}, R.NO_CONSENT),
        (asked(), {"consents": [SALE.model_copy(update={"wording": None})]}, R.NO_CONSENT),
        (asked(), {"consents": [SALE.model_copy(update={"source": "GDV 0100"})]}, R.NO_CONSENT),
        (
            asked("newsletter"),
            {"consents": [SALE.model_copy(update={"purpose": "newsletter"}), word(state="denied")]},
            R.NO_CONSENT,
        ),
        (asked(channel="letter"), {}, "legitimate_interest"),
        (asked(channel="letter"), {"objections": OBJECTS}, R.OBJECTION_ADVERTISING),
        (asked(channel="letter"), {"minor": True}, R.MINOR),
        (
            asked(channel="letter"),
            {"consents": [word(channel="letter", state="withdrawn")]},
            R.CONSENT_WITHDRAWN,
        ),
        (asked("staff"), {"deceased": True, "email": None}, "staff"),
    ],
)
def test_the_law_answers_each_case(
    question: Question, customer: dict[str, Any], expected: str
) -> None:
    assert verdict(question, **customer) == expected


def test_the_newest_word_of_a_customer_counts() -> None:
    withdrawn_later = word(state="withdrawn", at=NOW + timedelta(days=1))
    granted_again = word(at=NOW + timedelta(days=2))
    assert verdict(asked(), consents=[withdrawn_later, word()]) == R.CONSENT_WITHDRAWN
    assert verdict(asked(), consents=[granted_again, withdrawn_later, word()]) == "consent"


def every_case() -> list[tuple[Question, dict[str, Any], str]]:
    """All questions against all customers that differ in what the law looks at."""
    states: tuple[ConsentState, ...] = get_args(ConsentState)
    bases: tuple[ConsentBasis, ...] = get_args(ConsentBasis)
    words: list[list[ContactConsent]] = [[]]
    words += [
        [word(purpose=purpose, channel=channel, state=state, basis=basis)]
        for purpose, channel, state, basis in product(
            ("advertising", "newsletter", "events"), ("email", "letter"), states, bases
        )
    ]
    questions = [
        Question(channel=channel, purpose=purpose, winding_up=winding_up)
        for channel, purpose, winding_up in product(CHANNELS, PURPOSES, (False, True))
    ]
    customers = [
        {
            "deceased": deceased,
            "minor": minor,
            "objections": objections,
            "mandate": mandate,
            "consents": consents,
            "email": email,
        }
        for deceased, minor, objections, mandate, consents, email in product(
            (False, True),
            (False, True),
            (ContactObjections(), OBJECTS),
            (None, ENDED),
            words,
            ("ute@example.org", None),
        )
    ]
    return [(q, c, verdict(q, **c)) for q, c in product(questions, customers)]


def test_no_combination_breaks_a_rule_of_the_law() -> None:
    for question, customer, answer in every_case():
        if question.purpose == "staff":
            assert answer == "staff"
            continue
        allowed = answer not in set(SuppressionReason)
        advertises = question.purpose != "service"
        own = [
            c
            for c in customer["consents"]
            if c.channel == question.channel and c.purpose == question.purpose
        ]
        if customer["deceased"]:
            assert answer == R.DECEASED
        if customer["mandate"] is ENDED and not question.winding_up:
            assert not allowed
        if advertises and (customer["minor"] or customer["objections"] is OBJECTS):
            assert not allowed
        if question.channel == "email" and customer["email"] is None:
            assert not allowed
        if question.channel == "email" and advertises and allowed:
            assert customer["consents"], "no e-mail advertising without a word of the customer"
            assert all(c.state == "granted" for c in customer["consents"])
        if question.channel != "webhook" and advertises and own and own[0].state != "granted":
            assert not allowed
        if not advertises:
            assert answer == verdict(question, **{**customer, "consents": []})


def test_every_reason_can_be_read_out_in_german() -> None:
    assert set(SENTENCES) == set(SuppressionReason)
    answer = permission(asked(), ute(), as_of=date(2026, 1, 1))
    assert isinstance(answer, Suppressed)
    assert answer.sentence == "Für Werbung per E-Mail fehlt die Einwilligung (§ 7 UWG)."


@pytest.mark.parametrize("refused", ["newsletter", "review", "advertising"])
@pytest.mark.parametrize("purpose", ["advertising", "newsletter"])
def test_an_objection_to_use_ends_the_exception_for_all_purposes(
    refused: str, purpose: MessagePurpose
) -> None:
    objected = SALE.model_copy(
        update={
            "purpose": refused,
            "state": "withdrawn",
            "at": SALE.at + timedelta(days=1),
            "basis": "consent",
        }
    )
    answer = permission(asked(purpose), ute(consents=[SALE, objected]), as_of=TODAY)
    assert isinstance(answer, Suppressed)
