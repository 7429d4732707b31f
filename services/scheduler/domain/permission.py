"""Which channel the law allows for a touchpoint, or why it is suppressed.

Advertising is every purpose but ``service``. Calls to persons need prior express consent (UWG § 7
(2), § 7a); that of companies is presumed until they refuse. Letters are allowed until the customer
objects. Minors get no advertising, and nobody does after an objection (GDPR art. 21). Whether an
advertising e-mail may leave is decided when it is sent.
"""

from datetime import date
from typing import Final

import polars as pl

from services.scheduler.domain.services import SURVIVORS
from shared.law import comes_of_age_on

POSTED: Final = ("letter", "card")

ADVERTISING: Final = pl.col("purpose") != "service"
_MAY_CALL: Final = (
    pl.when(pl.col("kind") == "company")
    .then(pl.col("phone_consent").fill_null(value=True))
    .otherwise(pl.col("phone_consent").fill_null(value=False))
)
_MAY_POST: Final = pl.col("letter_consent").fill_null(value=True)
_MAY_MAIL: Final = pl.col("email_known").fill_null(value=True)


def _obstacle(channel: pl.Expr) -> pl.Expr:
    """Why this channel is closed; null if it is open."""
    return (
        pl.when(ADVERTISING & (channel == "phone") & ~_MAY_CALL)
        .then(pl.lit("no_phone_consent"))
        .when(ADVERTISING & channel.is_in(POSTED) & ~_MAY_POST)
        .then(pl.lit("letter_objected"))
        .when((channel == "email") & ~_MAY_MAIL)
        .then(pl.lit("no_email_address"))
    )


_NOT_SERVED: Final = (
    pl.when((pl.col("status") != "active") & ~pl.col("service").is_in(SURVIVORS))
    .then(pl.lit("no_longer_owed"))
    .when(ADVERTISING & pl.col("death_date").is_not_null())
    .then(pl.lit("deceased"))
    .when(ADVERTISING & (pl.col("mandate") == "ended"))
    .then(pl.lit("mandate_ended"))
    .when(ADVERTISING & pl.col("mandate_ends_on").is_not_null())
    .then(pl.lit("mandate_ending"))
)
"""Why a customer gets no such contact any more, whatever the channel."""


def under_age(people: pl.DataFrame, on: str) -> pl.Expr:
    """Whether each is a minor on the day in this column; an unknown birth date is no reason."""
    births = people["birth_date"].drop_nulls().unique().to_list()
    of_age = {birth: comes_of_age_on(birth) for birth in births}
    comes_of_age = pl.col("birth_date").replace_strict(of_age, default=None, return_dtype=pl.Date)
    return (pl.col(on) < comes_of_age).fill_null(value=False)


def permitted(wanted: pl.DataFrame) -> pl.DataFrame:
    """Settle ``channel``, ``minutes``, ``state`` and ``reason`` of each wanted touchpoint.

    Needs purpose, due, channel, minutes, fallback, fallback_minutes and the customer's kind,
    birth_date, phone_consent, letter_consent, email_known and advertising_objected. If the
    first channel is closed, the fallback is taken. If that is closed too, or there is none, the
    touchpoint is suppressed with the reason that closed the first channel.
    """
    closed = _obstacle(pl.col("channel"))
    second_open = pl.col("fallback").is_not_null() & _obstacle(pl.col("fallback")).is_null()
    person = (
        pl.when(ADVERTISING & pl.col("advertising_objected"))
        .then(pl.lit("advertising_objected"))
        .when(ADVERTISING & (pl.col("kind") == "person") & under_age(wanted, on="due"))
        .then(pl.lit("minor"))
    )
    asked = wanted.with_columns(_closed=closed, _second=second_open, _person=person)
    falls_back = pl.col("_closed").is_not_null() & pl.col("_second")
    reason = pl.coalesce("_person", pl.when(~falls_back).then("_closed"))
    return (
        asked.with_columns(
            channel=pl.when(falls_back).then("fallback").otherwise("channel"),
            minutes=pl.when(falls_back).then("fallback_minutes").otherwise("minutes"),
            reason=reason,
        )
        .with_columns(
            state=pl.when(pl.col("reason").is_null())
            .then(pl.lit("planned"))
            .otherwise(pl.lit("suppressed"))
        )
        .drop("_closed", "_second", "_person")
    )


def judged_contacts(contacts: pl.DataFrame, *, on: date) -> pl.DataFrame:
    """``permitted`` for what is on the desks already, as of a day.

    Needs the columns of ``permitted`` but ``due``, and service, status, mandate,
    mandate_ends_on and death_date. ``reason`` tells also why a channel was changed, and
    ``channel_before`` what it was.
    """
    asked = contacts.with_columns(
        due=pl.lit(on, dtype=pl.Date),
        channel_before="channel",
        _was_closed=_obstacle(pl.col("channel")),
        _gone=_NOT_SERVED,
    )
    gone = pl.col("_gone").is_not_null()
    return (
        permitted(asked)
        .with_columns(
            state=pl.when(gone).then(pl.lit("suppressed")).otherwise("state"),
            reason=pl.coalesce("_gone", "reason", "_was_closed"),
        )
        .with_columns(
            channel=pl.when(pl.col("state") == "planned")
            .then("channel")
            .otherwise("channel_before")
        )
        .drop("_was_closed", "_gone")
    )
