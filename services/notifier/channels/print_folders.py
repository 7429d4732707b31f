"""Where the files of print runs lie: aside until they are approved, then with the print shop."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from services.notifier.channels.print_files import RECIPIENTS
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
        # In the order in which a run moves, or it could be missed on its way.
        for folder in (self.rendered(agency), self.handed_over(agency)):
            path = folder / run_id / name
            if path.is_file():
                return path
        raise PrintFilesMissing(run_id)

    def waiting_run(self, agency: AgencyId, run_id: str) -> Path:
        """Return the folder of a run that was not handed over yet. Raises ``PrintFilesMissing``.

        Takes up a replacement that a killed process left half done.
        """
        run = self.rendered(agency) / run_id
        before = _before(run)
        if not run.exists() and before.exists():
            before.rename(run)
        if not (run / RECIPIENTS).is_file():
            raise PrintFilesMissing(run_id)
        return run

    def discard(self, agency: AgencyId, run_id: str) -> None:
        """Delete what lies aside of a run that will not be handed over. Blocking."""
        for folder in (self.being_rendered(agency, run_id), self.rendered(agency) / run_id):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(_before(folder), ignore_errors=True)

    def released_run(self, agency: AgencyId, run_id: str) -> Path | None:
        """Return the folder of a run that was handed over; None if the print shop took it away."""
        run = self.handed_over(agency) / run_id
        before = _before(run)
        if not run.exists() and before.exists():
            before.rename(run)
        return run if (run / RECIPIENTS).is_file() else None

    def being_rendered(self, agency: AgencyId, run_id: str) -> Path:
        """Return where the parts of a run lie while it is rendered."""
        return self.rendered(agency) / f".rendering-{run_id}"

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


def replace_folder(run: Path, replacement: Path) -> None:
    """Put a folder in the place of another. If a kill comes in between, ``waiting_run`` finds the
    old one again. Blocking."""
    before = _before(run)
    shutil.rmtree(before, ignore_errors=True)
    run.rename(before)
    replacement.rename(run)
    shutil.rmtree(before)


def _before(run: Path) -> Path:
    return run.with_name(f"{run.name}.before")
