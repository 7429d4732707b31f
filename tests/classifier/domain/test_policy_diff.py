"""What a version says otherwise than another, and what no version may say."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from services.classifier.domain.needs import default_policy
from services.classifier.domain.policy_checks import PolicyContradictory, require_sound, warnings_of
from services.classifier.domain.policy_diff import differences, value_at
from services.classifier.domain.policy_words import CONDITIONS, FIELDS, NEED_FIELDS
from shared.contracts.policies import Conditions, Need, Policy
from tests.classifier.domain.builders import FOUR

LEAVES = {"threshold"}
"""Values with words of their own: their parts mean nothing alone."""


def fields_of(model: BaseModel, place: str = "") -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel) and name not in LEAVES:
            yield from fields_of(value, f"{place}/{name}")
        else:
            yield f"{place}/{name}"


def changed(**fields: Any) -> Policy:
    return Policy.model_validate(FOUR.model_dump(mode="json") | fields)


def need(line: str = "household", **fields: Any) -> dict[str, Any]:
    return {
        "line": line,
        "when": {"home": ["owns"]},
        "expected_cents": 2400,
        "probability": 0.5,
        "reason_de": "Hausrat",
        "source": "Annahme",
    } | fields


def told(old: Policy, new: Policy) -> list[tuple[str, str]]:
    return [(each.pointer, each.de) for each in differences(old, new)]


def test_every_field_of_a_policy_has_words() -> None:
    assert set(fields_of(FOUR)) == {*FIELDS, "/needs"}
    assert set(Need.model_fields) == {*NEED_FIELDS, "line", "kind", "when"}
    assert set(Conditions.model_fields) == set(CONDITIONS)


OTHER: dict[str, Any] = {
    "/model": "revenue_effort",
    "/name": "Anders",
    "/revenue/threshold": {"kind": "amount", "cents": 40000},
    "/potential/threshold": {"kind": "top_share", "share": 0.2},
    "/health_data": True,
    "/stability/upgrade_immediately": False,
    "/stability/band": 0.25,
    "/effort/ratio_limit": 0.75,
}


@pytest.mark.parametrize("pointer", sorted(FIELDS))
def test_every_changed_field_is_told_with_both_values(pointer: str) -> None:
    body = FOUR.model_dump(mode="json")
    inner, (*path, name) = body, pointer.strip("/").split("/")
    for part in path:
        inner = inner[part]
    inner[name] = OTHER.get(pointer, inner[name] + 1 if isinstance(inner[name], int) else None)
    new = Policy.model_validate(body)
    (found,) = differences(FOUR, new)
    assert found.pointer == pointer
    assert (found.old, found.new) != (None, None)
    for sentence, (before, after) in (
        (found.de, _words(pointer, new, 0)),
        (found.en, _words(pointer, new, 1)),
    ):
        assert sentence.endswith(".")
        assert after in sentence
        assert before.split(" ")[0] in sentence or isinstance(found.new, bool)
    (back,) = differences(new, FOUR)
    assert (back.old, back.new) == (found.new, found.old)
    assert back.de != found.de


def _words(pointer: str, new: Policy, language: int) -> tuple[str, str]:
    field = FIELDS[pointer]
    return (
        field.words(value_at(FOUR, pointer))[language],
        field.words(value_at(new, pointer))[language],
    )


def test_a_threshold_is_raised_lowered_or_of_another_kind() -> None:
    higher = changed(revenue={"threshold": {"kind": "amount", "cents": 40000}})
    share = changed(revenue={"threshold": {"kind": "pareto", "share": 0.8}})
    assert told(FOUR, higher) == [
        ("/revenue/threshold", "Ertragsschwelle: von 300,00 € auf 400,00 € erhöht.")
    ]
    assert told(higher, FOUR) == [
        ("/revenue/threshold", "Ertragsschwelle: von 400,00 € auf 300,00 € gesenkt.")
    ]
    assert told(FOUR, share) == [
        (
            "/revenue/threshold",
            "Ertragsschwelle: statt 300,00 € jetzt wer zusammen 80 % der Summe bringt.",
        )
    ]
    (english,) = differences(FOUR, higher)
    assert english.en == "Revenue threshold: raised from €300.00 to €400.00."


def test_a_policy_differs_in_nothing_from_itself() -> None:
    assert differences(FOUR, default_policy()) == []


def test_needs_are_new_gone_or_changed_by_line_and_kind() -> None:
    old = changed(needs=[need(), need("legal", when={"vehicles": {"min": 1}})])
    new = changed(
        needs=[
            need("glass", when={"home": ["rents"], "age": {"max": 30}}),
            need(expected_cents=3000, when={"home": ["owns", "rents"]}),
        ]
    )
    assert told(old, new) == [
        (
            "/needs/0",
            "Bedarf Glas (fehlt): neu bei Wohnen Miete und Alter bis 30, 24,00 € × 50 % im Jahr.",
        ),
        (
            "/needs/1/when",
            "Bedarf Hausrat (fehlt), Bedingung: statt Wohnen Eigentum jetzt Wohnen Eigentum oder"
            " Miete.",
        ),
        (
            "/needs/1/expected_cents",
            "Bedarf Hausrat (fehlt), erwartete Courtage im Jahr: von 24,00 € auf 30,00 € erhöht.",
        ),
        (
            "/needs/1",
            "Bedarf Rechtsschutz (fehlt): entfallen bei Fahrzeuge ab 1, 24,00 € × 50 % im Jahr.",
        ),
    ]


def test_another_order_counts_only_among_rows_of_the_same_gap() -> None:
    young, owner = need(when={"age": {"max": 30}}), need()
    glass = need("glass")
    one = changed(needs=[young, owner, glass])
    assert told(one, changed(needs=[glass, young, owner])) == []
    assert told(one, changed(needs=[owner, young, glass])) == [
        (
            "/needs",
            "Bedarf Hausrat (fehlt): andere Reihenfolge der Zeilen; die erste, die zutrifft, gilt.",
        )
    ]


def test_the_default_policy_is_sound_and_needs_no_warning() -> None:
    require_sound(FOUR)
    assert warnings_of(FOUR) == []


def refused(policy: Policy) -> list[str]:
    with pytest.raises(PolicyContradictory) as refusal:
        require_sound(policy)
    return [each["pointer"] for each in refusal.value.pointers]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"home": ["owns"]}, {"home": ["owns"]}),
        ({"home": ["owns", "rents"]}, {"home": ["rents"]}),
        ({"home": ["owns"]}, {"home": ["owns"], "age": {"min": 18}}),
        ({"age": {"min": 18}}, {"age": {"min": 20, "max": 30}}),
        ({"age": {"max": 65}}, {"age": {"min": 20, "max": 65}}),
        ({"children": {"min": 1}}, {"children": [1, 2]}),
        ({"children": [1, 2, 3]}, {"children": {"min": 1, "max": 3}}),
        ({"pets": ["dog", "cat"]}, {"pets": ["cat"], "home": ["owns"]}),
    ],
)
def test_a_need_that_an_earlier_one_always_hides_is_refused(
    earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    assert refused(changed(needs=[need(when=earlier), need(when=later)])) == ["/needs/1/when"]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"home": ["owns"]}, {"home": ["owns", "rents"]}),
        ({"home": ["owns"], "age": {"min": 18}}, {"home": ["owns"]}),
        ({"age": {"min": 18, "max": 65}}, {"age": {"min": 18}}),
        ({"children": [1, 2]}, {"children": {"min": 1}}),
        ({"children": [1, 3]}, {"children": {"min": 1, "max": 3}}),
        ({"home": ["owns"]}, {"employment": ["employed"]}),
    ],
)
def test_a_need_that_sometimes_counts_after_an_earlier_one_is_allowed(
    earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    require_sound(changed(needs=[need(when=earlier), need(when=later)]))
    require_sound(changed(needs=[need(when=earlier), need("glass", when=earlier)]))


def test_what_could_never_decide_is_refused_at_its_place() -> None:
    assert refused(changed(needs=[need("legal", kind="incomplete")])) == ["/needs/0/kind"]
    assert refused(changed(needs=[need(), need("motor", kind="old")])) == ["/needs/1/kind"]
    nothing = {"band": 0.0, "upgrade_immediately": False}
    assert refused(changed(stability=nothing)) == ["/stability/upgrade_immediately"]
    assert refused(changed(stability={"hold_days": 1})) == ["/stability/hold_days"]
    free = {"hourly_cents": {"owner": 0, "adviser": 0, "back_office": 0}}
    assert refused(changed(model="revenue_effort", effort=free)) == ["/effort/hourly_cents"]
    require_sound(changed(effort=free))  # four classes never look at effort
    require_sound(changed(stability={"band": 0.0, "hold_days": 1}))


def test_a_threshold_that_the_needs_never_reach_is_told() -> None:
    (warning,) = warnings_of(changed(needs=[need()]))
    assert warning.pointer == "/potential/threshold"
    dear = changed(needs=[need(expected_cents=30000)])
    assert warnings_of(dear) == []
    health = need("disability", expected_cents=40000)
    assert [w.pointer for w in warnings_of(changed(needs=[health]))] == ["/potential/threshold"]
    on = changed(needs=[health], health_data=True)
    assert [w.pointer for w in warnings_of(on)] == ["/health_data"]
