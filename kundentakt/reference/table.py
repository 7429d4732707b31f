"""Tables in Markdown."""

from collections.abc import Sequence

Rows = Sequence[Sequence[str]]
"""The head first; every row has as many cells."""


def drawn(rows: Rows) -> str:
    """The table, each line ended."""
    head, *body = rows
    lines = (head, ["---"] * len(head), *body)
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    # `<` would begin HTML.
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
