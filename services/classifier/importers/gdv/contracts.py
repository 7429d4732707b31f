"""0200 contract records as contracts."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from services.classifier.importers.gdv import codes
from services.classifier.importers.gdv.findings import Findings
from services.classifier.importers.gdv.physical import Record
from services.classifier.importers.gdv.records import Contract1, Contract2, Head
from services.classifier.importers.reading import contract_number_of
from shared.contracts.customers import Contract, ContractStatus
from shared.contracts.lines import LINE_OF_GDV, UNKNOWN_LINE
from shared.contracts.vocabulary import LARGEST_AMOUNT

FULL_SHARE: Final = 100_000  # per cent with three decimals
LARGEST_PREMIUM: Final = LARGEST_AMOUNT
NO_REASON: Final = frozenset({"", "0", "00"})


@dataclass(slots=True, kw_only=True)
class ContractRecords:
    """Part 1 of a contract and, if it was sent, part 2."""

    first: Record
    second: Record | None = None


class Unimportable(Exception):
    """The contract was rejected; the findings say why."""


def contract_of(
    records: ContractRecords, *, insurer: str, as_of: date, findings: Findings
) -> Contract:
    """Returns the contract; an unreadable field is a warning and counts as unknown.

    Raises `Unimportable` without a number or with a negative premium.
    """
    first = records.first
    number = first.value(Head.NUMBER)
    if not contract_number_of(number):
        findings.reject(
            first, Head.NUMBER, "contract-number-missing",
            "Die Versicherungsschein-Nummer fehlt.", "The contract number is missing.",
        )  # fmt: skip
        raise Unimportable
    line, gdv_line = _line(first, findings)
    start, end = _term(first, findings)
    status, left_on, reason = _leaving(first, as_of, findings)
    if left_on is not None and left_on > as_of:
        # Announced: the cover ends then, and nobody has left yet.
        end, left_on = max(left_on, start or left_on), None
    return Contract(
        insurer=insurer or None,
        insurer_number=first.value(Head.INSURER) or None,
        contract_number=number,
        line=line,
        gdv_line=gdv_line,
        product=(records.second.value(Contract2.PRODUCT) or None) if records.second else None,
        status=status,
        start=start,
        end=end,
        main_due_date=_main_due(first, findings),
        premium_cents=_premium(first, findings),
        instalments_per_year=_instalments(first, gdv_line, findings),
        cancelled_on=left_on,
        cancel_reason=reason,
    )


def premium_as_sent(record: Record) -> int:
    """Returns the net premium of a 0200 part 1 in cents as written; 0 if it is unreadable."""
    text = record.value(Contract1.PREMIUM)
    return int(text) if text.isascii() and text.isdigit() else 0


def _line(first: Record, findings: Findings) -> tuple[str, str | None]:
    """Returns line key and GDV code, which is None if it has not three digits."""
    line = findings.code(
        first, Head.LINE, "gdv_line", LINE_OF_GDV,
        de="Die Sparte ist unbekannt; der Vertrag deckt keinen Bedarf.",
        en="The line is unknown; the contract covers no need.", told="line-unknown",
    )  # fmt: skip
    code = first.value(Head.LINE)
    digits = len(code) == 3 and code.isascii() and code.isdigit()
    return line or UNKNOWN_LINE, code if digits else None


def _term(first: Record, findings: Findings) -> tuple[date | None, date | None]:
    start = findings.day(first, Contract1.START)
    end = findings.day(first, Contract1.END)
    if start and end and end < start:
        findings.warn(
            first, Contract1.END, "end-before-start",
            "Der Ablauf liegt vor dem Beginn und gilt als unbekannt.",
            "The contract ends before it starts; its end counts as unknown.",
        )  # fmt: skip
        end = None
    return start, end


def _main_due(first: Record, findings: Findings) -> str | None:
    """Returns day and month only, because the year is often decades past."""
    due = findings.day(first, Contract1.MAIN_DUE)
    return due.strftime("--%m-%d") if due else None


def _leaving(
    first: Record, as_of: date, findings: Findings
) -> tuple[ContractStatus, date | None, str | None]:
    """Returns status, day of leaving and reason; a contract runs until that day has come."""
    status: ContractStatus = findings.code(
        first, Contract1.STATUS, "gdv_status", codes.STATUSES,
        de="Der Vertragsstatus fehlt oder ist unbekannt; im Bestand, also aktiv.",
        en="The status is missing or unknown; being in the stock it counts as active.",
    ) or "active"  # fmt: skip
    left_on = findings.day(first, Contract1.LEAVING_DAY)
    reason = first.value(Contract1.LEAVING_REASON)
    if left_on is not None and left_on <= as_of and status != "cancelled":
        findings.warn(
            first, Contract1.LEAVING_DAY, "left-but-active",
            "Das Abgangsdatum liegt zurück: als beendet übernommen.",
            "The leaving day is past: imported as ended.",
        )  # fmt: skip
        status = "cancelled"
    if reason in NO_REASON:
        return status, left_on, None
    if reason in codes.DEATHS_OF_POLICYHOLDER:
        findings.warn(
            first, Contract1.LEAVING_REASON, "death-reported",
            "Der Versicherer meldet den Tod des Versicherungsnehmers; bitte beim Kunden erfassen.",
            "The insurer reports the policyholder's death; please record it with the customer.",
        )  # fmt: skip
    if status == "cancelled" and reason in codes.EXPIRIES:
        status = "expired"
    return status, left_on, codes.LEAVING_REASONS.get(reason, f"Abgangsgrund {reason}")


def _premium(first: Record, findings: Findings) -> int | None:
    """Returns the net premium per instalment in cents; of a co-insured contract only the insurer's
    share."""
    text = first.value(Contract1.PREMIUM)
    if "-" in text:
        findings.reject(
            first, Contract1.PREMIUM, "premium-negative",
            "Der Beitrag ist negativ.", "The premium is negative.",
        )  # fmt: skip
        raise Unimportable
    if not text:
        return None
    currency = first.value(Contract1.CURRENCY)
    if not (text.isascii() and text.isdigit()) or int(text) > LARGEST_PREMIUM:
        findings.warn(
            first, Contract1.PREMIUM, "premium-unreadable",
            "Der Beitrag ist nicht lesbar und gilt als unbekannt.",
            "The premium cannot be read and counts as unknown.",
        )  # fmt: skip
        return None
    if len(currency) == 3 and currency.isalpha() and currency.isupper() and currency != "EUR":
        findings.warn(
            first, Contract1.CURRENCY, "currency-foreign",
            "Der Beitrag steht nicht in Euro und gilt als unbekannt.",
            "The premium is not in euros and counts as unknown.",
        )  # fmt: skip
        return None
    return _shared(int(text), first)


def _shared(cents: int, first: Record) -> int:
    share = first.value(Contract1.SHARE)
    digits = share.isascii() and share.isdigit()
    if first.value(Contract1.SHARE_KIND) != "B" or not digits or int(share) == 0:
        return cents  # a share of 00000 means all of it
    return (cents * int(share) * 2 + FULL_SHARE) // (FULL_SHARE * 2)


def _instalments(first: Record, gdv_line: str | None, findings: Findings) -> int | None:
    code = first.value(Contract1.INSTALMENTS)
    if code in codes.MONTHLY_ANYWAY and (gdv_line or "").startswith("02"):
        return 12
    times: int | None = findings.code(
        first, Contract1.INSTALMENTS, "gdv_payment_interval", codes.INSTALMENTS,
        de="Die Zahlungsweise fehlt oder ist unbekannt.",
        en="The mode of payment is missing or unknown.",
    )  # fmt: skip
    return times
