"""The e-mail templates an agency sends: what each is for, and what it must be given.

The purpose is fixed here and never chosen by who orders: a service template carries no offer, so
that it may leave without consent (UWG § 7; in doubt a template is advertising).
"""

from dataclasses import dataclass

from services.notifier.domain.permissions import Question
from shared.contracts.customers import ConsentPurpose
from shared.contracts.dispatches import MessagePurpose


class TemplateUnknown(Exception):
    """There is no e-mail template of this name."""

    def __init__(self, template: str) -> None:
        super().__init__(template)
        self.template = template


class PurposeMismatch(Exception):
    """A template was ordered for a purpose that is not its own."""

    def __init__(self, template: str, ordered: MessagePurpose, own: MessagePurpose) -> None:
        super().__init__(template, ordered, own)
        self.template, self.ordered, self.own = template, ordered, own


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailTemplate:
    """One template. ``fields`` are the names that ``data`` must hold; others are optional.

    ``wants_answer``: the mail asks something, so it needs the public answer link.
    """

    key: str
    purpose: MessagePurpose
    fields: tuple[str, ...] = ()
    consent: ConsentPurpose | None = None
    wants_answer: bool = False
    winding_up: bool = False
    before_mandate: bool = False
    from_profile: bool = False

    @property
    def advertises(self) -> bool:
        return self.question.advertises

    @property
    def question(self) -> Question:
        """What the law is asked about an e-mail made from this template."""
        return Question(
            channel="email",
            purpose=self.purpose,
            consent=self.consent,
            winding_up=self.winding_up,
            before_mandate=self.before_mandate,
            from_profile=self.from_profile,
        )


_ALL = (
    EmailTemplate(key="newsletter", purpose="newsletter"),
    EmailTemplate(key="birthday", purpose="advertising"),
    EmailTemplate(key="anniversary", purpose="advertising", fields=("years",)),
    EmailTemplate(key="how_are_you", purpose="advertising", wants_answer=True),
    EmailTemplate(
        key="development",
        purpose="advertising",
        fields=("line",),
        wants_answer=True,
        from_profile=True,
    ),
    EmailTemplate(key="thank_you", purpose="advertising"),
    EmailTemplate(
        key="event_invitation",
        purpose="events",
        fields=("title", "starts_at", "place"),
        wants_answer=True,
    ),
    EmailTemplate(key="customer_event", purpose="events", wants_answer=True),
    EmailTemplate(key="saving", purpose="advertising", wants_answer=True),
    EmailTemplate(key="yearly_review", purpose="service", wants_answer=True),
    EmailTemplate(key="change_questionnaire", purpose="service", wants_answer=True),
    EmailTemplate(key="welcome", purpose="service", before_mandate=True),
    EmailTemplate(key="carer_introduction", purpose="service"),
    EmailTemplate(key="life_event", purpose="service", fields=("change",), wants_answer=True),
    EmailTemplate(
        key="contract_expiry", purpose="service", fields=("contract_id",), wants_answer=True
    ),
    EmailTemplate(key="winding_up", purpose="service", winding_up=True),
    EmailTemplate(
        key="cancellation_confirmation",
        purpose="service",
        fields=("contract_id", "cancelled_on"),
        winding_up=True,
    ),
)

EMAIL_TEMPLATES: dict[str, EmailTemplate] = {template.key: template for template in _ALL}


def email_template(key: str, *, purpose: MessagePurpose | None = None) -> EmailTemplate:
    """The template of this name, ordered for ``purpose`` where one is given.

    Raises ``TemplateUnknown``, or ``PurposeMismatch`` where the order names another purpose.
    """
    template = EMAIL_TEMPLATES.get(key)
    if template is None:
        raise TemplateUnknown(key)
    if purpose is not None and purpose != template.purpose:
        raise PurposeMismatch(key, purpose, template.purpose)
    return template
