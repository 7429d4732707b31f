"""Orders that are withdrawn for a reason, and messages of a carer who is away."""

import pytest

from kundentakt.demo.mail_receiver import MailReceiver
from tests.notifier.conftest import Notifier, order
from tests.notifier.neighbours import JONAS, Neighbours
from tests.notifier.test_emails import read

INA = {
    "staff_id": "S-2",
    "role": "adviser",
    "name": "Ina Roth",
    "email": "ina@musterbetrieb.example",
}


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("deceased", "Der Kunde ist verstorben."),
        ("mandate_ended", "Der Maklervertrag ist beendet."),
        (None, "Wer die Nachricht bestellt hat, hat sie zurückgezogen."),
    ],
)
async def test_a_withdrawn_order_tells_why(
    notifier: Notifier, neighbours: Neighbours, reason: str | None, said: str
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order(1))
    query = f"?reason={reason}" if reason else ""
    told = (await notifier.call("DELETE", f"/dispatches/d-1{query}")).json()
    assert (told["reason"], told["detail"]) == (reason or "cancelled", said)
    wrong = await notifier.call("DELETE", "/dispatches/d-1?reason=whatever")
    assert wrong.status_code == 422


async def test_who_stands_in_signs_and_reads_the_answers(
    notifier: Notifier, neighbours: Neighbours, receiver: MailReceiver
) -> None:
    neighbours.people = [JONAS, INA]
    neighbours.customer("K-0001")
    answers = await notifier.dispatch(
        order(1, customer_id="K-0001", data={"staff_id": "S-1", "stand_in_id": "S-2"}),
        order(2, customer_id="K-0001", data={"staff_id": "S-1", "stand_in_id": "S-9"}),
        order(3, customer_id="K-0001", data={"staff_id": "S-1", "answers_to_id": "S-2"}),
    )
    assert [each["errors"] for each in answers] == [[]] * 3
    await notifier.work()
    mails = [read(path) for path in receiver.messages()]
    texts = [str(mail.get_body(("plain",)).get_content()) for mail in mails]  # type: ignore[union-attr]
    replies = sorted(str(mail["Reply-To"]) for mail in mails)
    assert replies == ["Ina Roth <ina@musterbetrieb.example>"] * 2 + ["None"]
    assert sorted(("Jonas Adler" in text, "Ina Roth" in text) for text in texts) == [
        (False, False), (False, True), (True, False)
    ]  # fmt: skip
