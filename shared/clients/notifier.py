"""Calls the notifier: dispatches, messages, print runs."""

from collections.abc import Sequence
from typing import Literal

from shared.clients.feed import FeedClient
from shared.clients.http import read_answer
from shared.contracts.dispatches import (
    DispatchAnswers,
    DispatchBatch,
    DispatchId,
    DispatchItem,
    MessageId,
    MessagePage,
    MessageState,
    MessageView,
    PrintRunPage,
    PrintRunView,
    Withdrawal,
)
from shared.contracts.vocabulary import AgencyId, CustomerId

PrintRunStep = Literal["approval", "release", "cancellation"]
PrintRunFile = Literal["letters.pdf", "recipients.csv", "manifest.json"]


class NotifierClient(FeedClient):
    """Every call names the agency; a token of one agency needs none (``agency=None``)."""

    async def dispatch(
        self, agency: AgencyId | None, items: Sequence[DispatchItem]
    ) -> DispatchAnswers:
        """Order up to 1,000 messages; repeating it is harmless."""
        batch = DispatchBatch(items=list(items))
        return await self.http.post("/v1/dispatches", DispatchAnswers, agency=agency, json=batch)

    async def cancel_dispatch(
        self,
        agency: AgencyId | None,
        dispatch_id: DispatchId,
        *,
        reason: Withdrawal = "cancelled",
    ) -> MessageView:
        """Cancel an order; raises ServiceRefused (409 ``dispatch-under-way``) where it is late."""
        answer = await self.http.call(
            "DELETE", f"/v1/dispatches/{dispatch_id}", agency=agency, params={"reason": reason}
        )
        return read_answer(MessageView, answer)

    async def messages(
        self,
        agency: AgencyId | None,
        *,
        state: MessageState | None = None,
        customer_id: CustomerId | None = None,
        run: str | None = None,
        cursor: str | None = None,
        limit: int = 1000,
    ) -> MessagePage:
        """A page of messages in the order of their acceptance."""
        params = {
            "state": state,
            "customer_id": customer_id,
            "run": run,
            "cursor": cursor,
            "limit": limit,
        }
        return await self.http.get("/v1/messages", MessagePage, agency=agency, params=params)

    async def message(self, agency: AgencyId | None, message_id: MessageId) -> MessageView:
        """One message."""
        return await self.http.get(f"/v1/messages/{message_id}", MessageView, agency=agency)

    async def resend(self, agency: AgencyId | None, message_id: MessageId) -> MessageView:
        """Send a message again that ended as unknown or failed."""
        path = f"/v1/messages/{message_id}/resend"
        return await self.http.post(path, MessageView, agency=agency)

    async def print_runs(
        self, agency: AgencyId | None, *, cursor: str | None = None, limit: int = 1000
    ) -> PrintRunPage:
        """A page of print runs in the order of their making."""
        return await self.http.get(
            "/v1/print-runs", PrintRunPage, agency=agency, params={"cursor": cursor, "limit": limit}
        )

    async def print_run(self, agency: AgencyId | None, run_id: str) -> PrintRunView:
        """One print run."""
        return await self.http.get(f"/v1/print-runs/{run_id}", PrintRunView, agency=agency)

    async def move_print_run(
        self,
        agency: AgencyId | None,
        run_id: str,
        step: PrintRunStep,
        *,
        rendering: int | None = None,
    ) -> PrintRunView:
        """Approve, release or cancel a print run. An approval tells which rendering was seen."""
        path = f"/v1/print-runs/{run_id}/{step}"
        seen = {"rendering": rendering}
        return await self.http.post(path, PrintRunView, agency=agency, params=seen)

    async def print_run_file(
        self, agency: AgencyId | None, run_id: str, name: PrintRunFile
    ) -> bytes:
        """One file of a rendered print run."""
        answer = await self.http.call("GET", f"/v1/print-runs/{run_id}/{name}", agency=agency)
        return answer.content
