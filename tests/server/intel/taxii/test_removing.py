"""Deleting over HTTP: a member takes back what it contributed, and nothing else."""

import json

from hanse.audit import log
from hanse.storage.tx import Database
from tests.server.intel.taxii.conftest import (
    Client,
    Place,
    indicator,
    malware,
    version,
)


def test_a_deleted_object_is_gone_from_every_answer(client: Client, place: Place):
    thing, other = malware(), malware()
    client.post(place.lotus, place.all, thing, other)
    assert client.delete(place.lotus, place.all, thing["id"]).status_code == 200
    path = f"collections/{place.all}/"
    for who in (place.lotus, place.crane):
        assert client.ids(who, place.all) == [other["id"]]
        for what in ("", "versions/"):
            gone = client.get(who, f"{path}objects/{thing['id']}/{what}")
            assert gone.status_code == 404
    assert client.delete(place.lotus, place.all, thing["id"]).status_code == 404


def test_one_version_can_go_alone(client: Client, place: Place):
    thing = malware()
    for number in range(3):
        client.post(place.lotus, place.all, {**thing, "modified": version(number)})
    gone = client.delete(place.lotus, place.all, thing["id"], match_version="last")
    assert gone.status_code == 200
    path = f"collections/{place.all}/objects/{thing['id']}/versions/"
    left = client.get(place.crane, path).json()["versions"]
    assert left == [version(0), version(1)]
    none = client.delete(place.lotus, place.all, thing["id"], match_version=version(9))
    assert none.status_code == 404


def test_what_others_told_is_not_ones_own_to_delete(client: Client, place: Place):
    thing = malware()
    client.post(place.lotus, place.all, thing)
    assert client.delete(place.crane, place.all, thing["id"]).status_code == 403
    client.post(place.crane, place.all, thing)
    assert client.delete(place.lotus, place.all, thing["id"]).status_code == 200
    # The other's telling stays and is shown from now on.
    assert client.ids(place.heron, place.all) == [thing["id"]]


def test_a_hidden_object_is_answered_like_one_that_is_not(client: Client, place: Place):
    hidden = malware()
    client.post(place.lotus, place.ours, hidden)
    of_hidden = client.delete(place.heron, place.all, hidden["id"])
    of_nothing = client.delete(place.heron, place.all, malware()["id"])
    assert of_hidden.status_code == of_nothing.status_code == 404
    assert of_hidden.content == of_nothing.content


def test_deleting_needs_both_rights(client: Client, place: Place):
    thing = malware()
    client.post(place.heron, place.pot, thing)
    assert client.delete(place.crane, place.pot, thing["id"]).status_code == 403
    assert client.delete(place.heron, place.pot, thing["id"]).status_code == 403
    # Nor does the way round by the window on everything lead to it.
    assert client.delete(place.heron, place.all, thing["id"]).status_code == 403
    assert client.ids(place.lotus, place.pot) == [thing["id"]]


def test_a_deletion_is_one_act_in_the_log(
    client: Client, place: Place, database: Database
):
    thing = malware()
    client.post(place.lotus, place.all, thing)
    client.delete(place.lotus, place.all, thing["id"])
    with database.read() as tx:
        acts = ["taxii.object_deleted"]
        (entry,) = log.events_before(tx, log.size(tx), 9, acts=acts)
    assert entry.body is not None
    told = json.loads(entry.body)
    assert told["subject"] == f"stix:{thing['id']}"
    assert told["details"]["versions"] == [thing["modified"]]


def test_the_claim_of_a_deleted_indicator_ends(
    client: Client, place: Place, database: Database
):
    thing = indicator("evil.example")
    later = {**thing, "modified": version(1)}
    client.post(place.lotus, place.all, thing)
    client.post(place.lotus, place.all, later)

    def status() -> str:
        with database.read() as tx:
            row = tx.conn.execute("select status from claim").fetchone()
            assert row is not None
            return str(row[0])

    client.delete(place.lotus, place.all, thing["id"], match_version="first")
    assert status() == "active"
    client.delete(place.lotus, place.all, thing["id"])
    assert status() == "withdrawn"
