"""The parts of an e-mail: its signer, its links, its texts, and the notice about its sender."""

from dataclasses import dataclass

from services.notifier.domain.salutations import Language
from shared.contracts.identities import SenderIdentity

REGISTER_URL = "www.vermittlerregister.info"
"""Where anybody can check a broker's entry (§ 11a GewO, § 15 VersVermV)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carer:
    """Who signs a message and gets the answer: the customer's carer, or the agency itself."""

    name: str
    email: str | None = None
    phone: str | None = None
    role: str | None = None

    @property
    def initials(self) -> str:
        """One or two capitals for the round mark beside the signature."""
        words = [word for word in self.name.replace(".", ". ").split() if not word.endswith(".")]
        return "".join(word[0] for word in (words[:1] + words[-1:] if words[1:] else words)).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailLinks:
    """Public links of one message, complete URLs with their signed tokens.

    Only advertising has ``unsubscribe``. Its page asks before it acts (GET), and mail programs post
    to it (RFC 8058).
    """

    unsubscribe: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedEmail:
    """One e-mail as its reader will see it: a subject line, an HTML and a plain text part."""

    subject: str
    html: str
    text: str


def sender_lines(identity: SenderIdentity, language: Language) -> tuple[str, ...]:
    """Return the legal notice (§ 5 DDG, § 35a GmbHG, § 15 VersVermV), one statement per line."""
    german = language == "de"
    address = f"{identity.street}, {identity.postcode} {identity.city}"
    lines = [f"{identity.name}, {address}" + ("" if german else ", Germany")]
    lines.extend(_represented(identity, german=german))
    if identity.register_court and identity.register_number:
        seat = f"{'Sitz' if german else 'Registered office'}: {identity.seat}, "
        lines.append(
            (seat if identity.seat else "")
            + f"{identity.register_court}, {identity.register_number}"
        )
    contact = [f"{'Telefon' if german else 'Phone'} {identity.phone}", identity.email]
    lines.append(", ".join([*contact, *([identity.website] if identity.website else [])]))
    lines.extend(_licence(identity, german=german))
    if identity.vat_id:
        lines.append(f"{'USt-IdNr.' if german else 'VAT ID'} {identity.vat_id}")
    return tuple(lines)


def _represented(identity: SenderIdentity, *, german: bool) -> list[str]:
    lines = []
    if identity.managing_directors:
        label = "Geschäftsführung" if german else "Managing directors"
        lines.append(f"{label}: {', '.join(identity.managing_directors)}")
    if identity.represented_by:
        label = "Vertreten durch" if german else "Represented by"
        lines.append(f"{label} {identity.represented_by}")
    if identity.supervisory_board_chair:
        label = "Aufsichtsratsvorsitz" if german else "Chair of the supervisory board"
        lines.append(f"{label}: {identity.supervisory_board_chair}")
    return lines


def _licence(identity: SenderIdentity, *, german: bool) -> tuple[str, str]:
    number, authority = identity.broker_register_number, identity.supervisory_authority
    if german:
        return (
            "Versicherungsmakler mit Erlaubnis nach § 34d Abs. 1 GewO (Deutschland)",
            f"Vermittlerregister {number} ({REGISTER_URL}), Aufsicht: {authority}",
        )
    return (
        "Insurance broker licensed under section 34d (1) GewO (Germany)",
        f"Register no. {number} ({REGISTER_URL}), supervised by {authority}",
    )
