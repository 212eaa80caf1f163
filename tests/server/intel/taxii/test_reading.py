"""Reading collections over HTTP: pages, filters, versions, headers."""

from typing import Any

import msgspec
import pytest

from hanse.intel.taxii.answers import Question, answer
from hanse.intel.taxii.media import TAXII
from hanse.storage.tx import Database
from tests.server.intel.taxii import hub
from tests.server.intel.taxii.conftest import (
    Client,
    Place,
    indicator,
    malware,
    version,
)


def test_objects_come_back_byte_for_byte(client: Client, place: Place):
    odd = msgspec.json.encode(malware(name="钓鱼 ☃")).replace(b'":', b'" : ')
    odd = odd.replace(b'"is_family"', b'"is_family"  ')
    assert client.post(place.lotus, place.all, odd).json()["success_count"] == 1
    answer = client.get(place.crane, f"collections/{place.all}/objects/")
    assert odd in answer.content


def test_what_is_told_to_all_reaches_everyone(client: Client, place: Place):
    thing = malware()
    client.post(place.lotus, place.all, thing)
    for who in (place.lotus, place.crane, place.heron, place.overseer):
        assert client.ids(who, place.all) == [thing["id"]]


def test_what_is_told_to_a_circle_reaches_the_circle_alone(
    client: Client, place: Place
):
    thing = malware()
    client.post(place.lotus, place.ours, thing)
    assert client.ids(place.crane, place.ours) == [thing["id"]]
    assert client.ids(place.crane, place.all) == [thing["id"]]
    assert client.ids(place.heron, place.all) == []
    path = f"collections/{place.ours}/objects/"
    assert client.get(place.heron, path).status_code == 404


def test_who_leaves_a_circle_sees_nothing_of_it_at_once(
    client: Client, place: Place, database: Database
):
    client.post(place.lotus, place.ours, malware())
    with database.begin() as tx:
        tx.conn.execute(
            "delete from circle_member where member_id = %s", (place.crane.member,)
        )
    assert client.ids(place.crane, place.all) == []
    path = f"collections/{place.ours}/"
    assert client.get(place.crane, path).status_code == 404


def test_a_page_misses_nothing_of_an_audience_that_is_newer_than_its_caller(
    client: Client, place: Place, database: Database
):
    client.post(place.heron, place.all, malware())
    assert len(client.ids(place.crane, place.all)) == 1  # remembered for this epoch
    with database.read() as tx:
        before = place.crane.caller(tx)
    told = malware()
    client.post(place.lotus, place.ours, told)  # the first of its audience
    later = malware()
    client.post(place.heron, place.all, later)
    path = f"{client.root}collections/{place.all}"
    for resource in ("objects", "manifest"):
        question = Question("GET", f"{path}/{resource}/", before, accept=TAXII)
        with database.walk() as tx:
            body = answer(tx, question, "Alliance").body
        assert told["id"].encode() in body
        assert later["id"].encode() in body


def test_a_suspended_member_is_out_at_once(
    client: Client, place: Place, database: Database
):
    assert client.get(place.crane, "collections/").status_code == 200
    with database.begin() as tx:
        assert place.crane.member is not None
        hub.suspend(tx, place.crane.member)
    answer = client.get(place.crane, "collections/")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == TAXII
    assert "Basic" in answer.headers["www-authenticate"]


def test_a_pot_shows_its_own_objects_to_its_readers(client: Client, place: Place):
    thing, other = malware(), malware()
    client.post(place.heron, place.pot, thing)
    client.post(place.heron, place.all, other)
    assert client.ids(place.lotus, place.pot) == [thing["id"]]
    assert client.ids(place.crane, place.pot) == [thing["id"]]
    assert client.ids(place.crane, place.all) == [thing["id"], other["id"]]
    path = f"collections/{place.pot}/objects/"
    assert client.get(place.heron, path).status_code == 403


def test_the_enforceable_are_the_indicators_one_can_act_on(
    client: Client, place: Place
):
    simple = indicator("a.example")
    both = indicator("b.example")
    both["pattern"] = "[url:value = 'http://b.example/' AND url:value LIKE 'x%']"
    client.post(place.lotus, place.all, simple, both, malware())
    assert client.ids(place.crane, place.enforceable) == [simple["id"]]
    answer = client.post(place.lotus, place.enforceable, malware())
    assert answer.status_code == 403


