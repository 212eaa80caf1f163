"""Keys and edges: made, shown once, rotated, revoked, and what thieves may try."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from hanse.audit.checkpoint import Signer, Verifier
from hanse.base.clock import now
from hanse.base.errors import Malformed
from hanse.base.ids import MemberId
from hanse.membership import admission, uses
from hanse.membership.caller import Caller, NotYours, RoleMissing, ScopeMissing
from hanse.membership.invitations import InvitationOver
from hanse.membership.machines import edges, issuing, keys
from hanse.membership.machines.edges import Enrolled
from hanse.membership.machines.issuing import (
    BasicPair,
    Issued,
    KeyEnded,
    KeyRefused,
    Order,
)
from hanse.membership.rights import SCOPES_OF_EDGES, Role, Scope
from hanse.membership.uses import Uses
from hanse.membership.viewer import ViewerRole
from hanse.storage.tx import Tx
from tests.server.membership.alliance import HUB, Alliance

URL = "https://hub.example"


def opens(
    alliance: Alliance, header: str, passed: timedelta = timedelta(0)
) -> Caller | None:
    with alliance.database.read(now() + passed) as tx:
        return keys.caller_of_key(tx, header)


def bearer(issued: Issued) -> str:
    return f"Bearer {issued.text}"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def lotus(alliance: Alliance) -> MemberId:
    return alliance.member("Lotus Pay")


def test_a_key_opens_what_it_is_for(alliance: Alliance, lotus: MemberId):
    issued = alliance.key(lotus, Scope.READ, Scope.TAXII_READ)

    caller = opens(alliance, bearer(issued))

    assert caller is not None
    assert caller.member == lotus
    assert caller.member_name == "Lotus Pay"
    assert caller.scopes == {"read", "taxii:read"}
    assert caller.viewer.role is ViewerRole.MEMBER_MACHINE
    assert caller.person is None


def test_basic_takes_public_id_name_and_whole_key(alliance: Alliance, lotus: MemberId):
    issued = alliance.key(lotus, Scope.READ)
    secret = issued.text.removeprefix(f"hanse_{issued.key.public_id}_")
    other = alliance.key(lotus, Scope.READ)  # of the same name

    for user, password in (
        (issued.key.public_id, secret),
        (issued.key.public_id, issued.text),
        ("siem", secret),
        ("siem", issued.text),
    ):
        caller = opens(alliance, basic(user, password))
        assert caller is not None
        assert caller.key == issued.key.id
    for user, password in (
        ("another name", secret),
        ("another name", issued.text),
        (other.key.public_id, secret),
        (other.key.public_id, issued.text),
        ("siem", "siem"),
    ):
        assert opens(alliance, basic(user, password)) is None


def test_a_pair_of_ones_own_opens_by_basic_only(alliance: Alliance, lotus: MemberId):
    pair = BasicPair("full", "a throw-away password")
    with alliance.database.begin() as tx:
        order = Order("full", frozenset({Scope.READ}), lotus)
        issuing.adopt(tx, HUB, order, pair)

    assert opens(alliance, basic("full", "a throw-away password"))
    assert opens(alliance, basic("full", "a throw-away passwore")) is None
    with pytest.raises(KeyRefused), alliance.database.begin() as tx:
        issuing.adopt(tx, HUB, order, pair)


def test_the_secret_is_kept_nowhere(alliance: Alliance, lotus: MemberId):
    issued = alliance.key(lotus, Scope.READ)
    secret = issued.text[-43:]

    with alliance.database.read() as tx:
        kept = str(tx.conn.execute("select k::text from api_key k").fetchall())
        told = tx.conn.execute("select convert_from(body, 'utf8') from log_body")
        everything = kept + str(told.fetchall())
    assert secret not in everything
    assert secret not in repr(issued)


@pytest.mark.parametrize("status", ["applied", "approved", "suspended"])
def test_a_key_of_a_member_that_is_not_active_opens_nothing(
    alliance: Alliance, lotus: MemberId, status: str
):
    issued = alliance.key(lotus, Scope.READ)
    with alliance.database.begin() as tx:
        tx.conn.execute("update member set status = %s", (status,))

    assert opens(alliance, bearer(issued)) is None


def test_a_suspended_members_key_works_again_when_it_is_reinstated(
    alliance: Alliance, lotus: MemberId
):
    issued = alliance.key(lotus, Scope.READ)
    before = opens(alliance, bearer(issued))
    with alliance.database.begin() as tx:
        admission.suspend(tx, HUB, lotus, "for a test")
    during = opens(alliance, bearer(issued))
    with alliance.database.begin() as tx:
        admission.reinstate(tx, HUB, lotus, "over")
    after = opens(alliance, bearer(issued))

    assert (before is None, during is None, after is None) == (False, True, False)
    assert before is not None
    assert after is not None
    assert before.epoch != after.epoch


def test_an_expired_key_opens_nothing(alliance: Alliance, lotus: MemberId):
    until = now() + timedelta(hours=1)
    issued = alliance.key(lotus, Scope.READ, expires_at=until)

    assert opens(alliance, bearer(issued))
    assert opens(alliance, bearer(issued), timedelta(minutes=61)) is None


def test_a_revoked_key_opens_nothing_and_its_stream_ends(
    alliance: Alliance, lotus: MemberId
):
    issued = alliance.key(lotus, Scope.READ)
    with alliance.database.begin() as tx:
        issuing.revoke(tx, HUB, issued.key.id)

    assert opens(alliance, bearer(issued)) is None
    with alliance.database.read() as tx:
        assert keys.caller_of_key_id(tx, issued.key.id) is None


def test_a_rotated_key_goes_on_for_its_grace_and_the_new_one_has_its_rights(
    alliance: Alliance, lotus: MemberId
):
    old = alliance.key(lotus, Scope.READ, Scope.FEED)
    with alliance.database.begin() as tx:
        new = issuing.rotate(tx, HUB, old.key.id, grace=timedelta(hours=2))

    assert opens(alliance, bearer(old), timedelta(minutes=119))
    assert opens(alliance, bearer(old), timedelta(minutes=121)) is None
    caller = opens(alliance, bearer(new), timedelta(days=300))
    assert caller is not None
    assert caller.scopes == old.key.scopes
    assert new.key.rotated_from == old.key.id


def test_a_key_rotated_without_grace_is_out_at_once(
    alliance: Alliance, lotus: MemberId
):
    old = alliance.key(lotus, Scope.READ)
    with alliance.database.begin() as tx:
        issuing.rotate(tx, HUB, old.key.id, grace=timedelta(0))

    assert opens(alliance, bearer(old)) is None
    with pytest.raises(KeyEnded), alliance.database.begin() as tx:
        issuing.rotate(tx, HUB, old.key.id)


@pytest.mark.parametrize(
    "order",
    [
        Order("siem", frozenset(), None, Role.OPERATOR),
        Order("siem", frozenset({Scope.READ, Scope.ADMIN}), None, Role.OVERSEER),
        Order("siem", frozenset({Scope.REPORT}), None, Role.OVERSEER),
        Order("siem", frozenset({Scope.FEED}), None, Role.OPERATOR),
        Order("siem", frozenset({Scope.READ}), None, Role.MEMBER_ADMIN),
        Order("", frozenset({Scope.READ}), None, Role.OPERATOR),
        Order("siem", frozenset({Scope.READ}), None, Role.OPERATOR,
              now() - timedelta(1)),
    ],
)  # fmt: skip
def test_a_key_beyond_its_role_is_not_made(alliance: Alliance, order: Order):
    with pytest.raises(Malformed), alliance.database.begin() as tx:
        issuing.issue(tx, HUB, order)

    with alliance.database.read() as tx:
        assert issuing.list_keys(tx, HUB).items == []


def test_a_stolen_admin_key_cannot_make_itself_a_successor(
    alliance: Alliance, lotus: MemberId
):
    issued = alliance.key(lotus, Scope.ADMIN)
    caller = opens(alliance, bearer(issued))
    assert caller is not None

    with pytest.raises(RoleMissing), alliance.database.begin() as tx:
        issuing.issue(tx, caller, Order("x", frozenset({Scope.ADMIN}), lotus))
    order = Order("x", frozenset({Scope.READ}), lotus, Role.OPERATOR)
    with pytest.raises(RoleMissing), alliance.database.begin() as tx:
        issuing.issue(tx, caller, order)


def test_an_admin_reaches_its_own_members_machines_only(
    alliance: Alliance, lotus: MemberId
):
    jade = alliance.member("Jade Mail")
    key = alliance.key(jade, Scope.READ).key.id
    edge = enrolled(alliance, jade).edge.id
    admin = alliance.caller(alliance.person(Role.MEMBER_ADMIN, lotus))
    deeds: list[Callable[[Tx], object]] = [
        lambda tx: issuing.get_key(tx, admin, key),
        lambda tx: issuing.rotate(tx, admin, key),
        lambda tx: issuing.revoke(tx, admin, key),
        lambda tx: issuing.list_keys(tx, admin, member=jade),
        lambda tx: issuing.issue(tx, admin, Order("x", frozenset({Scope.READ}), jade)),
        lambda tx: issuing.issue(tx, admin, Order("x", frozenset({Scope.READ}), None)),
        lambda tx: edges.get_edge(tx, admin, edge),
        lambda tx: edges.revoke(tx, admin, edge),
        lambda tx: edges.list_edges(tx, admin, member=jade),
        lambda tx: edges.make_code(tx, admin, jade, "x", URL),
    ]

    for deed in deeds:
        with pytest.raises(NotYours), alliance.database.begin() as tx:
            deed(tx)
    with alliance.database.read() as tx:
        assert issuing.list_keys(tx, admin).items == []
        assert edges.list_edges(tx, admin).items == []


def test_an_analyst_and_an_edge_see_no_keys(alliance: Alliance, lotus: MemberId):
    analyst = alliance.caller(alliance.person(Role.MEMBER_ANALYST, lotus))
    edge = opens(alliance, bearer(enrolled(alliance, lotus).issued))
    assert edge is not None

    for caller in (analyst, edge):
        with pytest.raises(ScopeMissing), alliance.database.read() as tx:
            issuing.list_keys(tx, caller)


# --- edges ---------------------------------------------------------------------


def code(alliance: Alliance, member: MemberId) -> dict[str, str]:
    with alliance.database.begin() as tx:
        text = edges.make_code(tx, HUB, member, "shop", URL).text
    assert text.startswith("hanse1.")
    encoded = text.removeprefix("hanse1.")
    body = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    read: dict[str, str] = json.loads(body)
    return read


def enrolled(alliance: Alliance, member: MemberId) -> Enrolled:
    secret = code(alliance, member)["secret"]
    with alliance.database.begin() as tx:
        return edges.enrol(tx, secret, name="", version="0.1.0")


def test_a_code_names_the_hub_its_key_and_a_secret_good_once(
    alliance: Alliance, lotus: MemberId, signer: Signer
):
    read = code(alliance, lotus)
    with alliance.database.begin() as tx:
        made = edges.enrol(tx, read["secret"], name="shop 2", version="0.1.0")

    assert read["url"] == URL
    assert Verifier.of(made.hub_vkey).fingerprint.hex() == read["fingerprint"]
    assert made.hub_vkey == signer.public
    assert (made.edge.name, made.edge.member, made.edge.acked_seq) == (
        "shop 2",
        lotus,
        -1,
    )
    with pytest.raises(InvitationOver), alliance.database.begin() as tx:
        edges.enrol(tx, read["secret"], name="a second one", version="0.1.0")


def test_an_edge_holds_what_an_edge_needs_and_no_more(
    alliance: Alliance, lotus: MemberId
):
    made = enrolled(alliance, lotus)

    caller = opens(alliance, bearer(made.issued))

    assert caller is not None
    assert caller.edge == made.edge.id
    assert caller.scopes == SCOPES_OF_EDGES
    assert caller.actor.kind == "edge"


def test_a_code_is_good_for_a_day(alliance: Alliance, lotus: MemberId):
    secret = code(alliance, lotus)["secret"]

    late = now() + timedelta(hours=25)
    with pytest.raises(InvitationOver), alliance.database.begin(late) as tx:
        edges.enrol(tx, secret, name="", version="")


def test_a_suspended_member_enrols_nothing(alliance: Alliance, lotus: MemberId):
    secret = code(alliance, lotus)["secret"]
    with alliance.database.begin() as tx:
        admission.suspend(tx, HUB, lotus, "for a test")

    with pytest.raises(InvitationOver), alliance.database.begin() as tx:
        edges.enrol(tx, secret, name="", version="")


def test_a_revoked_edge_is_out_with_all_its_keys(alliance: Alliance, lotus: MemberId):
    made = enrolled(alliance, lotus)
    with alliance.database.begin() as tx:
        rotated = issuing.rotate(tx, HUB, made.issued.key.id)
    with alliance.database.begin() as tx:
        edges.revoke(tx, HUB, made.edge.id)

    assert opens(alliance, bearer(made.issued)) is None
    assert opens(alliance, bearer(rotated)) is None


def test_last_use_is_kept_to_the_minute_for_key_and_edge(
    alliance: Alliance, lotus: MemberId
):
    made = enrolled(alliance, lotus)
    caller = opens(alliance, bearer(made.issued))
    assert caller is not None
    used, at = Uses(), now()
    used.note(caller, at)
    used.note(caller, at)

    with alliance.database.begin() as tx:
        uses.write_down(tx, used.take())
        uses.write_down(tx, used.take())

    minute = at.replace(second=0, microsecond=0)
    with alliance.database.read() as tx:
        assert issuing.get_key(tx, HUB, made.issued.key.id).used_at == minute
        assert edges.get_edge(tx, HUB, made.edge.id).seen_at == minute
