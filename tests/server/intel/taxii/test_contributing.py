"""Contributing objects over HTTP: what is taken, for whom, and what is refused."""

import gzip
import json
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from hanse.audit import log
from hanse.intel.taxii.contributing import MAX_CONTENT_BYTES, MAX_OBJECTS
from hanse.intel.taxii.media import TAXII
from hanse.storage.tx import Database
from tests.server.intel.taxii import hub
from tests.server.intel.taxii.conftest import (
    TLP_RED,
    Client,
    Place,
    indicator,
    malware,
)

TLP_AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
TLP_1_RED = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"


def audiences_of(database: Database) -> dict[str, str]:
    """The traffic light each object is kept under."""
    with database.read() as tx:
        return dict(
            tx.conn.execute(
                "select o.stix_id, a.tlp from stix_object o"
                " join audience a on a.id = o.audience_id"
            ).fetchall()
        )


def test_a_contribution_is_complete_when_its_status_is_given_out(
    client: Client, place: Place
):
    things = [malware() for _ in range(3)]
    answer = client.post(place.lotus, place.all, *things)
    assert answer.status_code == 202
    status = answer.json()
    assert status["status"] == "complete"
    assert (status["total_count"], status["success_count"]) == (3, 3)
    assert status["successes"] == [
        {"id": thing["id"], "version": thing["modified"]} for thing in things
    ]


def test_one_bad_object_does_not_keep_the_others_out(client: Client, place: Place):
    good, bad = malware(), malware(name=7)
    status = client.post(place.lotus, place.all, bad, good, b"17", b'{"id":5}').json()
    assert (status["success_count"], status["failure_count"]) == (1, 3)
    assert status["failures"][0]["id"] == bad["id"]
    assert "/name" in status["failures"][0]["message"]
    assert [failure["id"] for failure in status["failures"][1:]] == ["", ""]
    assert client.ids(place.crane, place.all) == [good["id"]]


def test_a_customers_number_keeps_its_object_out_and_is_not_repeated(
    client: Client, place: Place
):
    bad = malware(description="call 13800138000 for the parcel")
    status = client.post(place.lotus, place.all, bad, malware()).json()
    assert (status["success_count"], status["failure_count"]) == (1, 1)
    assert "/description" in status["failures"][0]["message"]
    assert "13800138000" not in json.dumps(status)
    assert len(client.ids(place.lotus, place.all)) == 1


def test_a_traffic_light_of_the_object_counts(
    client: Client, place: Place, database: Database
):
    plain, amber = malware(), malware(object_marking_refs=[TLP_AMBER])
    custom = malware(object_marking_refs=[f"marking-definition--{uuid4()}"])
    client.post(place.lotus, place.all, plain, amber, custom)
    in_circle = malware()
    client.post(place.lotus, place.ours, in_circle)
    assert audiences_of(database) == {
        plain["id"]: "green",
        amber["id"]: "amber",
        custom["id"]: "green",
        in_circle["id"]: "amber",
    }


@pytest.mark.parametrize("marking", [TLP_RED, TLP_1_RED])
def test_red_is_for_named_people(client: Client, place: Place, marking: str):
    red = malware(object_marking_refs=[marking])
    for collection in (place.all, place.pot):
        status = client.post(place.lotus, collection, red).json()
        assert status["failure_count"] == 1
        assert "TLP:RED" in status["failures"][0]["message"]
    assert client.post(place.lotus, place.ours, red).json()["success_count"] == 1
    # No machine but its origin's is handed it, not even within the circle.
    assert client.ids(place.lotus, place.ours) == [red["id"]]
    assert client.ids(place.crane, place.ours) == []


def test_a_part_that_is_marked_red_makes_the_whole_red(client: Client, place: Place):
    thing = malware(granular_markings=[{"marking_ref": TLP_RED, "selectors": ["name"]}])
    status = client.post(place.lotus, place.all, thing).json()
    assert status["failure_count"] == 1


def test_telling_it_again_is_a_success_that_changes_nothing(
    client: Client, place: Place
):
    thing = malware()
    client.post(place.lotus, place.all, thing)
    path = f"collections/{place.all}/manifest/"
    before = client.get(place.crane, path).content
    status = client.post(place.lotus, place.all, thing, thing).json()
    assert (status["success_count"], status["failure_count"]) == (2, 0)
    assert client.get(place.crane, path).content == before


def test_each_contribution_is_one_act_in_the_log(
    client: Client, place: Place, database: Database
):
    things = [malware() for _ in range(30)]
    client.post(place.lotus, place.all, *things, malware(name=7))
    with database.read() as tx:
        (entry,) = log.events_before(tx, log.size(tx), 9, acts=["taxii.objects_added"])
    assert entry.body is not None
    told = json.loads(entry.body)
    assert told["subject"] == f"collection:{place.all}"
    assert told["actor"]["member"] == str(place.lotus.member)
    details = told["details"]
    assert (details["taken"], details["refused"]) == (30, 1)
    assert details["first"] == [thing["id"] for thing in things[:20]]
    assert len(details["sha256"]) == 64


def test_an_indicator_becomes_a_claim_that_edges_hear_of(
    client: Client, place: Place, database: Database
):
    thing = indicator("evil.example")
    for _ in range(2):
        client.post(place.lotus, place.all, thing)
    with database.read() as tx:
        claims = tx.conn.execute("select stix_id, revision from claim").fetchall()
        items = tx.conn.execute("select kind from feed_item").fetchall()
    assert claims == [(thing["id"], 1)]
    assert items == [("claim",)]


