"""What mail servers of many makes answer, and whose fault it is."""

import pytest

from services.notifier.channels.email.refusals import Meaning, Stage, meaning_of

NO_SUCH_USER: list[tuple[Stage, int, str]] = [
    ("rcpt", 550, "5.1.1 user unknown"),
    ("rcpt", 550, "5.1.1 <x@gmx.de>... User is unknown"),
    ("rcpt", 550, "User unknown."),
    ("rcpt", 550, "Benutzer nicht bekannt/User unknown"),
    ("rcpt", 550, "Unknown local part ute in <ute@web.de>"),
    ("rcpt", 550, "MAILBOX NOT FOUND"),
    (
        "rcpt",
        554,
        "delivery error: dd This user doesn't have a yahoo.de account (x@ya"
        "hoo.de) [0] - mta1.yahoo.com",
    ),
    ("rcpt", 550, "<ute@x.de>: Recipient address rejected: User unknown in local recipient table"),
    (
        "rcpt",
        550,
        "5.1.1 <ute@x.de>: Recipient address rejected: User unknown in virtual mailbox table",
    ),
    ("rcpt", 554, "5.7.1 <ute@x.de>: Recipient address rejected: User unknown"),
    (
        "rcpt",
        550,
        "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ute@x.de not foun"
        "d by SMTP address lookup",
    ),
    ("rcpt", 550, "5.1.1 RESOLVER.ADR.RecipNotFound; not found"),
    (
        "rcpt",
        550,
        "5.1.1 The email account that you tried to reach does not exist. Pl"
        "ease try\\\n5.1.1 double-checking the recipient's email address for "
        "typos or\\\n5.1.1 unnecessary spaces. For more information, go to\\\n5"
        ".1.1  https://support.google.com/mail/?p=NoSuchUser a1-20 - gsmtp",
    ),
    ("rcpt", 550, "5.1.1 <relay@spam.example>: User unknown"),
    ("rcpt", 550, "5.1.1 <relay@spam.example>: no such user, see http://relay.example/policy"),
    ("rcpt", 554, "Sorry, no mailbox here by that name. (#5.1.1)"),
    ("rcpt", 550, "5.2.0 No such mailbox"),
    ("rcpt", 550, "User ute@x.de not listed in Domino Directory"),
    ("rcpt", 550, "Empfänger unbekannt"),
    ("rcpt", 550, "Die Adresse existiert nicht"),
    ("rcpt", 550, "Unbekannter Benutzer"),
    ("rcpt", 550, "Postfach nicht gefunden"),
    ("rcpt", 550, "Utilisateur inconnu"),
    (
        "rcpt",
        550,
        "5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR204_416",
    ),
    ("rcpt", 550, "usuario desconocido"),
    ("rcpt", 550, "El usuario no existe"),
    ("rcpt", 550, "utente sconosciuto"),
    ("rcpt", 550, "gebruiker onbekend"),
    ("rcpt", 550, "Nie ma takiego konta"),
    ("rcpt", 556, "5.1.10 Recipient address has null MX"),
    ("rcpt", 550, "5.1.2 Host unknown"),
    ("data", 550, "5.1.1 no such user"),
    ("rcpt", 550, "No such user here"),
    ("rcpt", 550, "no such recipient here"),
    ("rcpt", 550, "5.1.1 unknown"),
    ("rcpt", 553, "5.3.0 <ute@x.de>... No such user here"),
    ("rcpt", 550, "5.1.1 <ute@x.de> Empfänger existiert nicht / recipient does not exist"),
]
SENDERS_FAULT: list[tuple[Stage, int, str]] = [
    ("rcpt", 550, "relay not permitted"),
    ("rcpt", 550, "5.7.1 Unable to relay"),
    ("rcpt", 554, "5.7.1 <ute@x.de>: Relay access denied"),
    ("rcpt", 550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain"),
    ("rcpt", 553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"),
    ("rcpt", 550, "5.7.64 TenantAttribution; Relay Access Denied"),
    ("rcpt", 550, "Relaying denied"),
    ("rcpt", 550, "5.1.1 relaying denied"),
    (
        "rcpt",
        554,
        "5.7.1 Service unavailable; Client host [1.2.3.4] blocked using zen.spamhaus.org",
    ),
    (
        "rcpt",
        554,
        "IP=1.2.3.4 - A problem occurred. (Ask your postmaster for help or "
        "to contact tosa@rx.t-online.de to clarify.)",
    ),
    (
        "rcpt",
        550,
        "5.7.1 Unfortunately, messages from [1.2.3.4] weren't sent. Please "
        "contact your Internet service provider since part of their network"
        " is on our block list (S3150).",
    ),
    ("mail", 550, "5.7.1 not from you"),
    ("mail", 550, ""),
    ("rcpt", 550, "5.1.8 <a@b.de>: Sender address rejected: Domain not found"),
    ("rcpt", 550, "5.1.0 <a@b.de>: Sender address rejected: User unknown in local recipient table"),
    ("rcpt", 550, "Sender verify failed"),
    ("rcpt", 530, "5.7.0 Authentication required"),
    ("rcpt", 530, "5.7.0 Must issue a STARTTLS command first"),
    (
        "data",
        550,
        "5.7.26 Unauthenticated email from x.de is not accepted due to domain's DMARC policy.",
    ),
    (
        "data",
        550,
        "5.7.515 Access denied, sending domain x.de does not meet the requi"
        "red authentication level.",
    ),
    ("rcpt", 550, "Verification failed for <a@b.de>\\\nNo such user\\\nSender verify failed"),
    (
        "rcpt",
        550,
        "Reject due to SPF policy. The originating IP of the message is not"
        " permitted by the domain owner",
    ),
    ("rcpt", 554, "5.7.1 blacklisted"),
    ("rcpt", 550, "rejected because 1.2.3.4 is in a black list at zen.spamhaus.org"),
]
PASSES: list[tuple[Stage, int, str]] = [
    ("rcpt", 552, "5.2.2 Over STORAGE quota"),
    ("rcpt", 552, "5.2.2 The email account that you tried to reach is over quota"),
    ("rcpt", 550, "5.2.2 <x@y.de>: mailbox full"),
    (
        "rcpt",
        550,
        "Benutzer hat das Speichervolumen ueberschritten. / User has exhaus"
        "ted allowed storage space.",
    ),
    (
        "rcpt",
        550,
        "Benutzer hat zuviele Mails auf dem Server. / User has too many messages on the server.",
    ),
    ("rcpt", 552, "Requested mail action aborted: exceeded storage allocation"),
    ("rcpt", 550, "greylisted, try again later"),
    ("rcpt", 550, "5.7.1 Greylisting in action"),
    ("rcpt", 550, "4.2.2 mailbox full"),
    ("rcpt", 451, "4.7.1 relay"),
    ("rcpt", 550, "Your IP is temporarily blocked"),
]
THIS_MESSAGE_ALONE: list[tuple[Stage, int, str]] = [
    ("rcpt", 550, "5.2.1 <x@gmx.de>... User is inactive"),
    ("rcpt", 550, "unrouteable address"),
    (
        "data",
        554,
        "delivery error: dd Sorry your message to x@y.de cannot be delivere"
        "d. This account has been disabled or discontinued",
    ),
    ("rcpt", 550, "Requested action not taken: mailbox unavailable"),
    ("rcpt", 554, "5.7.1 <ute@x.de>: Recipient address rejected: Access denied"),
    (
        "rcpt",
        550,
        "5.4.1 Recipient address rejected: Access denied. [AM6EUR05FT049.eo"
        "p-eur05.prod.protection.outlook.com]",
    ),
    ("mail", 552, "5.3.4 Message size exceeds fixed limit"),
    ("rcpt", 550, ""),
    ("rcpt", 554, ""),
    ("rcpt", 550, "no"),
    ("rcpt", 554, "transaction failed"),
    ("rcpt", 550, "5.1.0 Address rejected."),
    ("rcpt", 550, "#5.1.0 Address rejected."),
    ("rcpt", 550, "5.7.1 policy: recipient takes no mail from outside"),
    ("rcpt", 550, "5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required"),
    (
        "data",
        550,
        "5.7.1 Our system has detected that this message is likely unsolici"
        "ted mail. To reduce the amount of spam sent to Gmail, this message"
        " has been blocked.",
    ),
    ("data", 554, "5.7.1 This message was classified as spam"),
    ("data", 554, "5.6.0 not this"),
    ("data", 552, "5.3.4 too large"),
    ("data", 552, "message too large"),
    ("data", 552, "5.2.3 Message size exceeds fixed maximum message size"),
    ("rcpt", 550, "destin. Sconosciuto"),
    ("rcpt", 550, "Account closed"),
    ("rcpt", 550, "Domain not found"),
    ("rcpt", 550, "Address rejected"),
    (
        "rcpt",
        550,
        "5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy",
    ),
    ("rcpt", 550, "Mail rejected by policy"),
    ("rcpt", 550, "5.1.6 Mailbox has moved"),
    ("rcpt", 551, "User not local; please try <x@y.de>"),
    ("rcpt", 550, "Ungültiger Empfänger"),
    ("rcpt", 550, "mailbox disabled"),
]


@pytest.mark.parametrize(("stage", "code", "text"), NO_SUCH_USER)
def test_a_sure_word_about_the_mailbox_condemns_the_address(
    stage: Stage, code: int, text: str
) -> None:
    assert meaning_of(code, text, stage=stage) == "recipient"


@pytest.mark.parametrize(
    ("meaning", "stage", "code", "text"),
    [
        *(("sender", *each) for each in SENDERS_FAULT),
        *(("temporary", *each) for each in PASSES),
        *(("message", *each) for each in THIS_MESSAGE_ALONE),
    ],
)
def test_every_other_refusal_leaves_the_address_alone(
    meaning: Meaning, stage: Stage, code: int, text: str
) -> None:
    assert meaning_of(code, text, stage=stage) == meaning
