"""`python -m kundentakt`: the same as the command `kundentakt`."""

from kundentakt.cli.main import main

if __name__ == "__main__":
    main()
