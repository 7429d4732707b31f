"""When messages leave and are retried, and the German sentence for each reason."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
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
SENDER_REFUSED_PAUSE = timedelta(minutes=15)
"""Pause if the server refuses us as a sender, because it would refuse every message."""

SENTENCES: dict[str, str] = {
    "classifier_away": "Die Kundendaten sind gerade nicht erreichbar; wird nachgeholt.",
    "sender_identity_missing": "Das Impressum der Agentur fehlt; ohne verlässt nichts das Haus.",
    "sending_hours": "Wartet auf die Versandzeit der Agentur.",
    "try_again": "Der Mailserver hat die Nachricht vorerst nicht angenommen; neuer Versuch folgt.",
    "sender_refused": "Der Mailserver lehnt den Absender ab; bitte Zugang und Domain prüfen.",
    "not_deliverable": "Der Mailserver hat die Nachricht bei keinem Versuch angenommen.",
    "recipient_refused": "Die Empfängeradresse gibt es nicht oder nimmt nichts an.",
    "message_refused": "Der Mailserver lehnt diese Nachricht ab.",
    "address_unusable": "Die E-Mail-Adresse ist nicht verwendbar.",
    "address_not_postable": "Die Anschrift ist unvollständig.",
    "rendering_failed": "Der Text ließ sich mit den bestellten Angaben nicht füllen.",
    "letter_not_printable": "Der Brief ließ sich nicht setzen.",
    "customer_unknown": "Diesen Kunden gibt es nicht.",
    "customer_erased": "Der Kunde wurde auf Verlangen gelöscht.",
    "cancelled": "Auf Wunsch abgesagt.",
    "run_cancelled": "Der Druckauftrag wurde abgesagt.",
    "cut_off": "Während der Übergabe abgebrochen: angekommen oder nicht, das ist unbekannt.",
    "no_answer": "Vollständig übergeben, aber ohne Antwort: angekommen oder nicht, unbekannt.",
    "last_contact_copy": "Mit den zuletzt bekannten Kundendaten gesendet.",
}


def pause_before_retry(attempts: int) -> timedelta | None:
    """Return the pause after so many failed attempts (at least 1); None after the last one."""
    return RETRY_PAUSES[attempts - 1] if attempts <= len(RETRY_PAUSES) else None


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
