"""The canonical URL: Safe Browsing's published vectors, and where we differ."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hanse.observables.kinds import ObservableMalformed
from hanse.observables.url import MAX_URL, canonicalise, host_of, url

# https://developers.google.com/safe-browsing/reference/URLs.and.Hashing, all 33.
# The only change: the port of the 26th, which we keep.
UPLOADS = (
    "http://195.127.0.11/uploads/%20%20%20%20/.verify/"
    ".eBaysecure=updateuserdataxplimnbqmn-xplmvalidateinfoswqpcmlx=hgplmcx/"
)
EVERYTHING_ESCAPED = (
    "http://%31%36%38%2e%31%38%38%2e%39%39%2e%32%36/"
    "%2E%73%65%63%75%72%65/%77%77%77%2E%65%62%61%79%2E%63%6F%6D/"
)
TWICE_ESCAPED = (
    "http://host%23.com/%257Ea%2521b%2540c%2523d%2524e%25f%255E00%252611%252A"
    "22%252833%252944_55%252B"
)
SAFE_BROWSING = [
    ("http://host/%25%32%35", "http://host/%25"),
    ("http://host/%25%32%35%25%32%35", "http://host/%25%25"),
    ("http://host/%2525252525252525", "http://host/%25"),
    ("http://host/asdf%25%32%35asd", "http://host/asdf%25asd"),
    ("http://host/%%%25%32%35asd%%", "http://host/%25%25%25asd%25%25"),
    ("http://www.google.com/", "http://www.google.com/"),
    (EVERYTHING_ESCAPED, "http://168.188.99.26/.secure/www.ebay.com/"),
    (UPLOADS, UPLOADS),
    (TWICE_ESCAPED, "http://host%23.com/~a!b@c%23d$e%25f^00&11*22(33)44_55+"),
    ("http://3279880203/blah", "http://195.127.0.11/blah"),
    ("http://www.google.com/blah/..", "http://www.google.com/"),
    ("www.google.com/", "http://www.google.com/"),
    ("www.google.com", "http://www.google.com/"),
    ("http://www.evil.com/blah#frag", "http://www.evil.com/blah"),
    ("http://www.GOOgle.com/", "http://www.google.com/"),
    ("http://www.google.com.../", "http://www.google.com/"),
    ("http://www.google.com/foo\tbar\rbaz\n2", "http://www.google.com/foobarbaz2"),
    ("http://www.google.com/q?", "http://www.google.com/q?"),
    ("http://www.google.com/q?r?", "http://www.google.com/q?r?"),
    ("http://www.google.com/q?r?s", "http://www.google.com/q?r?s"),
    ("http://evil.com/foo#bar#baz", "http://evil.com/foo"),
    ("http://evil.com/foo;", "http://evil.com/foo;"),
    ("http://evil.com/foo?bar;", "http://evil.com/foo?bar;"),
    ("http://\x01\udc80.com/", "http://%01%80.com/"),
    ("http://notrailingslash.com", "http://notrailingslash.com/"),
    ("http://www.gotaport.com:1234/", "http://www.gotaport.com:1234/"),
    ("  http://www.google.com/  ", "http://www.google.com/"),
    ("http:// leadingspace.com/", "http://%20leadingspace.com/"),
    ("http://%20leadingspace.com/", "http://%20leadingspace.com/"),
    ("%20leadingspace.com/", "http://%20leadingspace.com/"),
    ("https://www.securesite.com/", "https://www.securesite.com/"),
    ("http://host.com/ab%23cd", "http://host.com/ab%23cd"),
    (
        "http://host.com//twoslashes?more//slashes",
        "http://host.com/twoslashes?more//slashes",
    ),
]


@pytest.mark.parametrize(("given_text", "expected"), SAFE_BROWSING)
def test_a_published_vector_of_safe_browsing_comes_out_as_published(
    given_text, expected
):
    assert canonicalise(given_text) == expected


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        # Every spelling of one IPv4 address.
        ("http://0xc37f000b/", "http://195.127.0.11/"),
        ("http://0303.0177.0.013/", "http://195.127.0.11/"),
        ("http://195.127.11/", "http://195.127.0.11/"),
        ("http://195.8323083/", "http://195.127.0.11/"),
        ("http://１９５。127。0。11/", "http://195.127.0.11/"),
        # IPv6, and IPv4 inside it.
        ("http://[2001:0DB8:0000::1]:443/", "http://[2001:db8::1]:443/"),
        ("https://[2001:db8::1]:443/a", "https://[2001:db8::1]/a"),
        ("http://[::ffff:1.2.3.4]/", "http://1.2.3.4/"),
        ("http://[64:ff9b::1.2.3.4]/", "http://1.2.3.4/"),
        # Internationalised names, however written.
        ("http://例子.测试/路径", "http://xn--fsqu00a.xn--0zwm56d/%E8%B7%AF%E5%BE%84"),
        ("http://%E4%BE%8B%E5%AD%90.测试/", "http://xn--fsqu00a.xn--0zwm56d/"),
        ("http://XN--FSQU00A.xn--0zwm56d/", "http://xn--fsqu00a.xn--0zwm56d/"),
        ("http://ｅｖｉｌ。ｅｘａｍｐｌｅ/", "http://evil.example/"),
        ("http://faß.example/", "http://xn--fa-hia.example/"),
        ("http://💩.example/", "http://xn--ls8h.example/"),
        # What stands before the @ is not the host.
        ("http://bank.example@evil.example/", "http://evil.example/"),
        ("http://bank.example%2F@evil.example/", "http://evil.example/"),
        ("http://a:b@c@evil.example/", "http://evil.example/"),
        # Ports, schemes, slashes.
        ("HTTP://evil.example:80/", "http://evil.example/"),
        ("https://evil.example:0443/", "https://evil.example/"),
        ("ftp://evil.example:21/kit.zip", "ftp://evil.example/kit.zip"),
        ("evil.example:8080/x", "http://evil.example:8080/x"),
        ("http:evil.example/x", "http://evil.example/x"),
        ("http:\\\\evil.example\\a\\..\\b", "http://evil.example/b"),
        ("//evil.example/x", "http://evil.example/x"),
        ("http://evil.example?x=/../y", "http://evil.example/?x=/../y"),
        # Folders stay folders; nothing climbs above the root.
        ("http://evil.example/a/./b/../c/.", "http://evil.example/a/c/"),
        ("http://evil.example/../../a", "http://evil.example/a"),
        ("http://evil.example/a//../b", "http://evil.example/b"),
        ("http://evil.example/%2e%2e%2fdef", "http://evil.example/def"),
    ],
)
def test_spellings_that_open_the_same_page_become_one(given_text, expected):
    assert url(given_text) == expected
    assert url(expected) == expected


@pytest.mark.parametrize(
    "given_text",
    [
        "",
        "http://",
        "http:///",
        "http://.../",
        "http://@/",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@b.example",
        "gopher://evil.example/",
        "http://evil.example:99999/",
        "http://evil.example:8a/",
        "http://evil.example:²/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[fe80::1%25eth0]/",
        "http://[1::2::3]/",
        "http://1.2.3.999/",
        "http://0x1.0x2.0x3.0x4.0x5/",
        "http://08.1.1.1.1.0/",
        "http://a b.example/",
        "http://host%23.example/",
        "http://a%2Fb.example/",
        "http://a℀b.example/",
        "http://a％41.example/",
        "http://%5B::1%5D/",
        "http://" + "a" * 64 + ".example/",
        "http://" + "a." * 130 + "example/",
        "http://" + "é" * 60 + ".example/",
        "http://\ud800.example/",
        "http://evil.example/\ud800",
        "http://evil.example/" + "a" * MAX_URL,
        "http://evil.example/" + "é" * (MAX_URL // 2),
    ],
)
def test_what_no_browser_opens_is_refused_and_not_repeated(given_text):
    with pytest.raises(ObservableMalformed) as refused:
        url(given_text)
    assert refused.value.code == "observables.malformed"
    assert "evil" not in refused.value.message


def test_nested_escapes_cost_no_more_than_their_length():
    deep = "http://evil.example/%" + "25" * (MAX_URL // 2 - 12)
    assert url(deep) == "http://evil.example/%25"


PIECES = [
    *"abAB019:/\\?#@%.[]- \t\r\n;=_~é。％℀\u200dＡß\udc80例",
    *("%2e", "%2F", "%25", "%5c", "%3f", "xn--", "..", "[::1]", "0x"),
]
WEIRD = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(st.one_of(WEIRD, WEIRD.map("http://".__add__), st.text(max_size=60)))
@example("http://a/%5C%2e%2E/x%3F%23?%3f#")
@example("http://a/\\%2e.\\b?\\")
def test_a_canonical_url_is_its_own_canonical_form(text):
    try:
        once = canonicalise(text)
    except ObservableMalformed:
        return
    assert once.isascii()
    assert canonicalise(once) == once


@given(WEIRD.map("http://".__add__))
def test_a_reportable_url_stays_reportable(text):
    try:
        once = url(text)
    except ObservableMalformed:
        return
    assert url(once) == once
    assert host_of(once)


HOSTS = st.from_regex(
    r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,2}\.[a-z]{2,4}", fullmatch=True
)
SEGMENTS = st.lists(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=6), max_size=4
)


@given(HOSTS)
def test_a_host_alone_is_its_root_page(host):
    assert canonicalise(f"https://{host}") == canonicalise(f"https://{host}:443/")


@given(HOSTS, SEGMENTS)
def test_the_fast_path_agrees_with_the_rules(host, segments):
    """A leading blank keeps a text off the fast path and changes nothing else."""
    path = "/".join(each.replace("#", "") for each in segments)
    text = f"https://{host}/{path}"
    assert canonicalise(text) == canonicalise(f" {text}")
