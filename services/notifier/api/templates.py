"""Templates: what a message made from one would say."""

from fastapi import APIRouter

from services.notifier.api.access import HeldHere, Reader
from services.notifier.usecases import templates
from shared.contracts.previews import Preview, PreviewOrder

router = APIRouter(tags=["messages"])


@router.post("/previews", summary="What an e-mail would say")
async def preview_email(resources: HeldHere, caller: Reader, order: PreviewOrder) -> Preview:
    """The e-mail that this order would make now, and whether it may be sent.

    Nothing is stored and nothing is sent; the links in it do nothing.
    """
    return await templates.preview(
        agency=caller.agency,
        order=order,
        profiles=resources.profiles,
        recipients=resources.recipients,
        composer=resources.composer,
        now=resources.clock.now(),
    )
