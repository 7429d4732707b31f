"""What a refusing answer of a mail server means, and whose fault it is.

Only a sure word about the mailbox condemns an address: the enhanced codes 5.1.1, 5.1.2 and 5.1.10,
or "no such user" in the words of one server or another. A full mailbox is temporary. Relaying,
login, block lists and the policies about a sending domain or host are the sender's fault, whatever
the recipient. All the rest refuses this one message. Sources: RFC 5321 § 4.2, RFC 3463, RFC 7372,
RFC 7504, the IANA registry of enhanced status codes, and what servers were seen to answer.
"""

import re
from typing import Literal

Stage = Literal["mail", "rcpt", "data"]
Meaning = Literal["recipient", "sender", "message", "temporary"]

_ENHANCED = re.compile(r"(?:^|[#(\[])\s*([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)", re.MULTILINE)
READ_AT_MOST = 4_000
"""Characters of an answer: eight lines of RFC 5321. What comes after says nothing new, and a server
that answers at length must not keep the worker."""
_NOT_WORDS = re.compile(
    r"<[^>\s]*>|https?://\S+|www\.\S+|\S+@\S+|\b[\w-]+(?:\.[\w-]+)+\b", re.IGNORECASE
)
"""Addresses, links and host names: ``<relay@spam.example>`` says nothing about relaying."""

ADDRESS_CODES = frozenset({(1, 1), (1, 2), (1, 10)})
"""No such mailbox, no such domain, a domain that takes no mail (RFC 7505)."""
SENDER_CODES = frozenset(
    {(1, 7), (1, 8), (7, 2), (7, 8), (7, 9), (7, 11), (7, 14), (7, 57), (7, 60), (7, 64)}
    | {(7, detail) for detail in range(20, 30)}
    | {(7, 501), (7, 502), (7, 503), (7, 506), (7, 508), (7, 509), (7, 511), (7, 512), (7, 515)}
    | {(7, detail) for detail in (*range(606, 650), *range(700, 760))}
)
"""A sender's address, login, SPF, DKIM, DMARC and reverse DNS; Microsoft's codes for senders."""
TEMPORARY_CODES = frozenset({(2, 2), (3, 1), (3, 2), (4, 3), (4, 5), (4, 7)})
"""A full mailbox or system, one that takes nothing now, and failures of routing."""
MESSAGE_CODES = frozenset({(7, 12), (7, 13), (7, 17), (7, 18)} | {(7, d) for d in range(100, 200)})
"""What one recipient takes from whom: lists for members alone, accounts that are disabled."""
SENDER_REPLIES = frozenset({503, 521, 530, 534, 535, 538})
"""Login or greeting is missing, or the host takes nothing from anybody (RFC 4954, RFC 7504)."""


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_FULL = _any_of(
    r"quota", r"(mailbox|inbox|account|storage|user|recipient)\b.{0,30}\bfull\b", r"\bvoll\b",
    r"speicher", r"insufficient (system|disk|storage)", r"exhausted .{0,20}storage",
    r"too many messages on", r"zu ?viele (mails|nachrichten)", r"storage allocation",
    r"(boîte|boite).{0,20}pleine", r"buzón.{0,20}lleno", r"casella.{0,20}piena",
)  # fmt: skip
_LATER = _any_of(
    r"gr[ea]ylist", r"try (it |this )?(again|later)", r"try your .{0,20}later", r"temporar",
    r"vorübergehend", r"später (noch einmal|erneut|wieder)", r"rate limit",
    r"too many (connect|re)", r"too (quickly|fast)", r"at a rate that",
    r"(over|too) ?load", r"resources", r"réessayer", r"más tarde",
)  # fmt: skip
_TOO_LARGE = _any_of(
    r"too (large|big|long)", r"(message|mail|size|data).{0,30}(exceed|limit|maxim)", r"zu groß",
    r"exceed.{0,30}(message|size)", r"maximum (message )?size",
)  # fmt: skip
_THIS_RECIPIENT = _any_of(
    r"\b(user|recipient|mailbox|empfänger)\b.{0,20}(does not|doesn'?t|only) accepts?\b",
    r"(allow|accept)(ed)?[- ]senders?[- ]list", r"empfänger.{0,30}nimmt.{0,30}(keine|nur)",
)  # fmt: skip
"""What one recipient takes, whoever else would take our mail."""
_SENDER = _any_of(
    r"rela(y|is)", r"rcpthosts", r"authenti[cf]", r"authoriz?s?ed to send", r"log ?in required",
    r"black ?list", r"block ?list", r"block list", r"schwarze liste", r"sperrliste", r"\brbl\b",
    r"dnsbl", r"spamhaus", r"spamcop", r"barracuda", r"\bspf\b", r"\bdkim\b", r"\bdmarc\b",
    r"reputation", r"\bsenders?\b", r"\babsender", r"expéditeur", r"remitente", r"mittente",
    r"mail from:", r"from address", r"return.?path", r"reverse dns", r"\brdns\b", r"\bptr\b",
    r"\b(helo|ehlo)\b", r"client (host|address|ip|\[)", r"\bblocked using\b", r"\bip=",
    r"\b(your|the|sending) (ip|host)\b",
    r"ip address", r"your (server|network|domain)", r"domain must", r"no smtp service",
    r"not permitted to send", r"not allowed to send",
)  # fmt: skip
_CONTENT = _any_of(
    r"content", r"\burls?\b", r"\blinks?\b", r"attachment", r"anhang", r"virus", r"malware",
    r"unsolicited", r"(message|mail|nachricht)\b.{0,40}\bspam", r"spam (message|mail|score)",
    r"message body", r"(identified|classified|detected|rejected|looks|eingestuft) as spam",
)  # fmt: skip
_WHO = (
    r"(user|account|mailbox|mail ?box|recipient|addressee|address|e?-?mail|person|alias|local part"
    r"|benutzer|empfänger|empfaenger|adressat|adresse|postfach|konto|mailkonto|teilnehmer|nutzer"
    r"|utilisateur|destinataire|compte|usuario|destinatario|cuenta|buzón|utente|casella|indirizzo"
    r"|gebruiker|ontvanger|adres|użytkownik|adresat|konta|konto)"
)
_NO_SUCH_USER = _any_of(
    rf"\bno such (e-?mail )?{_WHO}", rf"\bunknown (or \w+ )?(e-?mail |virtual |local )?{_WHO}",
    rf"\b{_WHO}s?( name)?( is| are| was|:| ist| war)* ?(unknown|unbekannt|inconnue?|desconocid[oa]"
    r"|sconosciut[oa]|onbekend|nieznany)\b",
    rf"\b{_WHO}( is| was| could)?( not| nicht)( be)? (known|found|listed|gefunden|bekannt)\b",
    rf"\b{_WHO}\b.{{0,60}}\b(does not|doesn'?t|do not|no longer) exist",
    r"\bnot a (known|valid) user",
    rf"\b{_WHO}\b.{{0,60}}(existiert nicht|gibt es nicht|nicht vorhanden|n'existe pas|no existe"
    r"|non esiste|bestaat niet|nie istnieje|inesistente|inexistente)",
    r"\b(invalid|illegal) (recipient|user|mailbox)\b", r"\bnot a valid (recipient|mailbox)\b",
    r"\bno (mail ?box|account|user|recipient) (here|by|with|of|for|found)", r"\bnie ma takiego",
    r"\b(unbekannte[rs]?|kein(e|en)? solche[rs]?) (benutzer|empfänger|adresse|nutzer|postfach)",
    r"\buser (doesn'?t|does not) have an? .{0,40}account", r"\bno one with that",
    r"\bdestinataire.{0,20}(invalide|inconnu)", r"\b(gebruiker|ontvanger) onbekend",
    r"\bnot listed in .{0,30}directory", r"\b(usuario|destinatario) desconocido",
)  # fmt: skip
_SAYS_WHY = _any_of(
    r"polic", r"richtlinie", r"content", r"inhalt", r"spam", r"virus", r"disabled", r"inactive",
    r"closed", r"gesperrt", r"deaktiviert", r"suspend", r"too (large|big)", r"size", r"blocked",
    r"restricted", r"moved", r"expired",
)  # fmt: skip
_EXCHANGE_NOT_FOUND = re.compile(r"recip(ient)?notfound", re.IGNORECASE)
_EXCHANGE_RESTRICTED = re.compile(r"resolver\.rst\.", re.IGNORECASE)
"""This recipient takes mail of some senders only."""


