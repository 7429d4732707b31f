"""Bells that a transaction gathers and that are rung after its commit."""

from dataclasses import dataclass

from shared.contracts.vocabulary import AgencyId


@dataclass(frozen=True, slots=True)
class Ring:
    """A bell: this agency may have work for this job of this service's worker."""

    service: str
    job: str
    agency: AgencyId
