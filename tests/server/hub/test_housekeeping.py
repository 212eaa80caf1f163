"""What a worker does by the clock."""

from datetime import timedelta

from litestar import Litestar
from litestar.testing import TestClient

from hanse.base.clock import now
from hanse.hub import housekeeping
from hanse.membership.login import sessions, throttle
from hanse.membership.machines import issuing, keys
from hanse.membership.rights import Role, Scope
from hanse.membership.uses import Uses
from tests.server.hub.conftest import bearer
from tests.server.membership.alliance import HUB, Alliance


def rows(alliance: Alliance, table: str) -> int:
    with alliance.database.read() as tx:
        row = tx.conn.execute(f"select count(*) from {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_last_uses_are_written_down_and_a_session_lives_on_by_them(alliance: Alliance):
    operator = alliance.person(Role.OPERATOR)
    token = alliance.token(operator)
    issued = alliance.key(None, Scope.READ, role=Role.OPERATOR)
    used, later = Uses(), now() + timedelta(minutes=50)
    with alliance.database.read(later) as tx:
        caller = keys.caller_of_key(tx, f"Bearer {issued.text}")
        assert caller is not None
        used.note(caller, later)
    used.note(alliance.caller_of(token), later)

    housekeeping.write_uses(alliance.database, used)

    with alliance.database.read(later + timedelta(minutes=50)) as tx:
        assert issuing.get_key(tx, HUB, issued.key.id).used_at is not None
        assert sessions.caller_of_session(tx, token.digest) is not None


def test_what_is_over_is_dropped_and_what_is_not_is_kept(
    client: TestClient[Litestar], alliance: Alliance
):
    operator = alliance.person(Role.OPERATOR)
    key = alliance.key(None, Scope.ADMIN, role=Role.OPERATOR)
    alliance.token(operator)
    circle = {"name_en": "One", "name_zh": "一"}
    headers = {**bearer(key.text), "idempotency-key": "1"}
    client.post("/v1/circles", json=circle, headers=headers)
    with alliance.database.begin() as tx:
        throttle.charge(tx, "login:x")
    tables = ("session", "throttle", "idempotency")

    housekeeping.sweep(alliance.database)
    kept = [rows(alliance, table) for table in tables]
    with alliance.database.begin() as tx:
        for change in (
            "update session set expires_at = expires_at - interval '2 days'",
            "update throttle set since = since - interval '2 days'",
            "update idempotency set at = at - interval '2 days'",
        ):
            tx.conn.execute(change)
    housekeeping.sweep(alliance.database)

    assert kept == [1, 1, 1]
    assert [rows(alliance, table) for table in tables] == [0, 0, 0]
