"""Pasted text and CSV: what can be taken is taken, the rest says why."""

import codecs
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.feed.sharing import Tlp
from hanse.intel.claim import Category
from hanse.intel.imports import Limits, read_csv, read_pasted
from hanse.observables.kinds import Kind, Observable


def csv_rows(text, **limits):
    raw = text if isinstance(text, bytes) else text.encode()
    return list(read_csv([raw], Limits(**limits)))


def values(rows):
    return [row.observable.value if row.observable else None for row in rows]


def test_pasted_values_are_taken_line_by_line_and_a_bad_line_says_why():
    rows = list(
        read_pasted(
            "# from the morning's mails\n"
            "hxxps://evil[.]example/login\r\n"
            "\n"
            "192[.]0[.]2[.]7\n"
            "hxxp://evil example/\n"
            "just words\n"
        )
    )
    assert [row.number for row in rows] == [2, 4, 5, 6]
    assert values(rows) == ["https://evil.example/login", "192.0.2.7", None, None]
    assert rows[2].problem
    assert "kind" in (rows[3].problem or "")


def test_values_are_found_between_words():
    rows = list(
        read_pasted(
            "Seen today: hxxp://evil[.]example/a, pay@evil.example；（evil。example）!"
            " and hxxp://[bad"
        )
    )
    assert [row.observable for row in rows] == [
        Observable(Kind.URL, "http://evil.example/a"),
        Observable(Kind.EMAIL, "pay@evil.example"),
        Observable(Kind.DOMAIN, "evil.example"),
        None,
    ]
    assert {row.number for row in rows} == {1}


def test_a_table_is_known_by_its_headers():
    (row,) = csv_rows(
        "type,value,category,confidence,tlp,valid_until,comment,other\n"
        "domain,*.Evil[.]example,Phishing,85%,TLP:AMBER+STRICT,2026-03-31,"
        '"first, second",x\n'
    )
    assert row.number == 2
    assert row.observable == Observable(Kind.DOMAIN, "evil.example")
    assert row.category is Category.PHISHING
    assert row.confidence == 85
    assert row.tlp is Tlp.AMBER_STRICT
    assert row.valid_until == datetime(2026, 4, 1, tzinfo=UTC)
    assert row.note == "first, second"
    assert row.problem is None


def test_chinese_headers_semicolons_and_gb18030_are_understood():
    table = (
        "网址；".replace("；", ";") + "类别;可信度;共享级别;备注;有效期至\n"
        "http://例子.example/a;钓鱼网站;高;红色;仿冒银行;2026年3月1日\n"
        "http://evil.example/b;木马;50;绿;短信;\n"
    )
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        first, second = csv_rows(table.encode(encoding))
        assert first.observable == Observable(Kind.URL, "http://xn--fsqu00a.example/a")
        assert (first.category, first.tlp) == (Category.PHISHING, Tlp.RED)
        assert (first.confidence, first.note) == (85, "仿冒银行")
        assert first.valid_until == datetime(2026, 3, 2, tzinfo=UTC)
        assert second.category is Category.MALWARE


def test_without_a_header_the_first_column_holds_the_values():
    assert values(csv_rows("evil.example\thello\nbad.example\tx\n")) == [
        "evil.example",
        "bad.example",
    ]
    # A separator that stands in some lines only is part of the values.
    assert values(csv_rows("http://evil.example/a,b\nhttp://bad.example/\n")) == [
        "http://evil.example/a,b",
        "http://bad.example/",
    ]


def test_a_header_in_a_comment_above_the_data_counts():
    rows = csv_rows(
        "# a feed\n# id,dateadded,url,threat\n"
        '"1","2026-01-01","http://evil.example/x","malware_download"\n'
    )
    assert values(rows) == ["http://evil.example/x"]
    assert rows[0].category is Category.MALWARE
    assert rows[0].number == 3


