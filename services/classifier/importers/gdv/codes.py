"""Key lists of the GDV data set: what a code means here.

Source: GDV, VU-Vermittler, Anlagen 1, 5, 7, 14 and 76. A code that is not listed maps to *unknown*
with a warning and never rejects its record.
"""

from typing import Final

from shared.contracts.customers import ContractStatus, Salutation

POLICYHOLDER_ROLES: Final = frozenset({"01", "31", "61"})

SALUTATIONS: Final[dict[str, Salutation | None]] = {
    "": None, "0": None, "1": "herr", "2": "frau", "3": "firma", "4": "familie", "5": "frau",
    "6": "firma",
}  # fmt: skip
ORGANISATIONS: Final = frozenset({"3", "6"})
NATURAL_SALUTATIONS: Final = frozenset({"1", "2", "4", "5"})
LEGAL_PERSON: Final = "0"
LEGAL_FORMS_OF_COMPANIES: Final = frozenset(f"{code:02}" for code in range(2, 14))

PHONES: Final = ("10", "30", "31", "20", "32")  # in this order of preference
E_MAILS: Final = ("50", "51", "52")

STATUSES: Final[dict[str, ContractStatus]] = {
    "1": "active", "2": "active", "3": "suspended", "4": "cancelled", "5": "suspended",
    "6": "active", "7": "active", "8": "suspended",
}  # fmt: skip

INSTALMENTS: Final[dict[str, int]] = {"1": 1, "2": 2, "4": 4, "8": 12, "6": 0, "9": 0}
"""Zahlungsweise → instalments per year; single premium and premium-free are 0."""

MONTHLY_ANYWAY: Final = frozenset({"1", "2", "4", "8"})
"""In health (Sparte 02x) the premium is the monthly one, however it is paid (note on 0200)."""

LEAVING_REASONS: Final = {
    "01": "Kündigung durch Versicherungsnehmer zum Ablauf",
    "02": "Kündigung durch Versicherungsnehmer nach Schaden",
    "03": "Kündigung durch Versicherungsnehmer nach Beitragserhöhung",
    "04": "Kündigung durch Versicherer zum Ablauf",
    "05": "Kündigung durch Versicherer nach Schaden",
    "06": "Kündigung durch Versicherer wegen Nichtzahlung",
    "07": "Wagnisfortfall",
    "08": "Ersatz durch anderen Vertrag",
    "09": "Ablauf eines kurzfristigen Vertrags",
    "10": "Unterbrechung mit Vorbehalt",
    "11": "Unterbrechung ohne Vorbehalt",
    "12": "Nicht zustande gekommen",
    "13": "Kündigung durch Erwerber",
    "14": "Tod des Versicherungsnehmers",
    "15": "Altersgrenze erreicht",
    "16": "Kündigungsklausel",
    "17": "Erlebensfall",
    "18": "Austritt aus Rahmenvertrag",
    "19": "Beitragsfreistellung auf Antrag",
    "20": "Beitragsfreistellung",
    "21": "Tod der versicherten Person",
    "22": "Ablauf",
    "23": "Heirat des mitversicherten Kindes",
    "24": "Rückkauf",
    "25": "Verfall",
    "26": "Wechsel zu anderer privater Krankenversicherung",
    "27": "Versicherungspflicht in der gesetzlichen Krankenversicherung",
    "28": "Freiwillig in die gesetzliche Krankenversicherung",
    "29": "Teilung oder Zusammenlegung",
    "30": "Vermittlerwechsel",
    "31": "Rücktritt",
    "32": "Tarifwechsel",
    "33": "Verletzung der Anzeigepflicht",
    "34": "Verletzung der Anzeigepflicht",
    "35": "Verletzung der Anzeigepflicht",
    "36": "Ausschluss durch Versicherer",
    "37": "Übergang auf anderen Versicherer",
    "38": "Fortführung unter neuer Nummer",
    "99": "Sonstiger Abgangsgrund",
}
DEATHS_OF_POLICYHOLDER: Final = frozenset({"14"})
EXPIRIES: Final = frozenset({"09", "17", "22"})
