"""Customers who may be one person."""

from fastapi import APIRouter

from services.classifier.api.access import HeldHere, Reader
from services.classifier.usecases.duplicates import possible_duplicates
from shared.contracts.duplicates import PossibleDuplicate, PossibleDuplicates

router = APIRouter(tags=["customers"])


@router.get("/customers/duplicates", summary="List customers who may be one person")
async def list_duplicates(resources: HeldHere, caller: Reader) -> PossibleDuplicates:
    """Same name, birth date and postcode: a proposal for somebody to decide, 500 at most."""
    groups = await possible_duplicates(database=resources.database, agency=caller.agency)
    return PossibleDuplicates(
        items=[
            PossibleDuplicate(customer_ids=ids, because="name-birth-date-postcode")
            for ids in groups
        ]
    )
