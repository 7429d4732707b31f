"""From a letter's blocks to one Jinja2 source, and from what it yields back to blocks."""

from collections.abc import Iterator

from services.notifier.domain.templates import Block, LetterWords

SEPARATOR = "\x1e"
"""Between the pieces of a letter. No value contains it, because each value is put on one line."""
ARTICLE_SEPARATOR = "\x1f"
"""Around the parts of an article; no value contains it, either."""
_ARTICLES = ARTICLE_SEPARATOR.join(
    ["{% for article in articles %}{{ article.title }}", "{{ article.text }}", "{% endfor %}"]
)


def letter_source(words: LetterWords, notice: str) -> str:
    """Return subject, all texts of the blocks and the notice as one source: one call fills them."""
    pieces = (piece for block in words.blocks for piece in _pieces(block))
    return SEPARATOR.join([words.subject, *pieces, notice])


def filled_pieces(words: LetterWords, rendered: str) -> tuple[str, tuple[Block, ...], str]:
    """Return subject, blocks and notice of a letter that was filled from ``letter_source``.

    What a condition left empty is no block and no item of a list.
    """
    pieces = iter(rendered.split(SEPARATOR))
    subject = next(pieces)
    blocks: list[Block] = []
    for block in words.blocks:
        text, *items = (next(pieces) for _ in _pieces(block))
        if block.kind == "articles":
            blocks += _articles(text)
        elif text.strip() or any(map(str.strip, items)):
            kept = tuple(item.strip() for item in items if item.strip())
            blocks.append(Block(kind=block.kind, text=text.strip(), items=kept))
    return subject, tuple(blocks), next(pieces)


def _pieces(block: Block) -> tuple[str, ...]:
    return (_ARTICLES if block.kind == "articles" else block.text, *block.items)


def _articles(rendered: str) -> Iterator[Block]:
    """Yield each article as a heading and a paragraph."""
    parts = rendered.split(ARTICLE_SEPARATOR)[:-1]
    for title, text in zip(parts[::2], parts[1::2], strict=True):
        yield Block(kind="heading", text=title)
        yield Block(text=text)
