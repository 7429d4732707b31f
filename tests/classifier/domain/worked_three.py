"""``revenue_effort``, worked by hand: the first rule that applies wins."""

from typing import Any, Final

from tests.classifier.domain.case_steps import (
    Case,
    Step,
    booked,
    contact,
    customer,
    day,
    flagged,
    happened,
    objected,
    out,
)
from tests.classifier.domain.worked_policies import NOTHING, OWNS, THREE

QUIET: Final = customer(**NOTHING)
OWNER: Final = customer(**OWNS)
STRONG: Final = booked(300)


def _case(name: str, *steps: Step) -> Case:
    return Case(name=name, policy=THREE, steps=steps)


def marked(*flags: str) -> Step:
    return customer(flags=" ".join(flags), **NOTHING)


def late(
    *days: int, reminder: bool = False, on: str = "2026-06-01", who: str = "K-1"
) -> list[Step]:
    return [happened("payment.late", on, who=who, days=each, reminder=reminder) for each in days]


def disputes(number: int) -> list[Step]:
    return [happened("price.disputed") for _ in range(number)]


def a(rules: str = "revenue.high", **more: Any) -> Step:
    return out("A", "high/none", rules, **more)


def b(rules: str, **more: Any) -> Step:
    return out("B", "standard/none", rules, **more)


def chance(**more: Any) -> Step:
    return out("B", "standard/active", "revenue.low potential.high", **more)


def c(rules: str, **more: Any) -> Step:
    return out("C", "standard/none", rules, **more)


FLAGS: Final = [
    _case("close to our hearts is A with whatever revenue", marked("favourite"), a("favourite")),
    _case("close to our hearts wins over conduct, and the conflict is shown",
          marked("favourite", "conduct"), STRONG, a("favourite conduct")),
    _case("conduct is C with whatever revenue", marked("conduct"), STRONG, c("conduct")),
    _case("conduct noted a year ago is forgotten",
          QUIET, STRONG, flagged("conduct", "2025-11-20"), c("conduct"), day("2026-11-21"),
          # 300 € × 364/365: inside the band. Conduct decided the class, never the level.
          a("band", revenue=299.18)),
    _case("the spouse of a favourite is A too",
          marked("favourite"), customer("K-2", household="K-1"), a("favourite", who="K-2")),
]  # fmt: skip

HIGH: Final = [
    _case("high revenue and nothing against it is A", QUIET, STRONG, a()),
    _case("one late payment is none",
          QUIET, STRONG, *late(14), a(late_payments=1)),
    _case("two payments late by 14 days are B",
          QUIET, STRONG, *late(14, 20), b("revenue.high late_payments", late_payments=2)),
    _case("13 days are not late, 14 are",
          QUIET, STRONG, *late(13, 13, 13, 14), a(late_payments=1)),
    _case("an insurer's reminder is late on any day",
          QUIET, STRONG, *late(3, 5, reminder=True), b("revenue.high late_payments")),
    _case("late payments of both spouses add up",
          QUIET, STRONG, customer("K-2", household="K-1"), *late(14), *late(14, who="K-2"),
          b("revenue.high late_payments")),
    _case("two disputes over the price are bearable", QUIET, STRONG, *disputes(2), a()),
    _case("three disputes over the price are B",
          QUIET, STRONG, *disputes(3), b("revenue.high price_disputes")),
    _case("eleven contacts without a matter are bearable",
          QUIET, STRONG, contact(1, topic="none", times=11), a(idle_contacts=11)),
    _case("twelve contacts without a matter are B",
          QUIET, STRONG, contact(1, topic="none", times=12), b("revenue.high idle_contacts")),
    _case("our own calls without a matter are none of theirs",
          QUIET, STRONG, contact(1, topic="none", direction="out", times=12), a(idle_contacts=0)),
    # Owner 120 €/h: 75 min are 150 €, half of 300 € and not above it.
    _case("care for just half of the revenue is A",
          QUIET, STRONG, contact(75, "owner"), a(effort=150, effort_ratio=0.5)),
    # 76 min: 152 €, 152/300 = 0.507.
    _case("care for more than half of the revenue is B",
          QUIET, STRONG, contact(76, "owner"),
          b("revenue.high effort_ratio", effort=152, effort_ratio=0.507)),
    _case("a useful customer may cost more",
          marked("useful"), STRONG, contact(76, "owner"), a(effort_ratio=0.507)),
    _case("one who recommends may cost more",
          QUIET, STRONG, contact(76, "owner"), happened("referral.made"), a(referrals=1)),
    _case("a recommendation of more than a year ago does not count any more",
          QUIET, STRONG, contact(76, "owner"), happened("referral.made", "2025-11-20"),
          b("revenue.high effort_ratio", referrals=0)),
    # K-2 says who recommended them; nobody reported an event.
    _case("one whom a customer's record names as recommender may cost more",
          QUIET, STRONG, contact(76, "owner"), customer("K-2", recommended_by="K-1", **NOTHING),
          booked(50, who="K-2"), a(referrals=1, referral_value=50)),
    # K-2 linked and reported twice: one. K-3 linked, and so long as the link is there. K-4 reported
    # and no customer yet. One without a name. K-5 lives with K-1.
    _case("everyone recommended counts once, by link or by event",
          QUIET, STRONG, contact(76, "owner"), customer("K-2", recommended_by="K-1", **NOTHING),
          happened("referral.made", referred_customer_id="K-2"),
          happened("referral.made", "2026-06-02", referred_customer_id="K-2"), a(referrals=1),
          customer("K-3", recommended_by="K-1", **NOTHING), a(referrals=2),
          happened("referral.made", referred_customer_id="K-4"), a(referrals=3),
          happened("referral.made"), a(referrals=4),
          customer("K-5", recommended_by="K-1", household="K-1", **NOTHING), a(referrals=4),
          customer("K-3", **NOTHING), a(referrals=3)),
    _case("claims, complaints, legal duties and data rights never count against anyone",
          QUIET, STRONG,
          *(contact(76, "owner", topic=topic)
            for topic in ("claim", "complaint", "legal_duty", "data_right")),
          a(effort=608, effort_ratio=0)),
    _case("the first rule that applies is the one that decides",
          QUIET, STRONG, *late(14, 14), contact(76, "owner"), b("revenue.high late_payments")),
    _case("several counts against them are all told",
          QUIET, STRONG, *late(14, 14), *disputes(3),
          b("revenue.high late_payments price_disputes")),
    _case("what was announced and not delivered does not touch high revenue",
          QUIET, STRONG, *(happened("business.announced") for _ in range(3)),
          a(announced_not_delivered=3)),
    # Both of 2025-11-21 leave the window on 2026-11-21. 300 € × 364/365 = 299.18 €: in the band.
    _case("what lies more than a year back is forgotten",
          QUIET, STRONG, *late(14, 14, on="2025-11-21"), b("revenue.high late_payments"),
          day("2026-11-21"), a("band", revenue=299.18, late_payments=0)),
    # The event of 2025-11-20, noon, is a day too old.
    _case("the day a year ago is outside of the window",
          QUIET, STRONG, *late(14, on="2025-11-20"), *late(14, on="2025-11-21"),
          a(late_payments=1)),
]  # fmt: skip

