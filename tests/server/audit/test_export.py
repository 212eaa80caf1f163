"""The hub's log, written down and checked offline."""

import io

from hanse.audit import export, log
from hanse.audit.checkpoint import Signer
from hanse.audit.event import Actor, ActorKind, Event
from hanse.audit.findings import Report
from hanse.audit.verify import verify_export
from hanse.base import clock
from hanse.storage.tx import Database

HUB = Actor(ActorKind.SYSTEM, None, None, "the hub")


def commit(database: Database, count: int) -> None:
    with database.begin() as tx:
        for number in range(count):
            log.append(tx, Event("test.done", HUB, f"thing:{number}"))


def exported(database: Database, signer: Signer, *, meanwhile: int = 0) -> Report:
    """Export page by page; before the last page, others commit."""
    written = bytearray()
    with database.read() as tx:
        size = log.size(tx)
        head = export.header(signer.name, signer.public, clock.now())
        notes = log.export_checkpoints(tx, size, page=2)

        def rows():
            for row in log.export_rows(tx, size, page=2):
                if meanwhile and row.seq == size - 1:
                    commit(database, meanwhile)
                yield export.entry_line(
                    row.seq,
                    row.at,
                    row.kind,
                    salt=row.salt,
                    body=row.body,
                    leaf=row.leaf_data,
                )

        for chunk in export.write_export(head, rows(), notes):
            written += chunk
    return verify_export(io.BytesIO(written), signer.public)


def test_the_hubs_export_verifies(database: Database, signer: Signer) -> None:
    for count in (1, 3, 5):
        commit(database, count)
    report = exported(database, signer)
    assert report.problems == ()
    assert (report.entries, report.checkpoints) == (9, 3)


def test_an_export_ends_where_it_began_although_the_log_goes_on(
    database: Database, signer: Signer
) -> None:
    for count in (1, 3, 5):
        commit(database, count)
    report = exported(database, signer, meanwhile=2)
    assert report.problems == ()
    assert (report.entries, report.checkpoints) == (9, 3)
    assert exported(database, signer).entries == 11


def test_a_tail_deleted_from_the_hubs_database_shows_in_its_export(
    database: Database, signer: Signer
) -> None:
    commit(database, 3)
    commit(database, 2)
    with database.begin() as tx:
        tx.conn.execute("delete from log_body where seq = 4")
        tx.conn.execute("delete from log_entry where seq = 4")
    (problem,) = exported(database, signer).problems
    assert problem.sentence == "Entry 4 is missing."


def test_a_body_changed_in_the_hubs_database_shows_in_its_export(
    database: Database, signer: Signer
) -> None:
    commit(database, 5)
    with database.begin() as tx:
        tx.conn.execute(
            "update log_body set body = convert_to("
            "replace(convert_from(body, 'UTF8'), 'the hub', 'nobody'), 'UTF8')"
            " where seq = 3"
        )
    (problem,) = exported(database, signer).problems
    assert problem.seq == 3
