"""Problems after RFC 9457: the body of every answer that is not 2xx."""

from typing import Final

from pydantic import BaseModel

PROBLEM_BASE: Final = "https://kundentakt.example/problems/"
"""Prefix of the ``type`` of each problem; its slug follows."""
MEDIA_TYPE: Final = "application/problem+json"


class InvalidField(BaseModel):
    """One invalid field: its place (RFC 6901) and what is wrong."""

    pointer: str
    detail: str


class Document(BaseModel):
    """A problem as it is sent (``application/problem+json``)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    trace_id: str
    errors: list[InvalidField] | None = None
