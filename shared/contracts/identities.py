"""The identity of an agency that the law requires on every letter and in every e-mail.

Sources: § 5 DDG (legal notice), § 35a GmbHG, § 80 AktG and § 37a HGB (business letters of any
form, e-mail included), § 15 VersVermV (an insurance broker's register number).
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.contracts.bounds import AtMost
from shared.contracts.vocabulary import Strict

Line = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")]
"""One printable line without control characters."""

COMPANIES_WITH_DIRECTORS = ("gmbh", "ug", "ag")
"""Legal forms whose business letters must name seat, register and every director."""


class SenderIdentity(Strict):
    """The mandatory identity of one agency; checked before its first message leaves.

    A legal form that the commercial register lists needs court and number; a GmbH, UG or AG
    needs its directors as well, each with a spelled-out first name.
    """

    name: Line = Field(examples=["Musterbetrieb Versicherungsmakler GmbH"])
    legal_form: Line | None = Field(
        default=None, description="Null for a person without a firm.", examples=["GmbH"]
    )
    street: Line = Field(examples=["Marktplatz 3"])
    postcode: Annotated[str, Field(pattern=r"^\d{5}$", examples=["06526"])]
    city: Line = Field(examples=["Sangerhausen"])
    represented_by: Line | None = Field(
        default=None,
        description="Who represents the agency, if not its directors.",
        examples=["Jana Muster"],
    )
    managing_directors: Annotated[tuple[Line, ...], AtMost(20)] = Field(
        default=(), strict=False, examples=[["Jana Muster"]]
    )
    supervisory_board_chair: Line | None = Field(default=None, examples=["Dr. Karl Beispiel"])
    seat: Line | None = Field(default=None, examples=["Sangerhausen"])
    register_court: Line | None = Field(default=None, examples=["Amtsgericht Stendal"])
    register_number: Line | None = Field(default=None, examples=["HRB 12345"])
    supervisory_authority: Line = Field(examples=["IHK Halle-Dessau"])
    broker_register_number: Annotated[
        str, Field(pattern=r"^D-[0-9A-Z]{4}-[0-9A-Z]{5}-[0-9]{2}$", examples=["D-ABCD-12345-67"])
    ]
    phone: Line = Field(examples=["+49 3464 123456"])
    email: Annotated[
        str,
        Field(
            pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
            max_length=254,
            examples=["post@musterbetrieb.example"],
        ),
    ]
    website: Line | None = Field(default=None, examples=["www.musterbetrieb.example"])
    vat_id: Annotated[str, Field(pattern=r"^DE\d{9}$", examples=["DE123456789"])] | None = None

    @model_validator(mode="after")
    def _names_what_its_legal_form_asks_for(self) -> Self:
        form = (self.legal_form or "").lower()
        if not form:
            return self
        if not (self.register_court and self.register_number):
            raise ValueError(f"a {self.legal_form} prints register court and number (§ 37a HGB)")
        if form.split(" ")[0] in COMPANIES_WITH_DIRECTORS:
            if not (self.managing_directors and self.seat):
                raise ValueError(f"a {self.legal_form} prints seat and directors (§ 35a GmbHG)")
            if any(" " not in director for director in self.managing_directors):
                raise ValueError("a director is printed with a spelled-out first name")
        return self
