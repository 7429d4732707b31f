"""Objections as a client states them: whether the customer objects, and since when."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from shared.contracts.customers import Objections
from shared.contracts.vocabulary import Strict, ToldInstant


class StatedObjection(Strict):
    """Whether the customer objects, and since when; by default since it was first stated."""

    objected: bool
    at: ToldInstant | None = None


def _form(value: Any) -> str | None:
    if value is None or isinstance(value, bool):
        return "switch"
    if isinstance(value, str | datetime):
        return "since"
    return "stated" if isinstance(value, dict | StatedObjection) else None


Stated = Annotated[
    Annotated[bool | None, Tag("switch")]
    | Annotated[ToldInstant, Tag("since")]
    | Annotated[StatedObjection, Tag("stated")],
    Discriminator(
        _form,
        custom_error_type="objection",
        custom_error_message="give true or false, the instant since when, or both as an object",
    ),
]


class StatedObjections(Strict):
    """Objections to direct marketing and to profiling (GDPR art. 21) as they stand now.

    Each is `true` or `false`, the instant since when, or `{"objected": true, "at": …}`; missing
    and null mean no objection. An objection without an instant stands since `at`, or since it was
    first stated.
    """

    advertising: Stated = Field(default=None, examples=[False])
    profiling: Stated = Field(default=None, examples=["2026-05-01T08:00:00+02:00"])
    at: ToldInstant | None = Field(
        default=None, description="default for an objection without an instant of its own"
    )

    def resolved(self, *, standing: Objections, now: datetime) -> Objections:
        """Return each objection with its instant, which a standing one keeps by default."""
        return Objections(
            advertising=_since(self.advertising, self.at, standing.advertising, now),
            profiling=_since(self.profiling, self.at, standing.profiling, now),
        )


def _since(
    stated: bool | datetime | StatedObjection | None,
    at: datetime | None,
    standing: datetime | None,
    now: datetime,
) -> datetime | None:
    if isinstance(stated, datetime):
        return stated
    if isinstance(stated, StatedObjection):
        return _since(stated.objected, stated.at or at, standing, now)
    return (at or standing or now) if stated else None
