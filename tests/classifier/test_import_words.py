"""Words that no list has: told, kept once, mapped once, and right in the next import."""

from typing import Any

import pytest

from examples.gdv.make_stock import UTE, Fields, contract, packet, terms
from services.classifier.importers.gdv.records import Address1, Contract1
from shared.contracts.import_words import WORD_VALUES
from tests.classifier.conftest import Agency
from tests.classifier.test_imports import imported

PEOPLE = "Kundennummer;Nachname;Kundenstatus;Anrede;Wohnen;Maklervertrag;Land\n"
CONTRACTS = "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Status;Zahlweise;Beitrag netto\n"
STATEMENT = "Kundennummer;Vertragsnummer;VU-Nr;Abrechnungsdatum;Courtageart;Betrag\n"
LOG = "Kundennummer;Datum;Richtung;Kanal;Rolle;Dauer Minuten;Thema\n"


async def test_open_words_of_a_customers_rows_go_with_them(agency: Agency) -> None:
    for customer_id in ("K-1", "K-2"):
        await agency.customer(customer_id)
    rows = (
        "K-1;V-1;9876;Feilchenhändler;aktiv;jährlich;60,00\nK-2;V-2;9876;Quark;aktiv;jährlich;60\n"
    )
    await sent(agency, CONTRACTS + rows)
    await agency.call("DELETE", "/customers/K-1")
    assert await words(agency) == [("line", "Quark", None)]


async def sent(agency: Agency, text: str) -> dict[str, Any]:
    return await imported(agency, text.encode())


async def mapped(agency: Agency, **words: tuple[str, str]) -> None:
    items = [{"kind": kind, "word": word, "value": value} for kind, (word, value) in words.items()]
    answer = await agency.put("/import-words", {"items": items})
    assert answer.status_code == 200, answer.text
    assert {each["value"] for each in answer.json()["items"]} == {each["value"] for each in items}


async def words(agency: Agency, query: str = "") -> list[tuple[str, str, str | None]]:
    items = (await agency.get(f"/import-words{query}"))["items"]
    return [(each["kind"], each["word"], each["value"]) for each in items]


async def test_unknown_words_of_contracts_are_told_and_right_once_mapped(agency: Agency) -> None:
    await agency.customer("K-1")
    file = CONTRACTS + "K-1;V-1;9876;Hausratplus XL;im Umlauf;alle 2 Monate;60,00\n"
    job = await sent(agency, file)
    assert (job["written"]["contracts"], job["rejected"]) == (1, 0)
    told = [(each["line"], each["column"], each["value"]) for each in job["rejections"]]
    assert told[:3] == [
        (2, "Sparte", "Hausratplus XL"), (2, "Status", "im Umlauf"),
        (2, "Zahlweise", "alle 2 Monate"),
    ]  # fmt: skip
    assert await words(agency, "?state=open") == [
        ("contract_status", "im Umlauf", None), ("line", "Hausratplus XL", None),
        ("payment_interval", "alle 2 Monate", None),
    ]  # fmt: skip
    await mapped(
        agency,
        line=("hausratPLUS xl", "household"),
        contract_status=("im Umlauf", "suspended"),
        payment_interval=("alle 2 Monate", "6"),
    )
    again = await sent(agency, file)
    assert again["rejections"] == []
    contract = await agency.get("/customers/K-1/contracts/9876:V1")
    assert (contract["line"], contract["status"], contract["instalments_per_year"]) == (
        "household", "suspended", 6,
    )  # fmt: skip
    assert await words(agency, "?state=open") == []


async def test_an_unknown_word_leaves_the_field_as_it_was_known(agency: Agency) -> None:
    await agency.customer("K-1")
    await sent(agency, CONTRACTS + "K-1;V-1;9876;Hausrat;gekündigt;monatlich;60,00\n")
    await sent(agency, CONTRACTS + "K-1;V-1;9876;Quatsch;Quark;Quirl;70,00\n")
    contract = await agency.get("/customers/K-1/contracts/9876:V1")
    assert (contract["line"], contract["status"], contract["instalments_per_year"]) == (
        "household", "cancelled", 12,
    )  # fmt: skip
    assert contract["premium_cents"] == 7000