def test_a_key_that_only_writes_taxii_has_its_indicators_enforced_too(
    client: Client, place: Place, database: Database
):
    with database.begin() as tx:
        key = hub.key(tx, place.lotus.member, ["taxii:write"])
    status = client.post(key, place.all, indicator("evil.example"))
    assert status.status_code == 202
    assert client.get(key, f"collections/{place.all}/objects/").status_code == 403
    with database.read() as tx:
        assert tx.conn.execute("select count(*) from claim").fetchone() == (1,)


def test_an_overseer_writes_nothing(client: Client, place: Place):
    assert client.post(place.overseer, place.all, malware()).status_code == 403


def test_a_key_of_the_associations_own_fills_a_pot(
    client: Client, place: Place, database: Database
):
    with database.begin() as tx:
        key = hub.key(tx, None)
        pot = hub.pot(tx, key=(key, True, True), lotus=(place.lotus, True, False))
    thing = indicator("evil.example")
    assert client.post(key, pot, thing).status_code == 202
    assert client.ids(place.lotus, pot) == [thing["id"]]
    assert client.ids(place.crane, place.all) == []
    assert client.delete(key, pot, thing["id"]).status_code == 200


# --- what is not a contribution ----------------------------------------------


def sent(
    client: Client, who: hub.Key, place: Place, body: bytes, **headers: str
) -> Any:
    return client.http.post(
        f"{client.root}collections/{place.all}/objects/",
        headers={**who.header, "Content-Type": TAXII, **headers},
        content=body,
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{not json",
        b"[]",
        b'"x"',
        b'{"objects":{}}',
        b'{"objects":[{}',
        b'{"type":"bundle","id":"bundle--1","objects":[]}',
        b'{"objects":[],"objects":[{}]}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"objects":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"objects":[' + b"0," * 3_000_000 + b"0]}",
    ],
)
def test_what_is_no_envelope_is_refused_as_a_whole(
    client: Client, place: Place, body: bytes
):
    answer = sent(client, place.lotus, place, body)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == TAXII
    assert answer.json()["http_status"] == str(answer.status_code)


def test_an_empty_envelope_is_a_contribution_of_nothing(client: Client, place: Place):
    for body in (b"{}", b'{"objects":[]}'):
        answer = sent(client, place.lotus, place, body)
        assert answer.status_code == 202
        assert answer.json()["total_count"] == 0


@pytest.mark.parametrize(
    "raw",
    [
        msgspec.json.encode(malware(extra=0)).replace(b'"extra":0', b'"extra":1e400'),
        msgspec.json.encode(malware(extra=0)).replace(
            b":0}", b":" + b"9" * 9999 + b"}"
        ),
        b'{"x":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"type":"malware","id":"\\ud800"}',
        b'"\xff"',
        msgspec.json.encode(malware(name="a\0b")),
        msgspec.json.encode(malware(created="9999-12-31T23:59:59.999999999Z")),
        msgspec.json.encode(malware(modified="0000-00-00T00:00:00Z")),
        msgspec.json.encode(malware(id="malware--' or 1=1 --")),
    ],
)
def test_a_hostile_object_fails_alone(client: Client, place: Place, raw: bytes):
    good = malware()
    answer = client.post(place.lotus, place.all, raw, good)
    assert answer.status_code in (202, 422)
    if answer.status_code == 202:
        status = answer.json()
        assert status["success_count"] + status["failure_count"] == 2
        assert good["id"] in client.ids(place.crane, place.all)
        listed = client.get(place.crane, f"collections/{place.all}/manifest/")
        assert listed.status_code == 200


@pytest.mark.slow
def test_as_many_objects_as_are_taken_at_all(client: Client, place: Place):
    few = msgspec.json.encode(malware())
    answer = client.post(place.lotus, place.all, *[few] * MAX_OBJECTS)
    assert answer.json()["success_count"] == MAX_OBJECTS
    assert len(answer.content) < 1_000_000
    assert client.post(place.lotus, place.all, *[b"{}"] * 100_000).status_code == 422
    assert len(client.ids(place.lotus, place.all)) == 1


def test_a_body_too_long_is_refused_before_it_is_read(client: Client, place: Place):
    root = client.get(place.lotus, "").json()
    assert root["max_content_length"] == MAX_CONTENT_BYTES
    answer = sent(client, place.lotus, place, b" " * (MAX_CONTENT_BYTES + 1))
    assert answer.status_code == 413


def test_a_body_of_unknown_length_is_read_no_further_than_the_limit(
    client: Client, place: Place
):
    def endless() -> Any:
        for _ in range(40):
            yield b" " * 2**20

    answer = client.http.post(
        f"{client.root}collections/{place.all}/objects/",
        headers={**place.lotus.header, "Content-Type": TAXII},
        content=endless(),
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/taxii+json;version=2.0"},
        {"Content-Type": "application/stix+json;version=2.1"},
        {"Content-Encoding": "gzip"},
    ],
)
def test_another_media_type_or_encoding_is_refused(
    client: Client, place: Place, headers: dict[str, str]
):
    body = gzip.compress(b"{}") if "Content-Encoding" in headers else b"{}"
    assert sent(client, place.lotus, place, body, **headers).status_code == 415


def test_who_may_not_write_learns_nothing_from_its_body(client: Client, place: Place):
    answer = client.http.post(
        f"{client.root}collections/{place.enforceable}/objects/",
        headers={**place.lotus.header, "Content-Type": "text/plain"},
        content=b"{not json",
    )
    assert answer.status_code == 403
