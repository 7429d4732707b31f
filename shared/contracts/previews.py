"""Previews: what an e-mail would say, asked for without sending it."""

from pydantic import Field

from shared.contracts.dispatches import DispatchData, TemplateKey
from shared.contracts.vocabulary import CustomerId, Strict


class PreviewOrder(Strict):
    """Body of ``POST /v1/previews``: as in a dispatch, for one e-mail."""

    customer_id: CustomerId
    template: TemplateKey
    data: DispatchData = Field(
        default_factory=dict,
        description="What the template needs beyond the person.",
        examples=[{"staff_id": "S-1"}],
    )


class Preview(Strict):
    """An e-mail as its reader would see it."""

    subject: str
    html: str
    text: str
    allowed: bool = Field(description="Whether it might leave now.")
    reason: str | None = Field(description="Why not, or what allows it.", examples=["no_consent"])
