"""``revenue_potential``, worked by hand: classes, potential, care units, stability."""

from typing import Any, Final

from shared.contracts.policies import Policy
from tests.classifier.domain.case_steps import (
    Case,
    Rules,
    Step,
    booked,
    contact,
    contract,
    customer,
    day,
    flagged,
    happened,
    objected,
    out,
)
from tests.classifier.domain.worked_policies import (
    FOUR,
    NOTHING,
    OWNS,
    WITH_HEALTH,
    policy,
    share,
)

QUIET: Final = customer(**NOTHING)
OWNER: Final = customer(**OWNS)
LOW: Final = "revenue.low potential.low"
CHANCE: Final = "revenue.low potential.high"
GAPS_OF_AN_OWNER: Final = "building:missing:100 household:missing:50"


def _case(name: str, *steps: Step, by: Policy = FOUR) -> Case:
    return Case(name=name, policy=by, steps=steps)


def a(**more: Any) -> Step:
    return out("A", "high/active", "revenue.high potential.high", **more)


def b(**more: Any) -> Step:
    return out("B", "high/none", "revenue.high potential.low", **more)


def o(**more: Any) -> Step:
    return out("O", "standard/active", CHANCE, **more)


def c(**more: Any) -> Step:
    return out("C", "standard/none", LOW, **more)


CLASSES: Final = [
    # Building 250 € × 0.4 = 100 €, household 100 € × 0.5 = 50 €: the threshold of 150 € itself.
    _case("both axes high, the potential at its border, is A",
          OWNER, booked(842.10), a(revenue=842.10, potential=150, gaps=GAPS_OF_AN_OWNER)),
    _case("revenue high and nothing left to do is B", QUIET, booked(842.10), b(potential=0)),
    _case("little revenue and a chance is O",
          OWNER, booked(42.10), o(potential=150, gaps=GAPS_OF_AN_OWNER)),
    _case("little revenue and no chance is C", QUIET, booked(42.10), c()),
    _case("one gap closed falls below the potential threshold",
          OWNER, contract("V", "household", foreign=True), c(potential=100)),
    _case("an adviser who believes in them makes the potential high",
          customer(flags="promising", **NOTHING),
          out("O", "standard/active", f"{LOW} promising", potential=0)),
    # Set 2025-11-20, it holds twelve months: to 2026-11-20, that day included.
    _case("a belief ends after twelve months",
          QUIET, flagged("promising", "2025-11-20"),
          out("O", "standard/active", f"{LOW} promising"), day("2026-11-21"), c()),
    _case("a belief taken off is gone at once",
          QUIET, flagged("promising"), flagged("promising", "2026-06-02", value=False), c()),
    _case("a belief taken off stays off when an older word of it comes late",
          QUIET, flagged("promising", "2026-06-02", value=False), flagged("promising"), c()),
    _case("favourite, conduct, disputes and idle contacts never move the four classes",
          customer(flags="favourite conduct", **NOTHING), booked(300),
          *(happened("price.disputed", f"2026-06-0{number}") for number in range(1, 6)),
          contact(topic="none", times=15), b(price_disputes=5, idle_contacts=15)),
    _case("who objects to profiling is C without facts, and is scored again when it ends",
          OWNER, booked(500), a(), objected(),
          out("C", "standard/none", "objection", gaps=""), objected(profiling=None), a()),
]  # fmt: skip

