"""Cells and rows from which the starting catalogues are put together.

Every number is a default that the agency can change. Minutes planned: review at home 90 and 40 of
travel, in the office or by video 60, call 15, how-are-you call 10, card 10, offer 45, claim 30,
complaint 45, welcome 60; e-mail, letter and newsletter none.
"""

from datetime import time
from typing import Final, Literal

from shared.contracts.catalogues import (
    AnswerWithin,
    CareChannel,
    Cell,
    Occasion,
    Reach,
    Segment,
    Served,
    Service,
    ServicePurpose,
)

Cells = dict[Segment, Cell]
FOUR: Final[tuple[Segment, ...]] = ("A", "B", "O", "C")
THREE: Final[tuple[Segment, ...]] = ("A", "B", "C")
QUARTERLY: Final = [2, 5, 8, 11]
HALF_YEARLY: Final = [5, 11]


def cells_for(segments: str, cell: Cell) -> Cells:
    """The same cell for each of the segments, written as one word: ``"AB"``."""
    known: tuple[Segment, ...] = FOUR
    return {segment: cell for segment in known if segment in segments}


def service_row(
    key: str,
    names: tuple[str, str],
    purpose: ServicePurpose,
    occasion: Occasion,
    cells: Cells,
    *,
    reach: Reach = "customer",
    duty: bool = False,
    served: Served = "clients",
    phase_months: int = 0,
) -> Service:
    return Service(
        key=key,
        name_de=names[0],
        name_en=names[1],
        purpose=purpose,
        occasion=occasion,
        segments=cells,
        reach=reach,
        duty=duty,
        served=served,
        phase_months=phase_months,
    )


def answered(
    channel: CareChannel, minutes: int, working_days: int, *, by_fifteen: bool = False
) -> Cell:
    """An answer owed in so many working days; asked by 15:00 the same day, else by next noon."""
    answer = AnswerWithin(
        working_days=working_days,
        asked_by=time(15) if by_fifteen else None,
        else_by=time(12) if by_fifteen else None,
    )
    return Cell(on_request=True, channel=channel, minutes=minutes, window_days=0, answer=answer)


def in_writing(channel: Literal["letter", "email"], *, window_days: int = 5) -> Cell:
    """In writing, without anybody's time; an e-mail becomes a letter where there is no address."""
    fallback: CareChannel | None = "letter" if channel == "email" else None
    return Cell(channel=channel, window_days=window_days, fallback=fallback)


def by_phone(window_days: int) -> Cell:
    return Cell(channel="phone", minutes=15, window_days=window_days, fallback="letter")


def congratulation(every_months: int) -> Cell:
    # A week reaches past Easter and past Christmas, so that a working day is always inside.
    return Cell(
        every_months=every_months,
        channel="phone",
        minutes=15,
        window_days=7,
        fallback="card",
        fallback_minutes=10,
    )


def congratulation_by_email(every_months: int) -> Cell:
    return Cell(every_months=every_months, channel="email", window_days=0)


VISIT: Final = Cell(every_months=12, channel="visit", minutes=90, travel_minutes=40, window_days=30)
OFFICE: Final = Cell(every_months=12, channel="office", minutes=60, window_days=30)
PHONE_REVIEW: Final = Cell(every_months=12, channel="phone", minutes=30, window_days=30)
REVIEW_ON_REQUEST: Final = Cell(on_request=True, channel="office", minutes=45)
QUESTIONNAIRE: Final = Cell(every_months=24, channel="letter", window_days=30)
PRINTED: Final = Cell(months=QUARTERLY, channel="letter", window_days=0)
MAILED: Final = Cell(months=QUARTERLY, channel="email", window_days=0)
MAILED_TWICE: Final = Cell(months=HALF_YEARLY, channel="email", window_days=0)
HOW_ARE_YOU: Final = Cell(every_months=12, channel="phone", minutes=10, window_days=30)
WELCOME: Final = Cell(channel="office", minutes=60, window_days=100)
CONDOLENCE: Final = Cell(channel="card", minutes=30, window_days=7)
CARD: Final = Cell(channel="card", minutes=10, window_days=5)
THANKS_BY_EMAIL: Final = Cell(channel="email", window_days=2)
INVITED: Final = Cell(channel="letter", window_days=5)
INVITED_BY_EMAIL: Final = Cell(channel="email", window_days=5)


def development(times_per_year: int, *, review_included: bool) -> Cell:
    return Cell(
        times_per_year=times_per_year,
        channel="phone",
        minutes=15,
        window_days=21,
        fallback="letter",
        counts_in="yearly_review" if review_included else None,
    )
