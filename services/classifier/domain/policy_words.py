"""Names of a policy's fields and wordings of their values, German and English.

One table for all fields; a test holds it against the contract, so that no field can be changed
without a sentence about it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.classifier.domain.potential import conditions_of
from services.classifier.domain.sentences import euros_de, euros_en
from shared.contracts.lines import BY_KEY
from shared.contracts.policies import (
    AmountThreshold,
    Need,
    Range,
    Threshold,
    TopShareThreshold,
)

Texts = tuple[str, str]
"""German and English."""


def _euros(value: Any) -> Texts:
    return euros_de(value), euros_en(value)


def percent(share: float) -> Texts:
    """``0.125`` as ``12,5 %`` and ``12.5%``."""
    text = f"{round(share * 100, 4):g}"
    return f"{text.replace('.', ',')} %", f"{text}%"


def _counted(german: str, english: str, *, one: Texts) -> Callable[[Any], Texts]:
    def words(value: Any) -> Texts:
        if value == 1:
            return f"1 {one[0]}", f"1 {one[1]}"
        return f"{value} {german}", f"{value} {english}"

    return words


_days = _counted("Tage", "days", one=("Tag", "day"))
_months = _counted("Monate", "months", one=("Monat", "month"))
_years = _counted("Jahre", "years", one=("Jahr", "year"))


def _number(value: Any) -> Texts:
    return f"{value}", f"{value}"


def _quoted(value: Any) -> Texts:
    return f"„{value}“", f"“{value}”"


def _switch(value: Any) -> Texts:
    return ("ein", "on") if value else ("aus", "off")


def _model(value: Any) -> Texts:
    return {
        "revenue_potential": ("vier Klassen aus Ertrag und Potenzial", "four classes of revenue "
                              "and potential"),
        "revenue_effort": ("drei Klassen aus Ertrag und Aufwand", "three classes of revenue and "
                           "effort"),
    }[value]  # fmt: skip


def threshold_words(value: Threshold) -> Texts:
    """A threshold of any kind."""
    if isinstance(value, AmountThreshold):
        return _euros(value.cents)
    share = percent(value.share)
    if isinstance(value, TopShareThreshold):
        return f"die oberen {share[0]} der Haushalte", f"the top {share[1]} of the units"
    return (
        f"wer zusammen {share[0]} der Summe bringt",
        f"those who together bring {share[1]} of the total",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWords:
    """A field's name and how its values are worded; a change of a number is a rise or a fall."""

    de: str
    en: str
    words: Callable[[Any], Texts]
    is_number: bool = True
    is_span: bool = False


def _field(
    german: str, english: str, words: Callable[[Any], Texts], *, is_number: bool = True
) -> FieldWords:
    is_span = words in (_days, _months, _years)
    return FieldWords(de=german, en=english, words=words, is_number=is_number, is_span=is_span)


FIELDS: Final[Mapping[str, FieldWords]] = {
    "/model": _field("Modell", "Model", _model, is_number=False),
    "/name": _field("Name", "Name", _quoted, is_number=False),
    "/revenue/threshold": _field("Ertragsschwelle", "Revenue threshold", threshold_words),
    "/potential/threshold": _field("Potenzialschwelle", "Potential threshold", threshold_words),
    "/effort/hourly_cents/owner": _field("Stundensatz Inhaber", "Hourly cost of the owner", _euros),
    "/effort/hourly_cents/adviser": _field(
        "Stundensatz Berater", "Hourly cost of an adviser", _euros
    ),
    "/effort/hourly_cents/back_office": _field(
        "Stundensatz Innendienst", "Hourly cost of the back office", _euros
    ),
    "/effort/kilometre_cents": _field("Kosten je Kilometer", "Cost per kilometre", _euros),
    "/effort/ratio_limit": _field("Grenze der Aufwandsquote", "Limit of the effort ratio", percent),
    "/earning_months/initial": _field(
        "Abschlusscourtage verdient über", "Initial commission earned over", _months
    ),
    "/earning_months/increase": _field(
        "Dynamikcourtage verdient über", "Commission on increases earned over", _months
    ),
    "/earning_months/clawback": _field(
        "Storno angerechnet über", "Clawback counted over", _months
    ),
    "/earning_months/other": _field(
        "Sonstige Courtage verdient über", "Other commission earned over", _months
    ),
    "/counts/late_payments": _field(
        "Verspätete Zahlungen entscheiden ab", "Late payments decide from", _number
    ),
    "/counts/price_disputes": _field(
        "Diskussionen über den Preis entscheiden ab", "Price disputes decide from", _number
    ),
    "/counts/announced_not_delivered": _field(
        "Angekündigtes, nicht geliefertes Geschäft entscheidet ab",
        "Business announced and not delivered decides from",
        _number,
    ),
    "/counts/idle_contacts": _field(
        "Kontakte ohne Anliegen entscheiden ab", "Contacts without a matter decide from", _number
    ),
    "/health_data": _field(
        "Gesundheitssparten im Potenzial", "Health lines in the potential", _switch, is_number=False
    ),
    "/stability/band": _field("Band um die Schwelle", "Band around the threshold", percent),
    "/stability/hold_days": _field(
        "Haltezeit unter der Schwelle", "Hold time below the threshold", _days
    ),
    "/stability/upgrade_immediately": _field(
        "Sofort nach oben", "Upwards at once", _switch, is_number=False
    ),
    "/terms_old_after_years": _field("Bedingungen gelten als alt nach", "Terms are old after",
                                     _years),
    "/chance_months": _field(
        "Chance kleiner Kunden mit Potenzial", "Chance of small customers with potential", _months
    ),
}  # fmt: skip
"""Every field of a policy but the needs, by its place."""


