"""What a customer gets in a year, and what the law keeps from them."""

import uuid
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.permission import permitted
from services.scheduler.domain.schemas import FrameMismatch
from services.scheduler.domain.starting_catalogues import starting_catalogue
from services.scheduler.domain.subjects import detail_of
from services.scheduler.domain.touchpoint_ids import (
    TOUCHPOINTS_NAMESPACE,
    month_later,
    touchpoint_id,
)
from services.scheduler.domain.touchpoints import planned_touchpoints, work_to_level
from shared.law import is_minor
from tests.scheduler.domain.builders import (
    CALENDAR,
    MONDAY,
    customer,
    customers,
    gaps,
    history,
    occasions,
    of,
    year_of,
)


def test_an_id_is_the_uuid5_of_agency_customer_service_and_occurrence() -> None:
    expected = uuid.uuid5(TOUCHPOINTS_NAMESPACE, "muster\x1fK-1\x1fyearly_review\x1f3")
    found = touchpoint_id(
        agency="muster", customer_id="K-1", service="yearly_review", occurrence="3"
    )
    assert found == expected


def test_an_a_customer_gets_one_review_at_home_with_travel_planned() -> None:
    (review,) = of(year_of(customer()), "yearly_review")
    assert (review["channel"], review["minutes"], review["state"]) == ("visit", 130, "planned")
    assert review["day"] is None
    assert MONDAY <= review["earliest"] <= review["latest"]


def test_a_household_has_one_review_but_each_member_the_newsletter() -> None:
    couple = [customer(c, unit_id="U-1") for c in ("K-1", "K-2")]
    plan = year_of(*couple)
    assert len(of(plan, "yearly_review")) == 1
    assert {row["customer_id"] for row in of(plan, "newsletter")} == {"K-1", "K-2"}


def test_the_contact_of_a_household_is_never_the_child() -> None:
    child = customer("K-1", unit_id="U-1", birth_date=date(2018, 1, 1))
    parent = customer("K-2", unit_id="U-1", customer_since=date(2020, 1, 1))
    assert of(year_of(child, parent), "yearly_review")[0]["customer_id"] == "K-2"


def test_newsletters_leave_on_four_days_and_all_on_the_same() -> None:
    plan = year_of(customer("K-1"), customer("K-2", segment="B"), customer("K-3", segment="O"))
    days = {row["day"] for row in of(plan, "newsletter")}
    assert days == {date(2027, 2, 9), date(2027, 5, 11), date(2027, 8, 10), date(2027, 11, 9)}
    assert {row["channel"] for row in of(plan, "newsletter")} == {"letter", "email"}
    assert sum(row["minutes"] for row in of(plan, "newsletter")) == 0


def test_a_c_customer_gets_two_newsletters_and_no_advertising_calls() -> None:
    plan = year_of(customer(segment="C"))
    assert len(of(plan, "newsletter")) == 2
    assert work_to_level(plan).is_empty()


def test_a_c_customer_with_an_earned_level_gets_the_care_of_b_but_no_development() -> None:
    plan = year_of(
        customer(segment="C", service_level="high", development="active"),
        gaps=gaps(("K-1", "liability", 9000)),
    )
    assert of(plan, "yearly_review")[0]["channel"] == "visit"
    assert of(plan, "development") == []


def test_without_phone_consent_a_birthday_call_becomes_a_card_before_the_day() -> None:
    (birthday,) = of(year_of(customer(phone_consent=None)), "birthday")
    assert (birthday["channel"], birthday["minutes"]) == ("card", 10)
    assert birthday["latest"] < birthday["due"] == date(2027, 6, 15)


def test_without_phone_consent_the_how_are_you_call_lapses_with_its_reason() -> None:
    (call,) = of(year_of(customer(phone_consent=False)), "how_are_you")
    assert (call["state"], call["reason"]) == ("suppressed", "no_phone_consent")


def test_a_company_may_be_called_until_it_refuses() -> None:
    firm: dict[str, Any] = {"kind": "company", "birth_date": None}
    asked = of(year_of(customer(phone_consent=None, **firm)), "how_are_you")
    refused = of(year_of(customer(phone_consent=False, **firm)), "how_are_you")
    assert (asked[0]["state"], refused[0]["state"]) == ("planned", "suppressed")


def test_an_objection_stops_advertising_and_leaves_service() -> None:
    plan = year_of(customer(advertising_objected=True))
    assert of(plan, "yearly_review")[0]["state"] == "planned"
    left = plan.filter(pl.col("purpose") != "service")["reason"].unique().to_list()
    assert left == ["advertising_objected"]


