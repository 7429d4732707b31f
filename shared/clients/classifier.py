"""Calls the classifier: customers and what belongs to them, imports, lookups, the agency."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from shared.clients.feed import FeedClient
from shared.clients.http import read_answer
from shared.clients.webhooks import sign
from shared.contracts.agencies import Agency, AgencySettings, WebhookSecret, WebhookSources
from shared.contracts.batches import BatchAnswer
from shared.contracts.book import (
    BookReview,
    PartingCandidates,
    PartingDecision,
    PartingRequest,
    Portfolio,
    Profile,
    ReviewPage,
    ReviewRequest,
)
from shared.contracts.classifications import (
    Classification,
    ClassificationPage,
    PendingClassification,
    Reclassification,
    Segment,
)
from shared.contracts.contacts import ContactLookup, ContactLookupAnswer
from shared.contracts.customers import (
    Commission,
    Consent,
    ConsentChannel,
    ConsentPurpose,
    Contract,
    Customer,
    Interaction,
    Objections,
)
from shared.contracts.events import EventAccepted
from shared.contracts.imports import ImportJob, ImportStarted
from shared.contracts.overrides import OverrideRequest, PinnedClass
from shared.contracts.planning import CustomerPage, PlanningLookup, PlanningLookupAnswer
from shared.contracts.policies import (
    Policy,
    PolicyActivated,
    PolicyActivation,
    PolicyCreated,
    PolicyVersion,
)
from shared.contracts.policy_versions import ActivePolicy
from shared.contracts.simulations import Simulation, SimulationRequest
from shared.contracts.vocabulary import AgencyId, ContractId, CustomerId, Strict

SIMULATION_SECONDS = 600.0
"""A million customers take some minutes to read."""
NDJSON = {"Content-Type": "application/x-ndjson"}


class ClassifierClient(FeedClient):
    """Every call names the agency; a token of one agency needs none (``agency=None``)."""

    async def put_customer(
        self, agency: AgencyId | None, customer_id: CustomerId, customer: Customer
    ) -> Customer:
        """Create or replace a customer."""
        path = f"/v1/customers/{customer_id}"
        return await self.http.put(path, Customer, agency=agency, json=customer)

    async def customer(self, agency: AgencyId | None, customer_id: CustomerId) -> Customer:
        """One customer."""
        return await self.http.get(f"/v1/customers/{customer_id}", Customer, agency=agency)

    async def erase_customer(self, agency: AgencyId | None, customer_id: CustomerId) -> None:
        """Erase a customer's personal data."""
        await self.http.call("DELETE", f"/v1/customers/{customer_id}", agency=agency)

    async def customers(
        self, agency: AgencyId | None, *, cursor: str | None = None, limit: int = 1000
    ) -> CustomerPage:
        """A page of all customers with what planning needs of them."""
        return await self.http.get(
            "/v1/customers", CustomerPage, agency=agency, params={"cursor": cursor, "limit": limit}
        )

    async def planning_facts(
        self, agency: AgencyId | None, customer_ids: Sequence[CustomerId]
    ) -> PlanningLookupAnswer:
        """What planning needs of up to 1,000 customers."""
        lookup = PlanningLookup(customer_ids=list(customer_ids))
        return await self.http.post(
            "/v1/customers/lookup", PlanningLookupAnswer, agency=agency, json=lookup
        )

    async def contacts(
        self, agency: AgencyId | None, customer_ids: Sequence[CustomerId]
    ) -> ContactLookupAnswer:
        """Names, addresses and wills of up to 500 customers."""
        lookup = ContactLookup(customer_ids=list(customer_ids))
        return await self.http.post(
            "/v1/contacts/lookup", ContactLookupAnswer, agency=agency, json=lookup
        )

    async def put_contract(
        self,
        agency: AgencyId | None,
        customer_id: CustomerId,
        contract_id: ContractId,
        contract: Contract,
    ) -> None:
        """Create or replace a contract."""
        path = f"/v1/customers/{customer_id}/contracts/{contract_id}"
        await self.http.call("PUT", path, agency=agency, json=contract)

    async def record_commissions(
        self, agency: AgencyId | None, items: Sequence[Commission]
    ) -> BatchAnswer:
        """Enter bookings."""
        return await self._batch("/v1/commissions", agency, items)

    async def record_interactions(
        self, agency: AgencyId | None, items: Sequence[Interaction]
    ) -> BatchAnswer:
        """Enter contacts."""
        return await self._batch("/v1/interactions", agency, items)

    async def put_consent(
        self,
        agency: AgencyId | None,
        customer_id: CustomerId,
        purpose: ConsentPurpose,
        channel: ConsentChannel,
        consent: Consent,
    ) -> None:
        """Enter the customer's word on one purpose and channel."""
        path = f"/v1/customers/{customer_id}/consents/{purpose}/{channel}"
        await self.http.call("PUT", path, agency=agency, json=consent)

    async def put_objections(
        self, agency: AgencyId | None, customer_id: CustomerId, objections: Objections
    ) -> None:
        """Enter a customer's objections as they stand now."""
        path = f"/v1/customers/{customer_id}/objections"
        await self.http.call("PUT", path, agency=agency, json=objections)

    async def agency(self, agency: AgencyId | None) -> Agency:
        """The agency's settings."""
        return await self.http.get("/v1/agency", Agency, agency=agency)

    async def put_agency(self, agency: AgencyId | None, settings: AgencySettings) -> Agency:
        """Replace the agency's settings."""
        return await self.http.put("/v1/agency", Agency, agency=agency, json=settings)

    async def webhook_sources(self, agency: AgencyId | None) -> WebhookSources:
        """The systems that send events, without their secrets."""
        return await self.http.get("/v1/agency/webhook-sources", WebhookSources, agency=agency)

    async def put_webhook_source(self, agency: AgencyId | None, source: str) -> WebhookSecret:
        """Add a system that sends events; a repetition returns the same secret."""
        path = f"/v1/agency/webhook-sources/{source}"
        return await self.http.put(path, WebhookSecret, agency=agency)

    async def rotate_webhook_secret(self, agency: AgencyId | None, source: str) -> WebhookSecret:
        """A new secret; the one before stays good until the next rotation."""
        path = f"/v1/agency/webhook-sources/{source}/rotation"
        return await self.http.post(path, WebhookSecret, agency=agency)

    async def delete_webhook_source(self, agency: AgencyId | None, source: str) -> None:
        """Accept nothing more from a source."""
        await self.http.call("DELETE", f"/v1/agency/webhook-sources/{source}", agency=agency)

    async def start_import(
        self,
        agency: AgencyId | None,
        content: bytes,
        *,
        filename: str,
        idempotency_key: str | None = None,
    ) -> ImportStarted:
        """Send a file; the job goes on by itself."""
        headers = {"Content-Type": "application/octet-stream"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        return await self.http.post(
            "/v1/imports", ImportStarted, agency=agency, content=content, headers=headers,
            params={"filename": filename},
        )  # fmt: skip

    async def import_job(
        self, agency: AgencyId | None, import_id: UUID, *, cursor: str | None = None
    ) -> ImportJob:
        """How far an import is, and a page of what it left out."""
        return await self.http.get(
            f"/v1/imports/{import_id}", ImportJob, agency=agency, params={"cursor": cursor}
        )

    async def classification(
        self, agency: AgencyId | None, customer_id: CustomerId
    ) -> Classification | PendingClassification:
        """A customer's class, or that it is being worked on."""
        path = f"/v1/customers/{customer_id}/classification"
        answer = await self.http.call("GET", path, agency=agency)
        if answer.json() == {"state": "pending"}:
            return PendingClassification()
        return read_answer(Classification, answer)

    async def classifications(
        self,
        agency: AgencyId | None,
        *,
        segment: Segment | None = None,
        cursor: str | None = None,
        limit: int = 500,
    ) -> ClassificationPage:
        """A page of the book with its classes."""
        params = {"segment": segment, "cursor": cursor, "limit": limit}
        return await self.http.get(
            "/v1/classifications", ClassificationPage, agency=agency, params=params
        )

    async def reclassify(self, agency: AgencyId | None) -> Reclassification:
        """Queue a run over the whole book."""
        return await self.http.post("/v1/reclassifications", Reclassification, agency=agency)

    async def run_day(self, agency: AgencyId | None, day: date) -> Reclassification:
        """Make a day the agency's day; the book is classified as of then."""
        return await self.http.post(f"/v1/days/{day}/run", Reclassification, agency=agency)

    async def reclassification(
        self, agency: AgencyId | None, reclassification_id: UUID
    ) -> Reclassification:
        """How far a run over the book is."""
        return await self.http.get(
            f"/v1/reclassifications/{reclassification_id}", Reclassification, agency=agency
        )

    async def add_policy(
        self, agency: AgencyId | None, policy: Policy, *, idempotency_key: str | None = None
    ) -> PolicyCreated:
        """Store a policy under the next version."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return await self.http.post(
            "/v1/policies", PolicyCreated, agency=agency, json=policy, headers=headers
        )

    async def policy(self, agency: AgencyId | None, version: int) -> PolicyVersion:
        """One version of the rules."""
        return await self.http.get(f"/v1/policies/{version}", PolicyVersion, agency=agency)

    async def active_policy(self, agency: AgencyId | None) -> ActivePolicy:
        """The version that rules on the agency's day."""
        return await self.http.get("/v1/policies/active", ActivePolicy, agency=agency)

    async def activate_policy(
        self, agency: AgencyId | None, version: int, *, from_day: date | None = None
    ) -> PolicyActivated:
        """Let a version rule from a day on; by default from the agency's day."""
        return await self.http.post(
            f"/v1/policies/{version}/activation",
            PolicyActivated,
            agency=agency,
            json=PolicyActivation(from_day=from_day),
        )

    async def calibrate_policy(self, agency: AgencyId | None, version: int) -> Reclassification:
        """Calibrate the version in force anew over the present book."""
        path = f"/v1/policies/{version}/calibrations"
        return await self.http.post(path, Reclassification, agency=agency)

    async def pin_class(
        self, agency: AgencyId | None, customer_id: CustomerId, override: OverrideRequest
    ) -> PinnedClass:
        """Pin the class of a customer's care unit."""
        path = f"/v1/customers/{customer_id}/override"
        return await self.http.put(path, PinnedClass, agency=agency, json=override)

    async def lift_pin(self, agency: AgencyId | None, customer_id: CustomerId) -> None:
        """Let the model decide again."""
        path = f"/v1/customers/{customer_id}/override"
        await self.http.call("DELETE", path, agency=agency)

    async def simulate_policy(
        self, agency: AgencyId | None, version: int, *, as_of: date | None = None
    ) -> Simulation:
        """Try a policy version on the whole book; nothing is written."""
        return await self.http.post(
            f"/v1/policies/{version}/simulation",
            Simulation,
            agency=agency,
            json=SimulationRequest(as_of=as_of),
            answer_seconds=SIMULATION_SECONDS,
        )

    async def report_event(
        self, agency: AgencyId, source: str, secret: str, *, webhook_id: str, body: bytes
    ) -> EventAccepted:
        """Send a signed event, as a broker system does."""
        return await self.http.post(
            f"/v1/events/{agency}/{source}",
            EventAccepted,
            content=body,
            headers=sign(secret, webhook_id=webhook_id, body=body),
        )

    async def portfolio(self, agency: AgencyId | None) -> Portfolio:
        """Overview of the portfolio."""
        return await self.http.get("/v1/portfolio", Portfolio, agency=agency)

    async def profile(self, agency: AgencyId | None, segment: Segment = "A") -> Profile:
        """What the customers of a class have in common."""
        params = {"segment": segment}
        return await self.http.get("/v1/portfolio/profile", Profile, agency=agency, params=params)

    async def make_review(self, agency: AgencyId | None, quarter: str) -> BookReview:
        """Make the book review of a quarter, or get the one that was kept."""
        request = ReviewRequest(quarter=quarter)
        return await self.http.post(
            "/v1/portfolio/reviews", BookReview, agency=agency, json=request
        )

    async def reviews(self, agency: AgencyId | None) -> ReviewPage:
        """All book reviews."""
        return await self.http.get("/v1/portfolio/reviews", ReviewPage, agency=agency)

    async def review(self, agency: AgencyId | None, quarter: str) -> BookReview:
        """One book review."""
        return await self.http.get(f"/v1/portfolio/reviews/{quarter}", BookReview, agency=agency)

    async def review_pdf(self, agency: AgencyId | None, quarter: str) -> bytes:
        """One book review to print."""
        path = f"/v1/portfolio/reviews/{quarter}/book-review.pdf"
        return (await self.http.call("GET", path, agency=agency)).content

    async def parting_candidates(
        self, agency: AgencyId | None, *, cursor: str | None = None, limit: int = 100
    ) -> PartingCandidates:
        """A page of those the owner may part with, politely."""
        params = {"cursor": cursor, "limit": limit}
        return await self.http.get(
            "/v1/portfolio/parting-candidates", PartingCandidates, agency=agency, params=params
        )

    async def decide_parting(
        self, agency: AgencyId | None, customer_id: CustomerId, request: PartingRequest
    ) -> PartingDecision:
        """Record what the owner decided on one customer."""
        path = f"/v1/customers/{customer_id}/parting"
        return await self.http.put(path, PartingDecision, agency=agency, json=request)

    async def _batch(
        self, path: str, agency: AgencyId | None, items: Sequence[Strict]
    ) -> BatchAnswer:
        lines = "\n".join(item.model_dump_json() for item in items)
        return await self.http.post(
            path, BatchAnswer, agency=agency, content=lines.encode(), headers=NDJSON
        )
