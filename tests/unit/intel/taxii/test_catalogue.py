"""Who may do what with which collection."""

from uuid import UUID, uuid4

import pytest

from hanse.audit.event import Actor, ActorKind
from hanse.base.ids import CircleId, CollectionId, KeyId, MemberId
from hanse.intel.taxii.catalogue import (
    Catalogue,
    CollectionKind,
    CollectionUnknown,
    ReadingRefused,
    WritingRefused,
)
from hanse.intel.taxii.store import CollectionRow, GrantRow, RootRow
from hanse.membership.caller import Caller
from hanse.membership.viewer import Viewer, ViewerRole

ROOT = "/taxii/alliance/"
MEMBER, OTHER = MemberId(uuid4()), MemberId(uuid4())
KEY = KeyId(uuid4())
CIRCLE, FOREIGN_CIRCLE = CircleId(uuid4()), CircleId(uuid4())
BOTH = frozenset({"taxii:read", "taxii:write"})


def collection(kind: CollectionKind, circle: CircleId | None = None) -> CollectionRow:
    return CollectionRow(
        CollectionId(uuid4()), ROOT, kind.value, circle, None, kind.value, ""
    )


ALL = collection(CollectionKind.ALL)
ENFORCEABLE = collection(CollectionKind.ENFORCEABLE)
OURS = collection(CollectionKind.CIRCLE, CIRCLE)
THEIRS = collection(CollectionKind.CIRCLE, FOREIGN_CIRCLE)
POT = collection(CollectionKind.POT)
EVERY = [ALL, ENFORCEABLE, OURS, THEIRS, POT]


def caller(
    member: MemberId | None = MEMBER,
    role: str = "member",
    scopes: frozenset[str] = BOTH,
    *,
    is_active: bool = True,
) -> Caller:
    roles = {"operator": ViewerRole.OPERATOR, "overseer": ViewerRole.OVERSEER}
    return Caller(
        viewer=Viewer(
            roles.get(role, ViewerRole.MEMBER_MACHINE),
            member,
            is_active,
            circles=frozenset({CIRCLE}) if member else frozenset(),
        ),
        actor=Actor(ActorKind.KEY, KEY, member, "test"),
        role=role,
        member=member,
        key=KEY,
        scopes=scopes,
    )


def rights(who: Caller, *grants: GrantRow) -> dict[str, str]:
    """What `who` finds, as title: r, w or rw."""
    by_collection: dict[CollectionId, list[GrantRow]] = {}
    for each in grants:
        by_collection.setdefault(each.collection, []).append(each)
    known = Catalogue([RootRow(ROOT, "x", "", 9)], EVERY, by_collection)
    found = known.of_root(ROOT, who)
    for row in EVERY:
        if any(collection.row is row for collection in found):
            assert known.get(ROOT, str(row.id), who).row is row
        else:
            with pytest.raises(CollectionUnknown):
                known.get(ROOT, str(row.id), who)
    return {
        f"{c.row.title}{'-of-others' if c.row is THEIRS else ''}": (
            "r" * c.rights.can_read + "w" * c.rights.can_write
        )
        for c in found
    }


def grant(
    *, member: MemberId | None = None, key: KeyId | None = None, can: str
) -> GrantRow:
    return GrantRow(POT.id, member, key, "r" in can, "w" in can)


def test_a_member_has_the_windows_and_its_own_circles():
    assert rights(caller()) == {"all": "rw", "enforceable": "r", "circle": "rw"}


def test_a_scope_that_is_missing_takes_its_half_away():
    reads = rights(caller(scopes=frozenset({"taxii:read"})))
    assert reads == {"all": "r", "enforceable": "r", "circle": "r"}
    assert rights(caller(scopes=frozenset({"taxii:write"}))) == {
        "all": "w",
        "circle": "w",
    }
    assert rights(caller(scopes=frozenset({"read", "report"}))) == {}


def test_a_pot_is_there_for_whom_it_was_granted():
    assert rights(caller(), grant(member=OTHER, can="rw")).get("pot") is None
    assert rights(caller(), grant(member=MEMBER, can="r"))["pot"] == "r"
    assert rights(caller(), grant(key=KEY, can="w"))["pot"] == "w"
    assert rights(caller(), grant(key=KeyId(uuid4()), can="rw")).get("pot") is None


def test_grants_to_the_member_and_to_the_key_add_up():
    own = grant(member=MEMBER, can="r"), grant(key=KEY, can="w")
    assert rights(caller(), *own)["pot"] == "rw"


def test_a_member_that_is_not_active_finds_nothing():
    assert rights(caller(is_active=False), grant(member=MEMBER, can="rw")) == {}


def test_an_overseer_reads_everything_and_writes_nothing():
    found = rights(caller(None, "overseer"), grant(key=KEY, can="rw"))
    assert found == {
        "all": "r",
        "enforceable": "r",
        "circle": "r",
        "circle-of-others": "r",
        "pot": "r",
    }


def test_the_operator_writes_only_where_it_was_granted():
    assert set(rights(caller(None, "operator")).values()) == {"r"}
    found = rights(caller(None, "operator"), grant(key=KEY, can="w"))
    assert found["pot"] == "rw"


def test_a_key_of_the_associations_own_has_what_it_was_granted_and_no_circle():
    found = rights(caller(None, "member"), grant(key=KEY, can="r"))
    assert found == {"all": "r", "enforceable": "r", "pot": "r"}


def test_a_right_that_is_missing_is_named():
    known = Catalogue([RootRow(ROOT, "x", "", 9)], EVERY, {})
    with pytest.raises(WritingRefused):
        known.get(ROOT, str(ENFORCEABLE.id), caller()).need_writing()
    writer = caller(scopes=frozenset({"taxii:write"}))
    with pytest.raises(ReadingRefused):
        known.get(ROOT, str(ALL.id), writer).need_reading()


@pytest.mark.parametrize(
    "name", ["{%s}", "urn:uuid:%s", "%s ", "x", "", "0" * 32, "%s\0"]
)
def test_an_id_spelled_oddly_is_no_id(name):
    known = Catalogue([RootRow(ROOT, "x", "", 9)], EVERY, {})
    spelled = name % ALL.id if "%s" in name else name
    with pytest.raises(CollectionUnknown):
        known.get(ROOT, spelled, caller())


def test_an_id_may_be_written_in_capitals():
    known = Catalogue([RootRow(ROOT, "x", "", 9)], EVERY, {})
    assert known.get(ROOT, str(ALL.id).upper(), caller()).row is ALL
    assert isinstance(ALL.id, UUID)
