"""An alliance in one transaction that is rolled back, so that each test takes little.

Every `begin` is a savepoint: what a refused deed wrote is gone, what a deed that
succeeded wrote is there for the next one, as between real transactions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from hanse.audit.checkpoint import Signer
from hanse.base import clock
from hanse.base.secret import Secret
from hanse.storage.tx import Database, Tx
from tests.server.membership.alliance import Alliance


class OneTransaction(Database):
    """A database whose transactions are savepoints on one connection."""

    def __init__(self, outer: Tx, signer: Signer, secret: Secret) -> None:
        self.conn = outer.conn
        self.tools = {Signer: signer, Secret: secret}

    @contextmanager
    def begin(self, now: datetime | None = None) -> Iterator[Tx]:
        with self.conn.transaction():
            tx = Tx(self.conn, now or clock.now(), self.tools)
            yield tx
            tx.run_seals()

    @contextmanager
    def read(self, now: datetime | None = None) -> Iterator[Tx]:
        with self.conn.transaction(force_rollback=True):
            yield Tx(self.conn, now or clock.now(), self.tools)

    walk = read


@pytest.fixture
def alliance(tx: Tx, signer: Signer, secret: Secret) -> Alliance:
    return Alliance.founded(OneTransaction(tx, signer, secret))
