"""One example of every event's data, as docs/integrator.md and the OpenAPI document show it."""

from typing import Any, Final

_UTE: Final = {"customer_id": "K-0001"}

EVENT_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "customer.upserted": {**_UTE, "kind": "person", "first_name": "Ute", "last_name": "Bergmann"},
    "customer.died": {**_UTE, "died_on": "2026-11-01"},
    "contract.upserted": {**_UTE, "contract_id": "C-2", "line": "household",
                          "premium_cents": 5000, "instalments_per_year": 1},
    "contract.cancelled": {**_UTE, "contract_id": "C-1", "cancelled_on": "2026-11-19",
                           "effective_on": "2026-12-31", "reason": "Wechsel"},
    "commission.booked": {**_UTE, "commission_id": "B-1", "contract_id": "C-1",
                          "booked_on": "2026-11-02", "kind": "renewal", "amount_cents": 4200},
    "interaction.logged": {**_UTE, "interaction_id": "I-1", "at": "2026-11-20T09:00:00+01:00",
                           "direction": "in", "channel": "phone", "role": "owner", "minutes": 10,
                           "topic": "advice"},
    "payment.late": {**_UTE, "contract_id": "C-1", "days": 20, "reminder": True},
    "price.disputed": {**_UTE, "contract_id": "C-1", "text": "zu teuer"},
    "business.announced": {**_UTE, "line": "building"},
    "business.delivered": {**_UTE, "line": "building"},
    "complaint.filed": {**_UTE, "text": "Niemand ruft Frau Bergmann zurück", "cause": "callback"},
    "referral.made": {**_UTE, "referred_customer_id": "K-0002"},
    "life.changed": {**_UTE, "change": "birth", "life": {"children": 1}},
    "flag.set": {**_UTE, "flag": "promising", "value": True, "reason": "Ausbau", "author": "Vogt"},
    "consent.changed": {**_UTE, "purpose": "newsletter", "channel": "email", "state": "granted",
                        "at": "2026-11-20T10:00:00+01:00", "wording": "Ja"},
    "mandate.ended": {**_UTE, "ended_on": "2026-11-19"},
    "claim.reported": {**_UTE, "contract_id": "C-1", "text": "Wasser im Keller"},
    "praise.received": {**_UTE, "staff_id": "S-1", "text": "Danke!"},
    "request.made": {**_UTE, "request": "callback", "text": "bitte abends"},
    "touchpoint.result": {**_UTE, "touchpoint_id": "T-1", "result": "won"},
}  # fmt: skip
