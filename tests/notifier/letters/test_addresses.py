import pytest

from services.notifier.domain.addresses import (
    AddressNotPostable,
    PostalAddress,
    address_lines,
    is_german_postcode,
)
from services.notifier.domain.salutations import Person
from tests.notifier.letters.examples import BAKERY, MADRID, SANGERHAUSEN, UTE


def test_a_german_address_names_no_country() -> None:
    assert address_lines(UTE, SANGERHAUSEN) == (
        "Frau",
        "Dr. Ute Bergmann",
        "Lindenallee 4",
        "06526 Sangerhausen",
    )


def test_a_foreign_address_ends_with_place_and_country_in_capitals() -> None:
    assert address_lines(BAKERY, MADRID)[-2:] == ("28014 MADRID", "SPANIEN")
    london = PostalAddress(street="1 High St", postcode="SW1A 1AA", city="London", country="GB")
    assert address_lines(UTE, london)[-2:] == ("LONDON SW1A 1AA", "VEREINIGTES KÖNIGREICH")


def test_a_country_prefix_is_taken_off_the_postcode() -> None:
    address = PostalAddress(street="Weg 1", postcode="D-06526", city="Sangerhausen")
    assert address_lines(UTE, address)[-1] == "06526 Sangerhausen"


@pytest.mark.parametrize("postcode", ["6526", "00526", "0652６", "065 26", ""])
def test_what_is_no_german_postcode_is_refused(postcode: str) -> None:
    assert not is_german_postcode(postcode)


def test_every_fault_of_an_address_is_reported_together() -> None:
    with pytest.raises(AddressNotPostable) as caught:
        address_lines(Person(), PostalAddress(postcode="6526", country="XX"))
    assert len(caught.value.faults) == 4


def test_a_long_name_is_broken_at_words_within_six_lines() -> None:
    person = Person(
        salutation="frau",
        title="Prof. Dr. Dr. h. c.",
        first_name="Maximiliane-Friederike Charlotte Wilhelmine",
        last_name="von Hohenstein-Wartburg zu Bergmannshausen",
    )
    lines = address_lines(person, MADRID)
    assert len(lines) <= 6
    assert all(lines)


def test_no_name_is_torn_at_its_hyphen() -> None:
    person = Person(
        salutation="frau",
        title="Prof. Dr. Dr. h. c.",
        first_name="Maximiliane-Friederike Charlotte",
        last_name="von Hohenstein-Wartburg zu Bergmannshausen",
    )
    for place in (SANGERHAUSEN, MADRID):
        assert not any(line.endswith("-") for line in address_lines(person, place))


def test_a_long_company_shares_the_line_of_department_and_person() -> None:
    company = Person(
        kind="company",
        company_name="Wohnungseigentümergemeinschaft Bürgermeister-Hartmann-Straße 12-24"
        " vertreten durch die Hausverwaltung",
        contact_person="Buchhaltung, Frau Dr. Ursula von der Heide",
    )
    assert address_lines(company, SANGERHAUSEN) == (
        "Wohnungseigentümergemeinschaft",
        "Bürgermeister-Hartmann-Straße 12-24",
        "vertreten durch die Hausverwaltung",
        "Buchhaltung, Frau Dr. Ursula von der Heide",
        "Lindenallee 4",
        "06526 Sangerhausen",
    )


def test_what_does_not_fit_into_six_lines_is_told_and_not_cut() -> None:
    company = Person(kind="company", company_name="Gemeinschaft der Eigentümer " * 12)
    with pytest.raises(AddressNotPostable) as caught:
        address_lines(company, SANGERHAUSEN)
    assert "do not fit" in caught.value.faults[0]
