"""The catalogues an agency starts with: one for four classes, one for three."""

from services.scheduler.domain.catalogue_cells import (
    CARD,
    CONDOLENCE,
    FOUR,
    HOW_ARE_YOU,
    INVITED,
    INVITED_BY_EMAIL,
    MAILED,
    MAILED_TWICE,
    OFFICE,
    PHONE_REVIEW,
    PRINTED,
    QUESTIONNAIRE,
    REVIEW_ON_REQUEST,
    THANKS_BY_EMAIL,
    THREE,
    VISIT,
    WELCOME,
    Cells,
    answered,
    by_phone,
    cells_for,
    congratulation,
    congratulation_by_email,
    development,
    in_writing,
    service_row,
)
from shared.contracts.catalogues import Catalogue, Segment, Service


def _answers(callback: Cells, mail: Cells, offer: Cells) -> list[Service]:
    """What a customer asks for. Claims and complaints know no class."""
    everyone = "".join(callback)
    claim = cells_for(everyone, answered("phone", 30, 0))
    complaint = cells_for(everyone, answered("phone", 45, 1))
    return [
        service_row("callback", ("Rückruf", "Callback"), "service", "raised", callback, duty=True),
        service_row(
            "email_answer",
            ("Erste Antwort per E-Mail", "First answer by e-mail"),
            "service",
            "raised",
            mail,
            duty=True,
        ),
        service_row(
            "offer", ("Angebot auf Wunsch", "Offer"), "service", "raised", offer, duty=True
        ),
        service_row("claim", ("Schaden", "Claim"), "service", "raised", claim, duty=True),
        service_row(
            "complaint", ("Beschwerde", "Complaint"), "service", "raised", complaint, duty=True
        ),
    ]


def _for_every_class(everyone: str) -> list[Service]:
    """Welcome, change of carer, winding up, condolence: owed to all alike."""
    return [
        service_row(
            "welcome",
            ("Willkommen (erste 100 Tage)", "Welcome (first 100 days)"),
            "service",
            "start",
            cells_for(everyone, WELCOME),
            reach="unit",
            duty=True,
            served="newcomers",
        ),
        service_row(
            "carer_introduction",
            ("Vorstellung des neuen Betreuers", "Introduction of the new carer"),
            "service",
            "raised",
            cells_for(everyone, in_writing("email")),
        ),
        service_row(
            "winding_up",
            ("Abwicklung nach Vertragsende", "Winding up after the mandate"),
            "service",
            "raised",
            cells_for(everyone, in_writing("letter")),
            duty=True,
            served="leavers",
        ),
        service_row(
            "condolence",
            ("Kondolenz und Hilfe für Erben", "Condolence and help for heirs"),
            "service",
            "raised",
            cells_for(everyone, CONDOLENCE),
            duty=True,
            served="bereaved",
        ),
    ]


def _occasions(cells: Cells, jubilees: Cells) -> list[Service]:
    names = ("Geburtstag", "Birthday"), ("Gemeinsame Jahre", "Years together")
    return [
        service_row("birthday", names[0], "advertising", "birthday", cells),
        service_row("anniversary", names[1], "advertising", "anniversary", jubilees),
    ]


def _signals(called: str, written: str) -> list[Service]:
    """Life events, expiries, signs of leaving: by phone for some, in writing for others."""
    news = cells_for(called, by_phone(5)) | cells_for(written, in_writing("email"))
    saving = cells_for(called, by_phone(2)) | cells_for(
        written, in_writing("letter", window_days=2)
    )
    return [
        service_row(
            "life_event", ("Lebensereignis", "Life event"), "service", "raised", news, duty=True
        ),
        service_row(
            "contract_expiry",
            ("Vertragsablauf", "Contract expiry"),
            "service",
            "raised",
            news,
            duty=True,
        ),
        service_row(
            "cancellation_confirmation",
            ("Kündigungsbestätigung", "Confirmation of a cancellation"),
            "service",
            "raised",
            cells_for(called + written, in_writing("email", window_days=2)),
            duty=True,
        ),
        service_row(
            "saving",
            ("Gespräch vor dem Abschied", "Talk before they leave"),
            "advertising",
            "raised",
            saving,
        ),
    ]


def _gratitude(thanks: Cells, invitations: Cells) -> list[Service]:
    return [
        service_row(
            "referral_thanks",
            ("Dank für eine Empfehlung", "Thank-you for a referral"),
            "advertising",
            "raised",
            thanks,
        ),
        service_row(
            "customer_event",
            ("Kundenveranstaltung", "Customer event"),
            "events",
            "raised",
            invitations,
        ),
    ]


