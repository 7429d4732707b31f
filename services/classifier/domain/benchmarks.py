"""The book against the trade: contracts per customer, coverage per line, each with its source."""

from typing import Final, Literal

import polars as pl

from services.classifier.domain.needs import BUSINESS_COVERAGE, PRIVATE_COVERAGE
from services.classifier.domain.portfolio import share
from shared.contracts.book import Benchmark, ContractsPerCustomer, LineCoverage
from shared.contracts.lines import BY_KEY, cover_mask, mask_of

_PENETRATION_STUDY: Final = (
    "BVK-Strukturanalyse, zitiert in pfefferminzia.de und von D. Kober (BCA)"
)
CONTRACTS_PER_CUSTOMER: Final = (
    Benchmark(
        value=4.4,
        de="Makler im Durchschnitt (je nach Geschäftsmodell 2 bis 5)",
        en="brokers on average (2 to 5 by business model)",
        source=_PENETRATION_STUDY,
    ),
    Benchmark(
        value=3.1,
        de="Ausschließlichkeitsvertreter im Durchschnitt",
        en="tied agents on average",
        source=_PENETRATION_STUDY,
    ),
    Benchmark(
        value=6.0,
        de="was ein Haushalt insgesamt hat; Bestandsbewertungen nennen 6 stark und 2 schwach",
        en="what a household holds in all; book valuations call 6 strong and 2 weak",
        source=f"{_PENETRATION_STUDY}; bestandsichern.de",
    ),
)

_EVS: Final = "GDV nach der Einkommens- und Verbrauchsstichprobe 2018"
_DESTATIS: Final = "Destatis: Haushalte mit Wohneigentum, die fast alle versichert sind"
_KMU: Final = "Gothaer KMU-Studie 2020"
_HAZARDS: Final = "GDV 2022"
NATURAL_HAZARDS: Final = {"building": 0.52, "household": 0.38}
"""Share of contracts that cover natural hazards: GDV 2022."""

Basis = Literal["private_units", "company_units", "units_insured_here"]


def contracts_per_customer(units: pl.DataFrame) -> ContractsPerCustomer:
    """Vertragsdurchdringung: active contracts held here / active customers, two decimals."""
    contracts, customers = int(units["contracts"].sum()), int(units["customers"].sum())
    return ContractsPerCustomer(
        contracts=contracts,
        customers=customers,
        value=round(contracts / customers, 2) if customers else None,
        benchmarks=list(CONTRACTS_PER_CUSTOMER),
    )


def coverage(units: pl.DataFrame) -> list[LineCoverage]:
    """Spartendurchdringung of the lines for which the trade has a figure to compare with.

    Lines: units that hold it here or elsewhere / all private (company) units, as in the surveys.
    Natural hazards: units whose contract here covers them / units with such a contract here; if the
    GDV code does not say, they count as covered.
    """
    private = units.filter(~pl.col("company"))
    companies = units.filter("company")
    found = [
        _line(line, rate, private, "private_units", _DESTATIS if line == "building" else _EVS)
        for line, rate in PRIVATE_COVERAGE.items()
    ]
    found += [
        _line(line, rate, companies, "company_units", _KMU)
        for line, rate in BUSINESS_COVERAGE.items()
    ]
    return found + [_hazards(line, rate, units) for line, rate in NATURAL_HAZARDS.items()]


def _line(line: str, rate: float, units: pl.DataFrame, basis: Basis, source: str) -> LineCoverage:
    covered = (units["covered_lines"] & cover_mask(line)) != 0
    whose = (
        ("Haushalte, die es irgendwo haben", "households that hold it somewhere")
        if basis == "private_units"
        else ("Betriebe, die es irgendwo haben", "companies that hold it somewhere")
    )
    benchmark = Benchmark(value=rate, de=whose[0], en=whose[1], source=source)
    return _coverage(line, basis, units.height, int(covered.sum()), benchmark)


def _hazards(line: str, rate: float, units: pl.DataFrame) -> LineCoverage:
    insured = units.filter((pl.col("own_lines") & mask_of(line)) != 0)
    covered = (insured["incomplete_lines"] & mask_of(line)) == 0
    benchmark = Benchmark(
        value=rate,
        de="Verträge mit Naturgefahren (Elementar)",
        en="contracts that cover natural hazards",
        source=_HAZARDS,
    )
    return _coverage(line, "units_insured_here", insured.height, int(covered.sum()), benchmark)


def _coverage(
    line: str, basis: Basis, units: int, covered: int, benchmark: Benchmark
) -> LineCoverage:
    return LineCoverage(
        line=line,
        name_de=BY_KEY[line].de,
        name_en=BY_KEY[line].en,
        basis=basis,
        units=units,
        covered=covered,
        share=share(covered, units) if units else None,
        benchmark=benchmark,
    )
