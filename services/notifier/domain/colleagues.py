"""The people of the agency as messages show them: who signs, and who is asked back."""

from pydantic import BaseModel, ConfigDict

from services.notifier.domain.emails import Carer
from services.notifier.domain.letters import Signer
from services.notifier.domain.salutations import Language
from shared.contracts.identities import SenderIdentity
from shared.contracts.staff import StaffRole
from shared.contracts.vocabulary import StaffId

ROLES: dict[StaffRole, tuple[str, str]] = {
    "owner": ("Geschäftsleitung", "Management"),
    "adviser": ("Kundenberatung", "Client adviser"),
    "back_office": ("Kundenservice", "Client service"),
}
"""German and English, the same for everybody: a person's own title is not known."""


class Colleague(BaseModel):
    """A person of the agency, as far as a message shows them; the scheduler knows more."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    staff_id: StaffId
    name: str
    role: StaffRole
    email: str | None = None
    phone: str | None = None


def carer_of(colleague: Colleague | None, identity: SenderIdentity, language: Language) -> Carer:
    """Who signs an e-mail; the agency itself where nobody is named or known."""
    if colleague is None:
        return Carer(name=identity.name, email=identity.email, phone=identity.phone)
    return Carer(
        name=colleague.name,
        email=colleague.email,
        phone=colleague.phone or identity.phone,
        role=ROLES[colleague.role][0 if language == "de" else 1],
    )


def signer_of(colleague: Colleague | None, identity: SenderIdentity) -> Signer:
    """Who signs a letter; the agency itself where nobody is named or known."""
    if colleague is None:
        return Signer(
            name=identity.name,
            role_de="Ihr Versicherungsmakler",
            role_en="Your insurance broker",
            phone=identity.phone,
            email=identity.email,
        )
    german, english = ROLES[colleague.role]
    return Signer(
        name=colleague.name,
        role_de=german,
        role_en=english,
        phone=colleague.phone or identity.phone,
        email=colleague.email or identity.email,
    )
