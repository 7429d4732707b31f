"""When messages leave and are retried, and the German sentence for each reason."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

EARLIEST, LATEST = time(6), time(22)
"""Nobody is written to outside of these hours, whatever an agency has set."""
EVENING = time(20)
"""The usual end of the sending day; an agency with a later send time has an hour from then."""

RETRY_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440, 1440))
"""Pauses after a transient failure, two and a half days in all. RFC 5321 § 4.5.4.1 asks for longer
pauses between later attempts; a message that comes even later is of no use to its reader."""
WAIT = timedelta(minutes=1)
"""Pause while something of ours is missing: the classifier, or the agency's legal notice."""
ChannelFault = Literal["sender_refused", "mail_server_away", "signing_key_unusable"]
"""What every message of the agency would meet. It says nothing about them: all wait, none fails."""
CHANNEL_PAUSES: dict[ChannelFault, timedelta] = {
    "sender_refused": timedelta(minutes=15),
    "mail_server_away": timedelta(minutes=1),
    "signing_key_unusable": timedelta(minutes=1),
}
"""How long they wait; the first message that the server takes lets all others follow at once."""
POISON_TRIES = 3
"""A message that cannot be prepared is tried so often: what is broken may be mended meanwhile."""

WAITS_FOR_US = frozenset(
    {
        *CHANNEL_PAUSES,
        "classifier_away",
        "classifier_refuses",
        "sender_identity_missing",
        "print_folder_unusable",
    }
)
"""Reasons of waiting that somebody of the agency or its operator must mend."""
FAILED_BY_US = frozenset({"preparation_failed", "rendering_failed", "letter_not_printable"})
"""Reasons of failing that lie in our templates and data."""

SENTENCES: dict[str, str] = {
    "classifier_away": "Die Kundendaten sind gerade nicht erreichbar; wird nachgeholt.",
    "classifier_refuses": "Die Kundendaten werden verweigert; bitte das Dienst-Token prüfen.",
    "sender_identity_missing": "Das Impressum der Agentur fehlt; ohne verlässt nichts das Haus.",
    "sending_hours": "Wartet auf die Versandzeit der Agentur.",
    "try_again": "Der Mailserver hat die Nachricht vorerst nicht angenommen; neuer Versuch folgt.",
    "sender_refused": "Der Mailserver lehnt den Absender ab; bitte Zugang und Domain prüfen."
    " Alle E-Mails warten.",
    "mail_server_away": "Der Mailserver ist nicht erreichbar; wird nachgeholt.",
    "signing_key_unusable": "Der DKIM-Schlüssel der Absenderdomain ist nicht verwendbar;"
    " bitte erneuern. Alle E-Mails warten.",
    "preparation_failed": "Die Nachricht ließ sich nicht herstellen.",
    "not_deliverable": "Der Mailserver hat die Nachricht bei keinem Versuch angenommen.",
    "recipient_refused": "Die Empfängeradresse gibt es nicht; sie ist gesperrt.",
    "message_refused": "Der Mailserver lehnt diese Nachricht ab.",
    "address_unusable": "Die E-Mail-Adresse ist nicht verwendbar.",
    "address_not_carried": "Umlaute vor dem @ befördert der Mailserver nicht (SMTPUTF8);"
    " bitte eine Adresse ohne erfragen.",
    "address_not_postable": "Die Anschrift ist unvollständig.",
    "rendering_failed": "Der Text ließ sich mit den bestellten Angaben nicht füllen.",
    "print_folder_unusable": "Der Ordner für Druckaufträge ist nicht beschreibbar;"
    " bitte Platz und Rechte prüfen.",
    "letter_not_printable": "Der Brief ließ sich nicht setzen.",
    "customer_unknown": "Diesen Kunden gibt es nicht.",
    "customer_merged": "Zusammengeführt mit einem Kunden, an den dieselbe Nachricht schon geht.",
    "customer_erased": "Der Kunde wurde auf Verlangen gelöscht.",
    "too_late": "Der Anlass ist vorbei; verspätet wäre die Nachricht schlechter als keine.",
    "cancelled": "Wer die Nachricht bestellt hat, hat sie zurückgezogen.",
    "deceased": "Der Kunde ist verstorben.",
    "mandate_ended": "Der Maklervertrag ist beendet.",
    "death_lifted": "Der Tod war irrtümlich gemeldet; diese Nachricht galt ihm.",
    "mandate_held": "Das Ende des Maklervertrags war irrtümlich gemeldet; die Nachricht galt ihm.",
    "no_longer_owed": "Der Plan hat sich geändert: Der Anlass der Nachricht ist entfallen.",
    "run_cancelled": "Der Druckauftrag wurde abgesagt.",
    "cut_off": "Während der Übergabe abgebrochen: angekommen oder nicht, das ist unbekannt.",
    "no_answer": "Vollständig übergeben, aber ohne Antwort: angekommen oder nicht, unbekannt.",
    "last_contact_copy": "Mit den zuletzt bekannten Kundendaten gesendet.",
}


def pause_before_retry(failures: int) -> timedelta | None:
    """Return the pause after so many attempts that failed and count (at least 1); None at last."""
    return RETRY_PAUSES[failures - 1] if failures <= len(RETRY_PAUSES) else None


def next_opening(now: datetime, *, zone: ZoneInfo, send_times: Sequence[str]) -> datetime | None:
    """Return when the sending day opens next; None while it is open.

    It opens at the first send time and lasts until the evening. The other send times only move its
    end, because the plan has already chosen the day.
    """
    local = now.astimezone(zone)
    opens, closes = _day(send_times)
    if opens <= local.time() < closes:
        return None
    days = 0 if local.time() < opens else 1
    return datetime.combine(local.date() + timedelta(days=days), opens, tzinfo=zone)


def _day(send_times: Sequence[str]) -> tuple[time, time]:
    times = sorted(time.fromisoformat(send_time) for send_time in send_times)
    opens = min(max(times[0], EARLIEST), time(21))
    last = times[-1]
    later = time(min(last.hour + 1, 23), last.minute)
    return opens, min(max(EVENING, later), LATEST)