def test_minors_get_no_advertising_until_the_day_they_come_of_age() -> None:
    plan = year_of(customer(birth_date=date(2009, 6, 15), segment="O"))
    letters = of(plan, "newsletter")
    assert [row["reason"] for row in letters] == ["minor", "minor", None, None]


@pytest.mark.parametrize(
    ("born", "first_letter"),
    [(date(2009, 6, 15), date(2027, 6, 15)), (date(2008, 2, 29), date(2026, 3, 1))],
)
def test_the_plan_and_the_law_agree_on_the_day_of_full_age(born: date, first_letter: date) -> None:
    for day, reason in ((first_letter - timedelta(days=1), "minor"), (first_letter, None)):
        frame = pl.DataFrame(
            {
                "kind": ["person"], "birth_date": [born], "due": [day],
                "purpose": ["advertising"], "channel": ["letter"], "minutes": [0],
                "fallback": [None], "fallback_minutes": [0], "phone_consent": [None],
                "letter_consent": [None], "email_known": [True], "advertising_objected": [False],
            },
            schema_overrides={
                "fallback": pl.String, "phone_consent": pl.Boolean, "letter_consent": pl.Boolean,
            },
        )  # fmt: skip
        assert permitted(frame)["reason"].to_list() == [reason]
        assert is_minor(born, day) is (reason == "minor")


def test_birthdays_on_the_29th_of_february_are_kept_on_the_28th() -> None:
    (birthday,) = of(year_of(customer(birth_date=date(1984, 2, 29), segment="O")), "birthday")
    assert (birthday["day"], birthday["occurrence"]) == (date(2027, 2, 28), "2027")


def test_years_together_are_kept_every_fifth_year() -> None:
    plan = year_of(customer(customer_since=date(2012, 5, 1)), customer("K-2"))
    assert [(row["customer_id"], row["subject"]) for row in of(plan, "anniversary")] == [
        ("K-1", '{"years":15}')
    ]


def test_the_dead_get_nothing_but_what_is_for_the_bereaved() -> None:
    raised = occasions(("K-1", "condolence", "e-1", MONDAY, "death", None))
    plan = year_of(customer(death_date=date(2026, 11, 1)), occasions=raised)
    assert plan["service"].to_list() == ["condolence"]


def test_an_ended_mandate_leaves_only_the_winding_up() -> None:
    raised = occasions(
        ("K-1", "winding_up", "e-1", MONDAY, "mandate_ended", None),
        ("K-1", "referral_thanks", "e-2", MONDAY, "referral", None),
    )
    plan = year_of(customer(mandate="ended"), occasions=raised)
    assert plan["service"].to_list() == ["winding_up"]


def test_who_gives_notice_of_the_mandate_is_served_until_its_last_day_and_sold_nothing() -> None:
    goes_on = year_of(customer(development="active"))
    assert {"newsletter", "birthday"} <= set(goes_on["service"])
    (review,) = of(goes_on, "yearly_review")
    last = review["due"]
    winding_up = ("K-1", "winding_up", "e-3", last + timedelta(days=1), "mandate_ended", None)
    thanks = ("K-1", "referral_thanks", "e-2", MONDAY, "referral", None)
    given = customer(development="active", mandate_ends_on=last)
    plan = year_of(given, occasions=occasions(thanks, winding_up))
    assert sorted(plan["service"]) == ["winding_up", "yearly_review"]
    assert of(plan, "yearly_review") == [review]
    sooner = year_of({**given, "mandate_ends_on": last - timedelta(days=1)})
    assert sooner.is_empty(), "nothing falls due after the last day"


def test_the_last_day_of_the_mandate_ends_every_window() -> None:
    came = MONDAY - timedelta(days=2)
    (welcome,) = of(year_of(customer(customer_since=came)), "welcome")
    last = MONDAY + timedelta(days=10)
    assert welcome["latest"] > last
    (hurried,) = of(year_of(customer(customer_since=came, mandate_ends_on=last)), "welcome")
    assert hurried == {**welcome, "latest": last}


def test_a_newcomer_is_welcomed_and_reviewed_a_year_later() -> None:
    plan = year_of(customer(customer_since=date(2026, 11, 10), mandate="pending"))
    assert plan["service"].to_list() == ["welcome"]
    held = year_of(customer(customer_since=date(2026, 11, 10)))
    assert of(held, "welcome")[0]["latest"] == date(2027, 2, 18)
    (review,) = of(held, "yearly_review")
    assert review["latest"] == date(2027, 11, 10)


