"""Texts of a body with the character U+0000: PostgreSQL takes none, and it would be our fault."""

from typing import Any

from shared.web.problems import ERRORS_TOLD, INVALID_BODY, ProblemError


def may_hold_nul(body: bytes) -> bool:
    """Whether a JSON body has to be looked through: nearly none has to."""
    return b"\\u0000" in body or b"\x00" in body


def refuse_nul(value: Any) -> None:
    """Raise a problem that points to each text or name of a read body that holds U+0000."""
    found: list[str] = []
    waiting: list[tuple[str, Any]] = [("", value)]
    for place, node in waiting:  # grows as it goes
        if isinstance(node, str) and "\x00" in node:
            found.append(place)
        elif isinstance(node, list):
            waiting += [(f"{place}/{number}", each) for number, each in enumerate(node)]
        elif isinstance(node, dict):
            if any("\x00" in name for name in node):
                found.append(place)
            waiting += [(f"{place}/{_escaped(name)}", each) for name, each in node.items()]
    if found:
        raise ProblemError(
            INVALID_BODY,
            f"{found[0][:100]}: holds the character U+0000; leave it out",
            errors=[
                {"pointer": each[:200], "detail": "holds the character U+0000"}
                for each in found[:ERRORS_TOLD]
            ],
        )


def _escaped(name: str) -> str:
    return name[:100].replace("\x00", "\ufffd").replace("~", "~0").replace("/", "~1")
