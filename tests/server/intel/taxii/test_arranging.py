"""Making roots and collections, granting their use, filling them from a seed."""

import json
from typing import Any

import pytest

from hanse.audit import log
from hanse.base.errors import Refusal
from hanse.base.ids import CircleId, new_uuid
from hanse.feed import audiences
from hanse.intel.objects.filters import Filter, View
from hanse.intel.objects.pages import bodies, records
from hanse.intel.taxii import arranging, catalogue
from hanse.intel.taxii.arranging import (
    CollectionTaken,
    CollectionUnfit,
    RootTaken,
    RootUnfit,
)
from hanse.intel.taxii.catalogue import (
    CollectionKind,
    CollectionUnknown,
    Rights,
    RootUnknown,
)
from hanse.intel.taxii.seeding import SeedUnfit, read_roots, seed
from hanse.membership.caller import RoleMissing
from hanse.storage.tx import Tx
from tests.server.intel.taxii import hub
from tests.server.intel.taxii.hub import OPERATOR

ROOT = "/taxii/alliance/"


@pytest.fixture(autouse=True)
def alliance(tx: Tx) -> None:
    arranging.make_alliance_root(tx, OPERATOR, "Alliance")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "taxii/",
        "/taxii",
        "/taxii2/",
        "/a b/",
        "/../x/",
        "/a//b/",
        "/é/",
        "/?/",
    ],
)
def test_a_root_lies_at_a_plain_path(tx: Tx, path: str):
    with pytest.raises(RootUnfit):
        arranging.make_root(tx, OPERATOR, path, title="x")


def test_a_path_has_one_root_and_a_page_a_size(tx: Tx):
    with pytest.raises(RootTaken):
        arranging.make_root(tx, OPERATOR, ROOT, title="x")
    with pytest.raises(RootUnfit):
        arranging.make_root(tx, OPERATOR, "/x/", title="x", max_page_size=0)
    with pytest.raises(CollectionUnfit):
        arranging.make_root(tx, OPERATOR, "/x/", title=" ")


def test_a_collection_is_what_its_kind_says(tx: Tx):
    circle = CircleId(new_uuid())
    for kind, of, root in (
        (CollectionKind.POT, circle, ROOT),
        (CollectionKind.CIRCLE, None, ROOT),
    ):
        with pytest.raises(CollectionUnfit):
            arranging.make_collection(
                tx, OPERATOR, root, kind=kind, title="x", circle=of
            )
    with pytest.raises(RootUnknown):
        arranging.make_collection(
            tx, OPERATOR, "/nowhere/", kind=CollectionKind.POT, title="x"
        )


def test_ids_and_aliases_are_given_once(tx: Tx):
    made = hub.pot(tx)
    for more in ({"collection": made}, {"alias": "all"}):
        with pytest.raises(CollectionTaken):
            arranging.make_collection(
                tx, OPERATOR, ROOT, kind=CollectionKind.POT, title="x", **more
            )
    with pytest.raises(CollectionUnfit):
        arranging.make_collection(
            tx, OPERATOR, ROOT, kind=CollectionKind.POT, title="x", alias="Not this"
        )


def test_a_grant_can_be_changed_and_taken_away(tx: Tx):
    member = hub.member(tx, "Lotus")
    key = hub.key(tx, member)
    pot = hub.pot(tx, key=(key, True, True))

    def rights() -> Rights | None:
        try:
            return catalogue.read(tx).get(ROOT, str(pot), key.caller(tx)).rights
        except CollectionUnknown:
            return None

    assert rights() == Rights(can_read=True, can_write=True)
    arranging.grant(tx, OPERATOR, pot, key=key.id, can_read=True, can_write=False)
    assert rights() == Rights(can_read=True, can_write=False)
    arranging.grant(tx, OPERATOR, pot, key=key.id, can_read=False, can_write=False)
    assert rights() is None


def test_only_pots_are_granted(tx: Tx):
    member = hub.member(tx, "Lotus")
    with pytest.raises(CollectionUnknown):
        arranging.grant(
            tx,
            OPERATOR,
            hub.named(tx, "all"),
            member=member,
            can_read=True,
            can_write=True,
        )
    with pytest.raises(CollectionUnfit):
        arranging.grant(tx, OPERATOR, hub.pot(tx), can_read=True, can_write=True)


