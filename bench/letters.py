"""Letters: pages per second of a whole print run, checks included, against bare compiles.

The peer compiles pages of the same kind in the same chunks and does nothing else. Both sides
use every core and take turns, so that a busy machine slows both; one run of all pages then
shows the memory.
"""

import itertools
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from services.notifier.channels.letters import render_run
from services.notifier.channels.letters.pages import prepared, sender_page
from services.notifier.channels.letters.rendering import CHUNK_LETTERS
from services.notifier.channels.letters.typesetting import Typesetter
from services.notifier.channels.templates import MessageTemplates
from services.notifier.domain.addresses import PostalAddress
from services.notifier.domain.emails import Carer
from services.notifier.domain.letters import Letter, compose_letter
from services.notifier.domain.print_runs import PrintRun, posting_order
from services.notifier.domain.salutations import Person
from shared.contracts.identities import SenderIdentity
from shared.typesetting import Substitutions

LETTERS = 10_000
ROUNDS = 5
ROUND_LETTERS = 400
FLOOR = 0.8
MEMORY_LIMIT_MB = 600
TEMPLATES = MessageTemplates()
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
CARER = Carer(
    name="Jana Muster",
    role="Inhaberin",
    phone="+49 3464 123456",
    email="jana.muster@musterbetrieb.example",
)


def letter(number: int) -> Letter:
    person = Person(salutation="frau", first_name="Ute", last_name=f"Bergmann-{number}")
    return compose_letter(
        letter_id=f"L-{number:06}",
        customer_id=f"K-{number:06}",
        text=TEMPLATES.render_letter(
            "newsletter", person=person, carer=CARER, agency=AGENCY, data={}, on=DAY
        ),
        person=person,
        address=PostalAddress(
            street=f"Lindenallee {number % 90 + 1}",
            postcode=f"{1067 + number * 7919 % 98_000:05}",
            city="Musterstadt",
        ),
        signer=CARER,
        dated=DAY,
    )


def bare_compiles(letters: Sequence[Letter], run: PrintRun) -> float:
    """Return pages per second of plain typst compiles of these one-page letters."""
    setter = Typesetter(sender=sender_page(AGENCY), run=run)
    pages = [prepared(one, Substitutions()) for one in sorted(letters, key=posting_order)]
    started = time.perf_counter()
    for start in range(0, len(pages), CHUNK_LETTERS):
        setter.compile(pages[start : start + CHUNK_LETTERS])
    return len(pages) / (time.perf_counter() - started)


def whole_run(letters: Sequence[Letter], run: PrintRun) -> float:
    """Return pages per second from composed letters to the checked, joined file."""
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        rendered = render_run(letters, identity=AGENCY, run=run, pdf=Path(directory) / "run.pdf")
        seconds = time.perf_counter() - started
        size = rendered.pdf.stat().st_size // 1024
    print(
        f"  {rendered.pages} pages, {len(rendered.failures)} failures, {size} KB, {seconds:.1f} s"
    )
    return rendered.pages / seconds


def main(count: int) -> None:
    run = PrintRun(run_id="bench", agency="bench", created_on=DAY, due_on=DAY)
    fresh = map(letter, itertools.count())
    rounds = []
    for _ in range(ROUNDS):
        peer = bare_compiles(list(itertools.islice(fresh, ROUND_LETTERS)), run)
        ours = whole_run(list(itertools.islice(fresh, ROUND_LETTERS)), run)
        print(f"whole run {ours:.0f} pages/s, bare compiles {peer:.0f} pages/s")
        rounds.append(ours / peer)
    whole_run(list(itertools.islice(fresh, count)), run)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"letters ratio={statistics.median(rounds):.2f} floor={FLOOR}")
    print(f"letters_memory_mb ratio={memory:.0f} limit={MEMORY_LIMIT_MB}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LETTERS)
