"""The protocol around the collections: discovery, roots, negotiation, errors."""

from typing import Any

import pytest

from hanse.intel.taxii import arranging
from hanse.intel.taxii.media import TAXII
from hanse.storage.tx import Database
from tests.server.intel.taxii import hub
from tests.server.intel.taxii.conftest import Client, Place, malware


def asked(client: Client, who: hub.Key | None, path: str, **headers: str) -> Any:
    return client.http.get(path, headers={**(who.header if who else {}), **headers})


def test_discovery_names_the_api_roots(client: Client, place: Place):
    told = asked(client, place.lotus, "/taxii2/").json()
    assert told["title"] == "Test alliance"
    assert told["api_roots"] == ["/taxii/alliance/"]
    assert told["default"] == "/taxii/alliance/"


def test_a_root_made_later_is_found_at_once(
    client: Client, place: Place, database: Database
):
    assert asked(client, place.lotus, "/taxii/second/").status_code == 404
    with database.begin() as tx:
        arranging.make_root(
            tx, hub.OPERATOR, "/taxii/second/", title="Second", max_page_size=2
        )
        pot = hub.pot(tx, "/taxii/second/", lotus=(place.lotus, True, True))
    second = Client(client.http, "/taxii/second/")
    assert second.get(place.lotus, "").json()["title"] == "Second"
    second.post(place.lotus, pot, *(malware() for _ in range(3)))
    page = second.get(place.lotus, f"collections/{pot}/objects/", limit=100).json()
    assert (len(page["objects"]), page["more"]) == (2, True)
    # A collection belongs to its root.
    path = f"collections/{pot}/"
    assert client.get(place.lotus, path).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/taxii2/", "/taxii/alliance/", "/taxii/nowhere/", "/taxii2/x/", "/taxii/"],
)
def test_nobody_unknown_is_told_anything(client: Client, path: str):
    answer = asked(client, None, path)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == TAXII
    assert answer.json()["http_status"] == "401"
    challenge = answer.headers["www-authenticate"]
    assert "Basic" in challenge
    assert "Bearer" in challenge


@pytest.mark.parametrize(
    "path",
    [
        "/taxii2/collections/",
        "/taxii/",
        "/taxii/nowhere/",
        "/taxii/alliance/nothing/",
        "/taxii/alliance/collections/all/objects/x/versions/y/",
        "/taxii/alliance/collections/%00/",
        "/taxii/alliance/collections/all/objects/%00/",
        "/taxii/alliance/collections/all/objects/' or 1=1/",
        "/taxii/alliance/collections/all/objects/%FF%FE/",
        "/taxii/alliance/status/%F0%9F%90%9F/",
    ],
)
def test_what_is_not_there_is_a_404_with_a_taxii_error(
    client: Client, place: Place, path: str
):
    answer = asked(client, place.lotus, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == TAXII
    assert answer.json()["title"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_last_slash_may_be_missing(client: Client, place: Place, slash: str):
    for path in ("", "/collections", "/collections/all", "/collections/all/objects"):
        answer = asked(client, place.lotus, f"/taxii/alliance{path}{slash}")
        assert answer.status_code == 200
    assert asked(client, place.lotus, f"/taxii2{slash}").status_code == 200


def test_a_client_that_takes_no_taxii_is_told_so_in_taxii(client: Client, place: Place):
    answer = asked(client, place.lotus, "/taxii2/", Accept="text/html")
    assert answer.status_code == 406
    assert answer.headers["content-type"] == TAXII


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "DELETE"])
def test_another_method_is_refused_with_those_there_are(
    client: Client, place: Place, method: str
):
    answer = client.http.request(
        method,
        "/taxii/alliance/collections/all/objects/",
        headers=place.lotus.header,
    )
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert answer.headers["content-type"] == TAXII


def test_head_is_get_without_the_body(client: Client, place: Place):
    client.post(place.lotus, place.all, malware())
    path = "/taxii/alliance/collections/all/objects/"
    got = client.http.get(path, headers=place.lotus.header)
    head = client.http.head(path, headers=place.lotus.header)
    assert head.status_code == 200
    assert head.content == b""
    same = "content-length", "x-taxii-date-added-first", "content-type"
    assert [head.headers[name] for name in same] == [got.headers[name] for name in same]


def test_bearer_is_as_good_as_basic(client: Client, place: Place):
    wrong = asked(
        client, None, "/taxii2/", Authorization="Bearer hanse_aaaaaaaaaa_" + "x" * 43
    )
    assert wrong.status_code == 401
    assert asked(client, place.lotus, "/taxii2/").status_code == 200


@pytest.mark.parametrize(
    "query",
    ["limit=0", "added_after=x", "match[version]=all,last", "match[id]=%00", "%ff=1"],
)
@pytest.mark.parametrize("what", ["objects/", "manifest/"])
def test_a_query_that_cannot_be_meant_is_a_400(
    client: Client, place: Place, what: str, query: str
):
    path = f"/taxii/alliance/collections/all/{what}?{query}"
    answer = asked(client, place.lotus, path)
    if query.startswith("%ff"):  # nobody's parameter, however it is spelled
        assert answer.status_code in (200, 400)
    else:
        assert answer.status_code == 400
        assert answer.headers["content-type"] == TAXII


def test_answers_are_not_cached_on_the_way(client: Client, place: Place):
    answer = asked(client, place.lotus, "/taxii2/")
    assert answer.headers["cache-control"] == "no-store"
