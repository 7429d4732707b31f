"""Rows of a list that are no records: totals, counts, page feet, the header once more."""

import re
from collections.abc import Sequence
from typing import Final

_TOTAL: Final = (
    r"(gesamt(summe|betrag|anzahl|ergebnis)?|(zwischen|end|teil)?summen?|total|insgesamt|saldo"
    r"|(ü|ue)bertrag|anzahl)"
)
_THINGS: Final = (
    r"(kunden|vertr(ä|ae)ge|datens(ä|ae)tze|s(ä|ae)tze|zeilen|eintr(ä|ae)ge|positionen|buchungen"
    r"|kontakte|personen|courtagen?|provision(en)?|betr(ä|ae)ge|eur|euro|€|st(ü|ue)ck|der|aller"
    r"|netto|brutto|anzahl|gesamt|summe)"
)
TOTAL: Final = re.compile(rf"(?i)[*=\-\s]*{_TOTAL}(\s+{_THINGS})*\s*[:=]?[*=\-\s]*")
COUNTED: Final = re.compile(
    rf"(?i){_TOTAL}(\s+{_THINGS})*\s*[:=]?\s*[0-9][0-9.,\s]*(\s*{_THINGS})?"
    rf"|[0-9.]+\s+{_THINGS}(\s+(insgesamt|gesamt|exportiert|gefunden))?"
    r"|(seite|blatt)\s+[0-9]+(\s*(von|/)\s*[0-9]+)?"
    r"|(stand|druckdatum|gedruckt am|erstellt am|exportiert am|export vom)\b.{0,40}"
    r"|[*=\-\s]*(ende der (liste|auswertung|datei)|ende|listenende)[*=\-\s.]*"
)
NUMERIC: Final = re.compile(
    rf"(?i)[-+−]?[0-9][0-9.,\s]*-?\s*(%|€|{_THINGS})?|{_THINGS}\s*[:=]?|{_TOTAL}\s*[:=]?|[-=*]+"
)


def is_footer(cells: Sequence[str]) -> bool:
    """Whether the first filled cell is that of a total or foot and no other one is a text.

    ``Gesamt;Otto;Meier`` is a customer; ``Gesamt;2`` and ``Anzahl: 3`` are none.
    """
    filled = filter(None, map(str.strip, cells))
    first = next(filled, "")
    if COUNTED.fullmatch(first):
        return all(NUMERIC.fullmatch(cell) or COUNTED.fullmatch(cell) for cell in filled)
    return TOTAL.fullmatch(first) is not None and all(map(NUMERIC.fullmatch, filled))
