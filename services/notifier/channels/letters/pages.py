"""Composed letters as JSON for the page template, in characters that the fonts have."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.notifier.domain.formats import written_day
from services.notifier.domain.letters import Letter
from services.notifier.domain.print_runs import PrintRun
from services.notifier.domain.salutations import full_name
from services.notifier.domain.templates import Block
from shared.contracts.identities import SenderIdentity
from shared.return_lines import return_line as shortened_return_line
from shared.typesetting import Substitutions, printable, text_width

Json = dict[str, object]

_AFTER_MARK = re.compile(r"(?<=[@./_-])")
POINTS_PER_MM = 72 / 25.4
INFO_WIDTH_MM, INFO_POINTS = 43.0, 6.0
"""The width of the values beside the address, and the smallest size of their type."""
FOOTER_POINTS = (6.8, 6.4, 6.0, 5.6, 5.2, 4.8, 4.4)
READABLE_POINTS = 5.2
"""Sizes of the footer; it is as large as its place permits."""
FOOTER_WIDTH_MM, FOOTER_GUTTER_MM, FOOTER_HEIGHT_MM = 165.0, 4.0, 18.5
LINE_STEP_EM = 1.23
"""From one line of the footer to the next: leading and capitals of Lato."""

LABELS = {
    "de": {"contact": "Ihr Kontakt", "phone": "Telefon", "email": "E-Mail", "date": "Datum"},
    "en": {"contact": "Your contact", "phone": "Telephone", "email": "E-mail", "date": "Date"},
}
NUMBER = {"de": "Kundennr.", "en": "Customer no."}
PAGE = {"de": "Seite", "en": "Page"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedLetter:
    """A letter with its page data. ``content_sha256`` proves later which words were printed."""

    letter: Letter
    page: Json
    recipient: tuple[str, ...]
    remarks: tuple[str, ...]
    content_sha256: str


def prepared(letter: Letter, counted: Substitutions) -> PreparedLetter:
    """Return the letter in characters that the fonts have; count what was substituted."""
    page = _page(letter, counted)
    content = json.dumps(page, ensure_ascii=False, sort_keys=True).encode()
    return PreparedLetter(
        letter=letter,
        page=page,
        recipient=_texts(letter.address_lines, counted),
        remarks=_texts(letter.remarks, counted),
        content_sha256=hashlib.sha256(content).hexdigest(),
    )


def chunk_json(letters: Sequence[PreparedLetter], sender: Json, run: PrintRun) -> str:
    """Return the template's input for one compile."""
    chunk = {
        "sender": sender,
        "colour": run.colour,
        "marks": run.fold_marks,
        "form": run.form,
        "letters": [letter.page for letter in letters],
    }
    return json.dumps(chunk, ensure_ascii=False)


def sender_page(identity: SenderIdentity) -> Json:
    """Return letterhead, return line and footer (§ 35a GmbHG, § 37a HGB)."""
    counted = Substitutions()
    columns: list[list[str | None]] = [
        [identity.name, identity.street, f"{identity.postcode} {identity.city}"],
        [identity.phone, identity.email, identity.website],
        _company_lines(identity),
        _licence_lines(identity),
    ]
    lines = [[printable(line, counted) for line in column if line] for column in columns]
    footer, footer_points = fitted_footer([column for column in lines if column])
    place = f"{identity.postcode} {identity.city}"
    return {
        "name": printable(identity.name, counted),
        "tagline": printable(" · ".join((identity.street, place, identity.phone)), counted),
        "return_line": return_line(identity),
        "footer": footer,
        "footer_points": footer_points,
    }


def return_line(identity: SenderIdentity) -> str:
    """Return the sender's address as the window shows it, above the recipient's.

    One that no rule makes short enough is cut: better a shortened sender than no letters at all.
    """
    place = f"{identity.postcode} {identity.city}"
    fitting = shortened_return_line(identity.name, identity.street, place)
    return fitting or printable(place, Substitutions())


