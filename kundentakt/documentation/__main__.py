"""Entry of `python -m kundentakt.documentation`."""

from kundentakt.documentation import write_tables

for path in write_tables():
    print(path)
