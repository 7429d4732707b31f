"""Problems after RFC 9457, as every answer that is not 2xx bears one."""

from typing import Final

from pydantic import BaseModel

PROBLEM_BASE: Final = "https://kundentakt.example/problems/"
"""What the ``type`` of each problem begins with; its slug follows."""
MEDIA_TYPE: Final = "application/problem+json"


class InvalidField(BaseModel):
    """One field that is not allowed: where (RFC 6901) and why."""

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