async def test_words_of_people_and_yes_and_no(agency: Agency) -> None:
    file = PEOPLE + "K-1;Bergmann;VIP-Kunde;Comtesse;Loft;unterschrieben;Schlaraffenland\n"
    job = await sent(agency, file)
    assert (job["written"]["customers"], job["rejected"]) == (1, 0)
    assert len(await words(agency, "?state=open")) == 5
    await mapped(
        agency,
        customer_status=("VIP-Kunde", "active"),
        salutation=("Comtesse", "frau"),
        home=("Loft", "rents"),
        yes_no=("unterschrieben", "yes"),
        country=("Schlaraffenland", "AT"),
    )
    assert (await sent(agency, file))["rejections"] == []
    customer = await agency.get("/customers/K-1")
    assert (customer["salutation"], customer["life"]["home"]) == ("frau", "rents")
    assert (customer["mandate"]["contract"], customer["address"]["country"]) == (True, "AT")


async def test_a_booking_counts_once_though_its_kind_is_mapped_later(agency: Agency) -> None:
    await agency.customer("K-1")
    await sent(agency, CONTRACTS + "K-1;V-1;9876;Hausrat;aktiv;jährlich;60,00\n")
    file = STATEMENT + "K-1;V-1;9876;31.03.2026;Pflegegeld;24,00\n"
    job = await sent(agency, file)
    assert (job["written"]["commissions"], job["rejected"]) == (1, 0)
    kinds = "SELECT kind, amount_cents FROM commission"
    assert await agency.rows(kinds) == [("other", 2400)]
    await mapped(agency, commission_kind=("Pflegegeld", "renewal"))
    await sent(agency, file)
    assert await agency.rows(kinds) == [("renewal", 2400)]


async def test_a_contact_is_taken_by_neutral_words_and_counts_once(agency: Agency) -> None:
    await agency.customer("K-1")
    file = LOG + "K-1;02.03.2026;hin;Brieftaube;Werkstudent;15;Klönschnack\n"
    job = await sent(agency, file)
    assert (job["written"]["interactions"], job["rejected"]) == (1, 0)
    asked = "SELECT direction, channel, role, topic FROM interaction"
    assert await agency.rows(asked) == [("out", "phone", "back_office", "administration")]
    assert len(job["rejections"]) == 4
    await mapped(
        agency,
        direction=("hin", "in"),
        channel=("Brieftaube", "letter"),
        role=("Werkstudent", "adviser"),
        topic=("Klönschnack", "none"),
    )
    await sent(agency, file)
    assert await agency.rows(asked) == [("in", "letter", "adviser", "none")]


async def test_the_agencys_word_comes_before_everybodys(agency: Agency) -> None:
    await agency.customer("K-1")
    file = CONTRACTS + "K-1;V-1;9876;BU;aktiv;jährlich;60,00\n"
    await mapped(agency, line=("BU", "business_interruption"))
    await sent(agency, file)
    contract = await agency.get("/customers/K-1/contracts/9876:V1")
    assert contract["line"] == "business_interruption"
    assert (await agency.call("DELETE", "/import-words/line/bu")).status_code == 204
    assert (await agency.call("DELETE", "/import-words/line/bu")).status_code == 404
    await sent(agency, file)
    contract = await agency.get("/customers/K-1/contracts/9876:V1")
    assert contract["line"] == "disability"


async def test_an_unknown_sign_books_nothing_until_it_is_mapped(agency: Agency) -> None:
    await agency.customer("K-1")
    head = STATEMENT.replace("Betrag", "Betrag;Vorzeichen")
    file = head + "K-1;V-1;9876;31.03.2026;Bestand;24,00;zurück\n"
    job = await sent(agency, file)
    assert (job["written"].get("commissions"), job["rejected"]) == (0, 1)
    assert await words(agency) == [("sign", "zurück", None)]
    await mapped(agency, sign=("zurück", "debit"))
    await sent(agency, file)
    amounts = await agency.rows("SELECT amount_cents FROM commission")
    assert amounts == [(-2400,)]