def _steady(reviews: Cells, newsletters: Cells, calls: Cells, development: Cells) -> list[Service]:
    """What comes round by itself. A unit's contacts are set apart within its year."""
    review = ("Jahresgespräch", "Yearly review")
    form = ("Änderungsfragebogen", "Change questionnaire")
    how_are_you = ("Wie-geht's-Anruf", "How-are-you call")
    return [
        service_row("yearly_review", review, "service", "interval", reviews, reach="unit"),
        service_row(
            "change_questionnaire",
            form,
            "service",
            "interval",
            cells_for("C", QUESTIONNAIRE),
            reach="unit",
        ),
        service_row(
            "newsletter", ("Kundenbrief", "Newsletter"), "newsletter", "campaign", newsletters
        ),
        service_row(
            "how_are_you",
            how_are_you,
            "advertising",
            "interval",
            calls,
            reach="unit",
            phase_months=6,
        ),
        service_row(
            "development",
            ("Bedarfslücke besprechen", "Development of a gap"),
            "advertising",
            "development",
            development,
            reach="unit",
            phase_months=3,
        ),
    ]


def four_class_catalogue() -> Catalogue:
    """The starting catalogue of the model ``revenue_potential``: A, B, O, C."""
    soon, next_day = answered("phone", 15, 0, by_fifteen=True), answered("phone", 15, 1)
    mail = cells_for("AB", answered("email", 0, 1)) | cells_for("OC", answered("email", 0, 2))
    offers: dict[Segment, int] = {"A": 2, "B": 2, "O": 3, "C": 5}
    steady = _steady(
        cells_for("AB", VISIT) | {"O": OFFICE, "C": REVIEW_ON_REQUEST},
        cells_for("AB", PRINTED) | {"O": MAILED, "C": MAILED_TWICE},
        cells_for("AB", HOW_ARE_YOU),
        {"A": development(2, review_included=False), "O": development(4, review_included=True)},
    )
    return Catalogue(
        name="Vier Klassen (Ertrag × Potenzial)",
        services=[
            *steady,
            *_occasions(
                cells_for("AB", congratulation(12)) | cells_for("O", congratulation_by_email(12)),
                cells_for("AB", congratulation(60)) | cells_for("O", congratulation_by_email(60)),
            ),
            *_for_every_class("ABOC"),
            *_answers(
                cells_for("AB", soon) | cells_for("OC", next_day),
                mail,
                {segment: answered("email", 45, offers[segment]) for segment in FOUR},
            ),
            *_signals("ABO", "C"),
            *_gratitude(
                cells_for("ABO", CARD) | {"C": THANKS_BY_EMAIL},
                cells_for("AB", INVITED) | {"O": INVITED_BY_EMAIL},
            ),
        ],
        raised_to={"O": "B", "C": "B"},
    )


def three_class_catalogue() -> Catalogue:
    """The starting catalogue of the model ``revenue_effort``.

    A and C as with four classes; B by phone or in writing, called back the next day, without
    visits, with O's development where the potential is high.
    """
    soon, next_day = answered("phone", 15, 0, by_fifteen=True), answered("phone", 15, 1)
    mail = cells_for("A", answered("email", 0, 1)) | cells_for("BC", answered("email", 0, 2))
    offers: dict[Segment, int] = {"A": 2, "B": 3, "C": 5}
    steady = _steady(
        {"A": VISIT, "B": PHONE_REVIEW, "C": REVIEW_ON_REQUEST},
        {"A": PRINTED, "B": MAILED, "C": MAILED_TWICE},
        {"A": HOW_ARE_YOU},
        {"A": development(2, review_included=False), "B": development(4, review_included=True)},
    )
    return Catalogue(
        name="Drei Klassen (Ertrag × Aufwand)",
        services=[
            *steady,
            *_occasions(
                {"A": congratulation(12), "B": congratulation_by_email(12)},
                {"A": congratulation(60), "B": congratulation_by_email(60)},
            ),
            *_for_every_class("ABC"),
            *_answers(
                cells_for("A", soon) | cells_for("BC", next_day),
                mail,
                {segment: answered("email", 45, offers[segment]) for segment in THREE},
            ),
            *_signals("AB", "C"),
            *_gratitude(
                cells_for("AB", CARD) | {"C": THANKS_BY_EMAIL},
                {"A": INVITED, "B": INVITED_BY_EMAIL},
            ),
        ],
        raised_to={"C": "B"},
    )
