"""Followers: apply another service's changes exactly once, in order, resumably.

A follower pulls a page first; then, in one transaction, locks its cursor, checks that it still
stands where the page began, applies the page and moves it. A kill at any line leaves either
nothing or everything of the page.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import structlog

from shared.contracts.changes import Change, ChangePage
from shared.contracts.feed_errors import FeedDiverged, FeedTrimmed
from shared.contracts.vocabulary import AgencyId, Revision
from shared.db.database import Database, Transaction
from shared.db.failures import is_transient
from shared.db.sweep_database import SweepDatabase
from shared.redaction import described
from shared.telemetry import CHANGES_APPLIED, CHANGES_PARKED, FEED_LAG
from shared.turns import UNLIMITED, Turn

log = structlog.get_logger(__name__)

PAGE = 500


class Feed(Protocol):
    """A service's feed as its typed client offers it."""

    async def changes(
        self, agency: AgencyId, *, after: Revision, after_change_id: UUID | None, limit: int
    ) -> ChangePage:
        """Changes after a revision; raises FeedDiverged or FeedTrimmed."""
        ...

    async def heads(self) -> dict[AgencyId, Revision]:
        """The head of every agency's feed."""
        ...


class ChangeFailsAgain(Exception):
    """the change failed again, and stays parked"""

    def __init__(self, change_id: UUID, error: str) -> None:
        super().__init__(f"the change {change_id} failed again and stays parked: {error}")


