"""What brokers and insurers call the lines of insurance, as data."""

from typing import Final

from shared.contracts.lines import LINES
from shared.csv.cells import folded

_WORDS: Final[dict[str, str]] = {
    "motor": "Kfz,Kraftfahrzeug,Kraftfahrt,Auto,PKW,Kfz-Haftpflicht,Kfz-Haftpflicht/Kasko,"
    "Kfz-Kasko,Kasko,Vollkasko,Teilkasko,KH,KH/VK,KH/TK,K-Haftpflicht,Motorrad,"
    "Krad,Wohnmobil,Wohnwagen,Anhänger,LKW,Lieferwagen,Oldtimer,Fahrzeug,"
    "Kfz-Flotte,Flotte,Fahrzeugversicherung,Camping",
    "motor_moped": "Mofa,Mofa/Moped,Kleinkraftrad,Roller,E-Scooter,E-Roller,"
    "Elektrokleinstfahrzeug,Versicherungskennzeichen",
    "household": "HR,VHV,Hausrat inkl. Glas,Verbundene Hausrat,Hausrat/Glas,Hausrat und Glas,"
    "Hausrat Plus",
    "building": "Gebäude,WG,VGV,Verbundene Wohngebäude,Wohngebäude inkl. Elementar,"
    "Wohngebäude/Elementar,Elementar,Elementarschaden,Wohngebäude und Elementar,"
    "Eigenheim",
    "private_liability": "PHV,Private Haftpflicht,Privat-Haftpflicht,Haftpflicht privat,"
    "Familienhaftpflicht,Singlehaftpflicht,PHV Familie,PHV Single",
    "liability": "Allgemeine Haftpflicht,HV,AHV,Haftpflicht allgemein",
    "animal_liability": "Tierhaftpflicht,Hundehaftpflicht,Hundehalterhaftpflicht,Hundehalter,"
    "Pferdehaftpflicht,Pferdehalterhaftpflicht,THV,THH,Hund",
    "owner_liability": "Haus- und Grundbesitzer,Haus und Grund,Grundbesitzerhaftpflicht,"
    "Haus- und Grundbesitzerhaftpflicht,HuG,HUG-Haftpflicht,Bauherrenhaftpflicht,"
    "Bauherren,Gewässerschaden,Gewässerschadenhaftpflicht,Öltank",
    "business_liability": "BHV,Betriebshaftpflicht,Berufshaftpflicht,"
    "Betriebs- und Berufshaftpflicht,"
    "Produkthaftpflicht,Umwelthaftpflicht,Betriebs-Haftpflicht",
    "professional_liability": "VSH,Vermögensschaden,Vermögensschaden-Haftpflicht,D&O,"
    "Managerhaftpflicht,"
    "Organhaftpflicht",
    "legal": "RS,Rechtschutz,Privatrechtsschutz,Privat-Rechtsschutz,Verkehrsrechtsschutz,"
    "Verkehrs-Rechtsschutz,Familienrechtsschutz,PBV,"
    "Privat- Berufs- und Verkehrsrechtsschutz,Mietrechtsschutz,Berufsrechtsschutz",
    "business_legal": "Gewerberechtsschutz,Firmen-Rechtsschutz,Betriebsrechtsschutz,"
    "Rechtsschutz Gewerbe,Vermieterrechtsschutz",
    "accident": "UV,Kinderunfall,Unfall Kinder,Familienunfall,Seniorenunfall,Gruppenunfall,"
    "UPR,Unfall mit Beitragsrückgewähr,Unfall privat",
    "life": "LV,Kapitalleben,Kapital-LV,KLV,Kapital-Lebensversicherung,"
    "Kapitalbildende Lebensversicherung,Lebens,fondsgebundene Lebensversicherung,"
    "FLV,Sterbegeld,Sterbegeldversicherung,Ausbildungsversicherung",
    "term_life": "RLV,Risiko-LV,Risiko,Risiko-Leben,Risiko-Lebensversicherung,"
    "Risikoversicherung,Restschuld,Restschuldversicherung,Hinterbliebenenschutz",
    "pension": "Rente,RV,Altersvorsorge,Riester,Riester-Rente,Rürup,Rürup-Rente,Basisrente,"
    "Basis-Rente,Private Rente,Privatrente,Private Rentenversicherung,"
    "Rentenversicherung,Fondsrente,fondsgebundene Rente,"
    "Fondsgebundene Rentenversicherung,FRV,Sofortrente,Leibrente,"
    "Aufgeschobene Rente",
    "company_pension": "bAV,Direktversicherung,Betriebsrente,Pensionskasse,Pensionsfonds,"
    "Unterstützungskasse,U-Kasse,Rückdeckung,Rückdeckungsversicherung,"
    "Direktzusage,Entgeltumwandlung",
    "disability": "BU,SBU,BUZ,BU-Rente,EU,Erwerbsunfähigkeit,Grundfähigkeit,"
    "Grundfähigkeitsversicherung,Dread Disease,Schwere Krankheiten,"
    "Berufsunfähigkeitsrente,Dienstunfähigkeit,DU,Funktionsinvalidität,Multi-Risk",
    "health": "Kranken,KV,Krankenhaus,Krankentagegeld,KTG,Krankenhaustagegeld,KHT",
    "health_full": "PKV,PKV Voll,Private Krankenversicherung,Krankenvoll,Vollkranken,"
    "Krankenvollkosten,Vollversicherung,Beihilfe,KV-Voll,Private KV",
    "health_supplement": "Zusatzversicherung,Krankenzusatz,Kranken-Zusatz,KV-Zusatz,Stationär,"
    "Stationäre Zusatzversicherung,Ambulant,Ambulante Zusatzversicherung,"
    "Heilpraktiker,GKV-Zusatz,bKV,Betriebliche Krankenversicherung",
    "dental": "Zahn,Zahnzusatz,Zahn-Zusatz,Zahnersatz,Zahnversicherung",
    "care": "Pflege,Pflegezusatz,Pflege-Zusatz,Pflegetagegeld,Pflegepflicht,"
    "Pflegepflichtversicherung,PPV,Pflegerente,Pflege-Bahr",
    "travel": "Auslandskranken,Auslandsreise,Auslandsreisekranken,Auslandsreise-KV,"
    "Reiserücktritt,Reisekranken,Reisegepäck,Reisekrankenversicherung",
    "animal": "Tier,Tierkranken,Tier-OP,Hunde-OP,Katzen-OP,Pferde-OP,OP-Versicherung,"
    "Tier-Kranken,Hundekranken,Katzenkranken",
    "glass": "Glasbruch,Haushaltsglas,Glasbruchversicherung",
    "assistance": "Schutzbrief,Kfz-Schutzbrief,Verkehrsservice,Autoschutzbrief,Beistandsleistung",
    "cyber": "Cyber-Risk,Cyberschutz,Internetschutz,Cyber-Versicherung",
    "commercial_contents": "Inhalt,Betriebsinhalt,Geschäftsinhalts,Inventar,Geschäftsinventar,"
    "Geschäft,"
    "Inhaltsversicherung",
    "commercial_building": "Gebäude gewerblich,Gewerbliche Gebäude,Geschäftsgebäude,"
    "Gewerbe-Gebäude",
    "commercial_package": "Gewerbe,Multi-Line,Gewerbe-Police,Firmenpolice,Betriebspolice,"
    "Gewerbeversicherung",
    "business_interruption": "BU gewerblich,Ertragsausfall,Betriebsschließung,Betriebsausfall,"
    "Praxisausfall",
    "engineering": "Elektronik,Maschinen,Maschinenbruch,Bauleistung,Montage,Photovoltaik,"
    "PV-Anlage,Technische,Elektronikversicherung,Solaranlage",
    "transport": "Werkverkehr,Warentransport,Autoinhalt,Verkehrshaftung,Frachtführer",
    "credit": "Kaution,Bürgschaft,Kautionsversicherung,Mietkaution,Warenkredit,"
    "Vertrauensschaden,Kreditversicherung",
    "investment": "Fonds,Investment,Depot,Investmentfonds,Sparplan,Fondssparplan,Geldanlagen,"
    "Beteiligung",
    "loan": "Darlehen,Immobilienfinanzierung,Finanzierung,Kredit,Ratenkredit,Baudarlehen,Hypothek",
    "bauspar": "Bausparvertrag,BSV,Bauspar",
    "bundle": "Bündel,Bündelpolice,Paket,Kombi,Kombipolice,Allgefahren,Multipolice",
    # A bicycle is no household: read as one, it hid that the household has no cover.
    "other": "Fahrrad,Fahrradversicherung,E-Bike,E-Bike-Versicherung,Pedelec,Sonstiges,"
    "Sonstige Sparten,Verschiedenes,Diverse",
}
LINE_WORDS: Final[dict[str, str]] = {
    **{folded(word): key for key, text in _WORDS.items() for word in text.split(",")},
    **{folded(line.key): line.key for line in LINES},
    **{folded(line.de): line.key for line in LINES},
}
_ENDINGS: Final = ("versicherungen", "versicherung", "versicherungs", "vers", "police", "schutz")


def line_of_word(cell: str) -> str | None:
    """The key of a line by one of its names, with or without *-versicherung* behind it."""
    name = folded(cell)
    candidates = [name, *(name.removesuffix(end) for end in _ENDINGS if name.endswith(end))]
    return next((LINE_WORDS[each] for each in candidates if each in LINE_WORDS), None)
