"""Which customers form one care unit: union-find over household links."""

from collections.abc import Iterable

from shared.contracts.vocabulary import CustomerId


def care_units(
    customers: Iterable[CustomerId], links: Iterable[tuple[CustomerId, CustomerId]]
) -> dict[CustomerId, CustomerId]:
    """Each customer's unit: the smallest id (byte order) of all customers that links connect.

    Links are symmetric and transitive; links to customers that are not given are left out.
    """
    parent = {customer: customer for customer in customers}

    def root(customer: CustomerId) -> CustomerId:
        while parent[customer] != customer:
            parent[customer] = parent[parent[customer]]
            customer = parent[customer]
        return customer

    for one, other in links:
        if one in parent and other in parent:
            first, second = sorted((root(one), root(other)))
            parent[second] = first
    return {customer: root(customer) for customer in parent}
