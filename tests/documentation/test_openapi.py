"""The committed OpenAPI documents are those of the code, and a client generator can use them."""

from pathlib import Path

import pytest

from kundentakt.cli.openapi import check_documents, document, write_documents
from kundentakt.servers.embedded import SERVICES


def test_the_committed_documents_are_those_of_the_code() -> None:
    assert check_documents() == [], "make openapi writes them anew"


def test_a_document_that_is_missing_or_says_something_else_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "openapi"
    assert len(check_documents(folder)) == len(SERVICES)
    first, *_ = write_documents(folder)
    assert check_documents(folder) == []
    first.write_text(first.read_text().replace('"/livez"', '"/alive"'))
    assert check_documents(folder) == [f"openapi/{first.name}"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_has_a_name_of_its_own_and_says_what_it_is_for(service: str) -> None:
    operations = [
        operation
        for path in document(service)["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] for operation in operations)


def test_a_call_names_the_scope_that_its_token_needs_and_how_a_service_token_names_its_agency() -> (
    None
):
    paths = document("classifier")["paths"]
    token = {"HTTPBearer": ["customers:write"]}
    assert paths["/v1/customers/{customer_id}"]["put"]["security"] == [
        token,
        token | {"APIKeyHeader": []},
    ]
    signed = paths["/v1/events/{agency_id}/{source}"]["post"]
    assert "security" not in signed
