"""Entry of `python -m kundentakt.reference`."""

from kundentakt.reference.documents import write_tables

for path in write_tables():
    print(path)