def test_o_gets_three_developments_and_a_review_best_gap_first() -> None:
    plan = year_of(
        customer(segment="O", development="active"),
        gaps=gaps(
            *(
                ("K-1", line, cents)
                for line, cents in (
                    ("legal", 5000),
                    ("liability", 9000),
                    ("home", 100),
                    ("pet", 50),
                )
            )
        ),
    )
    contacts = of(plan, "development")
    assert [detail_of(row["subject"]) for row in contacts] == ["liability", "legal", "home"]
    assert len(of(plan, "yearly_review")) == 1
    apart = [b["due"] - a["due"] for a, b in pairwise(contacts)]
    assert all(gap >= timedelta(days=115) for gap in apart)


def test_an_unknown_life_is_asked_about_before_anything_is_sold() -> None:
    plan = year_of(customer(development="active", potential_assumed=True))
    (asks,) = of(plan, "development")
    assert (asks["because"], asks["subject"]) == ("life_unknown", None)


def test_a_review_that_was_done_comes_again_a_year_later_as_the_next() -> None:
    first = of(year_of(customer()), "yearly_review")[0]
    done_on = date(2026, 12, 10)
    later = year_of(
        customer(),
        as_of=date(2027, 1, 4),
        history=history(("K-1", "yearly_review", first["occurrence"], done_on)),
    )
    (second,) = of(later, "yearly_review")
    assert second["due"] == date(2027, 12, 10)
    assert int(second["occurrence"]) == int(first["occurrence"]) + 1


def test_twelve_months_take_twelve_and_the_window_ends_with_them() -> None:
    done_on = date(2027, 2, 10)
    ended = history(("K-1", "yearly_review", "4", done_on))
    (review,) = of(year_of(customer(), as_of=date(2027, 3, 1), history=ended), "yearly_review")
    assert (review["earliest"], review["latest"]) == (date(2027, 12, 16), date(2028, 2, 10))


def test_a_review_on_the_29th_of_february_comes_again_by_the_28th() -> None:
    ended = history(("K-1", "yearly_review", "1", date(2028, 2, 29)))
    (review,) = of(year_of(customer(), as_of=date(2028, 3, 6), history=ended), "yearly_review")
    assert review["latest"] == date(2029, 2, 28)


def test_a_letter_of_an_interval_leaves_before_a_holiday_and_not_after_it() -> None:
    ended = history(("K-1", "change_questionnaire", "1", date(2025, 5, 1)))
    (letter,) = of(
        year_of(customer(segment="C"), as_of=date(2026, 12, 1), history=ended),
        "change_questionnaire",
    )
    assert (letter["due"], letter["day"]) == (date(2027, 5, 1), date(2027, 4, 30))


def test_whoever_was_visited_last_month_is_not_planned_for_next_week() -> None:
    told = history(("K-1", "yearly_review", None, date(2026, 10, 20)))
    (review,) = of(year_of(customer(), history=told), "yearly_review")
    assert (review["occurrence"], review["latest"]) == ("1", date(2027, 10, 20))
    met = history(*((f"K-{n}", "how_are_you", None, date(2026, 11, 20)) for n in range(60)))
    plan = year_of(*(customer(f"K-{n}") for n in range(60)), history=met)
    reviews = plan.filter(pl.col("service") == "yearly_review")
    assert reviews.height == 60
    assert min(reviews["earliest"]) >= date(2027, 1, 19)
    assert max(reviews["latest"]) <= date(2027, 11, 23)


def test_a_review_overdue_before_we_came_is_made_up_for_within_half_a_year() -> None:
    told = history(*((f"K-{n}", "yearly_review", None, date(2024, 3, 1)) for n in range(40)))
    plan = year_of(*(customer(f"K-{n}") for n in range(40)), history=told)
    reviews = plan.filter(pl.col("service") == "yearly_review")
    assert reviews.height == 40
    assert date(2027, 1, 18) <= min(reviews["latest"])
    assert max(reviews["latest"]) <= date(2027, 5, 25)


def test_the_review_of_a_household_counts_whoever_was_its_contact() -> None:
    ended = history(("K-1", "yearly_review", "3", date(2027, 1, 11)))
    widow = customer("K-2", unit_id="U-1")
    husband = customer("K-1", unit_id="U-1", death_date=date(2027, 2, 1))
    (review,) = of(year_of(husband, widow, as_of=date(2027, 2, 8), history=ended), "yearly_review")
    assert (review["customer_id"], review["occurrence"]) == ("K-2", "4")
    assert review["latest"] == date(2028, 1, 11)


