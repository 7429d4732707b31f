"""A stock of names as they are found in central Germany: three generations, a few origins.

All of them are common names put together by chance; nobody real is meant. Every name can be
written in Windows-1252 and ISO 8859-1, because broker exports and GDV files come in these.
"""

from dataclasses import dataclass
from random import Random

OLD_FROM = 66
"""Age from which the first generation of first names is usual."""
MIDDLE_FROM = 41


@dataclass(frozen=True, slots=True)
class NameStock:
    """First names of women and men by generation (old, middle, young)."""

    women: tuple[tuple[str, ...], ...]
    men: tuple[tuple[str, ...], ...]


def _words(*texts: str) -> tuple[str, ...]:
    return tuple(word for text in texts for word in text.split())


def _generations(*texts: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(text.split()) for text in texts)


GERMAN = NameStock(
    women=_generations(
        "Ingrid Helga Renate Karin Gisela Ursula Brigitte Christa Monika Rosemarie Waltraud "
        "Hannelore Bärbel Gerda Erika Edith Elfriede Sigrid Marianne Ruth Anneliese Heidemarie",
        "Sabine Petra Andrea Kerstin Silke Heike Katrin Susanne Anja Ines Ute Martina Doreen "
        "Claudia Simone Manuela Antje Jana Ramona Cornelia Grit Yvonne Mandy Steffi Diana Birgit",
        "Julia Sarah Lisa Laura Franziska Anna Marie Sophie Lena Jasmin Jessica Vanessa Hanna "
        "Johanna Emily Luise Charlotte Theresa Nele Paula Leonie Josephine Käthe Zoë Clara",
    ),
    men=_generations(
        "Klaus Günter Horst Manfred Dieter Karl-Heinz Heinz Werner Jürgen Hans-Joachim Wolfgang "
        "Siegfried Rolf Gerhard Helmut Peter Bernd Lothar Eberhard Rüdiger Winfried Götz",
        "Thomas Andreas Frank Uwe Jörg Steffen Torsten Michael Ralf Heiko Mario Dirk Jens Sven "
        "Matthias René Ronny Enrico André Holger Olaf Maik Kai-Uwe Sören Volker Tilo Hans-Jörg",
        "Felix Lukas Maximilian Paul Jonas Florian Philipp Tobias Martin Robert Kevin Toni Leon "
        "Moritz Niklas Jakob Oskar Emil Anton Theo Björn Benjamin Sebastian Julian Til Hannes",
    ),
)

SURNAMES = _words(
    "Müller Schmidt Schneider Fischer Meyer Weber Schulz Wagner Becker Hoffmann Schäfer Koch",
    "Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann",
    "Hartmann Lange Schmitt Werner Krause Lehmann Köhler Herrmann König Walter Mayer Huber",
    "Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Schubert Vogel Friedrich Keller",
    "Günther Frank Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon",
    "Ludwig Böhm Winter Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß",
    "Seidel Heinrich Brandt Haas Schreiber Graf Schulte Dietrich Ziegler Kuhn Kühn Pohl",
    "Engel Horn Busch Bergmann Thomas Voigt Sauer Arnold Wolff Pfeiffer Rühlemann Töpfer",
    "Kirchner Hesse Bärwald Hühne Lautenschläger Steinbrück Harnisch Wölfer Zänker Grüneberg",
    "Kästner Rödiger Apel Ehrlich Knauth Hebestreit Schmelzer Eckardt Reinicke Förster",
    "Bornkessel Goldschmidt Querengässer Rauchfuß Spieß Trautmann Uhlemann Vollrath Wenzel",
    "Altenburg Beyer Clauß Drescher Einicke Fehse Gängel Hänsel Jödicke Kleemann",
    "Löffler Mühlhaus Nebelung Oßwald Prüfer Rößler Süßmilch Thiele Ulrich Weidlich Zöllner",
)

OTHER_ORIGINS: tuple[tuple[NameStock, tuple[str, ...]], ...] = (
    (
        NameStock(
            women=_generations("Ayse Fatma", "Elif Gülay Sevgi", "Dilara Esra"),
            men=_generations("Mehmet Ali", "Murat Hakan Özgür", "Emre Can Tolga"),
        ),
        ("Yilmaz", "Öztürk", "Çelik", "Demir", "Aydin", "Koç"),
    ),
    (
        NameStock(
            women=_generations("Krystyna Danuta", "Agnieszka Dorota", "Karolina Zofia"),
            men=_generations("Stanislaw Jerzy", "Tomasz Marek", "Jakub Piotr"),
        ),
        ("Kowalski", "Nowak", "Wisniewski", "Zielinski", "Lewandowski"),
    ),
    (
        NameStock(
            women=_generations("Thi Lan", "Thi Hoa Mai", "Linh My"),
            men=_generations("Van Minh", "Duc Quang", "Tuan Nam"),
        ),
        ("Nguyen", "Tran", "Pham", "Hoang"),
    ),
)

ENGLISH = (
    NameStock(
        women=_generations("Margaret Susan", "Karen Fiona Heather", "Emma Olivia Grace"),
        men=_generations("Robert John", "Stephen Mark Ian", "Oliver Jack Harry"),
    ),
    ("Smith", "Taylor", "O'Brien", "Walker", "Bennett", "Clarke"),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a family's names; ``english`` families are written to in English."""

    stock: NameStock
    surnames: tuple[str, ...]
    english: bool = False


GERMAN_ORIGIN = Origin(GERMAN, SURNAMES)
ENGLISH_ORIGIN = Origin(ENGLISH[0], ENGLISH[1], english=True)
FOREIGN_ORIGINS = tuple(Origin(stock, surnames) for stock, surnames in OTHER_ORIGINS)


def origin(random: Random) -> Origin:
    """Draw the origin of one family: 93 % German, 2 % English, the rest from elsewhere."""
    drawn = random.random()
    if drawn < 0.93:
        return GERMAN_ORIGIN
    if drawn < 0.95:
        return ENGLISH_ORIGIN
    return random.choice(FOREIGN_ORIGINS)


def surname(random: Random, family: Origin) -> str:
    """Draw a family name; among German ones a few are double or of old nobility."""
    name = random.choice(family.surnames)
    if family is not GERMAN_ORIGIN:
        return name
    drawn = random.random()
    if drawn < 0.03:
        return f"{name}-{random.choice(SURNAMES)}" if "-" not in name else name
    if drawn < 0.038:
        return f"von {name}" if drawn < 0.035 else f"von der {name}"
    return name


def first_name(random: Random, family: Origin, *, woman: bool, age: int) -> str:
    """Draw a first name usual for this age."""
    generation = 0 if age >= OLD_FROM else 1 if age >= MIDDLE_FROM else 2
    names = family.stock.women if woman else family.stock.men
    return random.choice(names[generation])


def title(random: Random, age: int) -> str:
    """Draw an academic title: about three in a hundred adults have one."""
    drawn = random.random()
    if age < 28 or drawn > 0.034:
        return ""
    if drawn < 0.003 and age >= 40:
        return "Prof. Dr."
    return "Dr. med." if drawn < 0.009 else "Dipl.-Ing." if drawn < 0.013 else "Dr."


PLAIN_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "ë": "e", "ç": "c", " ": "-"}
    | {"'": "", "&": "und", ".": "", ",": ""}
)


def mail_form(text: str) -> str:
    """Write a name as the local part of an e-mail address has it."""
    return text.lower().translate(PLAIN_LETTERS)
