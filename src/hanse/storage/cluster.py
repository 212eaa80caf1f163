"""The folder that PostgreSQL keeps its data in: made, recognised, handed over.

Knows nothing of a running server but what `postmaster.pid` says. Rules it keeps:

- Data of another major version or another account is refused and left as it is.
- A folder is filled aside and moved into place, so there is never half a cluster.
- Where PostgreSQL runs as another account (we are root), that account may be unable
  to walk to the folder, through root's home for instance. It is handed the folder
  open, and no permission on the way is changed.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from hanse.base.errors import Conflict, Refusal
from hanse.storage.binaries import MAJOR, Account, choose_account

USER = "hanse"
SOCKET = ".s.PGSQL.5432"
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
# sockaddr_un holds 108 bytes with the closing zero (unix(7)).
MAX_SOCKET_PATH_BYTES = 107


class DataOfAnotherVersion(Conflict):
    """The data folder was made by another major version of PostgreSQL."""

    code = "storage.data_of_another_version"


class DataOfAnotherAccount(Conflict):
    """The data folder belongs to another account of this machine."""

    code = "storage.data_of_another_account"


class ServerUnavailable(Refusal):
    """The embedded PostgreSQL does not start or does not stop."""

    code = "storage.server_unavailable"
    status = 503


class Postmaster(NamedTuple):
    """What `postmaster.pid` says: 0 and "" when there is no such file."""

    pid: int
    status: str


class Place(NamedTuple):
    """How PostgreSQL's programs are told of a folder, and what they need for it."""

    name: str
    descriptors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """One data folder (PGDATA), and the account its server runs as."""

    path: Path
    account: Account

    @classmethod
    def at(cls, path: Path) -> "Cluster":
        """The cluster at `path`, made or not; raises `PostgresMissing`."""
        return cls(path, choose_account(_owner(path)))

    def exists(self) -> bool:
        """Whether the folder was made."""
        return self.path.exists()

    def refuse_foreign(self) -> None:
        """Raise `DataOfAnotherAccount` or `DataOfAnotherVersion` if that is so."""
        owner = _owner(self.path)
        if owner is None:
            return
        if owner != self.account.uid:
            raise DataOfAnotherAccount(
                f"the data in {self.path} belongs to another account (number {owner});"
                " start Hanse as that account or as root, or name another folder"
            )
        major = (self.path / "PG_VERSION").read_text().strip()
        if major != str(MAJOR):
            raise DataOfAnotherVersion(
                f"the data in {self.path} was made by PostgreSQL {major}, and this"
                f" Hanse brings PostgreSQL {MAJOR}; nothing was changed. Start the"
                " version of Hanse that made it, dump the database there (pg_dump) and"
                f" load the dump into an empty folder; or let a PostgreSQL {major} of"
                " your own serve it and name that in HANSE_DATABASE_URL"
            )

    def make(self, programs: Path, *, is_synced: bool) -> None:
        """Run initdb; raises `ServerUnavailable` with what it said."""
        new = self.path.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if self.account.is_another:
            os.chown(new, self.account.uid, self.account.gid)
        with _handed(new, self.account) as place:
            done = subprocess.run(
                [
                    programs / "initdb",
                    f"--pgdata={place.name}",
                    f"--username={USER}",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    *([] if is_synced else ["--no-sync"]),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                cwd="/",
                env=ENVIRONMENT,
                umask=0o077,
                pass_fds=place.descriptors,
                **self.account.popen(),
            )
        if done.returncode != 0:
            raise ServerUnavailable(
                f"PostgreSQL could not make its data at {self.path}; free disk space or"
                f" name another folder. It said: {done.stdout.strip()[-500:]}"
            )
        new.rename(self.path)

    @contextmanager
    def handed(self) -> Iterator[Place]:
        """The folder for as long as a program is being started with it."""
        with _handed(self.path, self.account) as place:
            yield place

    def postmaster(self) -> Postmaster:
        """What the running server, or one that was killed, wrote of itself."""
        try:
            lines = (self.path / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return Postmaster(0, "")
        pid = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
        return Postmaster(pid, lines[7].strip() if len(lines) > 7 else "")

    def reachable(self) -> Path:
        """The folder of the socket, by a name that fits into a socket's address.

        A folder with a long path is reached through a symbolic link in a folder of
        our own among the temporary files.
        """
        if len(os.fsencode(self.path / SOCKET)) <= MAX_SOCKET_PATH_BYTES:
            return self.path
        shortcut = self._shortcut()
        shortcut.parent.mkdir(mode=0o700, exist_ok=True)
        found = shortcut.parent.lstat()
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise ServerUnavailable(
                f"{shortcut.parent} is not a private folder of ours; remove it, or name"
                " a data folder with a shorter path"
            )
        if not shortcut.is_symlink():
            shortcut.symlink_to(self.path)
        return shortcut

    def forget_shortcut(self) -> None:
        """Remove what `reachable` made."""
        shortcut = self._shortcut()
        if shortcut.is_symlink():
            shortcut.unlink()
            shortcut.parent.rmdir()

    def _shortcut(self) -> Path:
        name = sha256(os.fsencode(self.path)).hexdigest()[:16]
        within = Path(f"hanse-{os.geteuid()}-{name}", "data")
        shortcut = Path(tempfile.gettempdir(), within)
        if len(os.fsencode(shortcut / SOCKET)) <= MAX_SOCKET_PATH_BYTES:
            return shortcut
        return Path("/tmp", within)  # noqa: S108 - TMPDIR is too long itself


@contextmanager
def _handed(folder: Path, account: Account) -> Iterator[Place]:
    if not account.is_another:
        yield Place(str(folder), ())
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Place(f"/proc/self/fd/{descriptor}", (descriptor,))
    finally:
        os.close(descriptor)


def _owner(path: Path) -> int | None:
    return path.stat().st_uid if path.exists() else None
