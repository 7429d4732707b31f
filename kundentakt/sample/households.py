"""Draws the units of the book, one after the other: who lives together and how they live."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from kundentakt.sample import businesses, life_situations, names, places
from kundentakt.sample.people import Consents, Customer, Life, Unit, customer_number

COMPANIES = 0.10
"""Share of drawn units; of customers it is less, because couples count twice."""
GATEWAYS = 0.27
"""Share of private units asked whether they came for one large thing; about half could have."""
LINKED = 0.23
"""Share of drawn units that are linked; two and more members make it a third of customers."""
CAME_BY = ("Empfehlung", "Bestandsübernahme", "Internet", "Veranstaltung", "Nachbarschaft")
CAME_BY_WEIGHTS = (42, 20, 16, 6, 16)
CONSENT_SOURCES = ("Maklervertrag", "Beratungsgespräch", "Online-Formular")


class BookOfPeople:
    """Draws units until the number of customers is reached; each book can be drawn once."""

    def __init__(self, random: Random, *, customers: int, as_of: date) -> None:
        self._random = random
        self._customers = customers
        self._as_of = as_of
        self._numbered = 0
        self._birthdays = random.randrange(365)

    def units(self) -> Iterator[Unit]:
        """Yield the units in the order of their customer numbers."""
        while self._numbered < self._customers:
            left = self._customers - self._numbered
            drawn = self._random.random()
            if drawn < COMPANIES:
                members: tuple[Customer, ...] = (self._company(),)
            elif drawn < COMPANIES + LINKED * (1 - COMPANIES) and left >= 2:
                members = self._family(left)
            else:
                members = (self._alone(),)
            breadth, gateway = self._breadth(), ""
            if members[0].is_company:
                breadth = self._random.betavariate(3, 4)
            elif self._random.random() < GATEWAYS:
                members, gateway = self._came_for_one_thing(members)
                breadth = self._random.uniform(0.03, 0.24) if gateway else breadth
            yield Unit(members=members, breadth=breadth, means=self._means(), gateway=gateway)

    def _came_for_one_thing(
        self, members: tuple[Customer, ...]
    ) -> tuple[tuple[Customer, ...], str]:
        """Some came a year or two ago for a mortgage or full health cover, and nothing else yet."""
        first, life = members[0], members[0].life
        if life is None or not 26 <= first.age(self._as_of) <= 52 or first.status != "Kunde":
            return members, ""
        private_health = life.employment in ("selbstständig", "Beamter")
        if not private_health and life.employment != "angestellt":
            return members, ""
        since = self._as_of - timedelta(days=self._random.randrange(290, 690))
        settled = tuple(self._settled(member, since, private_health) for member in members)
        return settled, "health" if private_health else "loan"

    @staticmethod
    def _settled(member: Customer, since: date, private_health: bool) -> Customer:
        consents = member.consents
        if consents.on is not None and consents.on < since:
            consents = replace(consents, on=since)
        home = member.life.home if private_health and member.life else "Eigentum"
        life = replace(member.life, home=home) if member.life else None
        return replace(member, since=since, consents=consents, life=life)

    def _breadth(self) -> float:
        """A fifth came by chance for one thing, a third has brought everything."""
        drawn = self._random.random()
        if drawn < 0.20:
            return self._random.uniform(0.02, 0.16)
        if drawn < 0.58:
            return self._random.betavariate(5, 5)
        return self._random.betavariate(14, 2)

    def _means(self) -> float:
        return min(3.5, self._random.lognormvariate(0.0, 0.35))

    def _number(self) -> str:
        self._numbered += 1
        return customer_number(self._numbered)

    def _birth_date(self, age: int) -> date:
        """Spread birthdays evenly; a step that is coprime with 365 visits every day of the year."""
        self._birthdays = (self._birthdays + 163) % 365
        day = date(2001, 1, 1) + timedelta(days=self._birthdays)
        passed = (day.month, day.day) <= (self._as_of.month, self._as_of.day)
        return date(self._as_of.year - age - (not passed), day.month, day.day)

    def _since(self, age: int) -> date:
        years = min(self._random.expovariate(1 / 8.0), 26.0, max(0.3, age - 18.0))
        return self._as_of - timedelta(days=int(years * 365.25) + 5)

    def _status(self) -> tuple[str, bool]:
        """Return the status, and whether the customer's mandate still holds."""
        drawn = self._random.random()
        if drawn < 0.008:
            return "Interessent", False
        return ("ehemalig", False) if drawn < 0.015 else ("Kunde", True)

    def _consents(self, since: date, email: str) -> Consents:
        random = self._random
        if random.random() < 0.02:
            return Consents(no_advertising=True)
        advertising = bool(email) and random.random() < 0.53
        newsletter = bool(email) and (advertising or random.random() < 0.25)
        newsletter = newsletter and random.random() < 0.93
        phone = random.random() < (0.5 if advertising else 0.14)
        if not (advertising or newsletter or phone):
            return Consents()
        on = since + timedelta(days=random.randrange(max(1, (self._as_of - since).days)))
        source = random.choice(CONSENT_SOURCES)
        return Consents(email=advertising, phone=phone, newsletter=newsletter, on=on, source=source)

    def _referrer(self, came_by: str) -> str:
        if came_by != "Empfehlung" or self._numbered < 20 or self._random.random() < 0.45:
            return ""
        return customer_number(self._random.randrange(1, self._numbered - 4))

    def _email(self, local: str, age: int) -> str:
        missing = 0.09 if age < 60 else 0.2 if age < 75 else 0.45
        if self._random.random() < missing:
            return ""
        domain = self._random.choice(("example.org", "example.com", "example.net"))
        return f"{local}@{domain}"

    def _person(
        self, *, age: int, woman: bool, family: names.Origin, last_name: str, life: Life
    ) -> Customer:
        random = self._random
        came_by = random.choices(CAME_BY, CAME_BY_WEIGHTS)[0]
        referred_by = self._referrer(came_by)
        number = self._number()
        status, mandate = self._status()
        since = self._since(age)
        first_name = names.first_name(random, family, woman=woman, age=age)
        birth_date = self._birth_date(age)
        local = f"{names.mail_form(first_name)}.{names.mail_form(last_name)}{birth_date:%y}"
        email = "" if age < 16 else self._email(local, age)
        minor = age < 18
        dies = mandate and age >= 55 and random.random() < 0.012
        return Customer(
            number=number,
            status=status,
            salutation="Divers" if random.random() < 0.003 else "Frau" if woman else "Herr",
            title=names.title(random, age),
            first_name=first_name,
            last_name=last_name,
            du=random.random() < 0.06,
            english=family.english,
            street=places.street(random),
            place=places.place(random),
            birth_date=birth_date,
            died_on=self._as_of - timedelta(days=random.randrange(20, 600)) if dies else None,
            phone="" if minor or random.random() < 0.06 else places.phone(random),
            email=email,
            since=since,
            came_by=came_by,
            referred_by=referred_by,
            mandate=mandate,
            power_of_attorney=mandate and random.random() < 0.93,
            consents=Consents() if minor else self._consents(since, email),
            life=life,
            life_known=random.random() >= 0.10,
        )

    def _alone(self) -> Customer:
        """One customer by themselves; partner and children may exist without being customers."""
        random = self._random
        age = min(90, max(18, round(random.triangular(18, 90, 50))))
        drawn = random.random()
        children = 1 + int(random.random() * 2.2)
        if 27 <= age <= 58 and drawn < 0.42:
            household = "alleinerziehend" if drawn < 0.09 else "Familie"
        else:
            household, children = ("Paar" if drawn < 0.45 else "single"), 0
        family = names.origin(random)
        woman = random.random() < 0.5
        life = life_situations.life(random, age, household, children)
        last_name = names.surname(random, family)
        person = self._person(age=age, woman=woman, family=family, last_name=last_name, life=life)
        if not person.life_known and random.random() < 0.4:
            person = replace(person, birth_date=None)
        if household == "Paar" and random.random() < 0.08:
            partner = names.first_name(random, family, woman=not woman, age=age)
            both = f"{person.first_name} und {partner}"
            return replace(person, salutation="Familie", title="", first_name=both)
        return person

    def _family(self, left: int) -> tuple[Customer, ...]:
        """A couple who are both customers, now and then with a child who is insured alone."""
        random = self._random
        age = min(88, max(23, round(random.triangular(23, 86, 48))))
        children = int(random.random() * 3.2) if 28 <= age <= 56 else 0
        life = life_situations.life(random, age, "Familie" if children else "Paar", children)
        family = names.origin(random)
        last_name = names.surname(random, family)
        woman = random.random() < 0.5
        first = self._person(age=age, woman=woman, family=family, last_name=last_name, life=life)
        first = replace(first, status="Kunde", mandate=True)
        other_age = min(90, max(20, age + random.randrange(-4, 5)))
        own_name = random.random() < 0.12
        second = self._person(
            age=other_age,
            woman=not woman if random.random() < 0.97 else woman,
            family=family,
            last_name=names.surname(random, family) if own_name else last_name,
            life=replace(life, employment=life_situations.employment(random, other_age)),
        )
        members = [first, self._living_with(second, first)]
        if children and left >= 3 and random.random() < 0.16:
            child = self._person(
                age=random.randrange(5, 18),
                woman=random.random() < 0.5,
                family=family,
                last_name=last_name,
                life=replace(life, employment="", vehicles=0, pets=()),
            )
            members.append(self._living_with(child, first))
        return tuple(members)

    @staticmethod
    def _living_with(person: Customer, first: Customer) -> Customer:
        """Give a member of a household the first one's home, and the link to them."""
        return replace(
            person,
            household_with=first.number,
            street=first.street,
            place=first.place,
            du=first.du,
            life_known=first.life_known,
            status=first.status,
            mandate=first.mandate,
        )

    def _company(self) -> Customer:
        random = self._random
        firm = businesses.company(random)
        family = names.GERMAN_ORIGIN
        woman = random.random() < 0.4
        contact = f"{'Frau' if woman else 'Herr'} {names.surname(random, family)}"
        came_by = random.choices(CAME_BY, CAME_BY_WEIGHTS)[0]
        referred_by = self._referrer(came_by)
        since = self._since(60)
        word = names.mail_form(firm.name.split(" ")[0])
        email = self._email(f"{word}.{names.mail_form(contact.split(' ')[-1])}", 50)
        return Customer(
            number=self._number(),
            status="Kunde",
            salutation="Firma",
            last_name="",
            company_name=firm.name,
            contact_person=contact,
            street=places.street(random),
            place=places.place(random),
            phone=places.phone(random),
            email=email,
            since=since,
            came_by=came_by,
            referred_by=referred_by,
            mandate=True,
            power_of_attorney=True,
            consents=self._consents(since, email),
            life_known=random.random() >= 0.10,
            industry=firm.industry,
            employees=firm.employees,
            hazard=firm.hazard,
        )