@pytest.mark.parametrize(
    ("kind", "word", "value"),
    [
        ("line", "Hausratplus", "hausrat"), ("country", "Austria", "Austria"),
        ("payment_interval", "oft", "5"), ("colour", "rot", "red"), ("line", "—", "household"),
        ("line", "x" * 61, "household"), ("yes_no", "oui", "true"),
    ],
)  # fmt: skip
async def test_a_meaning_that_its_kind_does_not_have_is_refused(
    agency: Agency, kind: str, word: str, value: str
) -> None:
    body = {"items": [{"kind": kind, "word": word, "value": value}]}
    answer = await agency.put("/import-words", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/items/0")


async def test_every_kind_can_be_mapped_to_each_of_its_values(agency: Agency) -> None:
    items = [
        {"kind": kind, "word": f"Wort {number}", "value": value}
        for kind, values in WORD_VALUES.items()
        for number, value in enumerate(values)
    ]
    answer = await agency.put("/import-words", {"items": items})
    assert answer.status_code == 200, answer.text
    file = CONTRACTS + "K-1;V-1;9876;Wort 1;Wort 2;Wort 3;60,00\n"
    await agency.customer("K-1")
    assert (await sent(agency, file))["rejections"] == []


async def test_the_words_are_told_page_by_page_and_each_agency_has_its_own(agency: Agency) -> None:
    await mapped(agency, line=("Eins", "legal"), topic=("Zwei", "claim"))
    first = await agency.get("/import-words?limit=1")
    second = await agency.get(f"/import-words?limit=1&cursor={first['next_cursor']}")
    assert [each["items"][0]["key"] for each in (first, second)] == ["eins", "zwei"]
    assert second["next_cursor"] is None
    assert await words(agency.service.of("nachbar")) == []


async def test_texts_and_placeholders_are_no_words_to_map(agency: Agency) -> None:
    text = "ein langer Satz, den jemand in die falsche Spalte geschrieben hat, ohne Absicht"
    await agency.customer("K-1")
    job = await sent(agency, CONTRACTS + f"K-1;V-1;9876;{text};???;k.A.;60,00\n")
    assert job["written"]["contracts"] == 1
    assert await words(agency) == []


async def test_open_words_are_forgotten_together_and_mapped_ones_stay(agency: Agency) -> None:
    await mapped(agency, line=("Eins", "legal"))
    await agency.customer("K-1")
    await sent(agency, CONTRACTS + "K-1;V-1;9876;Quark;Quirl;Quatsch;60,00\n")
    answer = await agency.call("DELETE", "/import-words")
    assert answer.json() == {"forgotten": 3}
    assert await words(agency) == [("line", "Eins", "legal")]


async def test_a_word_that_is_a_customers_name_goes_with_them(agency: Agency) -> None:
    await agency.customer("K-1", last_name="Bergmann")
    await sent(agency, CONTRACTS + "K-1;V-1;9876;Bergmann Ute;aktiv;jährlich;60,00\n")
    assert await words(agency) == [("line", "Bergmann Ute", None)]
    await agency.call("DELETE", "/customers/K-1")
    assert await words(agency) == []


async def test_codes_of_an_insurer_that_no_list_has_are_mapped_too(agency: Agency) -> None:
    strange: Fields = {
        **terms("01012020", "01012030", "01012020", "7", 10_000), Contract1.STATUS: "0"
    }  # fmt: skip
    person: Fields = {**UTE, Address1.SALUTATION: "8"}
    lines = packet("9901", "Saale", [contract("9901", "999", "A1", person, {}, strange, "Tarif")])
    file = "".join(f"{line}\n" for line in lines).encode("cp1252")
    await imported(agency, file)
    assert await words(agency) == [
        ("gdv_line", "999", None), ("gdv_payment_interval", "7", None),
        ("gdv_salutation", "8", None), ("gdv_status", "0", None),
    ]  # fmt: skip
    await mapped(
        agency, gdv_line=("999", "animal"), gdv_payment_interval=("7", "6"),
        gdv_salutation=("8", "divers"), gdv_status=("0", "suspended"),
    )  # fmt: skip
    job = await imported(agency, file + b"\n")
    assert not {"code-unknown", "line-unknown"} & {each["code"] for each in job["rejections"]}
    ((salutation,),) = await agency.rows("SELECT salutation FROM customer")
    rows = await agency.rows("SELECT line, gdv_line, status, instalments_per_year FROM contract")
    assert (salutation, rows) == ("divers", [("animal", "999", "suspended", 6)])