NEED_FIELDS: Final[Mapping[str, FieldWords]] = {
    "expected_cents": _field("erwartete Courtage im Jahr", "expected yearly commission", _euros),
    "probability": _field("Abschlusswahrscheinlichkeit", "closing probability", percent),
    "reason_de": _field("Begründung", "reason", _quoted, is_number=False),
    "source": _field("Quelle", "source", _quoted, is_number=False),
}
"""The fields of a need beside its condition; line and kind are its name."""

_KINDS: Final = {
    "missing": ("fehlt", "missing"),
    "old": ("alte Bedingungen", "old terms"),
    "incomplete": ("ohne Naturgefahren", "without natural hazards"),
}
CONDITIONS: Final[Mapping[str, Texts]] = {
    "household": ("Haushalt", "household"),
    "children": ("Kinder", "children"),
    "home": ("Wohnen", "home"),
    "employment": ("Beruf", "employment"),
    "vehicles": ("Fahrzeuge", "vehicles"),
    "pets": ("Tiere", "pets"),
    "industry": ("Branche", "industry"),
    "employees": ("Beschäftigte", "employees"),
    "income_band": ("Einkommen", "income"),
    "age": ("Alter", "age"),
}
VALUES: Final[Mapping[str, str]] = {
    "single": "allein", "couple": "Paar", "family": "Familie", "single_parent": "alleinerziehend",
    "owns": "Eigentum", "rents": "Miete",
    "employed": "angestellt", "self_employed": "selbstständig", "civil_servant": "verbeamtet",
    "student": "in Ausbildung", "retired": "im Ruhestand", "unemployed": "ohne Arbeit",
    "dog": "Hund", "cat": "Katze", "horse": "Pferd", "other": "sonstiges",
}  # fmt: skip
"""German words of the life situation's values; an agency's own names stay as they are."""


def need_name(need: Need) -> Texts:
    """``Hausrat (fehlt)``."""
    line, kind = BY_KEY[need.line], _KINDS[need.kind]
    return f"{line.de} ({kind[0]})", f"{line.en} ({kind[1]})"


def condition_words(need: Need) -> Texts:
    """The condition of a need; ``immer`` if it has none."""
    german, english = [], []
    for field, condition in conditions_of(need).items():
        name = CONDITIONS[field]
        if isinstance(condition, Range):
            words = _range(condition)
        else:
            values = [str(value) for value in condition]
            words = (
                " oder ".join(VALUES.get(value, value) for value in values),
                " or ".join(value.replace("_", " ") for value in values),
            )
        german.append(f"{name[0]} {words[0]}")
        english.append(f"{name[1]} {words[1]}")
    return " und ".join(german) or "immer", " and ".join(english) or "always"


def _range(condition: Range) -> Texts:
    low, high = condition.min, condition.max
    if low is None:
        return f"bis {high}", f"up to {high}"
    if high is None:
        return f"ab {low}", f"from {low}"
    if low == high:
        return f"{low}", f"{low}"
    return f"{low} bis {high}", f"{low} to {high}"


def worth_words(need: Need) -> Texts:
    """``24,00 € × 50 %``."""
    cents, share = _euros(need.expected_cents), percent(need.probability)
    return f"{cents[0]} × {share[0]}", f"{cents[1]} × {share[1]}"
