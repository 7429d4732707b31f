"""schemathesis against the running services: one run for each OpenAPI document."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kundentakt.supervisor.system import System
from tests.documents import ROOT
from tests.fuzz.book import Known
from tests.fuzz.hooks import AGENCY, SECRET
from tests.fuzz.refusals import REFUSALS

CONFIGURATION = ROOT / "tests/fuzz/schemathesis.toml"
MET = "refusals"
"""The file in a run's folder that keeps the kinds of refusals it met."""
PROGRAM = Path(sys.executable).parent / "schemathesis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuzzed:
    """The running system with an agency that has one of everything."""

    system: System
    agency: str
    secret: str
    known: Known

    def run(
        self, service: str, folder: Path, *, examples: int, phases: Sequence[str], seed: int
    ) -> subprocess.CompletedProcess[str]:
        """Ask every operation of one service; the exit code is not 0 where a check failed."""
        configuration = folder / f"{service}.toml"
        configuration.write_text(CONFIGURATION.read_text("utf-8") + self._dictionaries(), "utf-8")
        command = (PROGRAM, "--config-file", configuration, "run", f"openapi/{service}.json")
        options = ("--url", self.system.url(service), "--phases", ",".join(phases))
        bounds = ("--max-examples", str(examples), "--seed", str(seed), "--no-color")
        return subprocess.run(
            [*map(str, command), *options, *bounds],
            cwd=ROOT,
            env=os.environ | self._environment(folder),
            capture_output=True,
            text=True,
            check=False,
        )

    def _dictionaries(self) -> str:
        return "".join(
            f"\n[dictionaries.{name}]\nvalues = {json.dumps(list(values))}\n"
            for name, values in self.known.items()
        )

    def _environment(self, folder: Path) -> dict[str, str]:
        return {
            "KUNDENTAKT_FUZZ_TOKEN": self.system.token(agency=self.agency),
            "KUNDENTAKT_FUZZ_SERVICE_TOKEN": self.system.token(),
            AGENCY: self.agency,
            SECRET: self.secret,
            REFUSALS: str(folder / MET),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
            "PYTHONPATH": str(ROOT),
        }