def meaning_of(code: int, text: str, *, stage: Stage) -> Meaning:
    """Return what an answer of 400 and more means; anything that is no 5xx is temporary."""
    text = text[:READ_AT_MOST]
    enhanced = _ENHANCED.search(text)
    if not 500 <= code <= 599 or (enhanced and enhanced[1] == "4"):
        return "temporary"
    detail = (int(enhanced[2]), int(enhanced[3])) if enhanced and enhanced[1] == "5" else None
    words = " ".join(_NOT_WORDS.sub(" ", text).casefold().split())
    restricted = _EXCHANGE_RESTRICTED.search(text) or _THIS_RECIPIENT.search(words)
    if detail in MESSAGE_CODES or (restricted and stage != "mail"):
        return "message"
    if _passes(code, detail, words, stage):
        return "temporary"
    if _refuses_sender(code, detail, words, stage):
        return "sender"
    if stage != "mail" and _knows_no_such_user(detail, words, text):
        return "recipient"
    return "message" if stage != "mail" or _TOO_LARGE.search(words) else "sender"


def says_why(text: str) -> bool:
    """Return whether a refusal gives any reason at all; a bare 550 or 554 gives none."""
    return bool(_ENHANCED.search(text) or _SAYS_WHY.search(text.casefold()))


def _passes(code: int, detail: tuple[int, int] | None, words: str, stage: Stage) -> bool:
    """Return whether time alone may mend it: a full mailbox, a busy server."""
    if _FULL.search(words) or detail in TEMPORARY_CODES:
        return True
    if _LATER.search(words):
        return True
    return code == 552 and detail is None and stage != "data" and not _TOO_LARGE.search(words)


def _refuses_sender(code: int, detail: tuple[int, int] | None, words: str, stage: Stage) -> bool:
    """Return whether it would refuse every message of ours, whoever the recipient is."""
    if code in SENDER_REPLIES or detail in SENDER_CODES:
        return True
    return bool(_SENDER.search(words)) and not (stage == "data" and _CONTENT.search(words))


def _knows_no_such_user(detail: tuple[int, int] | None, words: str, text: str) -> bool:
    if detail in ADDRESS_CODES:
        return True
    return bool(_NO_SUCH_USER.search(words) or _EXCHANGE_NOT_FOUND.search(text))
