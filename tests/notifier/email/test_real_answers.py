"""Answers of the mail servers that brokers' customers have, and what each of them means."""

import csv
from pathlib import Path

import pytest

from services.notifier.channels.email.refusals import meaning_of

ANSWERS = Path(__file__).with_name("real_answers.tsv")
"""Gmail, Exchange, Outlook, GMX, WEB.DE, T-Online, Postfix, Exim; a line end is written as \\n."""


def rows() -> list[dict[str, str]]:
    with ANSWERS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['code']} {row['text'][:40]}")
def test_what_real_servers_answer_means(row: dict[str, str]) -> None:
    text, code = row["text"].replace("\\n", "\n"), int(row["code"])
    found = meaning_of(code, text, stage=row["stage"])  # type: ignore[arg-type]  # from a file
    assert found == row["meaning"]


def test_what_is_not_surely_about_the_address_never_condemns_it() -> None:
    """Outlook, GMX and Exim say so of unknown mailboxes too, and of much else."""
    doubtful = ("mailbox unavailable", "Access denied", "Unrouteable address")
    assert {meaning_of(550, text, stage="rcpt") for text in doubtful} == {"message"}
