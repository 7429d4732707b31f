"""The needs and rates of a new agency: data, each row with its reason and source.

Expected commissions are usual yearly net premiums times the usual rate of the line table; what is
paid once (pension, term life) is spread over the sixty months of its liability period, as revenue
is earned. Closing probabilities are the product's own assumptions, to be replaced by the agency.
"""

from typing import Final

from shared.contracts.policies import Conditions, GapKind, Need, Policy, Range

_PREMIUM: Final = "Eigene Annahme: üblicher Jahresnettobeitrag {} € × {} % Courtage"
_ONCE: Final = "Eigene Annahme: Abschlusscourtage {} € verteilt auf 60 Monate Haftungszeit"
_ADULT: Final = Range(min=18)
_EARNING_A_LIVING: Final = ["employed", "self_employed", "civil_servant"]


def _need(
    line: str,
    when: dict[str, object],
    cents: int,
    probability: float,
    reason: str,
    source: str,
    kind: GapKind = "missing",
) -> Need:
    return Need(
        line=line,
        kind=kind,
        when=Conditions.model_validate(when),
        expected_cents=cents,
        probability=probability,
        reason_de=reason,
        source=source,
    )


def _premium(euros: int, percent: str) -> str:
    return _PREMIUM.format(euros, percent)


PRIVATE_NEEDS: Final = (
    _need("private_liability", {"age": _ADULT}, 1500, 0.6,
          "Wer anderen schadet, haftet mit dem ganzen Vermögen (§ 823 BGB).",
          _premium(67, "22,5")),
    _need("private_liability", {"household": ["single", "couple", "family", "single_parent"]},
          1500, 0.6, "Jeder Haushalt braucht eine Privathaftpflicht (§ 823 BGB).",
          _premium(67, "22,5")),
    _need("household", {"home": ["owns", "rents"]}, 2400, 0.5,
          "Ein eigener Haushalt hat Hausrat zu verlieren.", _premium(120, "20")),
    _need("building", {"home": ["owns"]}, 9000, 0.4,
          "Das eigene Haus ist meist der größte Vermögenswert; Banken verlangen den Schutz.",
          _premium(450, "20")),
    _need("motor", {"vehicles": Range(min=1)}, 5000, 0.5,
          "Jedes Fahrzeug muss haftpflichtversichert sein (§ 1 PflVG).", _premium(555, "9")),
    _need("assistance", {"vehicles": Range(min=1)}, 1000, 0.3,
          "Pannen kosten ohne Schutzbrief schnell mehrere Hundert Euro.", _premium(67, "15")),
    _need("legal", {"employment": _EARNING_A_LIVING}, 6000, 0.3,
          "Streit im Beruf und Verkehr ist ohne Rechtsschutz teuer.", _premium(300, "20")),
    _need("legal", {"vehicles": Range(min=1)}, 4000, 0.3,
          "Wer fährt, braucht Verkehrsrechtsschutz.", _premium(200, "20")),
    _need("accident", {"children": Range(min=1)}, 4000, 0.35,
          "Kinder sind in der Freizeit nicht gesetzlich unfallversichert.", _premium(200, "20")),
    _need("accident", {"age": Range(min=18, max=65)}, 4000, 0.25,
          "Die meisten Unfälle geschehen in der Freizeit, ohne gesetzlichen Schutz.",
          _premium(200, "20")),
    _need("term_life", {"children": Range(min=1), "age": Range(max=60)}, 5200, 0.35,
          "Kinder brauchen ein Einkommen auch nach dem Tod eines Elternteils.", _ONCE.format(260)),
    _need("term_life", {"home": ["owns"], "age": Range(max=60)}, 5200, 0.3,
          "Wer ein Haus abzahlt, sichert die Hinterbliebenen ab.", _ONCE.format(260)),
    _need("pension", {"employment": _EARNING_A_LIVING, "age": Range(min=18, max=55)}, 24000, 0.35,
          "Die gesetzliche Rente allein hält den Lebensstandard nicht.", _ONCE.format(1200)),
    _need("animal_liability", {"pets": ["dog", "horse"]}, 2000, 0.6,
          "Tierhalter haften ohne Verschulden (§ 833 BGB).", _premium(90, "22,5")),
    _need("animal", {"pets": ["dog", "cat"]}, 5200, 0.2,
          "Tierarztkosten sind seit der neuen GOT deutlich gestiegen.", _premium(350, "15")),
    _need("travel", {"household": ["couple", "family"]}, 3000, 0.2,
          "Krankheit im Ausland zahlt die gesetzliche Kasse nur zum Teil.", _premium(150, "20")),
)  # fmt: skip

