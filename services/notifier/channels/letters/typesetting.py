"""The typst compiler, loaded once with the shipped fonts, and the search for a bad letter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import typst

from services.notifier.channels.letters.pages import Json, PreparedLetter, chunk_json
from services.notifier.domain.print_runs import PrintRun
from shared.typesetting import compiler, day_stamp

PAGE = Path(__file__).parents[2] / "templates" / "letters" / "letter.typ"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetChunk:
    """A compiled chunk: its letters in order, and their pages as a PDF."""

    letters: tuple[PreparedLetter, ...]
    pdf: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSet:
    """A letter that the compiler refuses even alone, and why."""

    letter: PreparedLetter
    reason: str


class Typesetter:
    """Sets chunks of one run. Use it in one thread, because its compiler keeps its input."""

    def __init__(self, *, sender: Json, run: PrintRun) -> None:
        self._sender, self._run = sender, run
        self._created = day_stamp(run.created_on)
        self._compiler = compiler(PAGE)

    def set(self, letters: Sequence[PreparedLetter]) -> Iterator[SetChunk | NotSet]:
        """Yield the chunk; if it does not compile, yield its halves, down to the bad letter."""
        try:
            pdf = self.compile(letters)
        except typst.TypstError as error:
            if len(letters) == 1:
                yield NotSet(letter=letters[0], reason=str(error.message))
                return
            middle = len(letters) // 2
            yield from self.set(letters[:middle])
            yield from self.set(letters[middle:])
        else:
            yield SetChunk(letters=tuple(letters), pdf=pdf)

    def compile(self, letters: Sequence[PreparedLetter]) -> bytes:
        """Return one PDF of these letters; the same letters yield the same bytes.

        Tags are off, because they double the time and are lost when chunks are joined.
        """
        pdf = self._compiler.compile(
            sys_inputs={"chunk": chunk_json(letters, self._sender, self._run)},
            format="pdf",
            timestamp=self._created,
            pdf_tags=False,
        )
        assert isinstance(pdf, bytes), "the form pdf without an output is one file of bytes"
        return pdf