def test_a_version_that_is_hidden_does_not_change_which_one_is_the_last(
    client: Client, place: Place
):
    first = malware()
    secret = {**first, "modified": version(1), "name": "for the circle"}
    client.post(place.lotus, place.all, first)
    client.post(place.lotus, place.ours, secret)
    path = f"collections/{place.all}/objects/{first['id']}/"
    assert client.get(place.heron, path).json()["objects"] == [first]
    assert client.get(place.crane, path).json()["objects"] == [secret]
    versions = client.get(place.heron, f"{path}versions/").json()["versions"]
    assert versions == [first["modified"]]


def test_the_same_object_from_two_members_is_shown_once(client: Client, place: Place):
    thing = malware()
    client.post(place.lotus, place.ours, thing)
    client.post(place.heron, place.all, thing)
    for who in (place.lotus, place.crane, place.heron):
        assert client.ids(who, place.all) == [thing["id"]]
    manifest = [
        client.get(who, f"collections/{place.all}/manifest/").json()["objects"]
        for who in (place.crane, place.heron)
    ]
    # Each is told when it came to itself; that crane had it before is its own affair.
    assert manifest[0][0]["date_added"] < manifest[1][0]["date_added"]


def test_pages_say_their_first_and_last_instant(client: Client, place: Place):
    client.post(place.lotus, place.all, *(malware() for _ in range(5)))
    path = f"collections/{place.all}/"
    dates = [
        each["date_added"]
        for each in client.get(place.lotus, f"{path}manifest/").json()["objects"]
    ]
    page = client.get(place.lotus, f"{path}objects/", limit=2)
    assert page.headers["x-taxii-date-added-first"] == dates[0]
    assert page.headers["x-taxii-date-added-last"] == dates[1]
    assert page.json()["more"] is True
    rest = client.get(place.lotus, f"{path}manifest/", limit=2, added_after=dates[1])
    assert [each["date_added"] for each in rest.json()["objects"]] == dates[2:4]
    assert rest.headers["x-taxii-date-added-last"] == dates[3]
    empty = client.get(place.lotus, f"{path}objects/", added_after=dates[-1])
    assert empty.content == b"{}"
    assert "x-taxii-date-added-first" not in empty.headers


def test_a_next_token_leads_through_all_pages(client: Client, place: Place):
    things = [malware() for _ in range(7)]
    client.post(place.lotus, place.all, *things)
    path, found = f"collections/{place.all}/objects/", []
    more: dict[str, str] = {}
    for _ in range(9):
        page = client.get(place.crane, path, limit=3, **more).json()
        found += [each["id"] for each in page["objects"]]
        if not page["more"]:
            break
        more = {"next": page["next"]}
    assert found == [thing["id"] for thing in things]


def test_a_next_token_is_good_for_its_query_alone(client: Client, place: Place):
    client.post(place.lotus, place.all, *(malware() for _ in range(3)))
    path = f"collections/{place.all}/objects/"
    token = client.get(place.lotus, path, limit=1).json()["next"]
    for other in (
        client.get(place.lotus, path, limit=1, next=token, match_type="url"),
        client.get(place.lotus, f"collections/{place.pot}/objects/", next=token),
        client.get(place.lotus, path, next=token[:-3] + "xyz"),
        client.get(place.lotus, f"collections/{place.all}/manifest/", next=token),
    ):
        assert other.status_code == 400


def test_versions_are_chosen_as_the_standard_says(client: Client, place: Place):
    thing = malware()
    for number in (1, 0, 2):
        client.post(place.lotus, place.all, {**thing, "modified": version(number)})
    asked: dict[str, list[int]] = {
        "first": [0],
        "last": [2],
        "all": [1, 0, 2],
        "first,last": [0, 2],
        version(1): [1],
        f"first,{version(1)}": [1, 0],
    }
    path = f"collections/{place.all}/objects/{thing['id']}/"
    for which, numbers in asked.items():
        page = client.get(place.lotus, path, match_version=which).json()
        found = [each["modified"] for each in page["objects"]]
        assert found == [version(n) for n in numbers]
    assert client.get(place.lotus, path).json()["objects"][0]["modified"] == version(2)
    none = client.get(place.lotus, path, match_version=version(9))
    assert (none.status_code, none.content) == (200, b"{}")


