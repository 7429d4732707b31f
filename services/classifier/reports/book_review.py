"""The book review as a PDF for the owner: A4, German, with the names of the customers."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from babel.numbers import format_decimal

from services.classifier.domain.sentences import day_de, euros_de
from shared.contracts.book import (
    BookReview,
    ClassFigures,
    Movers,
    SinceLastReview,
    TopShare,
)
from shared.contracts.vocabulary import CustomerId
from shared.typesetting import Substitutions, compiler, day_stamp, printable

TEMPLATE: Final = Path(__file__).parent / "book_review.typ"
GERMAN: Final = "de_DE"
MOVERS_SHOWN: Final = 8
UNITS_SHOWN: Final = 8
PILLARS_SHOWN: Final = 5

Names = Mapping[CustomerId, str]
Json = dict[str, object]


def book_review_pdf(review: BookReview, *, names: Names, agency_name: str) -> bytes:
    """Returns the review on a few A4 pages; the bytes are the same for the same review and names.

    A customer without a name appears with the id, and namesakes with their ids behind the name.
    """
    names = _told_apart(names)
    page = {
        "title": f"Bestandsanalyse {review.quarter[6]}. Quartal {review.quarter[:4]}",
        "agency": agency_name,
        "subtitle": _subtitle(review),
        "key_figures": _key_figures(review),
        "classes": [_class(each, review.classes) for each in review.classes],
        "notes": _notes(review),
        "since": _since(review.since_last),
        "units_top": [_top(each) for each in review.concentration.units],
        "groups_top": [_top(each) for each in review.concentration.groups],
        "pillars": _pillars(review, names),
        "up": _movers(review.up, names),
        "down": _movers(review.down, names),
        "first_classified": _count(review.first_classified_units, "Haushalt", "Haushalte"),
        "care": _care(review, names),
        "fallow": _fallow(review, names),
        "made": f"Erstellt am {day_de(review.made_at.date())} von {review.made_by}",
    }
    # A compiler keeps its input and is not shared: reviews are printed now and then.
    pdf = compiler(TEMPLATE).compile(
        sys_inputs={"review": json.dumps(_printable(page), ensure_ascii=False)},
        format="pdf",
        timestamp=day_stamp(review.as_of),
    )
    assert isinstance(pdf, bytes), "the form pdf without an output is one file of bytes"
    return pdf


def _printable(value: object) -> object:
    """The same value with every text reduced to characters that the fonts have."""
    if isinstance(value, str):
        return printable(value, Substitutions())
    if isinstance(value, dict):
        return {key: _printable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_printable(each) for each in value]
    return value


def _subtitle(review: BookReview) -> str:
    state = "" if review.complete else " · vorläufig, das Quartal läuft noch"
    return (
        f"{day_de(review.begins)} bis {day_de(review.as_of)}"
        f" · Klassifizierungsregel Fassung {review.policy_version}{state}"
    )


def _key_figures(review: BookReview) -> list[Json]:
    since, classes = review.since_last, review.classes
    contracts = review.contracts_per_customer.value
    revenue = sum(each.revenue_cents for each in classes)
    margin = sum(each.margin_cents for each in classes)
    potential = sum(each.potential_cents for each in classes)
    shown: list[tuple[str, str, str | None]] = [
        ("Kunden", _number(review.customers), _signed(since.customers) if since else None),
        ("Ertrag", _whole(revenue), _signed_whole(since.revenue_cents) if since else None),
        ("Deckungsbeitrag", _whole(margin), _signed_whole(since.margin_cents) if since else None),
        ("Potenzial", _whole(potential), _signed_whole(since.potential_cents) if since else None),
        (
            "Verträge je Kunde",
            "–" if contracts is None else _decimal(contracts, 2),
            f"Makler: {_decimal(review.contracts_per_customer.benchmarks[0].value, 1)}",
        ),
    ]
    return [{"name": name, "value": value, "change": change} for name, value, change in shown]


def _notes(review: BookReview) -> list[str]:
    """The notes that a reader of the table of classes needs."""
    notes = [each.note_de for each in review.classes if each.note_de]
    if review.unclassified_units:
        units = _count(review.unclassified_units, "Haushalt", "Haushalte")
        notes.append(
            f"Ohne Klasse am {day_de(review.as_of)}: {units}. Ertrag, Aufwand und Potenzial davon"
            " stehen nicht in dieser Tabelle und nicht in den Summen darüber."
        )
    return notes


def _class(figures: ClassFigures, classes: Sequence[ClassFigures]) -> Json:
    most = max((each.customers for each in classes), default=0)
    return {
        "segment": figures.segment,
        "bar": figures.customers / most if most else 0.0,
        "customers": _number(figures.customers),
        "share": _percent(figures.share_of_customers),
        "revenue": _euros(figures.revenue_cents),
        "effort": _euros(figures.effort_cents),
        "margin": _euros(figures.margin_cents),
        "potential": _euros(figures.potential_cents),
        "hours": _decimal(figures.hours, 1),
        "pays": figures.pays_for_its_care,
    }


def _since(since: SinceLastReview | None) -> Json | None:
    if since is None:
        return None
    name = f"{since.quarter[6]}. Quartal {since.quarter[:4]} ({day_de(since.as_of)})"
    points = round(100 * since.top_twenty_percent_share, 1)
    return {
        "title": f"Verändert seit dem {name}",
        "classes": [
            {
                "segment": each.segment,
                "customers": _signed(each.customers),
                "revenue": _signed_euros(each.revenue_cents),
                "margin": _signed_euros(each.margin_cents),
            }
            for each in since.classes
        ],
        "top": "Anteil der oberen 20 % am Ertrag:"
        f" {_sign(points)}{_decimal(abs(points), 1)} Prozentpunkte",
    }


def _top(top: TopShare) -> Json:
    return {
        "percent": f"obere {top.percent} %",
        "count": _number(top.count),
        "revenue": _euros(top.leaving_costs_cents),
        "share": _percent(top.share_of_revenue),
        "bar": top.share_of_revenue,
    }


def _pillars(review: BookReview, names: Names) -> list[Json]:
    return [
        {
            "name": _names(pillar.unit_ids, names),
            "revenue": _euros(pillar.leaving_costs_cents),
            "share": _percent(pillar.share_of_revenue),
        }
        for pillar in review.concentration.largest[:PILLARS_SHOWN]
    ]


def _movers(movers: Movers, names: Names) -> Json:
    shown = movers.items[:MOVERS_SHOWN]
    return {
        "count": _number(movers.count),
        "rows": [
            {
                "name": _names(mover.customer_ids, names),
                "from": mover.from_segment,
                "to": mover.to_segment,
                "day": f"{mover.day:%d.%m.}",  # the quarter tells the year
                "reasons": " ".join(mover.reasons_de),
            }
            for mover in shown
        ],
        "more": _more(movers.count - len(shown)),
    }


def _care(review: BookReview, names: Names) -> Json:
    care = review.care
    shown = care.costliest[:UNITS_SHOWN]
    paying = _count(care.paying_units, "Haushalt trägt", "Haushalte tragen")
    return {
        "summary": f"{paying} ihre Betreuung, {_number(care.not_paying_units)} nicht; dort fehlen"
        f" zusammen {_euros(care.shortfall_cents)} im Jahr. Schäden, Beschwerden und gesetzliche"
        " Pflichten sind hier mitgerechnet: Das sagt, was Betreuung kostet, und hält niemandem"
        " etwas vor.",
        "rows": [
            {
                "name": _names(unit.customer_ids or [unit.unit_id], names),
                "segment": unit.segment,
                "revenue": _euros(unit.revenue_cents),
                "effort": _euros(unit.effort_cents),
                "margin": _euros(unit.margin_cents),
            }
            for unit in shown
        ],
        "more": _more(care.not_paying_units - len(shown)),
    }


def _fallow(review: BookReview, names: Names) -> Json:
    lying = review.fallow
    shown = lying.items[:UNITS_SHOWN]
    households = _count(lying.count, "Haushalt der Klasse O", "Haushalte der Klasse O")
    return {
        "any": lying.count > 0,
        "summary": f"{households} ohne Kontakt seit mindestens zwölf Monaten, mit zusammen"
        f" {_euros(lying.potential_cents)} Potenzial im Jahr.",
        "rows": [
            {
                "name": _names(unit.customer_ids or [unit.unit_id], names),
                "last": day_de(unit.last_contact) if unit.last_contact else "keiner bekannt",
                "potential": _euros(unit.potential_cents),
            }
            for unit in shown
        ],
        "more": _more(lying.count - len(shown)),
    }


def _told_apart(names: Names) -> Names:
    """The names; one that several customers bear has their number behind it."""
    bearers = Counter(name.casefold() for name in names.values())
    return {
        customer_id: f"{name} ({customer_id})" if bearers[name.casefold()] > 1 else name
        for customer_id, name in names.items()
    }


def _names(customer_ids: Sequence[CustomerId], names: Names) -> str:
    called = [names.get(customer_id, customer_id) for customer_id in customer_ids[:3]]
    return ", ".join(called) + (" u. a." if len(customer_ids) > len(called) else "")


def _more(count: int) -> str | None:
    return f"und {_number(count)} weitere" if count > 0 else None


def _count(count: int, one: str, several: str) -> str:
    return f"{_number(count)} {one if count == 1 else several}"


def _number(value: int) -> str:
    return format_decimal(value, locale=GERMAN).replace("-", "−")


def _decimal(value: float, places: int) -> str:
    # Rounded before, because babel would round the decimal digits shown and not the number.
    return format_decimal(round(value, places), f"#,##0.{'0' * places}", locale=GERMAN)


def _percent(share: float) -> str:
    return f"{_decimal(100 * share, 1)} %"


def _whole(cents: int) -> str:
    """Whole euros: what a key figure needs."""
    return f"{_number(round(cents / 100))} €"


def _sign(value: float) -> str:
    return "±" if value == 0 else "+" if value > 0 else "−"


def _signed(value: int) -> str:
    return f"{_sign(value)}{_number(abs(value))}"


def _signed_whole(cents: int) -> str:
    return f"{_sign(cents)}{_whole(abs(cents))}"


def _euros(cents: int) -> str:
    """``1.234,56 €`` with a real minus sign, as wide as a digit."""
    return euros_de(cents).replace("-", "−")


def _signed_euros(cents: int) -> str:
    return f"{_sign(cents)}{_euros(abs(cents))}"
