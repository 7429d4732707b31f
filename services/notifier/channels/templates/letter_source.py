"""From a letter's blocks to one Jinja2 source, and from what it yields back to blocks."""

from services.notifier.domain.templates import Block, LetterWords

SEPARATOR = "\x1e"
"""Between the pieces of a letter. No value contains it, because each value is put on one line."""


def letter_source(words: LetterWords, notice: str) -> str:
    """Return subject, all texts of the blocks and the notice as one source: one call fills them."""
    pieces = (piece for block in words.blocks for piece in (block.text, *block.items))
    return SEPARATOR.join([words.subject, *pieces, notice])


def filled_pieces(words: LetterWords, rendered: str) -> tuple[str, tuple[Block, ...], str]:
    """Return subject, blocks and notice of a letter that was filled from ``letter_source``."""
    pieces = iter(rendered.split(SEPARATOR))
    subject = next(pieces)
    blocks = tuple(
        Block(kind=block.kind, text=next(pieces), items=tuple(next(pieces) for _ in block.items))
        for block in words.blocks
    )
    return subject, blocks, next(pieces)
