"""The people of the agency as messages show them: who signs, and who is asked back."""

from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from services.notifier.domain.emails import Carer
from services.notifier.domain.salutations import Language
from shared.contracts.identities import SenderIdentity
from shared.contracts.staff import StaffRole
from shared.contracts.vocabulary import StaffId

ROLES: dict[StaffRole, tuple[str, str]] = {
    "owner": ("Geschäftsleitung", "Management"),
    "adviser": ("Kundenberatung", "Client adviser"),
    "back_office": ("Kundenservice", "Client service"),
}
"""German and English, the same for everybody, because a person's own title is not known."""

AGENCY_ROLE: dict[Language, tuple[str, str]] = {
    "de": ("Ihr Versicherungsmakler", "Dein Versicherungsmakler"),
    "en": ("Your insurance broker", "Your insurance broker"),
}
"""Below the agency's name where the agency itself signs a letter: formal, and with *du*."""


class Colleague(BaseModel):
    """A person of the agency, as far as a message shows them; the scheduler knows more."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    staff_id: StaffId
    name: str
    role: StaffRole
    email: str | None = None
    phone: str | None = None


def carer_of(colleague: Colleague | None, identity: SenderIdentity, language: Language) -> Carer:
    """Return who signs an e-mail: the agency itself if nobody is named or known."""
    if colleague is None:
        return Carer(name=identity.name, email=identity.email, phone=identity.phone)
    return Carer(
        name=colleague.name,
        email=colleague.email,
        phone=colleague.phone or identity.phone,
        role=ROLES[colleague.role][0 if language == "de" else 1],
    )


def signer_of(
    colleague: Colleague | None, identity: SenderIdentity, language: Language, *, familiar: bool
) -> Carer:
    """Return who signs a letter, always with a role and a way to answer by e-mail."""
    carer = carer_of(colleague, identity, language)
    role = carer.role or AGENCY_ROLE[language][1 if familiar else 0]
    return replace(carer, email=carer.email or identity.email, role=role)
