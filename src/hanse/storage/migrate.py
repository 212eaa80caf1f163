"""Brings a database to the newest schema by numbered `.sql` files.

Each file runs once, in order, in a transaction of its own together with the
note that it ran; a file that was changed after it ran, or a database that is
newer than this program, stops the start. Two processes migrating at the same
time wait for each other (advisory lock).
"""

import hashlib
from importlib import resources

import psycopg

from hanse.base.errors import Conflict

# "hanse" in ASCII; any constant does, it only has to be ours alone.
MIGRATION_LOCK = 0x68616E7365


class SchemaUnknown(Conflict):
    """The database holds something this version of Hanse did not make."""

    code = "storage.schema_unknown"


def migrations() -> list[tuple[str, str]]:
    """All migrations as (file name, SQL), in the order they run."""
    folder = resources.files("hanse.storage") / "migrations"
    files = sorted(f.name for f in folder.iterdir() if f.name.endswith(".sql"))
    return [(name, (folder / name).read_text("utf-8")) for name in files]


def migrate(url: str) -> list[str]:
    """Run what has not run yet at `url`; return the names of the files that ran.

    Raises:
        SchemaUnknown: a file was changed after it ran, or the database was
            migrated by a newer version.
    """
    ran = []
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("select pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        conn.execute(
            "create table if not exists migration (name text primary key,"
            " sha256 text not null, ran_at timestamptz not null default now())"
        )
        done: dict[str, str] = dict(
            conn.execute("select name, sha256 from migration order by name").fetchall()
        )
        known = migrations()
        _refuse_unknown(done, known)
        for name, sql in known:
            if name in done:
                continue
            with conn.transaction():
                # The files are ours and take no parameters.
                conn.execute(sql.encode())
                conn.execute(
                    "insert into migration (name, sha256) values (%s, %s)",
                    (name, _sha256(sql)),
                )
            ran.append(name)
    return ran


def _refuse_unknown(done: dict[str, str], known: list[tuple[str, str]]) -> None:
    sums = {name: _sha256(sql) for name, sql in known}
    for name, sha256 in done.items():
        if name not in sums:
            raise SchemaUnknown(
                f"the database was migrated by a newer version of Hanse ({name});"
                " start that version, or restore a backup made by this one"
            )
        if sums[name] != sha256:
            raise SchemaUnknown(
                f"migration {name} was changed after it ran in this database;"
                " reinstall the unchanged package"
            )


def _sha256(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()
