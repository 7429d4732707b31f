"""The agency's own words in the files that it imports, and what they mean."""

import re
from typing import Annotated, Final, Literal, Self, get_args
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.customers import (
    CommissionKind,
    ConsentState,
    ContractStatus,
    CustomerKind,
    CustomerStatus,
    Direction,
    Employment,
    FederalState,
    FormOfAddress,
    Home,
    Household,
    InteractionChannel,
    Language,
    Salutation,
    StaffRole,
    Topic,
)
from shared.contracts.lines import LINES
from shared.contracts.vocabulary import Instant, Strict

WordKind = Literal[
    "line", "contract_status", "payment_interval", "commission_kind", "sign", "customer_kind",
    "customer_status", "salutation", "form_of_address", "language", "country", "state",
    "household", "home", "employment", "consent", "yes_no", "direction", "channel", "role", "topic",
    "gdv_line", "gdv_status", "gdv_payment_interval", "gdv_salutation",
]  # fmt: skip
"""The closed lists of words that an import reads; those of codes in records of the GDV begin with
``gdv_``, because the same digit means another thing there."""

INSTALMENTS: Final = ("0", "1", "2", "3", "4", "6", "12")  # a year
WORD_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "line": tuple(line.key for line in LINES),
    "contract_status": get_args(ContractStatus),
    "payment_interval": INSTALMENTS,
    "commission_kind": get_args(CommissionKind),
    "sign": ("credit", "debit"),
    "customer_kind": get_args(CustomerKind),
    "customer_status": (*get_args(CustomerStatus), "died"),
    "salutation": get_args(Salutation),
    "form_of_address": get_args(FormOfAddress),
    "language": get_args(Language),
    "state": get_args(FederalState),
    "household": get_args(Household),
    "home": get_args(Home),
    "employment": get_args(Employment),
    "consent": get_args(ConsentState),
    "yes_no": ("yes", "no"),
    "direction": get_args(Direction),
    "channel": get_args(InteractionChannel),
    "role": get_args(StaffRole),
    "topic": get_args(Topic),
    "gdv_line": tuple(line.key for line in LINES),
    "gdv_status": get_args(ContractStatus),
    "gdv_payment_interval": INSTALMENTS,
    "gdv_salutation": get_args(Salutation),
}
"""What a word of each kind can mean; a country is any ISO 3166-1 alpha-2 code."""

COUNTRY_CODE: Final = re.compile(r"[A-Z]{2}")
Word = Annotated[
    str,
    Field(
        min_length=1,
        max_length=60,
        pattern=r"[A-Za-z0-9ÄÖÜäöüß]",
        description="As the file writes it; case, blanks and signs do not count.",
        examples=["Hausratplus"],
    ),
]


class ImportWordMeaning(Strict):
    """What one word means: a key of the list of its kind."""

    kind: WordKind
    word: Word
    value: Annotated[
        str,
        Field(
            min_length=1,
            max_length=40,
            description="A key of that list, such as `household` or `cancelled`; instalments a "
            "year for `payment_interval` and `gdv_payment_interval`; `yes` or `no`; `credit` or "
            "`debit`.",
            examples=["household"],
        ),
    ]

    @model_validator(mode="after")
    def _value_is_of_the_kind(self) -> Self:
        if self.kind == "country":
            if COUNTRY_CODE.fullmatch(self.value) is None:
                raise ValueError("a country is an ISO 3166-1 code of two letters, such as AT")
        elif self.value not in WORD_VALUES[self.kind]:
            allowed = ", ".join(WORD_VALUES[self.kind])
            raise ValueError(f"a word of the kind {self.kind} means one of: {allowed}")
        return self


class ImportWordMeanings(Strict):
    """``PUT /v1/import-words``; of a word that is named twice the last meaning counts."""

    items: Annotated[list[ImportWordMeaning], Field(min_length=1, max_length=1000)]


class ImportWord(Strict):
    """A word of the agency's files; without a value it is unknown and waits to be mapped."""

    kind: WordKind
    key: str = Field(description="The word folded, as it is looked up.", examples=["hausratplus"])
    word: str = Field(examples=["Hausratplus"])
    value: str | None = Field(description="Null until somebody says what it means.")
    column: str | None = Field(description="The column that told it first.", examples=["Sparte"])
    import_id: UUID | None = Field(description="The import that told it first.")
    told_at: Instant
    mapped_at: Instant | None
    mapped_by: str | None = Field(description="Whose token said what it means.")


class ImportWordPage(Strict):
    """``GET /v1/import-words``, by kind and word."""

    items: list[ImportWord]
    next_cursor: str | None


class ImportWordsForgotten(Strict):
    """Answer of ``DELETE /v1/import-words``: how many unmapped words were forgotten."""

    forgotten: Annotated[int, Field(ge=0)]