BUSINESS_NEEDS: Final = (
    _need("business_liability", {"employees": Range(min=0)}, 18000, 0.5,
          "Ein Betrieb haftet für Schäden aus seiner Tätigkeit.", _premium(900, "20")),
    _need("business_liability", {"employment": ["self_employed"]}, 8000, 0.5,
          "Selbstständige haften für Schäden aus ihrer Tätigkeit.", _premium(400, "20")),
    _need("commercial_contents", {"employees": Range(min=0)}, 16000, 0.4,
          "Einrichtung, Waren und Vorräte sind das Arbeitsmittel.", _premium(800, "20")),
    _need("cyber", {"employees": Range(min=1)}, 18000, 0.25,
          "Angriffe auf Daten und Systeme treffen auch kleine Betriebe.", _premium(900, "20")),
    _need("business_legal", {"employees": Range(min=1)}, 14000, 0.3,
          "Arbeitgeber streiten um Kündigung, Vertrag und Steuer.", _premium(700, "20")),
    _need("business_interruption", {"employees": Range(min=5)}, 12000, 0.25,
          "Löhne laufen weiter, wenn der Betrieb steht.", _premium(600, "20")),
    _need("company_pension", {"employees": Range(min=1)}, 24000, 0.25,
          "Beschäftigte haben Anspruch auf Entgeltumwandlung (§ 1a BetrAVG).", _ONCE.format(1200)),
)  # fmt: skip

HEALTH_NEEDS: Final = (
    _need("disability", {"employment": ["employed", "self_employed"], "age": Range(max=55)},
          18000, 0.4, "Die Arbeitskraft ist der größte Vermögenswert.", _ONCE.format(900)),
    _need("health_supplement", {"age": Range(min=18, max=65)}, 3000, 0.25,
          "Die gesetzliche Kasse zahlt Wahlleistungen nicht.", _ONCE.format(150)),
    _need("dental", {"age": Range(min=18, max=60)}, 2400, 0.3,
          "Zahnersatz wird nur zum Teil bezahlt.", _ONCE.format(120)),
    _need("care", {"age": Range(min=45, max=70)}, 6000, 0.2,
          "Die Pflegepflichtversicherung deckt nur einen Teil der Kosten.", _ONCE.format(300)),
)  # fmt: skip

CONTRACT_NEEDS: Final = (
    _need("building", {}, 4000, 0.5,
          "Nur 52 % der Wohngebäude sind gegen Überschwemmung und Starkregen versichert.",
          "GDV, Datenservice zum Naturgefahrenreport 2023; Zuschlag 200 € × 20 %", "incomplete"),
    _need("household", {}, 1200, 0.4,
          "Nur 38 % der Hausratverträge schließen Naturgefahren ein.",
          "GDV, Datenservice zum Naturgefahrenreport 2023; Zuschlag 60 € × 20 %", "incomplete"),
    _need("household", {}, 0, 0.5, "Neuere Bedingungen leisten mehr, meist ohne Mehrbeitrag.",
          "Eigene Annahme: kein Mehrertrag, aber ein Gesprächsanlass", "old"),
    _need("private_liability", {}, 0, 0.5,
          "Neuere Bedingungen leisten mehr, meist ohne Mehrbeitrag.",
          "Eigene Annahme: kein Mehrertrag, aber ein Gesprächsanlass", "old"),
    _need("legal", {}, 0, 0.5, "Neuere Bedingungen leisten mehr, meist ohne Mehrbeitrag.",
          "Eigene Annahme: kein Mehrertrag, aber ein Gesprächsanlass", "old"),
)  # fmt: skip

PRIVATE_COVERAGE: Final[dict[str, float]] = {
    "private_liability": 0.828,
    "motor": 0.81,
    "household": 0.76,
    "legal": 0.47,
    "accident": 0.42,
    "building": 0.42,
    "pension": 0.23,
    "term_life": 0.17,
}
"""Share of German households that hold the line somewhere.

GDV after the Einkommens- und Verbrauchsstichprobe 2018; legal, accident and pension weighted from
its figures for West and East. Building: the share of households that own their home (Destatis),
nearly all of which insure it.
"""

BUSINESS_COVERAGE: Final[dict[str, float]] = {"business_liability": 0.9, "cyber": 0.13}
"""Share of small and medium companies that hold the line: Gothaer KMU-Studie 2020."""


def default_policy() -> Policy:
    """The policy of a new agency: four classes, 300 € of revenue, 150 € of potential."""
    return Policy(needs=[*PRIVATE_NEEDS, *BUSINESS_NEEDS, *HEALTH_NEEDS, *CONTRACT_NEEDS])
