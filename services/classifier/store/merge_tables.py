"""How customers are found by their numbers elsewhere."""

from typing import Final

from sqlalchemy import Index, text

from services.classifier.store.tables import ClassifierTable, CustomerTable

CUSTOMER_NUMBERS_ELSEWHERE: Final = "jsonb_path_query_array(identities, '$.*')"
"""All numbers that other systems know a customer by; indexed."""

_CUSTOMER = ClassifierTable.metadata.tables[str(CustomerTable.__tablename__)]
Index(
    "ix_customer_identities",
    text(CUSTOMER_NUMBERS_ELSEWHERE),
    postgresql_using="gin",
    postgresql_where=text("identities <> '{}'"),
    _table=_CUSTOMER,
)
