"""The numbers that the brokers' guide names are those that a new agency begins with."""

import pytest

from services.classifier.domain.needs import default_policy
from services.classifier.domain.parting import MONTHS_AROUND
from services.classifier.domain.profile import FEWEST
from services.classifier.domain.sentences import euros_de
from shared.contracts.policies import AmountThreshold
from tests.documents import text_of

POLICY = default_policy()
COUNTS, HOURS, STABILITY = POLICY.counts, POLICY.effort.hourly_cents, POLICY.stability
GUIDE = text_of("docs/broker.md")
NUMERALS = {3: "drei", 5: "fünf", 10: "zehn", 12: "zwölf"}


def amount(threshold: object) -> str:
    assert isinstance(threshold, AmountThreshold)
    return euros_de(threshold.cents)


@pytest.mark.parametrize(
    "told",
    [
        f"{amount(POLICY.revenue.threshold)} Ertrag",
        f"{amount(POLICY.potential.threshold)} Potenzial",
        f"{COUNTS.late_payments} verspätete Zahlungen",
        f"{COUNTS.price_disputes} Diskussionen über den Preis",
        f"{COUNTS.idle_contacts} Kontakte ohne Anliegen",
        f"{COUNTS.announced_not_delivered}-mal Geschäft angekündigt",
        f"B für {NUMERALS[POLICY.chance_months]} Monate",
        f"{HOURS.owner // 100} € Inhaber",
        f"{HOURS.adviser // 100} € Berater",
        f"{HOURS.back_office // 100} € Innendienst",
        f"{euros_de(POLICY.effort.kilometre_cents)} je Kilometer",
        f"über {POLICY.earning_months.initial} Monate",
        f"mehr als {STABILITY.band:.0%}".replace("%", " %"),
        f"{STABILITY.hold_days} Tage lang darunter",
        f"vor {NUMERALS[POLICY.terms_old_after_years]} Jahren oder früher",
        f"weniger als {NUMERALS[FEWEST]} Kunden",
        f"in den letzten {NUMERALS[MONTHS_AROUND]} Monaten",
    ],
)
def test_the_guide_tells_the_default(told: str) -> None:
    assert told in GUIDE


def test_what_is_told_only_in_words_is_so_too() -> None:
    assert POLICY.effort.ratio_limit == 0.5
    assert "mehr als die Hälfte" in GUIDE
