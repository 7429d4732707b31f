"""The folders of an installation: data, secrets, logs and states, all below `var/`."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

_PACKAGE_PARENT = Path(__file__).resolve().parents[2]

FOLDERS: Final[Mapping[str, str | None]] = {
    "print": "the notifier takes the customer's pages out",
    "mails": "the notifier deletes the customer's mails",
    "data": "the databases: see the marks of their tables",
    "logs": None,
    "secrets": None,
    "services": None,
    "embedded": None,
    "demo": None,  # invented people
    "drift": None,
}
"""The folders below ``var/``: how an erasure reaches the personal ones, None for the others."""


def checkout() -> Path:
    """The folder of the checkout; the working directory when installed as a wheel."""
    if (_PACKAGE_PARENT / "pyproject.toml").is_file():
        return _PACKAGE_PARENT
    return Path.cwd()


class FolderNotOurs(Exception):
    """A folder that only we should be able to write to belongs to somebody else."""

    def __init__(self, folder: Path, owner: int) -> None:
        self.folder = folder
        self.owner = owner
        super().__init__(
            f"{folder} gehört Benutzer {owner} und nicht dem, der diesen Befehl ausführt. "
            "Den Ordner entfernen oder den Befehl als sein Eigentümer ausführen."
        )


@dataclass(frozen=True, slots=True)
class Installation:
    """The folders of one installation; two installations share nothing but the machine."""

    var: Path

    @classmethod
    def of_checkout(cls) -> "Installation":
        """The installation of this checkout, in its folder `var/`."""
        return cls(checkout() / "var")

    @property
    def secrets(self) -> Path:
        return self.var / "secrets"

    @property
    def logs(self) -> Path:
        return self.var / "logs"

    @property
    def data(self) -> Path:
        """Where the embedded servers keep their data.

        For root it is /var/tmp: PostgreSQL refuses to run as root, and the user it runs as instead
        could not reach a checkout below a home folder that only its owner may enter.
        """
        if os.geteuid() != 0:
            return self.var / "data"
        digest = sha256(os.fsencode(self.var.resolve())).hexdigest()[:12]
        return Path("/var/tmp") / f"kundentakt-{digest}"

    def make_data(self) -> Path:
        """Return the data folder, made if missing.

        Raises FolderNotOurs, because anybody may make a folder of this name in /var/tmp first.
        """
        self.var.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(mode=0o755, exist_ok=True)
        refuse_foreign(self.data)
        if os.geteuid() == 0:
            self.data.chmod(0o755)  # a strict umask would shut the dropped user out
        return self.data

    @classmethod
    @contextmanager
    def temporary(cls) -> Iterator["Installation"]:
        """An installation whose folders are removed at the end; stop its servers before that."""
        installation = cls(Path(tempfile.mkdtemp(prefix="kundentakt-")))
        try:
            yield installation
        finally:
            shutil.rmtree(installation.data, ignore_errors=True)
            shutil.rmtree(installation.var)

    def has_secret(self, name: str) -> bool:
        return (self.secrets / name).is_file()

    def secret(self, name: str) -> str:
        """The secret of this name, generated on first use and readable by its owner alone."""
        path = self.secrets / name
        if not path.is_file():
            write_private(path, secrets.token_urlsafe(32), replace=False)
        return path.read_text()


def refuse_foreign(folder: Path) -> None:
    """Raises FolderNotOurs if another user owns this folder and could change what is in it."""
    owner = folder.lstat().st_uid
    if owner != os.geteuid() or folder.is_symlink():
        raise FolderNotOurs(folder, owner)


def write_private(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a file that only its owner may read, completely or not at all.

    With `replace=False` the first writer wins, so that two commands agree on one secret.
    """
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    if replace:
        draft.replace(path)
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
