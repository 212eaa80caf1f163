"""What a pattern says: values to look for, or something only people can use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.intel.stix.patterns import (
    MAX_VALUES,
    check_pattern,
    make_pattern,
    simple_values,
)
from hanse.observables.kinds import Kind

SHA256 = "aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f"


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        (
            "[url:value = 'https://a.example/?q=\\'x\\\\']",
            (("url", "https://a.example/?q='x\\"),),
        ),
        ("[domain-name:value='a.example']", (("domain", "a.example"),)),
        ("[ipv4-addr:value = '192.0.2.1']", (("ip", "192.0.2.1"),)),
        ("[ipv6-addr:value == '2001:db8::1']", (("ip", "2001:db8::1"),)),
        ("[ipv4-addr:value = '192.0.2.0/24']", (("ip", "192.0.2.0/24"),)),
        ("[email-addr:value = 'a@b.example']", (("email", "a@b.example"),)),
        ("[email-message:from_ref.value = 'a@b.example']", (("email", "a@b.example"),)),
        (
            "[email-message:sender_ref.value = 'a@b.example']",
            (("email", "a@b.example"),),
        ),
        (f"[file:hashes.'SHA-256' = '{SHA256}']", (("hash", f"sha256:{SHA256}"),)),
        (f"[file:hashes.SHA256 = '{SHA256}']", (("hash", f"sha256:{SHA256}"),)),
        (f"[file:hashes.md5 = '{SHA256[:32]}']", (("hash", f"md5:{SHA256[:32]}"),)),
        (
            f"[file:hashes.'SHA-1' = '{SHA256[:40]}']",
            (("hash", f"sha1:{SHA256[:40]}"),),
        ),
        (
            f"[x509-certificate:hashes.'SHA-256' = '{SHA256}']",
            (("certificate", f"sha256:{SHA256}"),),
        ),
        (
            "[x-hanse-app:package_name = 'com.example.shop']",
            (("app", "com.example.shop"),),
        ),
        ("[x-hanse-wifi:ssid = 'Free WiFi']", (("wifi", "ssid:Free WiFi"),)),
        (
            "[x-hanse-wifi:bssid = '00:00:5e:00:53:01']",
            (("wifi", "bssid:00:00:5e:00:53:01"),),
        ),
        (
            "[url:value = 'a' OR domain-name:value = 'b' OR url:value IN ('c', 'd')]",
            (("url", "a"), ("domain", "b"), ("url", "c"), ("url", "d")),
        ),
        ("[url:value = 'a'] OR ([url:value = 'b'])", (("url", "a"), ("url", "b"))),
        ("[(url:value = 'a' OR (url:value = 'b'))]", (("url", "a"), ("url", "b"))),
    ],
)
def test_one_of_several_values_is_taken_apart(
    pattern: str, values: tuple[tuple[str, str], ...]
):
    assert simple_values(pattern) == values


@pytest.mark.parametrize(
    "pattern",
    [
        "[url:value = 'a' AND url:value = 'b']",
        "[url:value = 'a' AND domain-name:value = 'b']",
        "[url:value = 'a'] AND [url:value = 'b']",
        "[url:value = 'a'] FOLLOWEDBY [url:value = 'b']",
        "[url:value = 'a'] REPEATS 2 TIMES",
        "[url:value = 'a'] WITHIN 5 SECONDS OR [url:value = 'b']",
        "[url:value = 'a' OR url:value LIKE 'b%']",
        "[url:value != 'a']",
        "[url:value NOT = 'a']",
        "[url:value NOT IN ('a')]",
        "[NOT EXISTS url:value]",
        "[url:value > 'a']",
        "[url:value = 5]",
        "[url:value = h'ff']",
        "[url:value IN (1, 2)]",
        "[file:name = 'a']",
        "[file:hashes.SSDEEP = 'a']",
        "[file:hashes[0] = 'a']",
        "[url:hashes.MD5 = 'a']",
        "[network-traffic:dst_ref.value = '192.0.2.1']",
        "[domain-name:resolves_to_refs[*].value = '192.0.2.1']",
        "[x-hanse-wifi:bssid = 'a' AND x-hanse-wifi:bssid = 'b']",
        "[x-hanse-wifi:bssid = 'a' AND x-hanse-wifi:ssid NOT = 'b']",
        "[x-hanse-wifi:bssid = 'a'] AND [x-hanse-wifi:ssid = 'b']",
        "[url:value = 'a' OR file:name = 'b']",
        "[url:value = 'a'",
        "",
    ],
)
def test_what_says_more_than_one_of_these_values_is_not(pattern: str):
    assert simple_values(pattern) is None


def test_a_pattern_that_names_thousands_of_values_is_not_simple():
    def many(count: int) -> str:
        return "[url:value IN (" + ", ".join(f"'{n}'" for n in range(count)) + ")]"

    assert len(simple_values(many(MAX_VALUES)) or ()) == MAX_VALUES
    assert simple_values(many(MAX_VALUES + 1)) is None


_text = st.text(st.characters(exclude_categories=["Cs"]))
_digits = st.sampled_from([32, 40, 64, 128]).flatmap(
    lambda length: st.text("0123456789abcdef", min_size=length, max_size=length)
)
_bssid = st.text("0123456789abcdef:", max_size=17)
_values = st.one_of(
    st.tuples(st.sampled_from(["url", "domain", "email", "app"]), _text),
    st.tuples(
        st.just("ip"), st.ip_addresses().map(str) | st.ip_addresses(v=6).map(str)
    ),
    st.tuples(
        st.just("hash"),
        st.tuples(st.sampled_from(["md5", "sha1", "sha256", "sha512"]), _digits).map(
            ":".join
        ),
    ),
    st.tuples(st.just("certificate"), _digits.map("sha256:{}".format)),
    st.tuples(st.just("wifi"), _text.map("ssid:{}".format)),
    st.tuples(st.just("wifi"), _bssid.map("bssid:{}".format)),
    st.tuples(
        st.just("wifi"),
        st.tuples(_bssid, _text).map(lambda pair: f"bssid:{pair[0]}|ssid:{pair[1]}"),
    ),
)


@given(_values)
def test_what_is_written_is_read_back_and_good(pair: tuple[str, str]):
    kind, value = pair
    pattern = make_pattern(kind, value)
    assert check_pattern(pattern) is None
    assert simple_values(pattern) == ((kind, value),)


@given(st.lists(_values, min_size=1, max_size=5))
def test_patterns_joined_by_or_give_all_their_values(pairs: list[tuple[str, str]]):
    joined = " OR ".join(make_pattern(kind, value) for kind, value in pairs)
    assert simple_values(joined) == tuple(pairs)


def test_every_kind_of_the_trade_has_a_pattern():
    prefixes = {Kind.HASH: "sha256:", Kind.CERTIFICATE: "sha256:", Kind.WIFI: "ssid:"}
    for kind in Kind:
        value = prefixes.get(kind, "") + "a"
        assert simple_values(make_pattern(kind.value, value)) == ((kind.value, value),)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("phone", "1"), ("hash", "abc"), ("hash", "crc:abc"), ("wifi", "Free WiFi")],
)
def test_an_unknown_kind_is_refused(kind: str, value: str):
    with pytest.raises(ValueError, match="no patterns"):
        make_pattern(kind, value)


@given(st.text())
def test_any_text_has_values_or_none(pattern: str):
    assert simple_values(pattern) is None or check_pattern(pattern) is None
