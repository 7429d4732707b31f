"""The policies of the worked customers: the field's defaults with a needs table easy to add up."""

from typing import Any, Final

from shared.contracts.policies import Policy

WHY: Final = {"reason_de": "Zum Nachrechnen.", "source": "Eigene Annahme"}


def _need(line: str, euros: float, probability: float, kind: str = "missing", **when: Any) -> Any:
    return {
        "line": line,
        "kind": kind,
        "when": when,
        "expected_cents": round(euros * 100),
        "probability": probability,
        **WHY,
    }


NEEDS: Final = [
    _need("private_liability", 100, 0.5, age={"min": 18}),  # 50.00 €
    _need("building", 250, 0.4, home=["owns"]),  # 100.00 €
    _need("household", 100, 0.5, home=["owns", "rents"]),  # 50.00 €
    _need("pension", 300, 0.5, employment=["employed"], age={"min": 18, "max": 55}),  # 150.00 €
    _need("animal_liability", 20.01, 0.5, pets=["dog"]),  # 10.005 €, so 10.01 €
    _need("accident", 80, 0.25, children={"min": 1}),  # 20.00 €
    _need("business_liability", 400, 0.5, employees={"min": 0}),  # 200.00 €
    _need("disability", 400, 0.5, employment=["employed"], age={"max": 55}),  # 200.00 €, health
    _need("building", 60, 0.5, "incomplete"),  # 30.00 €
    _need("household", 20, 0.5, "incomplete"),  # 10.00 €
    _need("legal", 0, 0.5, "old"),
]


def policy(**changes: Any) -> Policy:
    """The defaults of the field, 300 € and 150 €, with these needs and changes."""
    return Policy.model_validate({"needs": NEEDS, **changes})


def share(kind: str, of: float) -> dict[str, Any]:
    """A relative revenue threshold."""
    return {"threshold": {"kind": kind, "share": of}}


FOUR: Final = policy()
THREE: Final = policy(model="revenue_effort", name="Ertrag und Aufwand")
WITH_HEALTH: Final = policy(health_data=True)
NOTHING: Final[dict[str, Any]] = {"vehicles": 0}
"""A known life that raises no need: potential 0."""
OWNS: Final[dict[str, Any]] = {"home": "owns"}
"""Building 100 € and household 50 €: potential 150.00 €, the threshold itself."""