def test_a_closed_collection_is_gone(tx: Tx):
    key = hub.key(tx, hub.member(tx, "Lotus"))
    pot = hub.pot(tx, key=(key, True, True))
    arranging.close_collection(tx, OPERATOR, pot)
    with pytest.raises(CollectionUnknown):
        catalogue.read(tx).get(ROOT, str(pot), key.caller(tx))
    with pytest.raises(CollectionUnknown):
        arranging.close_collection(tx, OPERATOR, pot)


def test_only_the_operator_arranges(tx: Tx):
    caller = hub.key(tx, hub.member(tx, "Lotus")).caller(tx)
    with pytest.raises(RoleMissing):
        arranging.make_root(tx, caller, "/mine/", title="x")


def test_every_arrangement_stands_in_the_log(tx: Tx):
    key = hub.key(tx, hub.member(tx, "Lotus"))
    pot = hub.pot(tx, key=(key, True, False))
    arranging.close_collection(tx, OPERATOR, pot)
    tx.run_seals()
    acts = [entry.act for entry in log.entries_from(tx, 0, 99)]
    assert acts == [
        "taxii.root_made",
        *["taxii.collection_made"] * 3,
        "taxii.granted",
        "taxii.collection_closed",
    ]


# --- seeds -------------------------------------------------------------------


def seeded(*objects: tuple[bytes, str], **collection: Any) -> bytes:
    """`api_roots` with one root and one collection."""
    listed = ",".join(
        f'{{"object":{raw.decode()},"date_added":"{added}"}}' for raw, added in objects
    )
    more = json.dumps({"title": "Seeded", **collection})[1:-1]
    return (
        f'[{{"path":"bench","title":"Bench","max_page_size":7,"collections":'
        f'[{{{more},"objects":[{listed}]}}]}}]'
    ).encode()


TOOL = b'{"type": "tool",  "id":"tool--8a7b6c5d-1111-4222-8333-944455566677"}'


def test_a_seed_is_kept_byte_for_byte_at_its_dates(tx: Tx):
    key = hub.key(tx, hub.member(tx, "Lotus"))
    number = str(new_uuid())
    raw = seeded(
        (TOOL, "2020-01-01T00:00:00.000001Z"),
        (TOOL.replace(b"8a7b", b"9a7b"), "2020-01-01T00:00:00.000001Z"),
        id=number,
        can_write=False,
    )
    (pot,) = seed(tx, OPERATOR, read_roots(raw), origin=key.member, keys=[key.id])
    assert str(pot) == number
    known = catalogue.read(tx)
    caller = key.caller(tx)
    found = known.get("/bench/", number, caller)
    assert known.get_root("/bench/").max_page_size == 7
    assert found.rights == Rights(can_read=True, can_write=False)
    sight = audiences.sight(tx, caller.viewer)
    view = View(sight.ids, sight.epoch, pot=pot)
    page = bodies(tx, view, Filter(), limit=9)
    assert page is not None
    assert page.joined == TOOL + b"," + TOOL.replace(b"8a7b", b"9a7b")
    (first, second) = records(tx, view, Filter(), limit=9).records
    assert first.position.added == second.position.added
    assert first.position.added.microsecond == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[{}]",
        b'[{"path":1}]',
        seeded((TOOL, "yesterday")),
        seeded((TOOL, "2999-01-01T00:00:00Z")),
        seeded((TOOL, "2021-01-01T00:00:00Z"), (TOOL, "2020-01-01T00:00:00Z")),
        seeded((b"{}", "2020-01-01T00:00:00Z")),
        seeded((b"7", "2020-01-01T00:00:00Z")),
        seeded((b'{"id":"x","type":"tool"}', "2020-01-01T00:00:00Z")),
        seeded(title=""),
        seeded().replace(b'"bench"', b'"a b"'),
    ],
)
def test_a_seed_that_cannot_be_loaded_stops_the_start(tx: Tx, raw: bytes):
    with pytest.raises(Refusal):
        seed(tx, OPERATOR, read_roots(raw), origin=None, keys=[])


def test_a_seed_that_is_unfit_says_where(tx: Tx):
    raw = seeded((TOOL, "2020-01-01T00:00:00Z"), (b"{}", "2020-01-02T00:00:00Z"))
    with pytest.raises(SeedUnfit, match="object 1"):
        seed(tx, OPERATOR, read_roots(raw), origin=None, keys=[])
