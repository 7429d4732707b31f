"""The words of German exports and what they mean, as data."""

from collections.abc import Mapping
from typing import Final, Literal, TypeVar

from babel import Locale

from shared.contracts.customers import (
    CommissionKind,
    ContractStatus,
    CustomerKind,
    CustomerStatus,
    Direction,
    Employment,
    FederalState,
    FormOfAddress,
    Home,
    Household,
    InteractionChannel,
    Language,
    Salutation,
    StaffRole,
    Topic,
)
from shared.csv.cells import folded

K = TypeVar("K")


def _table(words: Mapping[K, str]) -> dict[str, K]:
    """Returns folded word → code, from lines of a code and its words separated by commas."""
    return {folded(word): code for code, text in words.items() for word in text.split(",")}


def instalment_words(cell: str) -> str:
    """Returns a word that keeps ``1/2``, ``12`` and ``½`` apart, which folding alone would not."""
    for fraction, written in (("½", "1/2"), ("¼", "1/4")):
        cell = cell.replace(fraction, written)
    return folded(cell.replace("/", " von "))


DeathMark = Literal["died"]
DIED: Final[DeathMark] = "died"
KINDS: Final[dict[str, CustomerKind]] = _table(
    {
        "person": "privat,Privatkunde,Privatperson,Person,natürliche Person,p,Private",
        "company": "Firma,Firmenkunde,Gewerbe,Gewerbekunde,geschäftlich,Unternehmen,Betrieb,"
        "juristische Person,f,g,Organisation,Verein",
    }
)
STATUSES: Final[dict[str, CustomerStatus | DeathMark]] = _table(
    {
        "active": "Kunde,aktiv,aktiver Kunde,Bestandskunde,Bestand",
        "prospect": "Interessent,Interessentin,potenzieller Kunde,Neukontakt,Lead",
        "former": "ehemalig,ehemaliger Kunde,Ehemalige,inaktiv,Altkunde,gekündigt,beendet",
        DIED: "verstorben,gestorben,tot",
    }
)
SALUTATIONS: Final[dict[str, Salutation | None]] = _table(
    {
        "frau": "Frau,Fr,Fräulein",
        "herr": "Herr,Herrn,Hr",
        "divers": "divers,d",
        "familie": "Familie,Fam,Eheleute,Herr und Frau,Frau und Herr,Herrn und Frau,Ehepaar",
        "firma": "Firma,Fa,Verein,Vereinigung",
        None: "keine,ohne,ohne Anrede",
    }
)
FORMS_OF_ADDRESS: Final[dict[str, FormOfAddress]] = _table({"sie": "Sie", "du": "Du"})
LANGUAGES: Final[dict[str, Language]] = _table(
    {"de": "deutsch,de,d,german", "en": "englisch,en,e,english"}
)
HOUSEHOLDS: Final[dict[str, Household]] = _table(
    {
        "single": "Single,alleinstehend,Alleinlebend,ledig,Einzelperson",
        "couple": "Paar,Ehepaar,verheiratet,Lebensgemeinschaft,Partnerschaft",
        "family": "Familie,mit Kindern,Paar mit Kindern",
        "single_parent": "alleinerziehend,Alleinerziehende,Alleinerziehender",
    }
)
HOMES: Final[dict[str, Home]] = _table(
    {
        "owns": "Eigentum,Eigenheim,Eigentümer,Haus,eigenes Haus,Eigentumswohnung,Wohneigentum",
        "rents": "Miete,Mieter,zur Miete,Mietwohnung",
    }
)
EMPLOYMENTS: Final[dict[str, Employment]] = _table(
    {
        "employed": "Angestellter,Angestellte,angestellt,Arbeiter,Arbeiterin,Arbeitnehmer,"
        "Arbeitnehmerin,Auszubildender,Auszubildende,Azubi,öffentlicher Dienst",
        "self_employed": "Selbstständig,Selbständig,Selbstständiger,Selbständiger,Selbstständige,"
        "Selbständige,Freiberufler,Freiberuflerin,Unternehmer,Unternehmerin",
        "civil_servant": "Beamter,Beamtin,Beamte,verbeamtet",
        "student": "Student,Studentin,Studierend,Schüler,Schülerin",
        "retired": "Rentner,Rentnerin,Rente,Pensionär,Pensionärin,Ruhestand,im Ruhestand",
        "unemployed": "arbeitslos,arbeitssuchend,ohne Beschäftigung",
        "other": "Sonstige,Sonstiges,Hausfrau,Hausmann,Elternzeit",
    }
)
PETS: Final[dict[str, str | None]] = _table(
    {
        "dog": "Hund,Hunde,Hündin,dog",
        "cat": "Katze,Katzen,Kater,cat",
        "horse": "Pferd,Pferde,Pony,Ponys,horse",
        "other": "ja,Vogel,Vögel,Kaninchen,Hamster,Meerschweinchen,Fische,Reptil,sonstige,other",
        None: "nein,keine,kein,0",
    }
)
CONSENTS: Final = _table(
    {
        "granted": "ja,j,x,1,true,wahr,erteilt,liegt vor,zugestimmt",
        "denied": "nein,n,0,false,falsch,abgelehnt,verweigert,nicht erteilt",
        "withdrawn": "widerrufen,Widerruf,zurückgezogen",
    }
)
CONTRACT_STATUSES: Final[dict[str, ContractStatus]] = _table(
    {
        "active": "aktiv,laufend,läuft,in Kraft,Bestand,policiert,beitragsfrei,gültig,"
        "beitragsfrei gestellt,Vertrag aktiv,Vertrag laufend,aktiver Vertrag,ungekündigt,lebend,"
        "prolongiert,angenommen",
        "suspended": "ruhend,ruht,Anwartschaft,ausgesetzt,unterbrochen,stillgelegt,ruhend gestellt,"
        "Ruheversicherung",
        "cancelled": "gekündigt,storniert,Storno,widerrufen,gekündigt durch VU,gekündigt durch VN,"
        "gekündigt durch Kunde,gekündigt durch Kunden,gekündigt durch Versicherer,Kündigung,"
        "aufgehoben,Vertrag gekündigt,Vertrag storniert",
        "expired": "abgelaufen,beendet,erloschen,Ablauf,abgegangen,Abgang,ausgelaufen,"
        "Vertrag beendet,Vertrag abgelaufen",
        "applied": "beantragt,Antrag,in Antrag,Antrag gestellt,angebahnt,Neuantrag,eingereicht,"
        "Antrag eingereicht,in Bearbeitung,schwebend",
    }
)
INSTALMENTS: Final[dict[str, int]] = {
    instalment_words(word): count
    for count, text in {
        1: "jährlich,jährl,jährliche,1,j,jahr,1/1,ganzjährlich,ganzjährig,1 x jährlich,1x,p.a.,"
        "per anno,einmal im Jahr,Jahreszahlung,jährliche Zahlung,alle 12 Monate",
        2: "halbjährlich,halbjährl,halbj,hj,2,h,1/2,1/2 jährlich,1/2jährl,½,½ jährlich,"
        "2 x jährlich,2x,2 x im Jahr,zweimal jährlich,halbjährliche Zahlung,alle 6 Monate,Halbjahr",
        4: "vierteljährlich,vierteljährl,viertelj,vj,quartalsweise,quartal,4,v,q,1/4,"
        "1/4 jährlich,1/4jährl,¼,¼ jährlich,4 x jährlich,4x,viermal jährlich,alle 3 Monate,"
        "vierteljährliche Zahlung,quartärlich",
        12: "monatlich,mtl,monatl,12,m,1/12,1/12 jährlich,12 x jährlich,12x,monat,monatsweise,"
        "monatliche Zahlung,jeden Monat,pro Monat,p.m.",
        0: "Einmalbeitrag,Einmalzahlung,einmalig,einmal,0,e,beitragsfrei,EB,Einmalprämie",
    }.items()
    for word in text.split(",")
}
COMMISSION_KINDS: Final[dict[str, CommissionKind]] = _table(
    {
        "initial": "Abschluss,Abschlusscourtage,Abschlussprovision,Abschlussvergütung,AP,Neu,"
        "Neugeschäft,Erstprovision,Erstcourtage",
        "renewal": "Folge,Folgecourtage,Folgeprovision,Bestand,Bestandscourtage,Bestandsprovision,"
        "Betreuung,Betreuungscourtage,Bestandspflege,laufend,laufende Courtage,BP,BC,"
        "Betreuungsprovision,Pflegecourtage,Pflegeprovision,Bestandspflegeprovision,"
        "Bestandspflegecourtage,Inkassoprovision",
        "increase": "Dynamik,Dynamikcourtage,Dynamikprovision,Erhöhung,Erhöhungscourtage,"
        "Erhöhungsprovision",
        "clawback": "Storno,Stornierung,Rückbelastung,Rückbuchung,Stornorückbelastung,"
        "Provisionsrückforderung,Stornoprovision,Stornocourtage,Provisionsstorno,Courtagestorno,"
        "Stornobuchung,Provisionsrückbelastung,Courtagerückbelastung",
        "other": "Sonstige,Sonstiges,Bonus,Korrektur,Zuschuss",
    }
)
DIRECTIONS: Final[dict[str, Direction]] = _table(
    {
        "in": "eingehend,Eingang,ein,in,rein,vom Kunden,Kunde,kommend",
        "out": "ausgehend,Ausgang,aus,out,raus,an Kunden,gehend",
    }
)
CHANNELS: Final[dict[str, InteractionChannel]] = _table(
    {
        "visit": "Besuch,vor Ort,beim Kunden,Hausbesuch,Außentermin",
        "office": "Büro,im Büro,persönlich,Termin",
        "video": "Video,Videocall,Videoberatung,Online,Teams,Zoom",
        "phone": "Telefon,Telefonat,Anruf,tel,Handy",
        "email": "E-Mail,Mail",
        "letter": "Brief,Post,Fax",
        "chat": "Chat,WhatsApp,Messenger,SMS",
    }
)
ROLES: Final[dict[str, StaffRole]] = _table(
    {
        "owner": "Inhaber,Inhaberin,Chef,Chefin,Geschäftsführer,Geschäftsführerin",
        "adviser": "Berater,Beraterin,Betreuer,Betreuerin,Außendienst",
        "back_office": "Innendienst,Backoffice,Back-Office,Assistenz,Sachbearbeiter,"
        "Sachbearbeiterin",
    }
)
TOPICS: Final[dict[str, Topic]] = _table(
    {
        "advice": "Beratung,Angebot,Jahresgespräch,Vertrag,Abschluss,Bedarf",
        "claim": "Schaden,Schadenmeldung,Schadensmeldung,Leistung,Leistungsfall",
        "complaint": "Beschwerde,Reklamation",
        "legal_duty": "gesetzliche Pflicht,Pflicht,Erstinformation,Dokumentation",
        "data_right": "Datenschutz,Auskunft,DSGVO,Löschung",
        "administration": "Verwaltung,Adressänderung,Bankverbindung,Datenänderung,Änderung,"
        "Rechnung,Bescheinigung,eVB,Sonstiges",
        "none": "kein,keins,keines,ohne,ohne Anlass,kein Anlass,Plausch",
    }
)
STATES: Final[dict[str, FederalState]] = _table(
    {
        "BW": "Baden-Württemberg,BW",
        "BY": "Bayern,BY",
        "BE": "Berlin,BE",
        "BB": "Brandenburg,BB",
        "HB": "Bremen,HB",
        "HH": "Hamburg,HH",
        "HE": "Hessen,HE",
        "MV": "Mecklenburg-Vorpommern,MV",
        "NI": "Niedersachsen,NI,NDS",
        "NW": "Nordrhein-Westfalen,NW,NRW",
        "RP": "Rheinland-Pfalz,RP,RLP",
        "SL": "Saarland,SL",
        "SN": "Sachsen,SN",
        "ST": "Sachsen-Anhalt,ST",
        "SH": "Schleswig-Holstein,SH",
        "TH": "Thüringen,TH",
    }
)
VEHICLE_CODES: Final = {
    "D": "DE", "A": "AT", "CH": "CH", "F": "FR", "I": "IT", "NL": "NL", "B": "BE", "L": "LU",
    "PL": "PL", "CZ": "CZ", "DK": "DK", "GB": "GB", "E": "ES", "P": "PT", "S": "SE", "N": "NO",
    "FIN": "FI", "H": "HU", "FL": "LI", "SK": "SK", "SLO": "SI", "HR": "HR", "USA": "US",
}  # fmt: skip
"""International vehicle codes (as GDV and older systems write countries) → ISO 3166-1."""


def _countries() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in ("en", "de"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                names[folded(name)] = code
                names.setdefault(folded(code), code)
    names.update({folded(code): iso for code, iso in VEHICLE_CODES.items()})
    return names


COUNTRIES: Final = _countries()
"""Folded German or English name, ISO code or vehicle code → ISO 3166-1 alpha-2."""
