"""The hub, the log and the edges against what the ledgers say was acknowledged.

Reads the hub's tables directly, so that a fault in what the product says of itself
cannot hide one in what it keeps.
"""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.figures import say
from benchmarks.ledger import Ledger
from hanse.client import HubClient
from hanse.demo.house import Hub
from hanse.edge.local import Local, StoreForeign
from hanse.edge.settings import Settings
from hanse.feed.item import decode
from hanse.storage.tx import Database

EXPORT_SECONDS = 600.0
CLI = [sys.executable, "-c", "from hanse.cli.main import main; main()"]

Claims = set[tuple[UUID, int]]  # claim and revision


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not there and must be, and what is there too often."""

    lost: int
    doubled: int


def compare_hub(database: Database, ledgers: Sequence[Ledger]) -> Difference:
    """Claims, reports, log and feed against the ledgers."""
    claims = _compare_claims(database, ledgers)
    reports = Counter(report for ledger in ledgers for report in ledger.reports)
    items = Counter(
        (told.claim, revision)
        for ledger in ledgers
        for told in ledger.claims.values()
        for revision in range(1, told.revision + 1)
    )
    with database.read() as tx:
        kept = tx.conn.execute("select id from report").fetchall()
        logged = tx.conn.execute(
            "select subject from log_body where act = 'report.made'"
        ).fetchall()
        fed = tx.conn.execute("select claim_id, revision from feed_item").fetchall()
    differences = [
        claims,
        _compare(reports, Counter(row[0] for row in kept)),
        _compare(reports, Counter(UUID(row[0].partition(":")[2]) for row in logged)),
        _compare(items, Counter((row[0], row[1]) for row in fed)),
    ]
    return Difference(
        sum(each.lost for each in differences),
        sum(each.doubled for each in differences),
    )


def _compare(wanted: Counter[Any], found: Counter[Any]) -> Difference:
    return Difference((wanted - found).total(), (found - wanted).total())


def _compare_claims(database: Database, ledgers: Sequence[Ledger]) -> Difference:
    with database.read() as tx:
        rows = tx.conn.execute(
            "select c.member_id, o.value, c.id, c.revision, c.status = 'active'"
            " from claim c join observable o on o.id = c.observable_id"
        ).fetchall()
    held: dict[tuple[UUID, str], list[tuple[UUID, int, bool]]] = {}
    for member, value, claim, revision, is_active in rows:
        held.setdefault((member, value), []).append((claim, revision, is_active))
    lost = doubled = 0
    for ledger in ledgers:
        for value, told in ledger.claims.items():
            found = held.pop((ledger.member, value), [])
            is_repeated = any(each[1] > told.revision for each in found)
            doubled += len(found) > 1 or is_repeated
            is_there = (told.claim, told.revision, told.is_active) in found
            lost += not is_there and not is_repeated
    return Difference(lost, doubled + len(held))  # left: claims nobody was told of


def active(ledgers: Sequence[Ledger]) -> Claims:
    """What every edge must hold."""
    return {
        (told.claim, told.revision)
        for ledger in ledgers
        for told in ledger.claims.values()
        if told.is_active
    }


def compare_edge(folder: Path, wanted: Claims, patience: float) -> tuple[int, int]:
    """(missed, extra), once the edge holds what it must or patience is over."""
    deadline = time.monotonic() + patience
    while True:
        held = held_by(folder)
        if held == wanted or time.monotonic() > deadline:
            return len(wanted - held), len(held - wanted)
        time.sleep(0.5)


def held_by(folder: Path) -> Claims:
    """What an edge holds, read from its store."""
    held: Claims = set()
    try:
        local = Local(Settings(data=folder).store, is_read_only=True)
    except StoreForeign:
        return held  # it has not begun yet
    try:
        after = 0
        while rows := local.mirror(after, 5_000):
            after = rows[-1].n
            for row in rows:
                body = decode(row.body)
                held.add((UUID(str(body.claim)), body.revision))
    finally:
        local.close()
    return held


def verify_log(
    hub: Hub, key: str, vkey: str, seen: Sequence[Path], *, plant: str = ""
) -> bool:
    """Export the log and have `hanse audit verify` look at it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log.jsonl"
        with HubClient(hub.url, key, timeout=EXPORT_SECONDS) as client:
            client.export_log(file)
        if plant == "log":
            lines = file.read_bytes().splitlines(keepends=True)
            # An entry: of checkpoints there are many, and none is needed but the last.
            entries = [n for n, line in enumerate(lines) if b'"leaf":' in line]
            del lines[entries[len(entries) // 2]]
            file.write_bytes(b"".join(lines))
        remembered = [word for note in seen for word in ("--remembered", str(note))]
        done = subprocess.run(
            [*CLI, "audit", "verify", str(file), "--key", vkey, *remembered],
            capture_output=True,
            text=True,
            check=False,
        )
    say(done.stdout.strip()[-1_000:] + done.stderr.strip()[-1_000:])
    return done.returncode == 0