def fitted_footer(columns: Sequence[Sequence[str]]) -> tuple[list[list[str]], float]:
    """Return the footer with its lines broken to the width of their columns, and its size.

    No word reaches into the next column, and nothing into the strip that printers keep free. It is
    set smaller so that no word is broken, and if one is too wide even then, it is broken.
    """
    width = (FOOTER_WIDTH_MM + FOOTER_GUTTER_MM) / len(columns) - FOOTER_GUTTER_MM
    words = [word for column in columns for line in column for word in line.split()]
    fitting: list[tuple[int, float, list[list[str]]]] = []
    for points in FOOTER_POINTS:
        room = _room_em(width, points)
        broken = [[part for line in column for part in _broken(line, room)] for column in columns]
        height = max(map(len, broken)) * LINE_STEP_EM * points / POINTS_PER_MM
        if height <= FOOTER_HEIGHT_MM or points == FOOTER_POINTS[-1]:
            whole = sum(text_width(word) <= room for word in words)
            fitting.append((whole if points >= READABLE_POINTS else 0, points, broken))
    _, points, broken = max(fitting)
    return broken, points


def _info_lines(value: str) -> list[str]:
    """Return a value beside its label, broken where it does not fit even in small type."""
    return _broken(value, _room_em(INFO_WIDTH_MM, INFO_POINTS))


def _room_em(width_mm: float, points: float) -> float:
    return width_mm * POINTS_PER_MM / points * 0.98


def _broken(line: str, room: float) -> list[str]:
    """Break a line at spaces; a word wider than a line is broken after a mark, or where it must."""
    lines = [""]
    for word in line.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if text_width(longer) <= room:
            lines[-1] = longer
            continue
        pieces = [word] if text_width(word) <= room else _AFTER_MARK.split(word)
        lines.append("")
        for piece in pieces:
            for part in [piece] if text_width(piece) <= room else piece:
                if text_width(lines[-1] + part) > room:
                    lines.append("")
                lines[-1] += part
    return [each for each in lines if each]


def _company_lines(identity: SenderIdentity) -> list[str | None]:
    directors = ", ".join(identity.managing_directors)
    chair = identity.supervisory_board_chair
    court = ", ".join(filter(None, (identity.register_court, identity.register_number)))
    manages = "Vorstand" if identity.legal_form == "AG" else "Geschäftsführung"
    return [
        f"{manages}: {directors}" if directors else None,
        f"Vertreten durch: {identity.represented_by}" if identity.represented_by else None,
        f"Vorsitz des Aufsichtsrats: {chair}" if chair else None,
        f"Sitz: {identity.seat}" if identity.seat else None,
        court or None,
        f"USt-IdNr. {identity.vat_id}" if identity.vat_id else None,
    ]


def _licence_lines(identity: SenderIdentity) -> list[str | None]:
    return [
        "Versicherungsmakler mit Erlaubnis nach § 34d Abs. 1 GewO",
        f"Register-Nr. {identity.broker_register_number}",
        f"Aufsicht: {identity.supervisory_authority}",
    ]


def _page(letter: Letter, counted: Substitutions) -> Json:
    def set_(text: str) -> str:
        return printable(text, counted)

    day = written_day(letter.dated, letter.language)
    return {
        "language": letter.language,
        "layout": letter.layout,
        "address_lines": _texts(letter.address_lines, counted),
        "remarks": _texts(letter.remarks, counted),
        "info": [(label, _info_lines(set_(value))) for label, value in _information(letter)],
        "running_title": set_(f"{full_name(letter.person)} · {day}"),
        "page_word": PAGE[letter.language],
        "subject": set_(letter.subject),
        "greeting": set_(letter.greeting),
        "blocks": [_block(block, counted) for block in letter.blocks],
        "closing": set_(letter.closing),
        "signer_name": set_(letter.signer.name),
        "signer_role": set_(letter.signer.role or ""),
        "notice": set_(letter.notice) if letter.notice else None,
    }


def _information(letter: Letter) -> list[tuple[str, str]]:
    labels, signer = LABELS[letter.language], letter.signer
    rows = [
        (labels["contact"], signer.name),
        (labels["phone"], signer.phone),
        (labels["email"], signer.email),
        (NUMBER[letter.language], letter.customer_id),
        (labels["date"], written_day(letter.dated, letter.language)),
    ]
    return [(label, value) for label, value in rows if value]


def _block(block: Block, counted: Substitutions) -> Json:
    items = _texts(block.items, counted)
    return {"kind": block.kind, "text": printable(block.text, counted), "items": items}


def _texts(texts: Sequence[str], counted: Substitutions) -> tuple[str, ...]:
    return tuple(printable(text, counted) for text in texts)