POTENTIAL: Final = [
    # Private liability 50 € from 18 on. Born 2008-11-20, 18 on the day.
    _case("who comes of age today has the needs of an adult",
          customer(born="2008-11-20"), c(potential=50, gaps="private_liability:missing:50")),
    _case("who comes of age tomorrow has none", customer(born="2008-11-21"), c(potential=0)),
    _case("who was born on 29 February comes of age on 1 March",
          day("2026-02-28"), customer(born="2008-02-29"), c(potential=0),
          day("2026-03-01"), c(potential=50)),
    # Pension 300 € × 0.5 = 150 € to 55, and private liability 50 €.
    _case("a need to 55 holds all through that year",
          customer(born="1970-11-21", employment="employed"), o(potential=200)),
    _case("a need to 55 ends with the 56th birthday",
          customer(born="1970-11-20", employment="employed"), c(potential=50)),
    _case("a pension alone is worth the threshold",
          customer(born="1986-05-01", employment="employed"),
          contract("V", "liability", foreign=True), o(potential=150)),
    # 20.01 € × 0.5 = 10.005 €.
    _case("the worth of a gap is rounded half up", customer(pets=["dog"]), c(potential=10.01)),
    _case("what is unknown raises no need: an employee of unknown age",
          customer(employment="employed"), c(potential=0, potential_assumed=False)),
    # Of 250, 100, 100, 80 and 300 €: 42, 82.8, 76, 42 and 23 % of households hold the line:
    # 105 + 82.80 + 76 + 33.60 + 69 €.
    _case("a life wholly unknown has the potential of the trade's coverage, and no gaps to sell",
          customer(), o(potential=366.40, potential_assumed=True, gaps="")),
    _case("what is held counts against the assumption",
          customer(), contract("V", "building"), contract("W", "liability", foreign=True),
          o(potential=178.60, potential_assumed=True)),
    # 90 % of companies hold it: 400 € × 0.9.
    _case("an unknown company has the potential of companies",
          customer(kind="company"), o(potential=360, potential_assumed=True)),
    _case("a company without employees needs its liability cover",
          customer(kind="company", employees=0),
          o(potential=200, gaps="business_liability:missing:200")),
    _case("a known birthday ends the assumption",
          customer(born="2015-01-01"), c(potential=0, potential_assumed=False)),
    _case("health needs stay out unless the agency switches them on",
          customer(born="1986-05-01", employment="employed"), contract("V", "liability"),
          o(potential=150, gaps="pension:missing:150")),
    _case("with health data on, disability is a need",
          customer(born="1986-05-01", employment="employed"), contract("V", "liability"),
          o(potential=350, gaps="disability:missing:200 pension:missing:150"), by=WITH_HEALTH),
    # 2021-11-20 is five years ago; a day later is not.
    _case("terms of five years are old, and worth a talk without more money",
          QUIET, contract("V", "legal", start="2021-11-20"), c(potential=0, gaps="legal:old:0")),
    _case("terms a day younger are not", QUIET, contract("V", "legal", start="2021-11-21"),
          c(gaps="")),
    _case("a new contract of the line makes the old one no matter",
          QUIET, contract("V", "legal", start="2001-01-01"),
          contract("W", "legal", start="2026-01-01"), c(gaps="")),
    _case("a building (141) and a household (131) without natural hazards are incomplete",
          OWNER, contract("V", "building", gdv_line="141"),
          contract("W", "household", gdv_line="131"),
          c(potential=40, gaps="building:incomplete:30 household:incomplete:10")),
    _case("with natural hazards (142, 132), or unknown (140), nothing is incomplete",
          OWNER, contract("V", "building", gdv_line="142"), contract("U", "building",
          gdv_line="140"), contract("W", "household", gdv_line="132"), c(potential=0, gaps="")),
    _case("a foreign contract without natural hazards completes no cover",
          OWNER, contract("V", "building", gdv_line="141"),
          contract("U", "building", gdv_line="141", foreign=True),
          contract("W", "household", gdv_line="132"), c(gaps="building:incomplete:30")),
    _case("a contract held elsewhere covers the need",
          OWNER, contract("V", "building", foreign=True), contract("W", "household", foreign=True),
          c(potential=0, gaps="", contracts=0)),
    _case("a cancelled contract covers nothing",
          OWNER, contract("V", "building"), contract("W", "household"), c(potential=0),
          happened("contract.cancelled", contract_id="W", cancelled_on="2026-06-01"),
          c(potential=50, gaps="household:missing:50")),
    _case("a life event with the new life opens the gap at once",
          QUIET, c(potential=0), happened("life.changed", change="house", life={"home": "owns"}),
          o(potential=150)),
    _case("a contract cancelled for a day to come leaves its gap at once",
          OWNER, contract("V", "building"), contract("W", "household"), c(potential=0),
          happened("contract.cancelled", "2026-11-19", contract_id="W", cancelled_on="2026-11-19",
                   effective_on="2026-12-31"),
          c(potential=50, gaps="household:missing:50", contracts=1)),
    _case("the dead need nothing", OWNER, booked(300), a(),
          happened("customer.died", died_on="2026-06-01"), b(potential=0, gaps="")),
    _case("nor is there anything to sell in the contracts that the dead left",
          customer(flags="promising", **NOTHING), contract("V", "building", gdv_line="141"),
          contract("W", "legal", start="2001-01-01"),
          out("O", "standard/active", f"{LOW} promising", potential=30,
              gaps="building:incomplete:30 legal:old:0"),
          happened("customer.died", died_on="2026-06-01"), c(potential=0, gaps="")),
    # The one who died names the unit; of the other nothing is known: 366.40 €, as of any unknown.
    _case("of a widow of unknown life the trade's coverage is assumed, whoever names the unit",
          customer(), customer("K-2", household="K-1"), o(potential=366.40, potential_assumed=True),
          happened("customer.died", died_on="2026-06-01"),
          o(who="K-2", potential=366.40, potential_assumed=True)),
    _case("a widow inherits what her household's contracts leave open",
          customer(**NOTHING), customer("K-2", household="K-1", **NOTHING),
          contract("V", "building", gdv_line="141"),
          happened("customer.died", died_on="2026-06-01"),
          c(who="K-2", potential=30, gaps="building:incomplete:30")),
]  # fmt: skip

