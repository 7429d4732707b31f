"""ETags of records, and the conditions that requests make of them (RFC 9110 § 13)."""

import hashlib
from dataclasses import dataclass

from pydantic import BaseModel

ANY = "*"


class ConditionFailed(Exception):
    """the record is another than the request expects, and nothing was done; read it again"""

    def __init__(self, etag: str | None) -> None:
        now = f"its ETag is {etag} now" if etag else "there is no such record now"
        super().__init__(f"{now}: {type(self).__doc__}")


def etag_of(record: BaseModel, *, with_more: BaseModel | None = None) -> str:
    """The strong ETag of a record: it changes with anything the record shows.

    An answer that shows more beside the record (who told what) has a tag of its own, which begins
    with the record's and is as good in an `If-Match`.
    """
    digests = [
        hashlib.sha256(each.model_dump_json().encode()) for each in (record, with_more) if each
    ]
    return '"' + "-".join(digest.hexdigest()[:32] for digest in digests) + '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a request expects of the record it asks for: its tags, or ``*`` for any."""

    match: tuple[str, ...] | None = None
    none_match: tuple[str, ...] | None = None

    @property
    def asked(self) -> bool:
        """Whether there is anything to check."""
        return self.match is not None or self.none_match is not None

    def require(self, etag: str | None) -> None:
        """Raise ConditionFailed unless the record's tag (None: no record) is as expected."""
        if self.match is not None and not _fits(self.match, etag, weak=False):
            raise ConditionFailed(etag)
        if self.none_match is not None and _fits(self.none_match, etag, weak=True):
            raise ConditionFailed(etag)

    def is_known(self, etag: str) -> bool:
        """Whether a reader has this very answer already (304)."""
        known = [tag.removeprefix("W/") for tag in self.none_match or ()]
        return ANY in known or etag in known


UNCONDITIONAL = Condition()


def _fits(tags: tuple[str, ...], etag: str | None, *, weak: bool) -> bool:
    """Whether one of the tags is the record's; weak ones never are where bytes must be equal."""
    if etag is None:
        return False
    if ANY in tags:
        return True
    compared = [tag.removeprefix("W/") if weak else tag for tag in tags]
    return etag in {tag.partition("-")[0].rstrip('"') + '"' for tag in compared}
