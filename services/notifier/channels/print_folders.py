"""Where the files of print runs lie: aside until they are approved, then with the print shop."""

from dataclasses import dataclass
from pathlib import Path

from shared.contracts.vocabulary import AgencyId


class PrintFilesMissing(Exception):
    """the files of the run are not where they were written"""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"the files of {run_id} are missing; cancel the run and order it again")


@dataclass(frozen=True, slots=True)
class PrintFolders:
    """The folders below one directory, all on one disk, because runs move by a rename."""

    directory: Path

    def rendered(self, agency: AgencyId) -> Path:
        """Return where an agency's runs wait for their approval."""
        return self.directory / ".rendered" / agency

    def handed_over(self, agency: AgencyId) -> Path:
        """Return where the print shop fetches an agency's runs."""
        return self.directory / agency

    def is_handed_over(self, agency: AgencyId, run_id: str) -> bool:
        """Return whether the print shop can see the run."""
        return (self.handed_over(agency) / run_id).exists()

    def file(self, agency: AgencyId, run_id: str, name: str) -> Path:
        """Return one file of a run, wherever it lies. Raises ``PrintFilesMissing``."""
        for folder in (self.handed_over(agency), self.rendered(agency)):
            path = folder / run_id / name
            if path.is_file():
                return path
        raise PrintFilesMissing(run_id)

    def hand_over(self, agency: AgencyId, run_id: str) -> None:
        """Move a run to where the print shop fetches it; do nothing if it lies there already.

        Blocking. Raises ``PrintFilesMissing``.
        """
        directory = self.handed_over(agency)
        directory.mkdir(parents=True, exist_ok=True)
        if self.is_handed_over(agency, run_id):
            return
        try:
            (self.rendered(agency) / run_id).rename(directory / run_id)
        except FileNotFoundError as error:
            raise PrintFilesMissing(run_id) from error
