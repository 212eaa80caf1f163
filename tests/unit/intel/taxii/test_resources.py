"""The standard's JSON objects."""

import json
from datetime import UTC, datetime
from uuid import UUID

from hanse.intel.taxii.resources import (
    ApiRoot,
    Collections,
    Discovery,
    Manifest,
    Status,
    StatusDetails,
    VersionList,
    envelope,
    version_text,
)

NUMBER = UUID("4d0d3b3e-7f0e-4b59-8f4b-0b8d0c7c1a11")


def test_lists_that_would_be_empty_are_left_out():
    assert json.loads(Discovery(title="x").encode()) == {"title": "x"}
    assert Collections().encode() == b"{}"
    assert Manifest().encode() == b"{}"
    assert VersionList().encode() == b"{}"
    assert envelope(b"", None) == b"{}"


def test_an_api_root_says_which_taxii_it_speaks():
    told = json.loads(ApiRoot(title="x", max_content_length=5).encode())
    assert told["versions"] == ["application/taxii+json;version=2.1"]


def test_objects_stand_in_the_envelope_as_they_were_told():
    told = b'{"a" :  1.0},{"b":"\xe9\x92\x93"}'
    assert envelope(told, None) == b'{"more":false,"objects":[' + told + b"]}"
    following = json.loads(envelope(told, "t0ken"))
    assert following == {
        "more": True,
        "next": "t0ken",
        "objects": [{"a": 1.0}, {"b": "钓"}],
    }


def test_a_status_is_complete_and_its_counts_add_up():
    status = Status(
        id=NUMBER,
        request_timestamp="2026-01-01T00:00:00.000000Z",
        total_count=3,
        success_count=2,
        failure_count=1,
        failures=[StatusDetails("", "", "it has no id")],
    )
    told = json.loads(status.encode())
    assert told["status"] == "complete"
    assert told["pending_count"] == 0
    assert "successes" not in told
    assert told["failures"] == [{"id": "", "version": "", "message": "it has no id"}]


def test_what_has_no_version_is_known_by_when_it_was_added():
    added = datetime(2026, 1, 2, tzinfo=UTC)
    assert version_text("2020-01-01T00:00:00Z", added) == "2020-01-01T00:00:00Z"
    assert version_text("", added) == "2026-01-02T00:00:00.000000Z"