Apply = Callable[[Transaction, Sequence[Change]], Awaitable[None]]
Rebuild = Callable[[AgencyId], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one agency's feed was followed."""

    revision: Revision
    change_id: UUID | None
    paused_because: str | None


class Follower:
    """Follows one feed for one service.

    ``apply`` receives a page of changes inside the transaction that moves the cursor;
    ``rebuild`` lists the present state of the other side after a restore made the feed diverge.
    """

    def __init__(
        self,
        *,
        feed_of: str,
        feed: Feed,
        database: Database,
        sweep: SweepDatabase,
        apply: Apply,
        rebuild: Rebuild,
    ) -> None:
        self.feed_of = feed_of
        self._feed = feed
        self._database = database
        self._sweep = sweep
        self._apply = apply
        self._rebuild = rebuild

    async def pending(self) -> Sequence[AgencyId]:
        """Agencies whose feed has moved on: heads compared with cursors, for the sweep."""
        rows = await self._sweep.rows(
            "SELECT agency_id, revision FROM feed_cursor WHERE feed = :feed",
            {"feed": self.feed_of},
        )
        cursors = {row.agency_id: row.revision for row in rows}
        heads = await self._feed.heads()
        FEED_LAG.labels(self.feed_of).set(
            sum(max(0, head - cursors.get(agency, 0)) for agency, head in heads.items())
        )
        return [agency for agency, head in heads.items() if head != cursors.get(agency, 0)]

    async def follow(self, agency: AgencyId, *, turn: Turn = UNLIMITED) -> int:
        """Apply what is new for one agency; returns the number of changes applied."""
        applied = 0
        while turn.goes_on():
            cursor = await self._cursor(agency)
            try:
                page = await self._feed.changes(
                    agency,
                    after=cursor.revision,
                    after_change_id=cursor.change_id,
                    limit=PAGE,
                )
            except (FeedDiverged, FeedTrimmed) as error:
                await self._start_again(agency, cursor, str(error))
                return applied
            if not page.items:
                return applied
            done = await self._apply_page(agency, cursor, page.items)
            if done is None:
                # Another worker moved the cursor, by a page that may have ended before ours did:
                # without another look the rest would wait for the sweep.
                continue
            applied += done
            if len(page.items) < PAGE and page.items[-1].revision >= page.head:
                break
        return applied

    async def _apply_page(
        self, agency: AgencyId, began: Cursor, page: Sequence[Change]
    ) -> int | None:
        """How many changes were applied; None where the cursor no longer stands there."""
        try:
            async with self._database.transaction(agency) as transaction:
                if not await self._still_stands(transaction, began):
                    return None
                await self._apply(transaction, page)
                await self._move(transaction, page)
        except Exception as error:
            if is_transient(error):
                raise
            log.warning("page failed, going change by change", feed=self.feed_of, agency=agency)
            return await self._apply_singly(agency, began, page)
        CHANGES_APPLIED.labels(self.feed_of).inc(len(page))
        return len(page)

    async def _apply_singly(
        self, agency: AgencyId, began: Cursor, page: Sequence[Change]
    ) -> int | None:
        applied = 0
        async with self._database.transaction(agency) as transaction:
            if not await self._still_stands(transaction, began):
                return None
            for change in page:
                try:
                    async with transaction.savepoint():
                        await self._apply(transaction, [change])
                    applied += 1
                except Exception as error:
                    if is_transient(error):
                        raise
                    await self._park(transaction, change, error)
            await self._move(transaction, page)
        CHANGES_APPLIED.labels(self.feed_of).inc(applied)
        return applied

    async def retry_parked(self, agency: AgencyId, change_id: UUID) -> bool:
        """Apply a parked change again; false where it is no longer parked.

        Raises ChangeFailsAgain, after which the list of parked changes tells the new error.
        """
        try:
            return await self._apply_parked(agency, change_id)
        except Exception as error:
            if is_transient(error):
                raise
            log.warning("parked change failed again", feed=self.feed_of, exc_info=error)
            async with self._database.transaction(agency) as transaction:
                await _note_error(transaction, self.feed_of, change_id, described(error))
            raise ChangeFailsAgain(change_id, described(error)) from error

    async def _apply_parked(self, agency: AgencyId, change_id: UUID) -> bool:
        async with self._database.transaction(agency) as transaction:
            # Nobody may apply a later change of the subject while this one is applied again.
            await transaction.execute(
                "SELECT 1 FROM feed_cursor WHERE agency_id = :agency AND feed = :feed FOR UPDATE",
                {"feed": self.feed_of},
            )
            row = (
                await transaction.execute(
                    """
                    SELECT revision, change_id, kind, subject, at, payload::text AS payload
                      FROM parked_change WHERE agency_id = :agency AND feed = :feed
                       AND change_id = :change_id FOR UPDATE
                    """,
                    {"feed": self.feed_of, "change_id": change_id},
                )
            ).one_or_none()
            if row is None:
                return False
            values = {**row._mapping, "payload": json.loads(row.payload)}
            await self._apply(transaction, [Change.model_validate(values)])
            await _unpark(transaction, self.feed_of, change_id)
        return True

    async def _cursor(self, agency: AgencyId) -> Cursor:
        async with self._database.transaction(agency) as transaction:
            await transaction.execute(
                """
                INSERT INTO feed_cursor (agency_id, feed) VALUES (:agency, :feed)
                ON CONFLICT DO NOTHING
                """,
                {"feed": self.feed_of},
            )
            row = (
                await transaction.execute(
                    """
                    SELECT revision, change_id, paused_because FROM feed_cursor
                     WHERE agency_id = :agency AND feed = :feed
                    """,
                    {"feed": self.feed_of},
                )
            ).one()
        return Cursor(row.revision, row.change_id, row.paused_because)

    async def _still_stands(self, transaction: Transaction, began: Cursor) -> bool:
        """Lock the cursor; false where another worker has moved it since the page was pulled."""
        found = await transaction.execute(
            """
            SELECT revision, change_id FROM feed_cursor
             WHERE agency_id = :agency AND feed = :feed FOR UPDATE
            """,
            {"feed": self.feed_of},
        )
        # After a restore the same revision may hold another change: the id tells them apart.
        return tuple(found.one()) == (began.revision, began.change_id)

    async def _move(self, transaction: Transaction, page: Sequence[Change]) -> None:
        await transaction.execute(
            """
            UPDATE feed_cursor
               SET revision = :revision, change_id = :change_id, paused_because = NULL,
                   moved_at = now()
             WHERE agency_id = :agency AND feed = :feed
            """,
            {
                "feed": self.feed_of,
                "revision": page[-1].revision,
                "change_id": page[-1].change_id,
            },
        )
        # A change states the subject's new state: what was parked of it before is superseded.
        await transaction.execute(
            """
            DELETE FROM parked_change AS parked
             USING unnest(CAST(:kinds AS text[]), CAST(:subjects AS text[]),
                          CAST(:revisions AS bigint[])) AS new (kind, subject, revision)
             WHERE parked.agency_id = :agency AND parked.feed = :feed
               AND parked.kind = new.kind AND parked.subject = new.subject
               AND parked.revision < new.revision
            """,
            {
                "feed": self.feed_of,
                "kinds": [change.kind for change in page],
                "subjects": [change.subject for change in page],
                "revisions": [change.revision for change in page],
            },
        )

    async def _park(self, transaction: Transaction, change: Change, error: Exception) -> None:
        log.error(
            "change parked",
            feed=self.feed_of,
            agency=transaction.agency,
            change=str(change.change_id),
            kind=change.kind,
            exc_info=error,
        )
        await transaction.execute(
            """
            INSERT INTO parked_change
                   (agency_id, feed, change_id, revision, kind, subject, payload, at, error)
            VALUES (:agency, :feed, :change_id, :revision, :kind, :subject,
                    CAST(:payload AS jsonb), :at, :error)
            ON CONFLICT (agency_id, feed, change_id) DO UPDATE SET error = excluded.error
            """,
            {
                "feed": self.feed_of,
                "change_id": change.change_id,
                "revision": change.revision,
                "kind": change.kind,
                "subject": change.subject,
                "payload": json.dumps(change.payload),
                "at": change.at,
                "error": described(error),
            },
        )
        CHANGES_PARKED.labels(self.feed_of).inc()

    async def _start_again(self, agency: AgencyId, began: Cursor, reason: str) -> None:
        """The feed diverged: pause, list the present state, then follow from today's head."""
        log.warning("feed diverged, rebuilding", feed=self.feed_of, agency=agency, reason=reason)
        async with self._database.transaction(agency) as transaction:
            await transaction.execute(
                """
                UPDATE feed_cursor SET paused_because = :reason
                 WHERE agency_id = :agency AND feed = :feed
                """,
                {"feed": self.feed_of, "reason": reason[:500]},
            )
        # The head is read before the listing: what changes meanwhile is followed afterwards.
        head = (await self._feed.heads()).get(agency, 0)
        await self._rebuild(agency)
        last = await self._change_at(agency, head)
        async with self._database.transaction(agency) as transaction:
            # Another worker may have rebuilt meanwhile and followed on: going back to this head
            # would apply again what it applied since.
            if await self._still_stands(transaction, began):
                await self._set_anew(transaction, head, last)
            transaction.ring(f"follow_{self.feed_of}")

    async def _change_at(self, agency: AgencyId, head: Revision) -> UUID | None:
        """The id of the change at the head; None where it was trimmed already."""
        if head == 0:
            return None
        try:
            page = await self._feed.changes(agency, after=head - 1, after_change_id=None, limit=1)
        except FeedTrimmed:
            return None
        return page.items[0].change_id if page.items else None

    async def _set_anew(self, transaction: Transaction, head: Revision, last: UUID | None) -> None:
        await transaction.execute(
            """
            UPDATE feed_cursor
               SET revision = :head, change_id = :last, paused_because = NULL, moved_at = now()
             WHERE agency_id = :agency AND feed = :feed
            """,
            {"feed": self.feed_of, "head": head, "last": last},
        )
        # Their revisions were counted before the restore: any later change supersedes them.
        await transaction.execute(
            "UPDATE parked_change SET revision = 0 WHERE agency_id = :agency AND feed = :feed",
            {"feed": self.feed_of},
        )


async def _note_error(transaction: Transaction, feed_of: str, change_id: UUID, error: str) -> None:
    await transaction.execute(
        """
        UPDATE parked_change SET error = :error
         WHERE agency_id = :agency AND feed = :feed AND change_id = :change_id
        """,
        {"feed": feed_of, "change_id": change_id, "error": error},
    )


async def _unpark(transaction: Transaction, feed_of: str, change_id: UUID) -> None:
    await transaction.execute(
        """
        DELETE FROM parked_change
         WHERE agency_id = :agency AND feed = :feed AND change_id = :change_id
        """,
        {"feed": feed_of, "change_id": change_id},
    )
