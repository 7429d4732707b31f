"""Cells by which a person is reached: one e-mail address, one phone number."""

from typing import Final

from email_validator import EmailNotValidError, validate_email

from shared.contracts.e_mail import is_plain_e_mail
from shared.csv.cells import CellError, DoubtfulValue, folded

AT_SIGNS: Final = (" at ", "(at)", "[at]", "(a)", "[a]", "{at}", "§")
"""What stands for @: against robots, or because a German code page has it there."""
NOBODYS: Final = frozenset({
    "keine", "keinemail", "keineemail", "ohne", "ohneemail", "unbekannt", "nichtvorhanden", "fehlt",
    "nomail", "noemail", "noreply", "donotreply", "dummy", "platzhalter", "xxx",
})  # fmt: skip
"""What stands before the @ where nobody reads: the cell holds the place of an address."""
PHONE_SIGNS: Final = frozenset("+0123456789 ()/.-–")


def e_mail(cell: str) -> str:
    """One address and nothing else: which of two, or what a comment means, is not guessed."""
    if folded(cell.partition("@")[0]) in NOBODYS:
        raise CellError(
            "email-placeholder",
            f"„{cell[:40]}“ hält nur den Platz einer Adresse frei.",
            "This only holds the place of an address.",
        )
    if is_plain_e_mail(cell):
        return cell
    written = cell
    if "@" not in cell:
        for sign in AT_SIGNS:
            cell = cell.replace(sign, "@")
    try:
        address = validate_email(cell, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise CellError(
            "email-unreadable",
            "Das ist keine E-Mail-Adresse (eine Adresse ohne Zusatz erwartet).",
            "Not one e-mail address.",
        ) from error
    if cell != written:
        raise DoubtfulValue(
            address, "email-sign-replaced", f"„{written[:40]}“ wurde als {address} gelesen.",
            "Another sign was read as @.",
        )  # fmt: skip
    return address


def phone(cell: str) -> str:
    """Returns a phone number as written; a cell with a comment beside it cannot be read."""
    digits = sum(map(str.isdigit, cell))
    if not (set(cell) <= PHONE_SIGNS and 3 <= digits <= 20 and len(cell) <= 40):
        raise CellError(
            "phone-unreadable",
            "Das ist keine Telefonnummer (nur Ziffern und + ( ) / - erwartet).",
            "Not a phone number alone.",
        )
    return " ".join(cell.split())
