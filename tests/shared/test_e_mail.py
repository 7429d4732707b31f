"""Addresses that are taken at a glance are those that the full check returns unchanged."""

import pytest
from email_validator import EmailNotValidError, validate_email

from shared.contracts.e_mail import is_plain_e_mail

ADDRESSES = (
    "ute.bergmann@example.org", "u+b@mail.example.co.uk", "a@b.de", "A_b-C@x-y.example",
    "post@example.test", "a@localhost", "a@b.local", "a..b@example.org", ".a@example.org",
    "a@-b.de", "a@b-.de", "a@b..de", "a@B.de", "ü@example.org", "a@münchen.de",
    "a@xn--mnchen-3ya.de",
    "a@b.d", "a@b.de ", "a b@c.de", "a@b@c.de", f"{'a' * 65}@example.org", f"a@{'b' * 64}.de",
    f"a@{'.'.join(['b' * 60] * 5)}.de", "a@b.1de", "a@1.2.3.4", "a@ab--cd.de", "a!b@example.org",
    "a@test", "a@my.test", "a@mytest.de",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_plain_passes_the_full_check_unchanged(address: str) -> None:
    try:
        full = validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        full = None
    if is_plain_e_mail(address):
        assert full == address


def test_most_addresses_are_plain() -> None:
    assert [each for each in ADDRESSES if is_plain_e_mail(each)] == [
        *ADDRESSES[:4], "a@mytest.de"
    ]  # fmt: skip
