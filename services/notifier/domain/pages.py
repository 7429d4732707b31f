"""The pages behind the links of an e-mail: who reads one, and what stands on it."""

from dataclasses import dataclass
from datetime import date

from services.notifier.domain.salutations import Language
from shared.contracts.identities import SenderIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads a page, as the e-mail addressed them. ``sender`` is the agency, if it is known."""

    language: Language = "de"
    familiar: bool = False
    sender: SenderIdentity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button that posts ``name=value``; a ``quiet`` one is not the first choice."""

    name: str
    value: str
    label: str
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalForm:
    """The form that asks for another time, from ``first`` to ``last``."""

    label: str
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: texts, a remark about what went wrong, and what may be pressed."""

    title: str
    texts: tuple[str, ...]
    remark: str | None = None
    buttons: tuple[Button, ...] = ()
    proposal: ProposalForm | None = None
    again: str | None = None  # the label of the link back to the buttons
