"""The door-keeper finds invented people's numbers everywhere, and nothing else."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.intel import privacy
from hanse.intel.numbers import Personal, is_bank_card, is_id_number
from hanse.intel.privacy import (
    PersonalDataRefused,
    find_personal,
    keep_out,
    scan,
    scan_json,
)

PHONE, CARD, ID = Personal.PHONE, Personal.BANK_CARD, Personal.ID_NUMBER

# Invented numbers: none belongs to anybody, all pass their checks.
WRITTEN = [
    (PHONE, "13812345678"),
    (PHONE, "138 1234 5678"),
    (PHONE, "138-1234-5678"),
    (PHONE, "138.1234.5678"),
    (PHONE, "+8613812345678"),
    (PHONE, "+86 138 1234 5678"),
    (PHONE, "+86-138-1234-5678"),
    (PHONE, "(+86)138-1234-5678"),
    (PHONE, "008613812345678"),
    (PHONE, "8613812345678"),
    (PHONE, "１３８１２３４５６７８"),
    (PHONE, "１３８－１２３４－５６７８"),
    (PHONE, "138\u200b1234\u200b5678"),
    (PHONE, "①③⑧①②③④⑤⑥⑦⑧"),
    (PHONE, "+1 (415) 555-2671"),
    (PHONE, "+14155552671"),
    (PHONE, "+44 20 7946 0958"),
    (PHONE, "＋８５２ ９１２３ ４５６７"),
    (ID, "11010519491231002X"),
    (ID, "11010519491231002x"),
    (ID, "440308199901101512"),
    (ID, "440308 19990110 1512"),
    (ID, "130503670401001"),
    (CARD, "4111111111111111"),
    (CARD, "4111 1111 1111 1111"),
    (CARD, "4111-1111-1111-1111"),
    (CARD, "6222021234567890128"),
    (CARD, "6222 0212 3456 7890 128"),
    (CARD, "622202 1234567890128"),
    (CARD, "4222222222222"),
    (CARD, "378282246310005"),
    (CARD, "3782 822463 10005"),
    (CARD, "5555555555554444"),
]

AROUND = [
    "{}",
    "call {} now",
    "联系电话：{}，谢谢",
    "tel{}",
    "机主{}机主",
    "1. {}; 2. none",
    "({})",
    "'{}'",
    "[url:value = 'http://evil.example/?q={}']",
    "http://evil.example/form?phone={}&x=1",
    "id_{}_x",
]


@pytest.mark.parametrize(("what", "number"), WRITTEN)
@pytest.mark.parametrize("around", AROUND)
def test_a_personal_number_is_found_in_any_surroundings(what, number, around):
    text = around.format(number)
    found = find_personal(text)
    assert [each.what for each in found] == [what]
    seen = unicodedata.normalize("NFKC", text[found[0].start : found[0].end])
    assert "".join(filter(str.isdigit, seen)) in "".join(
        filter(str.isdigit, unicodedata.normalize("NFKC", number))
    )
    assert number not in found[0].masked


def in_every_position(text):
    return [
        {"type": "indicator", "name": text},
        {"type": "indicator", "description": f"wrote from {text} twice"},
        {"x_list": [[{"deep": ["a", {"b": text}]}]]},
        {text: "as a key"},
        {"x": {"nested " + text: {"y": "z"}}},
        {"pattern": f"[email-message:body_multipart[*].body = '{text}']"},
        {"external_references": [{"url": f"https://evil.example/?to={text}"}]},
        {"name": f"\u201c{text}\u201d, said \u4e2d{text[:0]}"},
        {"id": "x--5d0d3d8a-8a35-4d61-9d3c-000000000000", "name": f"\u2019{text}"},
        [text],
        text,
    ]


@pytest.mark.parametrize(("what", "number"), WRITTEN)
def test_a_personal_number_is_found_in_every_position_and_escape(what, number):
    for value in in_every_position(number):
        expected = scan_json(value)
        assert [each.what for each in expected] == [what]
        plain = json.dumps(value, ensure_ascii=False)
        escaped = "".join(
            f"\\u{ord(sign):04x}" if sign.isdigit() and ord(sign) < 0x10000 else sign
            for sign in plain
        )
        for raw in (plain, json.dumps(value), escaped):
            assert scan(raw.encode()) == expected


def test_the_place_is_named_and_the_number_masked():
    key, note, card = scan_json(
        {"a/b": [{"note": "call 138-1234-5678"}], "13987654321": 4111111111111111}
    )
    assert (key.pointer, key.start, key.end) == ("/139****4321", 0, 11)
    assert (note.pointer, note.start, note.end) == ("/a~1b/0/note", 5, 18)
    assert (card.pointer, card.start, card.end) == ("/139****4321", 0, 16)
    masked = [each.masked for each in (key, note, card)]
    assert masked == ["139****4321", "138****5678", "41**********1111"]


def test_a_refusal_points_and_does_not_repeat():
    with pytest.raises(PersonalDataRefused) as refused:
        keep_out(scan(b'{"name": "13812345678", "x": "4111111111111111"}'))
    assert refused.value.code == "intel.personal_data"
    assert refused.value.status == 422
    assert refused.value.pointer == "/name"
    assert "138****5678" in refused.value.message
    assert "1 more" in refused.value.message
    assert "13812345678" not in refused.value.message
    keep_out([])


def test_a_member_given_twice_hides_nothing():
    found = scan(b'{"name": "13812345678", "name": "clean"}')
    assert [each.pointer for each in found] == ["/name"]


def test_what_is_no_json_is_read_as_text():
    assert scan(b"value,note\nevil.example,\\u0031\\u003381234\\u0035678")
    assert scan(b"[" * 100_000 + b'"13812345678"')
    assert scan(b"\xff\xfe 13812345678 \xff")


@pytest.mark.parametrize(
    "text",
    [
        # Hashes, UUIDs, ids, base64.
        "9f86d081884c7d659a2feaa0c55ad0158a3bf4f1b13812345678cd15d6c15b0f0",
        "d13812345678b204e9800998ecf8427e",
        "indicator--2a839f46-d152-4480-8469-fd2dd031d7f7",
        "relationship--239d98a7-f134-4270-8333-c2df2feaa9ca",
        "00000000-0000-4000-8000-13812345678a",
        "indicator--246ef0d8-3a9c-4f37-b973-013812345678",
        "13812345-6789-4111-8111-111111111111",
        "eyJhbGciOiJIUzI1NiJ9x13812345678yZ3A",
        # Times, versions, addresses, decimals.
        "2024-01-13T13:45:59.123456Z",
        "20240113134559",
        "1700000000000",
        "138.0.7204.100",
        "192.168.138.123 and 10.138.123.45",
        "0.13812345678",
        "31.13812345678",
        # Check digits that fail, dates that never were, numbers too long.
        "4111111111111112",
        "6222021234567890129",
        "110105194912310021",
        "110105194913310025",
        "130503671301001",
        "12812345678",
        "138123456789",
        "1381234567",
        "138 1234 56789",
        "+86 1381",
        "12345678901234567890123",
        "7+1234567890 and c++1234567890",
        # Page numbers of large sites.
        "https://pages.example/articles/4573379868567-A-Deep-Dive",
        "https://pages.example/help/contact/348106397457835",
        # Hosts: the attacker's, and what the alliance is about.
        "x13812345678.example",
        "13812345678.com",
        "http://13812345678.login.example/a?b=1",
        "https://shop-13812345678.example:8443",
        "[domain-name:value = 'x13812345678.example']",
        "[url:value='http://pay.13812345678.example/登录']",
    ],
)
def test_what_only_looks_like_a_personal_number_is_left_alone(text):
    assert find_personal(text) == []
    assert scan(json.dumps({"x": text}).encode()) == []


@pytest.mark.parametrize(
    "text",
    [
        "246ef0d8-3a9c-4f37-b973-0138123456789 13812345678",
        "13812345678.jpg",
        "call 13812345678.thanks",
        "see 13812345678.com",
        "13812345678@mail.example",
        "http://evil.example/13812345678.html",
        "http://evil.example/?q=13812345678.com",
        "http://evil.example//x'13812345678.com",
        "http://13812345678/",
        "[file:name = '13812345678.example']",
        "138 1234 5678.example",
    ],
)
def test_what_stands_beside_a_host_or_only_looks_like_one_is_found(text):
    assert [each.what for each in find_personal(text)] == [PHONE]


def test_a_card_with_its_expiry_and_a_number_before_it_is_still_found():
    text = "1234 4111 1111 1111 1111 12/27"
    assert [text[each.start : each.end] for each in find_personal(text)] == [
        "4111 1111 1111 1111"
    ]


def test_identity_numbers_and_cards_pass_only_their_own_checks():
    assert is_id_number("440308199901101512")
    assert not is_id_number("990308199901101512")
    assert not is_id_number("440308199902301512")
    assert is_bank_card("6222021234567890128")
    assert not is_bank_card("1222021234567894")


def test_the_prefilter_knows_every_sign_that_can_stand_in_a_number():
    for place in range(0x80, 0x110000):
        sign = chr(place)
        plain = privacy._ascii(sign)
        if plain == sign:
            continue
        text = f"13{sign}812345678" if plain.isdigit() else f"138{sign}12345678"
        assert privacy._is_suspicious(text.encode("utf-8", "surrogatepass")), hex(place)


PIECES = [
    *"0123456789",
    *'0123456789 -.()+xXa/:１。\u200b\n\\"电é🙂',
    *("138", "86", "+86 ", "4111111111111111", "http://"),
    *("u", "\\u1380", "\\u4e00", "一", "\xa0"),  # a backslash and letters; real signs
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=24).map("".join)
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(-(10**18), 10**18), st.none(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=6,
)


@given(VALUES, st.booleans())
def test_scanning_the_bytes_finds_what_scanning_the_value_finds(value, ascii_only):
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert scan(raw) == scan_json(value)


@given(st.text())
def test_any_text_is_scanned_and_places_lie_inside_it(text):
    for each in find_personal(text):
        assert 0 <= each.start < each.end <= len(text)


@given(st.binary())
def test_any_bytes_are_scanned(raw):
    scan(raw)
