"""What fits best into somebody's spare minutes, and is allowed now."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

import polars as pl

from services.scheduler.domain.fill import Candidate, fitting, why_now
from services.scheduler.domain.promises import Rank, rank
from services.scheduler.domain.touchpoints import PRIORITY, guaranteed_services
from services.scheduler.store.agencies import KnownAgency
from services.scheduler.store.fill import candidates_of
from services.scheduler.usecases.agencies import agency_here, ruling_catalogue
from services.scheduler.usecases.permissions import judged_by
from services.scheduler.usecases.staff import person
from shared.contracts.alternatives import Fill, FillItem, FillRank
from shared.contracts.catalogues import Catalogue
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """So many minutes of a person: now, or on the morning of another day."""

    staff_id: StaffId
    minutes: int
    day: date | None
    limit: int

    def begins(self, known: KnownAgency, now: datetime) -> datetime:
        """The instant from which they are free."""
        zone = ZoneInfo(known.time_zone)
        local = now.astimezone(zone)
        if self.day is None or self.day == local.date():
            return local
        hours = known.calendar.openings(self.day)
        return datetime.combine(self.day, hours[0].opens if hours else time(12), zone)


async def fill(*, database: Database, agency: AgencyId, spare: Spare, now: datetime) -> Fill:
    """Tasks and planned contacts that fit, the best first. Raises StaffNotFound,
    AgencyNotKnownYet."""
    async with database.transaction(agency) as transaction:
        known = await agency_here(transaction)
        at = spare.begins(known, now)
        await person(transaction, spare.staff_id)
        frame = await candidates_of(
            transaction,
            spare.staff_id,
            day=at.date(),
            time_zone=known.time_zone,
            moving_in=known.moving_in,
        )
        catalogue = (await ruling_catalogue(transaction, now=now)).catalogue
    candidates = await asyncio.to_thread(_candidates, frame, catalogue, at.date())
    found, left_out = fitting(candidates, minutes=spare.minutes, at=at, calendar=known.calendar)
    return Fill(items=[_shown(each, at.date()) for each in found[: spare.limit]], left_out=left_out)


def _candidates(frame: pl.DataFrame, catalogue: Catalogue, day: date) -> list[Candidate]:
    if frame.is_empty():
        return []
    of_class = pl.col("segment").replace_strict(PRIORITY, default=None, return_dtype=pl.Int8)
    ranked = frame.with_columns(
        priority=pl.coalesce("priority", of_class, pl.lit(max(PRIORITY.values()), dtype=pl.Int8))
    ).with_columns(
        pl.when(pl.col("touchpoint_id").is_null())
        .then(pl.lit(int(Rank.REQUEST), dtype=pl.Int8))
        .otherwise(rank(guaranteed_services(catalogue)))
        .alias("rank")
    )
    judged = judged_by(catalogue, ranked, on=day)
    return [_candidate(row) for row in judged.iter_rows(named=True)]


def _candidate(row: dict[str, Any]) -> Candidate:
    of_request = row["touchpoint_id"] is None
    unchanged = row["state"] == "planned" and row["channel"] == row["channel_before"]
    return Candidate(
        touchpoint_id=row["touchpoint_id"],
        task_id=row["task_id"] if row["open_task"] else None,
        customer_id=row["customer_id"],
        service=row["service"],
        channel=row["channel_before"],
        minutes=row["minutes"],
        rank=Rank(row["rank"]),
        priority=row["priority"],
        deadline=row["deadline"],
        planned_on=row["day"],
        permitted=of_request or unchanged,
        fixed=row["fixed"],
    )


def _shown(each: Candidate, today: date) -> FillItem:
    words = why_now(each, today)
    return FillItem(
        touchpoint_id=each.touchpoint_id,
        task_id=each.task_id,
        customer_id=each.customer_id,
        service=each.service,
        channel=each.channel,
        minutes=each.minutes,
        rank=cast(FillRank, each.rank.name.lower()),
        deadline=each.deadline,
        planned_on=each.planned_on,
        de=words.de,
        en=words.en,
    )
