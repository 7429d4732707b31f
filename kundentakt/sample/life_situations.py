"""Draws how people live: home, work, cars and pets, as they go with age and household."""

from random import Random

from kundentakt.sample.people import Life

PETS = (("Hund", 0.17), ("Katze", 0.16), ("Pferd", 0.02))


def employment(random: Random, age: int) -> str:
    """Draw the occupation of an adult of this age."""
    drawn = random.random()
    if age >= 67 or (age >= 63 and drawn < 0.55):
        return "Rentner"
    if age < 25 and drawn < 0.35:
        return "Student"
    if drawn < 0.10:
        return "selbstständig"
    return "Beamter" if drawn < 0.16 else "arbeitslos" if drawn < 0.19 else "angestellt"


def life(random: Random, age: int, household: str, children: int) -> Life:
    """Draw the life situation of an adult; couples own their home more often than singles."""
    together = household in ("Paar", "Familie")
    owns = random.random() < (0.62 if together else 0.34) * (0.35 if age < 30 else 1.0)
    pets = [pet for pet, share in PETS if random.random() < share * (1.4 if owns else 0.7)]
    vehicles = int(random.random() < 0.82) + int(together and random.random() < 0.55)
    return Life(
        household=household,
        children=children,
        home="Eigentum" if owns else "Miete",
        employment=employment(random, age),
        vehicles=vehicles if age < 82 else 0,
        pets=tuple(pets),
    )
