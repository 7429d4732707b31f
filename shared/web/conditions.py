"""Conditions of requests: the headers `If-Match` and `If-None-Match` on what has an ETag."""

import json
import re
from typing import Annotated

from fastapi import Depends, Header, Request, Response

from shared.contracts.etags import ANY, Condition, etag_of
from shared.contracts.vocabulary import Strict
from shared.db.written import written_revision
from shared.web.problems import ProblemError, ProblemType

CONDITION_FAILED = ProblemType(
    "condition-failed", 412, "The condition of the request does not hold"
)
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"[ \t]*{_TAG}[ \t]*(?:,[ \t]*(?:{_TAG}[ \t]*)?)*")


async def _condition(
    request: Request,
    if_match: Annotated[
        str | None,
        Header(description="ETags, or `*`: 412 unless the record has one of them (and exists)"),
    ] = None,
    if_none_match: Annotated[
        str | None,
        Header(description="ETags, or `*`: a GET answers 304, anything else 412 if one fits"),
    ] = None,
) -> Condition:
    return Condition(
        match=_tags(request, "If-Match") if if_match is not None else None,
        none_match=_tags(request, "If-None-Match") if if_none_match is not None else None,
    )


Conditions = Annotated[Condition, Depends(_condition)]


def _tags(request: Request, header: str) -> tuple[str, ...]:
    """The tags of a list, which may stand in several headers of this name."""
    stated = ",".join(request.headers.getlist(header)).strip()
    if stated == ANY:
        return (ANY,)
    if not _TAGS.fullmatch(stated):
        raise ProblemError(
            CONDITION_FAILED,
            f'{header} holds no list of ETags such as "abc", and not *; nothing was done',
        )
    return tuple(re.findall(_TAG, stated))


def shown(record: Strict, *, with_more: Strict | None = None, status_code: int = 200) -> Response:
    """A record, or an answer that shows more of it, with its ETag."""
    return Response(
        (with_more or record).model_dump_json(),
        status_code=status_code,
        media_type="application/json",
        headers={"ETag": etag_of(record, with_more=with_more)},
    )


def written(record: Strict, *, status_code: int = 200) -> Response:
    """A record that was written, with its ETag and the revision to wait for."""
    body = {**json.loads(record.model_dump_json()), "revision": written_revision()}
    return Response(
        json.dumps(body, ensure_ascii=False),
        status_code=status_code,
        media_type="application/json",
        headers={"ETag": etag_of(record)},
    )


def read(record: Strict, condition: Condition, *, with_more: Strict | None = None) -> Response:
    """The answer to a GET: 304 if its reader has it already."""
    if condition.match is not None:
        condition.require(etag_of(record))
    etag = etag_of(record, with_more=with_more)
    if condition.is_known(etag):
        return Response(status_code=304, headers={"ETag": etag})
    return shown(record, with_more=with_more)
