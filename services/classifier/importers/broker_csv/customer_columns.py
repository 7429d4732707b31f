"""The columns of a customer list (Kundenliste)."""

from dataclasses import replace
from datetime import date
from typing import Final

from services.classifier.importers.broker_csv import words
from services.classifier.importers.broker_csv.joined_cells import JOINED
from services.classifier.importers.broker_csv.past_columns import PAST, PAST_DAYS
from services.classifier.importers.contact_cells import e_mail, phone
from shared.csv.cells import (
    CellError,
    DoubtfulValue,
    folded,
    integer_between,
    text_up_to,
    word,
    yes_or_no,
)
from shared.csv.days import (
    birth_day,
    day,
    day_told,
    day_told_of_business,
    day_told_roughly,
    day_within,
)
from shared.csv.files import Column
from shared.csv.identifiers import given_number, is_placeholder, refuse_destroyed


def identifiers(cell: str) -> tuple[str, ...]:
    """Returns customer numbers separated by commas, semicolons or bars, without placeholders."""
    parts = cell.replace(";", ",").replace("|", ",").split(",")
    return tuple(given_number(part.strip()) for part in parts if not is_placeholder(part))


def objection(cell: str) -> bool:
    """Whether advertising is objected to; what is neither yes nor no counts as an objection.

    Otherwise an unknown word would let advertising go out against the customer's will.
    """
    try:
        return yes_or_no(cell)
    except CellError as error:
        raise DoubtfulValue(
            True, "objection-assumed",
            f"„{cell[:40]}“ ist weder ja noch nein: vorsichtshalber als Werbesperre übernommen.",
            "Neither yes nor no; taken as an objection to be on the safe side.",
            word_unknown=True,
        ) from error  # fmt: skip


def house_number(cell: str) -> str:
    """A house number; the day that a spreadsheet has made of one (``3. Mai``) is none."""
    refuse_destroyed(cell)
    if cell.isdigit() and (len(cell) > MOST_DIGITS_OF_A_HOUSE or not cell.strip("0")):
        raise CellError(
            "house-number-unreadable", f"„{cell[:40]}“ ist keine Hausnummer.", "Not a house number."
        )
    return text_up_to(9)(cell)


MOST_DIGITS_OF_A_HOUSE: Final = 4


def pets(cell: str) -> tuple[str, ...]:
    """``Hund, 2 Katzen``: kinds of pets; what is no known kind is ``other``; ``keine`` is none."""
    found = []
    for part in cell.replace(";", ",").replace("/", ",").replace(" und ", ",").split(","):
        name = folded(part).lstrip("0123456789") or folded(part)
        found.append(words.PETS.get(name, "other"))
    return tuple(sorted({kind for kind in found if kind}))


