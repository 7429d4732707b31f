"""The sentences of a reason, German and English: what an adviser could read out.

Factual on purpose: an access request (GDPR art. 15) shows them to the customer.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

AXIS_HIGH_DE: Final = {"revenue": "ertragsstark", "potential": "ausbaufähig"}
AXIS_HIGH_EN: Final = {"revenue": "high revenue", "potential": "high potential"}
AXIS_LOW_DE: Final = {"revenue": "nicht ertragsstark", "potential": "nicht ausbaufähig"}
AXIS_LOW_EN: Final = {"revenue": "not high revenue", "potential": "not high potential"}


# Not by babel: explaining a book writes millions of amounts. A remembered one takes 0.1 µs and
# babel 52 µs; thresholds stand in every sentence, and potentials are sums of few values. Babel
# also puts a no-break space before the sign, which would change stored sentences.
@lru_cache(maxsize=4096)
def euros_de(cents: int) -> str:
    """``84210`` as ``842,10 €``, with points between thousands."""
    text = f"{cents / 100:,.2f}" if abs(cents) < 10**15 else str(cents)
    return text.replace(",", "_").replace(".", ",").replace("_", ".") + " €"


@lru_cache(maxsize=4096)
def euros_en(cents: int) -> str:
    """``84210`` as ``€842.10``, with commas between thousands."""
    return f"{'-' if cents < 0 else ''}€{abs(cents) / 100:,.2f}"


def day_de(day: date) -> str:
    """``21.11.2026``."""
    return f"{day.day:02}.{day.month:02}.{day.year}"


def measure(axis: str, *, estimated: bool, assumed: bool) -> tuple[str, str]:
    """What the value of an axis is called, German and English."""
    if axis == "revenue" and estimated:
        return (
            "Courtage der letzten 12 Monate, teils aus dem Beitrag geschätzt,",
            "Commission of the last 12 months, partly estimated from premiums,",
        )
    if axis == "revenue":
        return "Courtage der letzten 12 Monate", "Commission of the last 12 months"
    if assumed:
        return (
            "Angenommenes Potenzial im Jahr bei unbekannter Lebenssituation",
            "Assumed yearly potential, life situation unknown,",
        )
    return "Potenzial aus offenem Bedarf im Jahr", "Yearly potential from open needs"


def compared(
    named: tuple[str, str], *, value: int, threshold: int | None, verdict: tuple[str, str]
) -> tuple[str, str]:
    """A value against its threshold: ``… 842,10 € (Schwelle 300,00 €): ertragsstark.``"""
    if threshold is None:
        return (
            f"{named[0]} {euros_de(value)} (ohne Schwelle, der Bestand hat keinen Wert):"
            f" {verdict[0]}.",
            f"{named[1]} {euros_en(value)} (no threshold, the book has no value): {verdict[1]}.",
        )
    return (
        f"{named[0]} {euros_de(value)} (Schwelle {euros_de(threshold)}): {verdict[0]}.",
        f"{named[1]} {euros_en(value)} (threshold {euros_en(threshold)}): {verdict[1]}.",
    )


def kept_high(
    named: tuple[str, str], axis: str, *, value: int, falls_below: int, until: date
) -> tuple[str, str]:
    """A high level that stays although the value lies a little below the threshold.

    ``until`` is the day on which it falls, so the sentence names the day before.
    """
    last = until - timedelta(days=1)
    return (
        f"{named[0]} {euros_de(value)}, knapp unter der Schwelle (Band bis"
        f" {euros_de(falls_below)}): bleibt {AXIS_HIGH_DE[axis]}, längstens bis {day_de(last)}.",
        f"{named[1]} {euros_en(value)}, just below the threshold (band down to"
        f" {euros_en(falls_below)}): stays {AXIS_HIGH_EN[axis]}, until {last.isoformat()} at the"
        " latest.",
    )


def kept_low(named: tuple[str, str], axis: str, *, value: int, rises_at: int) -> tuple[str, str]:
    """A low level that waits for the upper end of the band."""
    return (
        f"{named[0]} {euros_de(value)}, noch im Band bis {euros_de(rises_at)}:"
        f" bleibt {AXIS_LOW_DE[axis]}.",
        f"{named[1]} {euros_en(value)}, still within the band up to {euros_en(rises_at)}:"
        f" stays {AXIS_LOW_EN[axis]}.",
    )


def hold_ended(axis: str, days: int) -> tuple[str, str]:
    """A high level that fell because the value stayed below the threshold too long.

    The sentence says *at least* so long, because it is repeated on later days, and days may be
    missing.
    """
    german, english = ("Tag", "day") if days == 1 else ("Tagen", "days")
    name = {"revenue": ("Courtage", "Commission"), "potential": ("Potenzial", "Potential")}[axis]
    return (
        f"{name[0]} seit mindestens {days} {german} in Folge unter der Schwelle.",
        f"{name[1]} below the threshold on at least {days} {english} running.",
    )


def chance_ended(months: int) -> tuple[str, str]:
    """A small customer whose potential stayed potential."""
    german, english = ("Monat", "month") if months == 1 else ("Monaten", "months")
    return (
        f"Potenzial seit mindestens {months} {german} ohne Abschluss.",
        f"Potential for at least {months} {english} without a contract.",
    )


_COUNTED: Final = {
    "late_payments": (
        ("verspätete Zahlung", "late payment"),
        ("verspätete Zahlungen", "late payments"),
    ),
    "price_disputes": (
        ("Diskussion über den Preis", "price dispute"),
        ("Diskussionen über den Preis", "price disputes"),
    ),
    "idle_contacts": (
        ("Kontakt ohne Anliegen", "contact without a matter"),
        ("Kontakte ohne Anliegen", "contacts without a matter"),
    ),
    "announced_not_delivered": (
        ("angekündigtes, nicht zustande gekommenes Geschäft", "announcement without business"),
        (
            "angekündigte, nicht zustande gekommene Geschäfte",
            "announcements not followed by business",
        ),
    ),
}
"""Names of what is counted, singular and plural."""


def counted(rule: str, *, value: int, limit: int) -> tuple[str, str]:
    """A count that reached its limit."""
    german, english = _COUNTED[rule][value != 1]
    return (
        f"{value} {german} in 12 Monaten (ab {limit} entscheidend).",
        f"{value} {english} in 12 months (decisive from {limit}).",
    )


def more_service(referral_value: int | None) -> tuple[str, str]:
    """Why the service is better than the revenue earned: because of the revenue of those
    recommended (cents), or of a link (None). The revenue of linked customers is not named, because
    it is theirs."""
    if referral_value is None:
        return (
            "mehr Service, weil Verbundene ertragsstark sind.",
            "more service because linked customers have high revenue.",
        )
    return (
        f"mehr Service, weil Empfohlene {euros_de(referral_value)} Courtage bringen.",
        f"more service because those recommended bring {euros_en(referral_value)} of commission.",
    )


def effort_ratio(*, effort: int, revenue: int, limit: float) -> tuple[str, str]:
    """Care that costs more of the revenue than the limit, in amounts, because the ratio may be
    infinite."""
    percent = f"{limit * 100:g}"
    return (
        f"Betreuungskosten {euros_de(effort)} bei einer Courtage von {euros_de(revenue)}:"
        f" über der Grenze von {percent.replace('.', ',')} %.",
        f"Care cost {euros_en(effort)} against a commission of {euros_en(revenue)}:"
        f" above the limit of {percent} %.",
    )


def pinned(segment: str, *, author: str | None, until: date | None) -> tuple[str, str]:
    """A class set by staff: by whom, and the last day on which it holds."""
    german, english = f"Von Hand auf {segment} gesetzt", f"Set to {segment} by hand"
    if author is not None:
        german, english = f"{german} von {author}", f"{english} by {author}"
    if until is not None:
        german, english = (
            f"{german}, gültig bis {day_de(until)}",
            f"{english}, valid until {until.isoformat()}",
        )
    return f"{german}.", f"{english}."


FLAGS: Final = {
    "promising": (
        "Der Berater sieht Entwicklungschancen: ausbaufähig.",
        "The adviser believes in them: high potential.",
    ),
    "favourite": ("Liegt uns besonders am Herzen: Klasse A.", "Close to our hearts: class A."),
    "conduct": ("Umgang mit dem Team: Klasse C.", "Conduct towards the team: class C."),
    "objection": (
        "Hat der Bewertung widersprochen: Grundservice ohne Auswertung.",
        "Objected to profiling: base service, nothing is scored.",
    ),
}
CONDUCT_BESIDE_FAVOURITE: Final = (
    "Umgang mit dem Team vermerkt; die Einstufung als Herzenskunde geht vor.",
    "Conduct towards the team is noted; being close to our hearts comes first.",
)
