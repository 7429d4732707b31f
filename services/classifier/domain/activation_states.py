"""What an activation is on the agency's day, from planned to never ruled."""

from datetime import date

from shared.contracts.policy_versions import ActivationState


def activation_state(
    from_day: date, *, waits: bool, calibrated: bool, ruling_from: date, day: date
) -> ActivationState:
    """The state of the activation of ``from_day``.

    ``waits`` says that a version waits to be calibrated, ``calibrated`` that one was and could
    rule. ``ruling_from`` is the first day of the activation that rules on ``day``.
    """
    if from_day > day:
        return "planned"
    if waits and from_day >= ruling_from:
        return "calibrating"
    if from_day == ruling_from:
        return "in_force"
    return "past" if calibrated else "never_ruled"