UNITS: Final = [
    _case("a household is classified as one, and every member carries its class",
          QUIET, booked(200), customer("K-2", household="K-1"), booked(100, who="K-2"),
          b(revenue=300), b(who="K-2", revenue=300)),
    _case("a link appears: two small customers become one strong household",
          QUIET, booked(200), customer("K-2", **NOTHING), booked(100, who="K-2"), c(revenue=200),
          c(who="K-2", revenue=100), customer("K-2", household="K-1", **NOTHING), b(revenue=300),
          b(who="K-2", revenue=300)),
    _case("a link dissolves: each is measured alone again",
          QUIET, booked(200), customer("K-2", household="K-1", **NOTHING), booked(100, who="K-2"),
          b(revenue=300), customer("K-2", **NOTHING), c(revenue=200), c(who="K-2", revenue=100)),
    _case("links are transitive and work in both directions",
          customer("K-3", household="K-2", **NOTHING), customer("K-1", household="K-2", **NOTHING),
          customer("K-2", **NOTHING), booked(100), booked(100, who="K-2"), booked(100, who="K-3"),
          b(revenue=300), b(who="K-2"), b(who="K-3")),
    # K-1 is employed but 76, K-2 is 36 but not employed: no pension for either. Liability 50 €.
    _case("one member alone must meet all conditions of a need",
          customer(born="1950-01-01", employment="employed"),
          customer("K-2", born="1990-01-01", household="K-1"), c(potential=50)),
    _case("one contract covers the household",
          OWNER, customer("K-2", household="K-1", **OWNS), contract("V", "building", who="K-2"),
          contract("W", "household"), c(potential=0)),
    _case("a former customer is no longer part of the household's sums",
          QUIET, booked(300), b(), customer("K-2", household="K-1", status="former"),
          booked(300, who="K-2"), b(revenue=300)),
    # K-1 is worth nothing alone; who came by their word brings 300.01 €.
    _case("recommendations worth more than the threshold raise the service, not the class",
          QUIET, customer("K-2", recommended_by="K-1", **NOTHING), booked(300.01, who="K-2"),
          out("C", "high/none", LOW, revenue=0, referral_value=300.01)),
    _case("recommendations worth just the threshold are not above it",
          QUIET, customer("K-2", recommended_by="K-1", **NOTHING), booked(300, who="K-2"),
          c(referral_value=300)),
    _case("a referral reported as an event counts by the customer it brought, once",
          QUIET, happened("referral.made", referred_customer_id="K-2"), c(referrals=1),
          customer("K-2", recommended_by="K-1", **NOTHING), booked(301, who="K-2"),
          out("C", "high/none", LOW, referrals=1, referral_value=301)),
    _case("a referral of somebody who becomes a customer later counts from then on",
          QUIET, happened("referral.made", referred_customer_id="K-2"),
          customer("K-2", **NOTHING), c(referral_value=0), booked(301, who="K-2"),
          out("C", "high/none", LOW, referrals=1, referral_value=301)),
    _case("the owner of a strong company has the service of the company",
          QUIET, customer("K-2", kind="company", company_group="K-1", **NOTHING),
          booked(300, who="K-2"), out("C", "high/none", LOW), b(who="K-2")),
    # K-2 has no level any more, though it goes on earning 300 €.
    _case("who objected to profiling raises nobody's service",
          QUIET, customer("K-2", company_group="K-1", **NOTHING),
          customer("K-3", household="K-2", **NOTHING), booked(300, who="K-2"),
          out("C", "high/none", LOW), objected(who="K-2"), c(),
          objected(who="K-2", profiling=None), out("C", "high/none", LOW)),
    # K-2 is linked and earns nothing itself; K-3 of its household does.
    _case("who is linked to a household has its service, whichever member earned it, and at once",
          QUIET, customer("K-2", company_group="K-1", **NOTHING),
          customer("K-3", household="K-2", **NOTHING), c(), booked(300, who="K-3"),
          out("C", "high/none", LOW), b(who="K-2")),
    _case("and loses it at once when the household dissolves",
          QUIET, customer("K-2", company_group="K-1", **NOTHING),
          customer("K-3", household="K-2", **NOTHING), booked(300, who="K-3"),
          out("C", "high/none", LOW), customer("K-3", **NOTHING), c()),
    _case("a link to a company that goes takes its service with it, at once",
          QUIET, customer("K-2", kind="company", company_group="K-1", **NOTHING),
          booked(300, who="K-2"), out("C", "high/none", LOW),
          customer("K-2", kind="company", **NOTHING), c()),
    _case("a recommendation taken back no longer counts, at once",
          QUIET, customer("K-2", recommended_by="K-1", **NOTHING), booked(301, who="K-2"),
          out("C", "high/none", LOW, referrals=1), customer("K-2", **NOTHING), c(referrals=0)),
]  # fmt: skip

