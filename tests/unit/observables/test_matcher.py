"""What covers a value: folders, hosts and twins, and never a public suffix."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.observables.kinds import Kind, ObservableMalformed
from hanse.observables.matcher import (
    MAX_EXPRESSIONS,
    expressions,
    expressions_at,
    key,
    site_of,
    sites,
)
from hanse.observables.parse import parse
from hanse.observables.suffixes import is_public_suffix, registrable


def covered_by(kind, text):
    return tuple(expressions(parse(kind, text)))


def test_a_page_is_covered_by_itself_its_folders_and_the_names_above_its_host():
    assert covered_by(Kind.URL, "http://a.b.evil.com/1/2/page.html?id=1") == (
        "url:http://a.b.evil.com/1/2/page.html?id=1",
        "url:https://a.b.evil.com/1/2/page.html?id=1",
        "url:http://a.b.evil.com/1/2/page.html",
        "url:https://a.b.evil.com/1/2/page.html",
        "url:http://a.b.evil.com/1/",
        "url:https://a.b.evil.com/1/",
        "url:http://a.b.evil.com/1/2/",
        "url:https://a.b.evil.com/1/2/",
        "domain:a.b.evil.com",
        "domain:b.evil.com",
        "domain:evil.com",
    )
    assert covered_by(Kind.URL, "ftp://evil.com/1/x?") == (
        "url:ftp://evil.com/1/x?",
        "url:ftp://evil.com/1/x",
        "url:ftp://evil.com/1/",
        "domain:evil.com",
    )


def test_an_indicator_on_the_root_page_covers_only_that_page():
    root = key(parse(Kind.URL, "http://evil.example/"))
    assert root in covered_by(Kind.URL, "https://evil.example")
    assert root in covered_by(Kind.URL, "http://evil.example/?id=1")
    assert root not in covered_by(Kind.URL, "http://evil.example/login")


def test_a_page_on_another_port_is_another_page_of_the_same_host():
    found = covered_by(Kind.URL, "http://evil.example:8080/x/y")
    assert "url:http://evil.example:8080/x/" in found
    assert "url:http://evil.example/x/" not in found
    assert "domain:evil.example" in found


def test_an_address_as_host_is_covered_by_the_address():
    assert "ip:192.0.2.7" in covered_by(Kind.URL, "http://192.0.2.7:81/x")
    assert "ip:2001:db8::1" in covered_by(Kind.URL, "http://[2001:db8::1]:81/x")
    assert not [e for e in covered_by(Kind.URL, "http://192.0.2.7/") if "domain" in e]


def test_a_public_suffix_covers_nobody_but_itself():
    assert covered_by(Kind.DOMAIN, "shop.evil.co.uk") == (
        "domain:shop.evil.co.uk",
        "domain:evil.co.uk",
    )
    assert covered_by(Kind.DOMAIN, "evil.com.cn") == ("domain:evil.com.cn",)
    # Shared hosting: what is said of the host is not held against its customers.
    assert covered_by(Kind.DOMAIN, "evil.github.io") == ("domain:evil.github.io",)
    assert covered_by(Kind.DOMAIN, "co.uk") == ("domain:co.uk",)
    # A wildcard rule, and its exception.
    assert covered_by(Kind.DOMAIN, "a.b.c.ck")[-1] == "domain:b.c.ck"
    assert covered_by(Kind.DOMAIN, "a.www.ck")[-1] == "domain:www.ck"


def test_at_most_five_names_are_looked_up_for_a_host():
    found = covered_by(Kind.DOMAIN, "a.b.c.d.e.f.evil.com")
    assert found == (
        "domain:a.b.c.d.e.f.evil.com",
        "domain:d.e.f.evil.com",
        "domain:e.f.evil.com",
        "domain:f.evil.com",
        "domain:evil.com",
    )


def test_a_sender_is_covered_by_the_domain_it_writes_from():
    assert covered_by(Kind.EMAIL, "Pay@mail.evil.com") == (
        "email:pay@mail.evil.com",
        "domain:mail.evil.com",
        "domain:evil.com",
    )


def test_a_radio_with_a_name_is_covered_by_either():
    assert covered_by(Kind.WIFI, "bssid:0a:1b:2c:3d:4e:5f|ssid:Free|x") == (
        "wifi:bssid:0a:1b:2c:3d:4e:5f|ssid:Free|x",
        "wifi:bssid:0a:1b:2c:3d:4e:5f",
        "wifi:ssid:Free|x",
    )
    assert covered_by(Kind.WIFI, "ssid:Free") == ("wifi:ssid:Free",)


def test_a_registrable_name_is_found_also_among_encoded_suffixes():
    assert registrable("a.b.xn--55qx5d.cn") == "b.xn--55qx5d.cn"
    assert registrable("xn--55qx5d.cn") is None
    assert is_public_suffix("com")
    assert is_public_suffix("duckdns.org")
    assert not is_public_suffix("evil.com")


PIECES = st.sampled_from([*"ab01/?.:=&%-例", "co.uk", ".com", "www.", "/a/", "%2f"])


@given(st.lists(PIECES, max_size=25).map("".join), st.sampled_from(["http", "ftp"]))
def test_the_first_of_a_bounded_number_of_keys_is_the_value_itself(text, scheme):
    try:
        seen = parse(Kind.URL, f"{scheme}://{text}")
    except ObservableMalformed:
        return
    found = expressions(seen)
    assert found[0] == key(seen)
    assert len(set(found)) == len(found) <= MAX_EXPRESSIONS
    assert_each_stands_at_its_site(seen)


def assert_each_stands_at_its_site(seen):
    where = sites(seen)
    for place, site in enumerate(where):
        assert {site_of(k) for k in expressions_at(seen, where, place)} <= {site}


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (Kind.URL, "http://a.b.evil.com:81/x?y", ["a.b.evil.com", "b.evil.com"]),
        (Kind.URL, "http://evil.com/", ["evil.com"]),
        (Kind.URL, "http://192.0.2.7:81/x", ["192.0.2.7"]),
        (Kind.URL, "http://[2001:db8::1]:81/x", ["2001:db8::1"]),
        (Kind.URL, "http://localhost/x", ["localhost"]),
        (Kind.DOMAIN, "a.evil.com", ["a.evil.com", "evil.com"]),
        (Kind.EMAIL, "pay@a.evil.com", ["a.evil.com", "evil.com"]),
        (Kind.IP, "192.0.2.7", ["192.0.2.7"]),
        (Kind.HASH, "0" * 64, ["hash:sha256:" + "0" * 64]),
        (
            Kind.WIFI,
            "bssid:0a:1b:2c:3d:4e:5f|ssid:x",
            ["wifi:bssid:0a:1b:2c:3d:4e:5f|ssid:x", "wifi:bssid:0a:1b:2c:3d:4e:5f"],
        ),
    ],
)
def test_what_covers_a_value_stands_at_one_of_its_few_sites(kind, text, expected):
    seen = parse(kind, text)

    assert sites(seen)[: len(expected)] == expected
    assert_each_stands_at_its_site(seen)


@pytest.mark.parametrize(
    "key", ["", "url:", "url:x", "url:a://[", "email:", "ip:", ":"]
)
def test_a_malformed_key_has_a_site_too(key):
    assert isinstance(site_of(key), str)