def test_columns_that_name_a_part_of_a_hotspot_or_an_app_say_so():
    assert values(csv_rows("ssid,note\nFree WiFi,x\n")) == ["ssid:Free WiFi"]
    assert values(csv_rows("bssid,note\n0A1B2C3D4E5F,x\n")) == [
        "bssid:0a:1b:2c:3d:4e:5f"
    ]
    rows = csv_rows("package,note\ncom.example.app,x\n")
    assert rows[0].observable == Observable(Kind.APP, "com.example.app")
    rows = csv_rows("domain,note\ncom.evil.walletx,x\n")
    assert rows[0].observable == Observable(Kind.DOMAIN, "com.evil.walletx")
    rows = csv_rows(f"cert,note\n{'ab' * 32},x\n")
    assert rows[0].observable == Observable(Kind.CERTIFICATE, "sha256:" + "ab" * 32)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("nonsense,,,,,", "value known here"),
        (",,,,,", "no value"),
        ("evil.example,nonsense,,,,", "category"),
        ("evil.example,,101,,,", "confidence"),
        ("evil.example,,,purple,,", "TLP"),
        ("evil.example,,,,soon,", "date"),
        ("evil.example,,,,9999-12-31,", "date"),
        ("evil.example,,,,,serial", "type"),
        ("http://evil.example/,,,,,domain", "more than a domain"),
        ("192.0.2.0/24,,,,,", "CIDR"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_and_the_next_is_taken(line, word):
    bad, good = csv_rows(
        "value,category,confidence,tlp,valid_until,type,end\n"
        f"{line},x\ngood.example,,,,,,x\n"
    )
    assert word in (bad.problem or "")
    assert bad.observable is None
    assert bad.number == 2
    assert good.observable == Observable(Kind.DOMAIN, "good.example")


def test_a_value_met_again_says_where_it_was_met_first():
    first, again, other = csv_rows(
        "value,category\nhttp://evil.example,phishing\n"
        "HTTP://EVIL.example:80/#x,phishing\nhttp://evil.example/,malware\n"
    )
    assert first.duplicate_of is None
    assert again.duplicate_of == 2
    assert "row 2" in (again.problem or "")
    assert other.problem is None


def test_broken_utf8_is_a_problem_of_its_row_alone():
    rows = csv_rows(
        "值,备注\nevil.example,好\n".encode() + b"bad.example,\xff\xfe\ngood.example,\n"
    )
    assert values(rows) == ["evil.example", None, "good.example"]
    assert "UTF-8" in (rows[1].problem or "")


def test_a_cell_may_hold_line_breaks_and_an_open_quote_costs_one_row():
    rows = csv_rows(
        'value,note\nevil.example,"one\ntwo ""three"""\n'
        '"bad.example,x\ngood.example,y\n'
    )
    assert values(rows) == ["evil.example", None, "good.example"]
    assert rows[0].note == 'one\ntwo "three"'
    assert [row.number for row in rows] == [2, 4, 5]
    assert "quotation mark" in (rows[1].problem or "")


def test_a_formula_stays_text_and_control_signs_leave_notes():
    (row,) = csv_rows("value,note\nevil.example,\"=cmd|' /C calc'!A0\x00\x07\"\n")
    assert row.note == "=cmd|' /C calc'!A0"
    (row,) = csv_rows('value,note\n"=HYPERLINK(""http://evil.example"")",x\n')
    assert row.problem


def test_limits_are_named_and_what_fits_is_taken():
    rows = csv_rows(
        "value,note\na.example,x\nb.example,yyyyyyyyyyy\nc.example,z\nd.example,z\n",
        max_note=10,
        max_rows=3,
    )
    assert values(rows) == ["a.example", None, "c.example", None]
    assert "at most 10" in (rows[1].problem or "")
    assert "at most 3 rows" in (rows[3].problem or "")
    rows = csv_rows("value\n" + "a" * 999 + "\nb.example\n", max_line_bytes=100)
    assert values(rows) == [None, "b.example"]
    rows = list(read_pasted("a" * 999 + "\nb.example", Limits(max_line_bytes=100)))
    assert values(rows) == [None, "b.example"]


def test_memory_stays_small_while_a_long_file_is_read():
    line = b"http://evil.example/%d,phishing,a note that is not kept\n"
    tracemalloc.start()
    chunks = (line % number for number in range(4_000))
    count = sum(row.problem is None for row in read_csv(chunks))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 4_000
    assert peak < 2_000_000


def test_an_endless_line_and_endless_quotes_take_neither_memory_nor_time():
    rows = list(read_csv(b"x" * 10_000 for _ in range(500)))
    assert [row.observable for row in rows] == [None]
    rows = csv_rows(b"value,note\n" + b'"a""\n' * 5_000)
    assert len(rows) == 5_000
    assert all(row.problem for row in rows)


PIECES = [
    *(b"value,type\n", b"evil.example", b",", b";", b"\n", b'"', b"\r", b"#"),
    *(codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"\xff", "值".encode(), b"\x00"),
]
BYTES = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join),
)


@given(BYTES)
def test_any_bytes_are_read_and_every_row_is_a_value_or_a_problem(raw):
    for row in read_csv([raw]):
        assert (row.observable is None) <= (row.problem is not None)


@given(BYTES, st.integers(1, 7))
def test_how_a_file_is_cut_into_chunks_makes_no_difference(raw, size):
    pieces = [raw[place : place + size] for place in range(0, len(raw), size)]
    assert list(read_csv(pieces)) == list(read_csv([raw]))


@given(st.text())
def test_any_pasted_text_is_read(text):
    for row in read_pasted(text):
        assert (row.observable is None) <= (row.problem is not None)