@settings(deadline=None, max_examples=25)
@given(
    since=st.integers(1, 500),
    last=st.none() | st.integers(1, 700),
    segment=st.sampled_from("AB"),
)
def test_no_review_of_a_or_b_is_promised_later_than_a_year_after_the_last(
    since: int, last: int | None, segment: str
) -> None:
    came = MONDAY - timedelta(days=since)
    told = last if last is None else MONDAY - timedelta(days=min(last, since))
    rows = [] if told is None else [("K-1", "yearly_review", None, told)]
    plan = year_of(customer(segment=segment, customer_since=came), history=history(*rows))
    (review, *_) = of(plan, "yearly_review")
    known = told or came
    if month_later(known, 12) >= MONDAY:
        assert review["latest"] == month_later(known, 12)
    else:
        assert review["latest"] <= MONDAY + timedelta(days=365 if told is None else 183)
    assert MONDAY <= review["earliest"] <= review["latest"]


def test_what_was_missed_stays_owed_under_its_id() -> None:
    first = of(year_of(customer()), "yearly_review")[0]
    late_day = first["latest"] + timedelta(days=40)
    (late,) = [
        r
        for r in of(year_of(customer(), as_of=late_day), "yearly_review")
        if r["occurrence"] == first["occurrence"]
    ]
    assert late["touchpoint_id"] == first["touchpoint_id"]
    assert (late["because"], late["earliest"]) == ("overdue", late_day)


def test_what_is_overdue_has_one_window_and_not_a_new_one_each_day() -> None:
    long_ago = MONDAY - timedelta(days=300)
    raised = occasions(("K-1", "referral_thanks", "e-2", long_ago, "referral", None))
    begins = of(year_of(customer()), "yearly_review")[0]["latest"] + timedelta(days=40)

    def plan(day: date, running: pl.DataFrame | None = None) -> pl.DataFrame:
        return year_of(customer(), as_of=day, occasions=raised, running=running)

    first = plan(begins)
    ends = first.select("touchpoint_id", "latest")
    (thanks,), (review,) = of(first, "referral_thanks"), of(first, "yearly_review")
    assert min(thanks["latest"], review["latest"]) > begins + timedelta(days=1)
    seven_days_later = plan(begins + timedelta(days=7), ends)
    (again,) = of(seven_days_later, "yearly_review")
    assert (again["latest"], again["because"]) == (review["latest"], "overdue")
    (thanks_again,) = of(seven_days_later, "referral_thanks")
    assert thanks_again["latest"] == max(thanks["latest"], begins + timedelta(days=7))
    too_late = review["latest"] + timedelta(days=3)
    assert of(plan(too_late, ends), "yearly_review")[0]["latest"] == too_late


def test_nothing_that_ended_comes_again() -> None:
    raised = occasions(("K-1", "referral_thanks", "e-2", MONDAY, "referral", None))
    ended = history(("K-1", "referral_thanks", "e-2", MONDAY), ("K-1", "birthday", "2027", MONDAY))
    plan = year_of(customer(), occasions=raised, history=ended)
    assert of(plan, "referral_thanks") == of(plan, "birthday") == []


def test_an_old_book_is_not_due_on_one_day() -> None:
    plan = year_of(*(customer(f"K-{n:03}") for n in range(365)))
    by_month = (
        plan.filter(pl.col("service") == "yearly_review")
        .group_by(pl.col("due").dt.truncate("1mo"))
        .len()
    )
    assert by_month["len"].max() < 2 * 365 / 12  # type: ignore[operator]  # polars: max is any


def test_the_three_class_catalogue_plans_too() -> None:
    plan = year_of(customer(segment="B"), catalogue=starting_catalogue("revenue_effort"))
    assert of(plan, "yearly_review")[0]["channel"] == "phone"


def test_a_frame_that_lacks_a_column_is_refused_by_name() -> None:
    with pytest.raises(FrameMismatch, match="mandate"):
        planned_touchpoints(
            agency="a",
            customers=customers(customer()).drop("mandate"),
            history=history(),
            gaps=gaps(),
            occasions=occasions(),
            catalogue=starting_catalogue("revenue_effort"),
            calendar=CALENDAR,
            as_of=MONDAY,
        )


@settings(deadline=None, max_examples=25)
@given(
    segments=st.lists(st.sampled_from("ABOC"), min_size=1, max_size=12),
    days=st.integers(0, 60),
)
def test_planning_again_names_what_stays_alike(segments: list[str], days: int) -> None:
    rows = [customer(f"K-{n}", segment=segment) for n, segment in enumerate(segments)]
    first = year_of(*rows)
    assert first.equals(year_of(*reversed(rows)))
    assert first["touchpoint_id"].is_unique().all()
    later = year_of(*rows, as_of=MONDAY + timedelta(days=days))
    key = ["customer_id", "service", "occurrence"]
    both = first.join(later, on=key, suffix="_later")
    assert (both["touchpoint_id"] == both["touchpoint_id_later"]).all()
    still_ahead = first.filter(pl.col("due") >= MONDAY + timedelta(days=days))
    assert still_ahead.join(later, on=key, how="anti").is_empty()
