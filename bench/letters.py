"""Letters: pages per second of a whole print run, checks included, against bare compiles.

The peer compiles the same pages in the same chunks and does nothing else. Run it alone:
both sides use every core.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from services.notifier.channels.letters import letter_template, render_run
from services.notifier.channels.letters.glyphs import Substitutions
from services.notifier.channels.letters.pages import prepared, sender_page
from services.notifier.channels.letters.rendering import CHUNK_LETTERS
from services.notifier.channels.letters.typesetting import Typesetter
from services.notifier.domain.addresses import PostalAddress
from services.notifier.domain.letters import Letter, Signer, compose_letter
from services.notifier.domain.print_runs import PrintRun, posting_order
from services.notifier.domain.salutations import Person
from shared.contracts.identities import SenderIdentity

LETTERS = 10_000
PEER_LETTERS = 1_000
FLOOR = 0.8
MEMORY_LIMIT_MB = 600
DAY = date(2026, 11, 23)
AGENCY = SenderIdentity(
    name="Musterbetrieb Versicherungsmakler",
    street="Marktplatz 3",
    postcode="06526",
    city="Sangerhausen",
    supervisory_authority="IHK Halle-Dessau",
    broker_register_number="D-ABCD-12345-67",
    phone="+49 3464 123456",
    email="post@musterbetrieb.example",
)
CARER = Signer(
    name="Jana Muster",
    role_de="Inhaberin",
    role_en="Owner",
    phone="+49 3464 123456",
    email="jana.muster@musterbetrieb.example",
)


def letter(number: int) -> Letter:
    return compose_letter(
        letter_id=f"L-{number:06}",
        customer_id=f"K-{number:06}",
        template=letter_template("newsletter"),
        person=Person(salutation="frau", first_name="Ute", last_name=f"Bergmann-{number}"),
        address=PostalAddress(
            street=f"Lindenallee {number % 90 + 1}",
            postcode=f"{1067 + number * 7919 % 98_000:05}",
            city="Musterstadt",
        ),
        signer=CARER,
        identity=AGENCY,
        dated=DAY,
        data={},
    )


def bare_compiles(letters: Sequence[Letter], run: PrintRun) -> float:
    """Return pages per second of plain typst compiles of these one-page letters."""
    setter = Typesetter(sender=sender_page(AGENCY), run=run)
    pages = [prepared(one, Substitutions()) for one in sorted(letters, key=posting_order)]
    started = time.perf_counter()
    for start in range(0, len(pages), CHUNK_LETTERS):
        setter.compile(pages[start : start + CHUNK_LETTERS])
    return len(pages) / (time.perf_counter() - started)


def main(count: int) -> None:
    run = PrintRun(run_id="bench", agency="bench", created_on=DAY, due_on=DAY)
    peer_first = bare_compiles([letter(number) for number in range(PEER_LETTERS)], run)
    letters = [letter(number) for number in range(PEER_LETTERS, PEER_LETTERS + count)]
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        rendered = render_run(letters, identity=AGENCY, run=run, pdf=Path(directory) / "run.pdf")
        ours = rendered.pages / (time.perf_counter() - started)
        size = rendered.pdf.stat().st_size
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    second = range(PEER_LETTERS + count, 2 * PEER_LETTERS + count)
    peer = (peer_first + bare_compiles([letter(number) for number in second], run)) / 2
    print(f"{rendered.pages} pages checked, {len(rendered.failures)} failures, {size // 1024} KB")
    print(f"whole run {ours:.0f} pages/s, bare compiles {peer:.0f} pages/s")
    print(f"letters ratio={ours / peer:.2f} floor={FLOOR}")
    print(f"letters_memory_mb ratio={memory:.0f} limit={MEMORY_LIMIT_MB}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LETTERS)