def test_what_has_no_version_is_found_by_the_one_it_is_given(
    client: Client, place: Place
):
    url = {
        "type": "url",
        "spec_version": "2.1",
        "id": "url--c1477287-23ac-5971-a010-5c287877fa60",
        "value": "http://a.example/",
    }
    status = client.post(place.lotus, place.all, url).json()
    again = client.post(place.lotus, place.all, url).json()
    path = f"collections/{place.all}/objects/{url['id']}/"
    (told,) = client.get(place.lotus, f"{path}versions/").json()["versions"]
    record = client.get(place.lotus, f"collections/{place.all}/manifest/").json()
    assert (
        status["successes"]
        == again["successes"]
        == [{"id": url["id"], "version": told}]
    )
    assert record["objects"][0]["version"] == record["objects"][0]["date_added"] == told
    found = client.get(place.lotus, path, match_version=told).json()
    assert found["objects"] == [url]


def test_an_object_of_stix_2_0_gives_way_to_its_newer_self(
    client: Client, place: Place
):
    new = malware()
    old = {
        **{k: v for k, v in new.items() if k not in ("spec_version", "is_family")},
        "labels": ["trojan"],
    }
    client.post(place.lotus, place.all, old, new)
    path = f"collections/{place.all}/objects/"
    assert client.get(place.lotus, path).json()["objects"] == [new]
    for spec, wanted in (("2.0", [old]), ("2.1", [new]), ("2.0,2.1", [old, new])):
        page = client.get(place.lotus, path, match_spec_version=spec)
        assert page.json()["objects"] == wanted
    listed = client.get(
        place.lotus, f"collections/{place.all}/manifest/", match_spec_version="2.0"
    ).json()["objects"]
    offered = client.get(place.lotus, f"collections/{place.all}/").json()
    assert listed[0]["media_type"] == "application/stix+json;version=2.0"
    assert listed[0]["media_type"] in offered["media_types"]


@pytest.mark.parametrize("what", ["", "versions/"])
def test_an_object_that_is_hidden_is_answered_like_one_that_is_not(
    client: Client, place: Place, what: str
):
    hidden = malware()
    client.post(place.lotus, place.ours, hidden)
    of_hidden, of_nothing = (
        client.get(place.heron, f"collections/{place.all}/objects/{name}/{what}")
        for name in (hidden["id"], malware()["id"])
    )
    assert of_hidden.status_code == of_nothing.status_code == 404
    assert of_hidden.content == of_nothing.content


def test_a_collection_of_others_is_answered_like_one_that_is_not(
    client: Client, place: Place
):
    answers: list[Any] = []
    for name in (place.ours, "00000000-0000-4000-8000-000000000000", "x", "all "):
        answers += [
            client.get(place.heron, f"collections/{name}/{path}")
            for path in ("", "objects/", "manifest/", "objects/x/")
        ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_a_collection_is_found_by_its_alias(client: Client, place: Place):
    named = client.get(place.lotus, "collections/all/").json()
    assert named["id"] == str(place.all)
    assert named["alias"] == "all"


def test_only_what_one_may_use_is_listed(client: Client, place: Place):
    def listed(who: Any) -> dict[str, tuple[bool, bool]]:
        found = client.get(who, "collections/").json()["collections"]
        return {c["id"]: (c["can_read"], c["can_write"]) for c in found}

    assert listed(place.lotus) == {
        str(place.all): (True, True),
        str(place.enforceable): (True, False),
        str(place.ours): (True, True),
        str(place.pot): (True, True),
    }
    assert set(listed(place.heron)) == {
        str(c) for c in (place.all, place.enforceable, place.pot)
    }
    assert set(listed(place.overseer).values()) == {(True, False)}


def test_a_status_is_its_posters_alone(client: Client, place: Place):
    status = client.post(place.lotus, place.all, malware()).json()
    path = f"status/{status['id']}/"
    assert client.get(place.lotus, path).json() == status
    for who, where in (
        (place.crane, path),
        (place.lotus, "status/00000000-0000-4000-8000-000000000000/"),
        (place.lotus, "status/x/"),
    ):
        assert client.get(who, where).status_code == 404


def test_a_status_is_kept_for_a_day(client: Client, place: Place, database: Database):
    status = client.post(place.lotus, place.all, malware()).json()
    with database.begin() as tx:
        tx.conn.execute("update taxii_status set at = at - interval '25 hours'")
    answer = client.get(place.lotus, f"status/{status['id']}/")
    assert answer.status_code == 404
    client.post(place.lotus, place.all, malware())
    with database.read() as tx:
        left = tx.conn.execute("select count(*) from taxii_status").fetchone()
    assert left == (1,)
