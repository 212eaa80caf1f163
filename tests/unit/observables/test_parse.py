"""Text in, one value out: every kind, and the guess for pasted text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hanse.observables.kinds import Kind, Observable, ObservableMalformed
from hanse.observables.parse import defang, parse, recognise, refang

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SHA1 = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"
MD5 = "098f6bcd4621d373cade4e832627b4f6"
COLONS = ":".join(SHA256[place : place + 2] for place in range(0, 64, 2)).upper()


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.DOMAIN, " *.Evil.Example. ", "evil.example"),
        (Kind.DOMAIN, ".evil.example", "evil.example"),
        (Kind.DOMAIN, "例子。测试", "xn--fsqu00a.xn--0zwm56d"),
        (Kind.DOMAIN, "_dmarc.evil.example", "_dmarc.evil.example"),
        (Kind.IP, "192.0.2.7", "192.0.2.7"),
        (Kind.IP, "[2001:DB8:0::1]", "2001:db8::1"),
        (Kind.IP, "::ffff:192.0.2.7", "192.0.2.7"),
        (Kind.EMAIL, "Pay.Desk+x@Evil.Example", "pay.desk+x@evil.example"),
        (Kind.EMAIL, "客服@例子.测试", "客服@xn--fsqu00a.xn--0zwm56d"),
        (Kind.HASH, SHA256.upper(), f"sha256:{SHA256}"),
        (Kind.HASH, f"SHA-256: {SHA256}", f"sha256:{SHA256}"),
        (Kind.HASH, MD5, f"md5:{MD5}"),
        (Kind.HASH, f"sha1={SHA1}", f"sha1:{SHA1}"),
        (Kind.HASH, "ab" * 64, "sha512:" + "ab" * 64),
        (Kind.CERTIFICATE, COLONS, f"sha256:{SHA256}"),
        (Kind.CERTIFICATE, f"SHA256 Fingerprint={COLONS}", f"sha256:{SHA256}"),
        (Kind.CERTIFICATE, SHA1, f"sha1:{SHA1}"),
        (Kind.APP, "com.Example.wallet_2", "com.Example.wallet_2"),
        (Kind.APP, "cn.example-bank.mobile", "cn.example-bank.mobile"),
        (Kind.WIFI, "0A-1B-2C-3D-4E-5F", "bssid:0a:1b:2c:3d:4e:5f"),
        (Kind.WIFI, "0a1b.2c3d.4e5f", "bssid:0a:1b:2c:3d:4e:5f"),
        (Kind.WIFI, "bssid:0A1B2C3D4E5F", "bssid:0a:1b:2c:3d:4e:5f"),
        (Kind.WIFI, "Free WiFi ", "ssid:Free WiFi "),
        (Kind.WIFI, "ssid:cafe\u0301", "ssid:café"),
        (
            Kind.WIFI,
            "ssid:Free|WiFi|bssid:0A:1B:2C:3D:4E:5F",
            "bssid:0a:1b:2c:3d:4e:5f|ssid:Free|WiFi",
        ),
        (
            Kind.WIFI,
            "bssid:0a:1b:2c:3d:4e:5f|ssid:Free",
            "bssid:0a:1b:2c:3d:4e:5f|ssid:Free",
        ),
    ],
)
def test_a_value_has_one_spelling(kind, text, value):
    assert parse(kind, text) == Observable(kind, value)
    assert parse(kind, value).value == value


@pytest.mark.parametrize(
    ("kind", "text", "word"),
    [
        (Kind.DOMAIN, "", "domain"),
        (Kind.DOMAIN, "localhost", "top-level"),
        (Kind.DOMAIN, "192.0.2.7", "top-level"),
        (Kind.DOMAIN, "a..example", "domain"),
        (Kind.DOMAIN, "evil.example/login", "more than"),
        (Kind.DOMAIN, "evil.example:443", "more than"),
        (Kind.DOMAIN, "a b.example", "domain"),
        (Kind.IP, "192.0.2.0/24", "CIDR"),
        (Kind.IP, "192.0.2.7:80", "port"),
        (Kind.IP, "192.0.2.007", "leading zeros"),
        (Kind.IP, "fe80::1%eth0", "zone"),
        (Kind.IP, "1.2.3", "IP address"),
        (Kind.EMAIL, "evil.example", "name@domain"),
        (Kind.EMAIL, '"a b"@evil.example', "mailbox"),
        (Kind.EMAIL, "a" * 65 + "@evil.example", "too long"),
        (Kind.EMAIL, "a@192.0.2.7", "top-level"),
        (Kind.HASH, "abc", "sha256"),
        (Kind.HASH, f"sha1:{MD5}", "disagree"),
        (Kind.HASH, f"ssdeep:{MD5}", "algorithm"),
        (Kind.HASH, "zz" * 16, "hexadecimal"),
        (Kind.CERTIFICATE, MD5, "sha256"),
        (Kind.APP, "Wallet", "package"),
        (Kind.APP, "com.example wallet", "package"),
        (Kind.WIFI, "ssid:", "bytes"),
        (Kind.WIFI, "ssid:" + "网" * 11, "32 bytes"),
        (Kind.WIFI, "ssid:a\x00b", "control"),
        (Kind.WIFI, "bssid:12:34", "radio"),
    ],
)
def test_what_is_no_value_is_refused_with_what_was_expected(kind, text, word):
    with pytest.raises(ObservableMalformed, match=word):
        parse(kind, text)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("hxxps[://]evil[.]example[/]a[.]php", Kind.URL, "https://evil.example/a.php"),
        ("hXXp://evil(.)example/", Kind.URL, "http://evil.example/"),
        ("http[:]//evil{dot}example", Kind.URL, "http://evil.example/"),
        ("“http：//evil。example/路。径”", Kind.URL,
         "http://evil.example/%E8%B7%AF%E3%80%82%E5%BE%84"),
        ("<evil [.] example>", Kind.DOMAIN, "evil.example"),
        ("evil\u200b.example", Kind.DOMAIN, "evil.example"),
        ("（evil。example）。", Kind.DOMAIN, "evil.example"),
        ("evil[.example", Kind.DOMAIN, "evil.example"),
        ("||evil.example^", Kind.DOMAIN, "evil.example"),
        ("evil.co.za", Kind.DOMAIN, "evil.co.za"),
        ("192[.]0[.]2[.]7", Kind.IP, "192.0.2.7"),
        ("192.0.2[.]7:8080/x", Kind.URL, "http://192.0.2.7:8080/x"),
        ("2001[:]db8[:][:]1", Kind.IP, "2001:db8::1"),
        ("[2001:db8::1]", Kind.IP, "2001:db8::1"),
        ("pay[at]evil[dot]example", Kind.EMAIL, "pay@evil.example"),
        ("Pay Desk <Pay@evil.example>", Kind.EMAIL, "pay@evil.example"),
        ("mailto:pay@evil.example", Kind.EMAIL, "pay@evil.example"),
        ("evil.example/pay", Kind.URL, "http://evil.example/pay"),
        ("evil.example:8443", Kind.URL, "http://evil.example:8443/"),
        (SHA256, Kind.HASH, f"sha256:{SHA256}"),
        (f"md5:{MD5}", Kind.HASH, f"md5:{MD5}"),
        (COLONS, Kind.CERTIFICATE, f"sha256:{SHA256}"),
        ("com.example.walletx", Kind.APP, "com.example.walletx"),
        ("com.login.example", Kind.DOMAIN, "com.login.example"),
        ("0a:1b:2c:3d:4e:5f", Kind.WIFI, "bssid:0a:1b:2c:3d:4e:5f"),
        ("ssid:Free [.] WiFi", Kind.WIFI, "ssid:Free [.] WiFi"),
        # Brackets in the path of a plain URL are meant.
        ("http://evil.example/a[.]b", Kind.URL, "http://evil.example/a[.]b"),
    ],
)  # fmt: skip
def test_a_pasted_value_is_recognised(text, kind, value):
    assert recognise(text) == Observable(kind, value)


@pytest.mark.parametrize(
    "text",
    ["", "hello", "hello world", "setup.exe", "1.2", "12:30:00", "a@", "http://a/"],
)
def test_what_is_no_value_is_not_guessed_into_one(text):
    with pytest.raises(ObservableMalformed):
        recognise(text)


def test_endless_blanks_and_brackets_are_answered_at_once():
    for text in (
        "sha256" + " " * 16_000,
        "(" * 8_000 + ")" * 8_000,
        " " * 16_000 + "[",
    ):
        with pytest.raises(ObservableMalformed):
            recognise(text)


PIECES = [
    *"ab01:/\\?#@%.[](){}<>|- \t=_'\"。：\u200b\ud800é",
    *("hxxp", "http", "[.]", "dot", "ssid:", "bssid:", "sha256:", "xn--", "com."),
]
SIGNS = st.sampled_from(PIECES)


@given(st.one_of(st.text(), st.lists(SIGNS, max_size=20).map("".join)))
@example("com.example:x")
@example("sha256:")
@example("bssid:|ssid:")
def test_any_text_is_recognised_or_refused_and_nothing_else(text):
    try:
        seen = recognise(text)
    except ObservableMalformed:
        return
    assert parse(seen.kind, seen.value) == seen


@given(st.sampled_from(list(Kind)), st.lists(SIGNS, max_size=20).map("".join))
def test_parsing_any_text_as_any_kind_is_stable_or_refused(kind, text):
    try:
        seen = parse(kind, text)
    except ObservableMalformed:
        return
    assert parse(kind, seen.value) == seen


HOSTS = st.from_regex(
    r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,2}\.(com|example)", fullmatch=True
)
PATHS = st.lists(SIGNS, max_size=8).map("".join)
ADDRESSES = st.one_of(
    st.tuples(HOSTS, PATHS).map(
        lambda pair: (Kind.URL, f"https://{pair[0]}/{pair[1]}")
    ),
    HOSTS.map(lambda host: (Kind.DOMAIN, host)),
    st.ip_addresses().map(lambda address: (Kind.IP, str(address))),
    st.ip_addresses(v=6).map(lambda address: (Kind.URL, f"http://[{address}]:81/")),
    st.tuples(st.from_regex(r"[a-z0-9.+_-]{1,9}", fullmatch=True), HOSTS).map(
        lambda pair: (Kind.EMAIL, "@".join(pair))
    ),
)


@given(ADDRESSES)
def test_defanging_is_undone_by_refanging_and_plain_values_stay(kind_and_text):
    kind, text = kind_and_text
    try:
        seen = parse(kind, text)
    except ObservableMalformed:
        return
    assert refang(seen.value) == seen.value
    harmless = defang(seen)
    assert not harmless.startswith("http")
    assert parse(kind, refang(harmless)) == seen
    assert recognise(harmless) == seen


def test_a_defanged_value_is_no_link():
    shown = defang(parse(Kind.URL, "https://evil.example/a.php?x=b.example"))
    assert shown == "hxxps://evil[.]example/a.php?x=b.example"
    assert defang("pay@evil.example") == "pay[@]evil[.]example"
    assert defang(parse(Kind.HASH, MD5)) == f"md5:{MD5}"