STABILITY: Final = [
    # 10 % of 300 €: the level falls below 270 €, not at 270 €.
    _case("at the lower end of the band a level stays, a cent below it falls",
          QUIET, booked(300, as_id="B"), b(), booked(270, as_id="B"),
          out("B", "high/none", "band potential.low", revenue=270, held_until="2027-02-17"),
          booked(269.99, as_id="B"), c(revenue=269.99)),
    _case("a first class knows no band", QUIET, booked(299.99), c()),
    _case("a fallen level rises only at the threshold, and then at once",
          QUIET, booked(100, as_id="B"), c(), booked(299.99, as_id="B"), c(),
          booked(300, as_id="B"), b()),
    # 1500.83 € over 1826 days: 300.00 € in 365 of them, as long as the window lies inside.
    # 1495 €: 298.84 €. The first day below is 2026-11-20, the ninetieth is 2027-02-17.
    _case("ninety days running below the threshold end the level",
          QUIET, booked(1500.83, "2025-11-21", "initial", as_id="B"), b(revenue=300),
          booked(1495, "2025-11-21", "initial", as_id="B"),
          out("B", "high/none", "band potential.low", revenue=298.84, held_until="2027-02-17"),
          day("2027-02-16"), out("B", "high/none", "band potential.low", revenue=298.84),
          day("2027-02-17"),
          out("C", "standard/none", "hold_time revenue.low potential.low", revenue=298.84)),
    _case("a day at the threshold starts the count again",
          QUIET, booked(1500.83, "2025-11-21", "initial", as_id="B"), b(),
          booked(1495, "2025-11-21", "initial", as_id="B"),
          out("B", "high/none", "band potential.low", held_until="2027-02-17"),
          day("2027-01-01"), booked(1500.83, "2025-11-21", "initial", as_id="B"), b(revenue=300),
          day("2027-01-02"), booked(1495, "2025-11-21", "initial", as_id="B"),
          out("B", "high/none", "band potential.low", held_until="2027-04-01")),
    _case("a newly activated policy knows no band",
          QUIET, booked(300, as_id="B"), b(), booked(290, as_id="B"),
          out("B", "high/none", "band potential.low"), Rules(policy=policy(name="Neu")), c()),
]  # fmt: skip

_BOOK: Final = [customer(f"K-{number}", **NOTHING) for number in range(1, 5)]


def _brings(*euros: float) -> list[Step]:
    return [booked(each, who=f"K-{number}") for number, each in enumerate(euros, start=1)]


BORDERS: Final = [
    # Half of four are two: 400 € and 300 €. K-3 ties with the second.
    _case("of the top half every tie at the border is high",
          *_BOOK, *_brings(400, 300, 300, 100),
          Rules(policy=policy(revenue=share("top_share", .5))),
          b(), b(who="K-2"), b(who="K-3"), c(who="K-4")),
    # Of 1000 €, 800 € are reached with the second: it is included, the third is not.
    _case("the customer who reaches the Pareto share is included",
          *_BOOK, *_brings(500, 300, 150, 50), Rules(policy=policy(revenue=share("pareto", .8))),
          b(), b(who="K-2"), c(who="K-3"), c(who="K-4")),
    # -500 € brings nothing and is not part of the total: 80 % of 500 €, reached by the first two.
    _case("negative revenue is not part of the total",
          *_BOOK, *_brings(300, 150, 50, -500), Rules(policy=policy(revenue=share("pareto", .8))),
          b(), b(who="K-2"), c(who="K-3"), c(who="K-4")),
    _case("in a book without revenue nobody is high",
          *_BOOK, Rules(policy=policy(revenue=share("top_share", .5))), c(), c(who="K-4")),
    # Calibrated once, 300 € stay 300 €: a new customer of 299 € is low though among the top half.
    _case("an amount once calibrated stays until the next calibration",
          *_BOOK[:2], *_brings(300, 100), Rules(policy=policy(revenue=share("top_share", .5))), b(),
          customer("K-3", **NOTHING), booked(299, who="K-3"), c(who="K-3"),
          customer("K-4", **NOTHING), booked(300, who="K-4"), b(who="K-4")),
]  # fmt: skip

CASES: Final = [*CLASSES, *POTENTIAL, *UNITS, *STABILITY, *BORDERS]