CUSTOMER_ID: Final = Column(
    name="customer_id",
    header="Kundennummer",
    parse=given_number,
    required=True,
    aliases=("Kunden-Nr", "KundenNr", "Kd-Nr", "Kundennr.", "Kunden-ID"),
    names_row=True,
)
KIND: Final = Column(
    name="kind",
    header="Kundenart",
    parse=word(words.KINDS, example="privat, Firma"),
    aliases=("Art", "Kundentyp"),
    lenient=True,
    word_kind="customer_kind",
)
STATUS: Final = Column(
    name="status",
    header="Kundenstatus",
    parse=word(words.STATUSES, example="Kunde, Interessent, ehemalig, verstorben"),
    aliases=("Status",),
    lenient=True,
    word_kind="customer_status",
)
SALUTATION: Final = Column(
    name="salutation",
    header="Anrede",
    parse=word(words.SALUTATIONS, example="Frau, Herr, Divers, Familie, Firma"),
    lenient=True,
    word_kind="salutation",
)
TITLE: Final = Column(name="title", header="Titel", parse=text_up_to(60), lenient=True)
FIRST_NAME: Final = Column(name="first_name", header="Vorname", parse=text_up_to(120))
LAST_NAME: Final = Column(
    name="last_name",
    header="Nachname",
    parse=text_up_to(120),
    aliases=("Name", "Familienname", "Zuname", "Name 1", "Name/Nachname", "Name/Firma"),
)
COMPANY_NAME: Final = Column(
    name="company_name",
    header="Firma",
    parse=text_up_to(120),
    aliases=("Firmenname", "Unternehmen"),
)
CONTACT_PERSON: Final = Column(
    name="contact_person",
    header="Ansprechpartner",
    parse=text_up_to(120),
    aliases=("Kontaktperson", "Ansprechpartnerin"),
    lenient=True,
)
FORM_OF_ADDRESS: Final = Column(
    name="form_of_address",
    header="Anredeform",
    parse=word(words.FORMS_OF_ADDRESS, example="Sie, Du"),
    aliases=("Du/Sie",),
    lenient=True,
    word_kind="form_of_address",
)
LANGUAGE: Final = Column(
    name="language",
    header="Sprache",
    parse=word(words.LANGUAGES, example="deutsch, englisch"),
    lenient=True,
    word_kind="language",
)
STREET: Final = Column(
    name="street",
    header="Straße",
    parse=text_up_to(110),
    aliases=(
        "Straße Hausnummer",
        "Straße/Nr",
        "Straße/HNr",
        "Str.",
        "Str./Nr.",
        "Str./Hausnr.",
        "Anschrift",
        "Adresse",
    ),
    lenient=True,
)
HOUSE_NUMBER: Final = Column(
    name="house_number",
    header="Hausnummer",
    parse=house_number,
    aliases=("Haus-Nr", "Nr"),
    lenient=True,
)
POSTCODE: Final = Column(
    name="postcode", header="PLZ", parse=text_up_to(12), aliases=("Postleitzahl",), lenient=True
)
CITY: Final = Column(
    name="city", header="Ort", parse=text_up_to(80), aliases=("Wohnort", "Stadt"), lenient=True
)
COUNTRY: Final = Column(
    name="country",
    header="Land",
    parse=word(words.COUNTRIES, example="Deutschland, DE"),
    lenient=True,
    word_kind="country",
)
STATE: Final = Column(
    name="state",
    header="Bundesland",
    parse=word(words.STATES, example="Sachsen-Anhalt, ST"),
    lenient=True,
    word_kind="state",
)
BIRTH_DATE: Final = Column(
    name="birth_date",
    header="Geburtsdatum",
    parse=day,
    aliases=("Geb.-Datum", "geboren am", "geb. am", "Geburtstag", "GebDat"),
    lenient=True,
)
DEATH_DATE: Final = Column(
    name="death_date", header="Verstorben am", parse=day, aliases=("Sterbedatum", "Todesdatum")
)
PHONE: Final = Column(
    name="phone",
    header="Telefon",
    parse=phone,
    aliases=("Telefon privat", "Tel", "Telefonnummer", "Tel. privat", "Telefon 1", "Festnetz"),
    lenient=True,
)
MOBILE: Final = Column(
    name="mobile",
    header="Telefon mobil",
    parse=phone,
    aliases=("Mobil", "Handy", "Mobiltelefon", "Mobilnummer"),
    lenient=True,
)
PHONE_AT_WORK: Final = Column(
    name="phone_at_work",
    header="Telefon geschäftlich",
    parse=phone,
    aliases=("Telefon dienstlich", "Telefon beruflich", "Tel. geschäftlich", "Telefon 2"),
    lenient=True,
)
E_MAIL: Final = Column(
    name="email",
    header="E-Mail",
    parse=e_mail,
    aliases=("E-Mail-Adresse", "Mail", "Mailadresse"),
    lenient=True,
)
SINCE: Final = Column(
    name="customer_since", header="Kunde seit", parse=day, aliases=("Kundenbeginn",), lenient=True
)
CAME_BY: Final = Column(
    name="came_by",
    header="Gewonnen durch",
    parse=text_up_to(80),
    aliases=("Herkunft", "Quelle"),
    lenient=True,
)
RECOMMENDED_BY: Final = Column(
    name="recommended_by",
    header="Geworben von",
    parse=identifiers,
    aliases=("Empfohlen von",),
    lenient=True,
)
HOUSEHOLD_WITH: Final = Column(
    name="household_with",
    header="Haushalt mit",
    parse=identifiers,
    aliases=("Ehepartner-Kennung", "Haushaltsmitglied"),
    lenient=True,
)
HOUSEHOLD: Final = Column(
    name="household",
    header="Haushaltsart",
    parse=word(words.HOUSEHOLDS, example="Single, Paar, Familie, alleinerziehend"),
    aliases=("Haushalt",),
    lenient=True,
    word_kind="household",
)
CHILDREN: Final = Column(
    name="children",
    header="Kinder",
    parse=integer_between(0, 30),
    aliases=("Anzahl Kinder",),
    lenient=True,
)
HOME: Final = Column(
    name="home",
    header="Wohnen",
    parse=word(words.HOMES, example="Eigentum, Miete"),
    aliases=("Wohnsituation", "Wohnverhältnis"),
    lenient=True,
    word_kind="home",
)
EMPLOYMENT: Final = Column(
    name="employment",
    header="Beruflicher Status",
    parse=word(words.EMPLOYMENTS, example="angestellt, selbstständig, Beamter, Rentner"),
    aliases=("berufl. Status", "Berufsstatus", "Berufliche Stellung"),
    lenient=True,
    word_kind="employment",
)
VEHICLES: Final = Column(
    name="vehicles",
    header="Fahrzeuge",
    parse=integer_between(0, 999),
    aliases=("Anzahl Fahrzeuge",),
    lenient=True,
)
PETS: Final = Column(name="pets", header="Haustiere", parse=pets, aliases=("Tiere",), lenient=True)
INDUSTRY: Final = Column(
    name="industry", header="Branche", parse=text_up_to(80), aliases=("Betriebsart",), lenient=True
)
EMPLOYEES: Final = Column(
    name="employees",
    header="Mitarbeiterzahl",
    parse=integer_between(0, 1_000_000),
    aliases=("Anzahl Mitarbeiter", "Mitarbeiteranzahl"),
    lenient=True,
)
MANDATE: Final = Column(
    name="mandate", header="Maklervertrag", parse=yes_or_no, lenient=True, word_kind="yes_no"
)
MANDATE_SINCE: Final = Column(
    name="mandate_since",
    header="Maklervertrag seit",
    parse=day,
    aliases=("Maklervertrag Beginn", "Maklervertrag vom"),
    lenient=True,
)
MANDATE_ENDED: Final = Column(
    name="mandate_ended",
    header="Maklervertrag bis",
    parse=day,
    aliases=("Maklervertrag Ende", "Maklervertrag beendet am"),
    lenient=True,
)
POWER_OF_ATTORNEY: Final = Column(
    name="power_of_attorney",
    header="Maklervollmacht",
    parse=yes_or_no,
    aliases=("Vollmacht",),
    lenient=True,
    word_kind="yes_no",
)
CONSENT_WORD: Final = word(words.CONSENTS, example="ja, nein, widerrufen")
CONSENT_E_MAIL: Final = Column(
    name="consent_email",
    header="Einwilligung E-Mail",
    parse=CONSENT_WORD,
    lenient=True,
    word_kind="consent",
)
CONSENT_PHONE: Final = Column(
    name="consent_phone",
    header="Einwilligung Telefon",
    parse=CONSENT_WORD,
    lenient=True,
    word_kind="consent",
)
CONSENT_NEWSLETTER: Final = Column(
    name="consent_newsletter",
    header="Einwilligung Newsletter",
    parse=CONSENT_WORD,
    aliases=("Newsletter",),
    lenient=True,
    word_kind="consent",
)
CONSENT_ON: Final = Column(
    name="consent_on",
    header="Einwilligung am",
    parse=day,
    aliases=("Einwilligung Datum", "Einwilligungsdatum"),
    lenient=True,
)
CONSENT_SOURCE: Final = Column(
    name="consent_source", header="Einwilligung Quelle", parse=text_up_to(200), lenient=True
)
NO_ADVERTISING: Final = Column(
    name="no_advertising",
    header="Werbesperre",
    parse=objection,
    aliases=("keine Werbung",),
    word_kind="yes_no",
)

