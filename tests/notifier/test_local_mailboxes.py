"""A local installation's mailboxes are reached by an erasure."""

from pathlib import Path
from uuid import UUID

from services.notifier.channels.local_mailboxes import remove_mails

ONE = UUID("00000000-0000-4000-8000-000000000001")
OTHER = UUID("00000000-0000-4000-8000-000000000002")


def mail(folder: Path, name: str, message_id: UUID, body: str = "Guten Tag") -> Path:
    path = folder / f"{name}.eml"
    head = f"X-Envelope-To: a@example.org\r\nmessage-id: <{message_id}@sender.example>\r\n"
    path.write_bytes(f"{head}\r\n{body}".encode())
    return path


def test_the_mails_of_these_messages_go_and_those_of_others_stay(tmp_path: Path) -> None:
    twice = [mail(tmp_path, name, ONE) for name in ("000001-a", "000002-b")]
    other = mail(tmp_path, "000003-c", OTHER, body=f"Message-Id: <{ONE}@elsewhere.example>")
    assert remove_mails(tmp_path, {ONE}) == 2
    assert [path.exists() for path in (*twice, other)] == [False, False, True]


def test_a_customer_without_messages_costs_no_look(tmp_path: Path) -> None:
    assert remove_mails(tmp_path / "missing", set()) == 0
