"""Places in which customers live: mostly in Mansfeld-Südharz, a few elsewhere.

Postcodes fit their places. House numbers are drawn by chance. Telephone numbers come from the
ranges that the Bundesnetzagentur keeps free for films and books (Mitteilung 148/2021): nobody can
ever be reached by them.
"""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Place:
    """A postcode area with its federal state (German name) and its share of the book."""

    postcode: str
    city: str
    state: str
    weight: int


SAXONY_ANHALT = "Sachsen-Anhalt"
PLACES = (
    Place("06526", "Sangerhausen", SAXONY_ANHALT, 410),
    Place("06295", "Lutherstadt Eisleben", SAXONY_ANHALT, 95),
    Place("06542", "Allstedt", SAXONY_ANHALT, 75),
    Place("06536", "Südharz", SAXONY_ANHALT, 85),
    Place("06528", "Wallhausen", SAXONY_ANHALT, 45),
    Place("06528", "Edersleben", SAXONY_ANHALT, 20),
    Place("06528", "Blankenheim", SAXONY_ANHALT, 20),
    Place("06537", "Kelbra (Kyffhäuser)", SAXONY_ANHALT, 30),
    Place("06333", "Hettstedt", SAXONY_ANHALT, 40),
    Place("06343", "Mansfeld", SAXONY_ANHALT, 30),
    Place("06347", "Gerbstedt", SAXONY_ANHALT, 15),
    Place("06311", "Helbra", SAXONY_ANHALT, 15),
    Place("06317", "Seegebiet Mansfelder Land", SAXONY_ANHALT, 15),
    Place("06268", "Querfurt", SAXONY_ANHALT, 15),
    Place("06108", "Halle (Saale)", SAXONY_ANHALT, 15),
    Place("39104", "Magdeburg", SAXONY_ANHALT, 6),
    Place("06556", "Artern", "Thüringen", 20),
    Place("06567", "Bad Frankenhausen", "Thüringen", 10),
    Place("99734", "Nordhausen", "Thüringen", 15),
    Place("99084", "Erfurt", "Thüringen", 5),
    Place("04109", "Leipzig", "Sachsen", 9),
    Place("10115", "Berlin", "Berlin", 4),
    Place("37073", "Göttingen", "Niedersachsen", 3),
    Place("80331", "München", "Bayern", 2),
    Place("20095", "Hamburg", "Hamburg", 1),
)
_WEIGHTS = tuple(place.weight for place in PLACES)


def _names(*texts: str) -> tuple[str, ...]:
    return tuple(name for text in texts for name in text.split("|"))


STREETS = _names(
    "Bahnhofstraße|Gartenstraße|Lindenstraße|Hauptstraße|Schulstraße|Bergstraße|Am Rosengarten",
    "Ernst-Thälmann-Straße|Karl-Liebknecht-Straße|Kylische Straße|Göpenstraße|Mogkstraße",
    "Riestedter Straße|Ulrichstraße|Alte Promenade|Darrweg|Friedrich-Schmidt-Straße|Am Bach",
    "Straße der Jugend|Thomas-Müntzer-Straße|Mühlgasse|Kirchgasse|Zum Hüttengrund|Südring",
    "An der Gonna|Harzblick|Glück-Auf-Straße|Bergmannsweg|Kupferweg|Feldstraße|Wiesenweg",
    "Goethestraße|Schillerstraße|Lutherstraße|Magdeburger Straße|Hallesche Straße|Anger",
    "Kyffhäuserstraße|Walter-Rathenau-Straße|Rosa-Luxemburg-Straße|Am Schlossberg|Ziegelhohle",
    "Hüttenstraße|Nordhäuser Straße|Hinter der Mauer|Kornmarkt|Brühlstraße|Erfurter Straße",
    "",
)

FIXED_LINES = ("030 23125", "069 90009", "040 66969", "0221 4710", "089 99998")
"""Local ranges kept free for fiction; three digits follow."""
MOBILE_LINES = ("0171 39200", "0176 040690")
"""Mobile ranges kept free for fiction; two digits follow."""


def place(random: Random) -> Place:
    """Draw a place by its share of the book."""
    return random.choices(PLACES, _WEIGHTS)[0]


def street(random: Random) -> str:
    """Draw a street with a house number, now and then with a letter."""
    letter = random.choice("abc") if random.random() < 0.12 else ""
    return f"{random.choice(STREETS)} {int(random.triangular(1, 96, 8))}{letter}"


def phone(random: Random) -> str:
    """Draw a telephone number that is kept free for fiction."""
    if random.random() < 0.4:
        return f"{random.choice(MOBILE_LINES)}{random.randrange(100):02d}"
    return f"{random.choice(FIXED_LINES)}{random.randrange(1000):03d}"
