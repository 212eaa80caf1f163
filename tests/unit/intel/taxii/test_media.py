"""Content negotiation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.intel.taxii.media import TAXII, accepts, is_taxii

GOOD = [
    None,
    "",
    TAXII,
    "application/taxii+json",
    "application/taxii+json; version=2.1",
    'application/taxii+json;version="2.1"',
    "APPLICATION/TAXII+JSON;VERSION=2.1",
    "*/*",
    "application/*",
    "text/html,application/xhtml+xml,*/*;q=0.8",
    "application/taxii+json;version=2.1,application/stix+json;version=2.1;q=0.5",
    "application/taxii+json;version=2.0;q=0.1, application/taxii+json;version=2.1",
    "application/json, application/taxii+json;q=0.001",
]
BAD = [
    "text/html",
    "application/json",
    "application/taxii+json;version=2.0",
    "application/taxii+json;version=9.9",
    "application/taxii+json;q=0",
    "application/taxii+json;version=2.1;q=0.000, */*",
    "application/taxii+json;q=lots",
    ";;;,,,",
    "*/*;q=0",
    "x" * 5000,
]


@pytest.mark.parametrize("header", GOOD)
def test_taxii_is_given_to_who_takes_it(header):
    assert accepts(header)


@pytest.mark.parametrize("header", BAD)
def test_who_takes_no_taxii_is_refused(header):
    assert not accepts(header)


@pytest.mark.parametrize(
    "header",
    [
        TAXII,
        "application/taxii+json",
        "application/taxii+json ; version=2.1; charset=x",
    ],
)
def test_a_body_said_to_be_taxii_is_taken(header):
    assert is_taxii(header)


@pytest.mark.parametrize(
    "header",
    [None, "", "text/plain", "application/json", "application/taxii+json;version=2.0"],
)
def test_a_body_said_to_be_something_else_is_not(header):
    assert not is_taxii(header)


@given(st.text(max_size=200))
def test_no_header_whatsoever_breaks_the_reading(header):
    assert accepts(header) in (True, False)
    assert is_taxii(header) in (True, False)
