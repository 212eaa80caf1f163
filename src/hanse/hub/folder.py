"""The hub's data folder: its signing key and its secret, for its own account only.

`hub.key` signs the log: whoever holds it can speak for the hub. `hub.secret` is what
keys for single purposes are derived from. Both are made once and never replaced here;
losing them means that edges must be enrolled anew and second factors set up again, so
they belong into the backup, apart from the database's.
"""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from hanse.audit.checkpoint import KeyMalformed, Signer
from hanse.base.errors import Refusal
from hanse.base.secret import Secret

KEY_FILE = "hub.key"
SECRET_FILE = "hub.secret"  # noqa: S105 - a name
POSTGRES_FOLDER = "postgres"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class FolderRefused(Refusal):
    """The folder is not there, not whole, or open to others."""

    code = "hub.folder_refused"


@dataclass(frozen=True, slots=True)
class Keys:
    """What the hub holds that nobody else does."""

    signer: Signer
    secret: Secret = field(repr=False)


def make(folder: Path, origin: str, signing_seed: bytes, secret: bytes) -> Keys:
    """Make folder and keys; what is already there is kept as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_open(folder)
    signer = Signer(origin, signing_seed)
    _write_once(folder / KEY_FILE, signer.key_text + "\n")
    _write_once(folder / SECRET_FILE, secret.hex() + "\n")
    return read(folder)


def exists(folder: Path) -> bool:
    """Whether keys were made here."""
    return (folder / KEY_FILE).is_file()


def read(folder: Path) -> Keys:
    """The keys of a folder.

    Raises:
        FolderRefused: there are none, they are damaged, or others may read them.
    """
    if not exists(folder):
        raise FolderRefused(
            f"there is no hub in {folder}; run `hanse hub init` first, or name its"
            " folder in HANSE_DATA"
        )
    for path in (folder, folder / KEY_FILE, folder / SECRET_FILE):
        _refuse_open(path)
    try:
        signer = Signer.of((folder / KEY_FILE).read_text("ascii").strip())
        secret = Secret(bytes.fromhex((folder / SECRET_FILE).read_text("ascii")))
    except (KeyMalformed, ValueError, OSError):
        raise FolderRefused(
            f"the keys in {folder} are damaged; restore {KEY_FILE} and {SECRET_FILE}"
            " from the backup"
        ) from None
    return Keys(signer, secret)


def _refuse_open(path: Path) -> None:
    if path.exists() and path.stat().st_mode & _OTHERS:
        raise FolderRefused(
            f"{path} can be read by other accounts; close it with: chmod go-rwx {path}"
        )


def _write_once(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
