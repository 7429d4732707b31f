"""What every kind of change has in common, and how a follower reads one."""

from datetime import datetime
from typing import Annotated, ClassVar, TypeVar
from uuid import UUID

from pydantic import Field, PlainSerializer

from shared.contracts.changes.feed import Change
from shared.contracts.vocabulary import Instant, Strict

Id = Annotated[UUID, Field(strict=False)]
"""An id of our own; in JSON it is text."""


def _with_offset(value: datetime) -> str:
    return value.isoformat()


InstantWithOffset = Annotated[Instant, PlainSerializer(_with_offset, return_type=str)]
"""An instant that always leaves as ``+00:00``, never as ``Z``: payloads have always said it so."""


class PublishedChange(Strict):
    """The new state of one subject, as its service publishes it.

    The fields are ids, codes and amounts. Names, addresses and free text have no place here,
    because feeds are kept and read by other systems. ``KIND`` is the name in the feed, and
    ``SUBJECT`` is the field that identifies the subject. A field with ``exclude`` is told by the
    subject alone and is no part of the payload.

    A field that is added to a kind later needs a default: followers still read older changes.
    """

    KIND: ClassVar[str]
    SUBJECT: ClassVar[str]

    @property
    def subject(self) -> str:
        """The id by which the feed names the subject."""
        return str(getattr(self, self.SUBJECT))

    def payload(self) -> str:
        """The payload as JSON. An optional field that was not set is left out, null is kept."""
        return self.model_dump_json(exclude_unset=True)


Published = TypeVar("Published", bound=PublishedChange)


def read(change: Change, *models: type[Published]) -> Published | None:
    """Return the change as the one of these models that has its kind; None for any other kind.

    Fields that the model does not know are ignored, because the publishing service may be newer.
    Raises pydantic's ValidationError if a field is missing or has another type.
    """
    for model in models:
        if change.kind == model.KIND:
            values = {model.SUBJECT: change.subject, **change.payload}
            return model.model_validate(values, extra="ignore")
    return None
