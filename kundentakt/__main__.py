"""`python -m kundentakt`: the same as the command `kundentakt`."""

from kundentakt.cli import main

if __name__ == "__main__":
    main()
