"""What messages say, kept when they leave or are rendered.

Storing is SQL text because it is part of the set-based statements that move messages on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Subject line, SHA-256 of the text, what allowed the message, and what it was made from."""

    message_id: UUID
    subject: str
    digest: bytes
    basis: str
    template_version: str


KEPT = """
    INSERT INTO message_content (agency_id, message_id, subject, digest, basis, template_version)
    SELECT agency_id, message_id, subject, digest, basis, template_version FROM said
    ON CONFLICT (agency_id, message_id) DO UPDATE
       SET subject = excluded.subject, digest = excluded.digest, basis = excluded.basis,
           template_version = excluded.template_version
    RETURNING message_id
"""
"""Stores the contents of the common table expression ``said``. They replace those of an earlier
attempt, which said the same or was not taken."""

CONTENTS = """
    unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]), CAST(:digests AS bytea[]),
           CAST(:bases AS text[]), CAST(:versions AS text[]))
        AS content (message_id, subject, digest, basis, template_version)
"""
"""Contents as a table, from the values of :func:`columns`."""


def columns(contents: Sequence[Content]) -> dict[str, list[object]]:
    """The values that :data:`CONTENTS` reads."""
    return {
        "ids": [content.message_id for content in contents],
        "subjects": [content.subject for content in contents],
        "digests": [content.digest for content in contents],
        "bases": [content.basis for content in contents],
        "versions": [content.template_version for content in contents],
    }
