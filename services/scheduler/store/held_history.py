"""What was held with the members of a household, from which its next intervals run (SQL text)."""

from services.scheduler.domain.services import TOLD_PASTS
from services.scheduler.store.appointments import HOLDS

_TOLD = "".join(
    f"""
    UNION ALL
    SELECT customer_id, unit_id, '{service}', NULL, {column} FROM customer
     WHERE agency_id = $1 AND {column} IS NOT NULL
       AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
    """
    for column, service in TOLD_PASTS.items()
)
# What left the plan keeps the unit of its day, so the unit is that of the customer. What an
# appointment holds comes as told to the customer, so the next interval runs from its day. What was
# held with somebody who was erased counts for who is left of the household.
HELD_HISTORY = f"""
    SELECT customer_id, customer.unit_id, service, occurrence,
           coalesce(ended_on, left_on, day, latest)
      FROM touchpoint JOIN customer USING (agency_id, customer_id)
     WHERE agency_id = $1 AND (left_on IS NOT NULL OR {HOLDS})
       AND ($2::varchar[] IS NULL OR customer.unit_id = ANY($2::varchar[]))
    UNION ALL
    SELECT customer_id, unit_id, service, occurrence, coalesce(ended_on, left_on, day, latest)
      FROM touchpoint
     WHERE agency_id = $1 AND left_on IS NOT NULL AND state IN ('sent', 'done')
       AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
       AND NOT EXISTS (SELECT FROM customer WHERE customer.agency_id = $1
                          AND customer.customer_id = touchpoint.customer_id)
       AND EXISTS (SELECT FROM customer AS left_behind WHERE left_behind.agency_id = $1
                      AND left_behind.unit_id = touchpoint.unit_id)
    {_TOLD}
"""
"""Frame ``HISTORY`` of an agency ($1) and some units ($2; null means all)."""