LOW: Final = [
    _case("a quiet small customer is C", QUIET, booked(42.10), c("revenue.low potential.low")),
    _case("a small customer with potential is B and has its chance", OWNER, chance(potential=150)),
    _case("a small customer the adviser believes in is B",
          marked("promising"),
          out("B", "standard/active", "revenue.low potential.low promising")),
    _case("announced twice and not delivered is C, whatever the potential",
          OWNER, happened("business.announced", "2026-05-01"),
          happened("business.announced", "2026-05-02"),
          c("revenue.low announced_not_delivered", announced_not_delivered=2)),
    _case("a delivery resets what was announced",
          OWNER, happened("business.announced", "2026-05-01"),
          happened("business.announced", "2026-05-02"),
          happened("business.delivered", "2026-05-03"),
          chance(announced_not_delivered=0), happened("business.announced", "2026-05-04"),
          chance(announced_not_delivered=1)),
    _case("what one of the household delivers resets what the other announced",
          OWNER, customer("K-2", household="K-1", **NOTHING),
          happened("business.announced", "2026-05-01"),
          happened("business.announced", "2026-05-02"),
          c("revenue.low announced_not_delivered", announced_not_delivered=2),
          happened("business.delivered", "2026-05-03", who="K-2"),
          chance(announced_not_delivered=0), happened("business.announced", "2026-05-04"),
          chance(announced_not_delivered=1)),
    _case("twelve contacts without a matter are C, whatever the potential",
          OWNER, contact(1, topic="none", times=12), c("revenue.low idle_contacts")),
    _case("late payments and disputes say nothing of a small customer",
          OWNER, *late(14, 14, 14), *disputes(5), chance(late_payments=3, price_disputes=5)),
    _case("effort against no revenue is infinite, and decides nothing here",
          OWNER, contact(30), chance(effort=35, effort_ratio=None)),
    # Twelve months from 2026-11-20: B through 2027-11-19.
    _case("the chance lasts twelve months",
          OWNER, chance(), day("2027-11-19"), chance(),
          day("2027-11-20"), c("revenue.low potential.high hold_time"),
          day("2027-11-21"), c("revenue.low potential.high hold_time")),
    _case("a chance that ended is told of no longer than there is a potential",
          QUIET, flagged("promising", "2026-11-20"),
          out("B", "standard/active", "revenue.low potential.low promising"), day("2027-11-20"),
          c("revenue.low potential.low promising hold_time"),
          flagged("promising", "2027-11-20", value=False), c("revenue.low potential.low")),
    # Won 2027-06-01: twelve months from then.
    _case("a contract won gives the chance another twelve months",
          OWNER, chance(), day("2027-06-01"),
          happened("touchpoint.result", "2027-06-01", touchpoint_id="T-1", result="won"),
          day("2027-11-20"), chance(), day("2028-05-31"), chance(),
          day("2028-06-01"), c("revenue.low potential.high hold_time")),
    _case("a contact that brought nothing does not renew the chance",
          OWNER, chance(), day("2027-06-01"),
          happened("touchpoint.result", "2027-06-01", touchpoint_id="T-1", result="not_now"),
          day("2027-11-20"), c("revenue.low potential.high hold_time")),
    # In Berlin it is 2027-06-02 already when it is still 2027-06-01 in Greenwich.
    _case("a contract won counts on the agency's own day",
          OWNER, chance(), day("2027-06-02"),
          happened("touchpoint.result", "2027-06-02T00:30:00+02:00", touchpoint_id="T-1",
                   result="won"),
          day("2028-06-01"), chance(),
          day("2028-06-02"), c("revenue.low potential.high hold_time")),
    _case("a chance that was used up begins anew after high revenue",
          OWNER, chance(), day("2027-11-20"), c("revenue.low potential.high hold_time"),
          # One day of 366, to 2028-11-19: 109,800 € / 366 = 300 €.
          booked(109_800, "2027-11-20", as_id="B"),
          out("A", "high/active", "revenue.high"), booked(0, "2027-11-20", as_id="B"), chance()),
    _case("who objects to profiling is C",
          marked("favourite"), STRONG, objected(), c("objection", gaps="")),
]  # fmt: skip

CASES: Final = [*FLAGS, *HIGH, *LOW]
