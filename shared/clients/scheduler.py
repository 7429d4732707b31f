"""Calls the scheduler: office hours, staff, plan, days, tasks, requests, catalogues, campaigns."""

from datetime import date
from uuid import UUID

from shared.clients.feed import FeedClient
from shared.contracts.carers import AgencyOpening
from shared.contracts.catalogues import Catalogue
from shared.contracts.office_calendars import OfficeCalendar
from shared.contracts.plans import (
    CapacityReport,
    CompletionRequest,
    DayPlan,
    RunCounts,
    TouchpointState,
)
from shared.contracts.scheduling import (
    CampaignMove,
    CampaignPage,
    CampaignView,
    CataloguePage,
    CatalogueVersion,
    LedgerPage,
    NewRequest,
    PlanSummary,
    RequestPage,
    RequestView,
    StaffImport,
    StaffPage,
    TaskEnded,
    TouchpointPage,
)
from shared.contracts.staff import Absence, Staff, StaffDetails
from shared.contracts.vocabulary import AgencyId, CustomerId, StaffId


class SchedulerClient(FeedClient):
    """Every call names the agency; a token of one agency needs none (``agency=None``)."""

    async def open_agency(self, agency: AgencyId | None) -> AgencyOpening:
        """End moving in; may be repeated."""
        return await self.http.post("/v1/agency/opening", AgencyOpening, agency=agency)

    async def put_office_calendar(
        self, agency: AgencyId | None, office: OfficeCalendar
    ) -> OfficeCalendar:
        """Set when the office is open; the book is planned again."""
        return await self.http.put(
            "/v1/agency/calendar", OfficeCalendar, agency=agency, json=office
        )

    async def staff(self, agency: AgencyId | None) -> StaffPage:
        """Everybody of the agency."""
        return await self.http.get("/v1/staff", StaffPage, agency=agency)

    async def put_staff(
        self, agency: AgencyId | None, staff_id: StaffId, details: StaffDetails
    ) -> Staff:
        """Create or replace a person."""
        return await self.http.put(f"/v1/staff/{staff_id}", Staff, agency=agency, json=details)

    async def import_staff(self, agency: AgencyId | None, content: bytes) -> StaffImport:
        """Take a staff list in (CSV, at most five megabytes)."""
        return await self.http.post(
            "/v1/staff/imports",
            StaffImport,
            agency=agency,
            content=content,
            headers={"Content-Type": "text/csv"},
        )

    async def add_absence(
        self, agency: AgencyId | None, staff_id: StaffId, absence: Absence
    ) -> Staff:
        """Enter days on which somebody is away."""
        path = f"/v1/staff/{staff_id}/absences"
        return await self.http.post(path, Staff, agency=agency, json=absence)

    async def plan(self, agency: AgencyId | None) -> PlanSummary:
        """The plan counted."""
        return await self.http.get("/v1/plan", PlanSummary, agency=agency)

    async def touchpoints(
        self,
        agency: AgencyId | None,
        *,
        customer_id: CustomerId | None = None,
        staff_id: StaffId | None = None,
        service: str | None = None,
        state: TouchpointState | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
        cursor: str | None = None,
        limit: int = 500,
    ) -> TouchpointPage:
        """A page of touchpoints by day."""
        params = {
            "customer_id": customer_id,
            "staff_id": staff_id,
            "service": service,
            "state": state,
            "from": str(first_day) if first_day else None,
            "to": str(last_day) if last_day else None,
            "cursor": cursor,
            "limit": limit,
        }
        return await self.http.get("/v1/touchpoints", TouchpointPage, agency=agency, params=params)

    async def capacity(self, agency: AgencyId | None) -> CapacityReport:
        """Does the promise fit into the hours? An overloaded book takes up to half a minute."""
        return await self.http.get("/v1/capacity", CapacityReport, agency=agency, answer_seconds=60)

    async def day_plan(self, agency: AgencyId | None, staff_id: StaffId, day: date) -> DayPlan:
        """Somebody's tasks of a day."""
        return await self.http.get(f"/v1/staff/{staff_id}/days/{day}", DayPlan, agency=agency)

    async def run_day(self, agency: AgencyId | None, day: date) -> RunCounts:
        """Run a day; takes up to two minutes, and may be repeated (503 asks for just that)."""
        return await self.http.post(
            f"/v1/days/{day}/run", RunCounts, agency=agency, answer_seconds=180
        )

    async def complete_task(
        self, agency: AgencyId | None, task_id: UUID, said: CompletionRequest
    ) -> TaskEnded:
        """End a task: done, delegated or discarded."""
        path = f"/v1/tasks/{task_id}/completion"
        return await self.http.post(path, TaskEnded, agency=agency, json=said)

    async def open_request(
        self, agency: AgencyId | None, new: NewRequest, *, idempotency_key: str | None = None
    ) -> RequestView:
        """Something a customer wants."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return await self.http.post(
            "/v1/requests", RequestView, agency=agency, json=new, headers=headers
        )

    async def requests(
        self, agency: AgencyId | None, *, state: str | None = None, cursor: str | None = None
    ) -> RequestPage:
        """A page of requests."""
        params = {"state": state, "cursor": cursor}
        return await self.http.get("/v1/requests", RequestPage, agency=agency, params=params)

    async def catalogues(self, agency: AgencyId | None) -> CataloguePage:
        """All versions of the service catalogue."""
        return await self.http.get("/v1/catalogues", CataloguePage, agency=agency)

    async def add_catalogue(
        self, agency: AgencyId | None, catalogue: Catalogue
    ) -> CatalogueVersion:
        """Add a version; it waits for its activation."""
        return await self.http.post(
            "/v1/catalogues", CatalogueVersion, agency=agency, json=catalogue
        )

    async def activate_catalogue(self, agency: AgencyId | None, version: int) -> CatalogueVersion:
        """Put a version in force."""
        path = f"/v1/catalogues/{version}/activation"
        return await self.http.post(path, CatalogueVersion, agency=agency)

    async def campaigns(self, agency: AgencyId | None) -> CampaignPage:
        """Campaigns of the next twelve months."""
        return await self.http.get("/v1/campaigns", CampaignPage, agency=agency)

    async def move_campaign(
        self, agency: AgencyId | None, service: str, month: str, move: CampaignMove
    ) -> CampaignView:
        """Hold the campaign of a month (``2026-11``) on another day."""
        path = f"/v1/campaigns/{service}/{month}"
        return await self.http.put(path, CampaignView, agency=agency, json=move)

    async def ledger(
        self, agency: AgencyId | None, day: date, *, cursor: str | None = None, limit: int = 1000
    ) -> LedgerPage:
        """A page of every touchpoint due up to a day: each once, with where it is."""
        params = {"date": str(day), "cursor": cursor, "limit": limit}
        return await self.http.get(
            "/v1/operations/ledger", LedgerPage, agency=agency, params=params
        )