COLUMNS: Final[tuple[Column[object], ...]] = (
    CUSTOMER_ID, KIND, STATUS, SALUTATION, TITLE, FIRST_NAME, LAST_NAME, COMPANY_NAME,
    CONTACT_PERSON, FORM_OF_ADDRESS, LANGUAGE, STREET, HOUSE_NUMBER, POSTCODE, CITY, COUNTRY,
    STATE, BIRTH_DATE, DEATH_DATE, PHONE, MOBILE, PHONE_AT_WORK, E_MAIL, SINCE, CAME_BY,
    RECOMMENDED_BY, HOUSEHOLD_WITH, HOUSEHOLD, CHILDREN, HOME, EMPLOYMENT, VEHICLES, PETS, INDUSTRY,
    EMPLOYEES, MANDATE, MANDATE_SINCE, MANDATE_ENDED, POWER_OF_ATTORNEY, CONSENT_E_MAIL,
    CONSENT_PHONE, CONSENT_NEWSLETTER, CONSENT_ON, CONSENT_SOURCE, NO_ADVERTISING, *PAST, *JOINED,
)  # fmt: skip


MANDATE_YEARS_AHEAD: Final = 20
"""How far in the future the end of a mandate can lie whose year has two digits."""
TOLD_ROUGHLY: Final = (SINCE, MANDATE_SINCE, *PAST_DAYS)
"""Days of what has happened: one that lies ahead is told and not taken. Of a month or year its
first day counts, so that nobody is reviewed later than promised."""


def customer_columns(as_of: date) -> tuple[Column[object], ...]:
    """Returns all columns. Births, deaths and consents after ``as_of`` are refused, because they
    cannot have happened."""
    readers = {column.name: day_told_roughly(as_of) for column in TOLD_ROUGHLY} | {
        DEATH_DATE.name: day_told(as_of),
        MANDATE_ENDED.name: day_within(as_of, years_ahead=MANDATE_YEARS_AHEAD),
        BIRTH_DATE.name: birth_day(as_of),
        CONSENT_ON.name: day_told_of_business(as_of),
    }
    return tuple(
        replace(column, parse=readers[column.name]) if column.name in readers else column
        for column in COLUMNS
    )
