"""What can be wrong with a request to classify."""


class FactsIncomplete(Exception):
    """The facts frame lacks a column, or carries it with another type or with nulls."""

    def __init__(self, *, column: str, wanted: str, found: str) -> None:
        super().__init__(f"column {column}: wanted {wanted}, found {found}")
        self.column = column
        self.wanted = wanted
        self.found = found
