"""The grammar of patterns, held against the validator OASIS publishes."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stix2patterns.validator import run_validator

from hanse.intel.stix.grammar import MAX_NESTING
from hanse.intel.stix.patterns import check_pattern

GOOD = [
    "[url:value = 'https://shop.example/']",
    "[ url:value='a' ]",
    "[url:value == 'a']",
    "[url:value <> 'a']",
    "[file:size >= 1024 AND file:size < -4]",
    "[file:size = 1.5 OR file:size = +1]",
    "[file:hashes.'SHA-512/256' = 'aec0']",
    "[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0]",
    "[network-traffic:protocols[0] = 'tcp']",
    "[artifact:payload_bin = b'aGFuc2U=']",
    "[artifact:payload_bin = b'aGFu\nc2U=']",
    "[file:magic_number_hex = h'ffd8' OR file:magic_number_hex = h'']",
    "[process:is_hidden = true]",
    "[file:created = t'2025-03-01T08:30:00.5Z']",
    "[file:name = 'it\\'s' OR file:name = 'a\\\\b']",
    "[file:name = '\u94f6\u884c' OR file:name = '']",
    "[file:name LIKE 'a%' AND file:name NOT MATCHES '^b$']",
    "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
    "[ipv4-addr:value NOT ISSUPERSET '198.51.100.0/24']",
    "[process:name IN ('a', 'b') OR process:pid NOT IN (1,2)]",
    "[EXISTS windows-registry-key:values]",
    "[NOT EXISTS windows-registry-key:values]",
    "[(file:name = 'a' OR file:size = 1) AND file:name = 'c']",
    "[a:b='1'] AND [a:b='2'] OR [a:b='3'] FOLLOWEDBY [a:b='4']",
    "([a:b = 1] FOLLOWEDBY [c:d = 2]) WITHIN 300 SECONDS",
    "[a:b = 1] REPEATS 5 TIMES WITHIN 1800.5 SECONDS",
    "([a:b = 1] REPEATS 2 TIMES) REPEATS 2 TIMES",
    "[a:b = 1] START t'2025-03-01T00:00:00Z' STOP t'2025-04-01T00:00:00Z'",
    "[a:b = /* here */ 1] // done",
    "[x_own:y_own.z[1] = 1]",
    "[file:name IN ()]",
    "[email-message:from_ref.value MATCHES'.+\\\\@shop']",
]
BAD = {
    "": "column 1: [ is expected",
    "url:value = 'a'": "column 1: [ is expected",
    "[]": "column 2: an object path",
    "[url:value]": "column 11: a comparison operator",
    "[url:value = ]": "column 14: a constant",
    "[url:value = 'a'": "column 17: ] is expected",
    "[url:value = 'a']]": "column 18: the pattern should end",
    "[url:value = 'a": "column 14: a string is not closed",
    "[url:value = 'C:\\Windows']": "column 14: a string is not closed, or has a backsl",
    "[url:value = a]": "column 14: a constant",
    '[url:value = "a"]': "column 14: no constant",
    "[url.value = 'a']": "column 5: : is expected",
    "[file:my-name = 'a']": "column 7: a property name with a hyphen",
    "[file:hashes.MD5 =? 'a']": "column 19: no constant",
    "[file:name MATCHES /a/]": "column 20: no constant",
    "[file:name LIKE 5]": "column 17: LIKE needs a string",
    "[file:size > true]": "column 14: a constant",
    "[file:size = 007]": "column 14: a whole number must not begin",
    "[file:name IN ('a',)]": "column 20: a constant",
    "[file:name IN ('a' 'b')]": "column 20: , is expected",
    "[file:name IN ('a', 1)]": "column 15: a set must hold constants of one kind",
    "[file:name NOT = ]": "column 18: a constant",
    "[NOT file:name = 'a']": "column 6: EXISTS is expected",
    "[a:b[1.5] = 1]": "column 6: a whole number",
    "[a:b[-1] = 1]": "column 6: an index must not be negative",
    "[a:b = h'abc']": "column 8: must be an even number",
    "[a:b = b'====']": "column 8: must be base64",
    "[a:b = t'2025-13-01T00:00:00Z']": "column 8: must be like t'2025",
    "[a:b = t'2025-02-30T00:00:00Z']": "column 8: must be like t'2025",
    "[a:b = 1] WITHIN 5 HOURS": "column 20: SECONDS is expected",
    "[a:b = 1] WITHIN -5 SECONDS": "column 18: WITHIN needs a positive",
    "[a:b = 1] WITHIN 0 SECONDS": "column 18: WITHIN needs a positive",
    "[a:b = 1] REPEATS 1.5 TIMES": "column 19: REPEATS needs a positive",
    "[a:b = 1] REPEATS 2 TIMES REPEATS 3 TIMES": "column 27: has REPEATS a second",
    "[a:b = 1] START '2025' STOP '2026'": "column 17: a timestamp",
    "[a:b = 1] within 5 seconds": "column 11: the pattern should end",
    "[a:b = 1 and c:d = 2]": "column 10: ] is expected",
    "[a:b = 1 FOLLOWEDBY c:d = 2]": "column 10: ] is expected",
    "[a:b = 1] [c:d = 2]": "column 11: the pattern should end",
    "([a:b = 1]": "column 11: ) is expected",
    "[a:b = 1] /* open": "column 11: a comment is not closed",
}


@pytest.mark.parametrize("pattern", GOOD)
def test_a_good_pattern_is_taken(pattern: str):
    assert check_pattern(pattern) is None


# The standard lets base64 hold line feeds, its published grammar does not.
@pytest.mark.parametrize("pattern", [good for good in GOOD if "\n" not in good])
def test_the_validator_of_oasis_takes_it_too(pattern: str):
    assert run_validator(pattern, "2.1") == []


@pytest.mark.parametrize(("pattern", "words"), BAD.items())
def test_a_bad_pattern_is_refused_with_its_column(pattern: str, words: str):
    fault = check_pattern(pattern)
    assert fault is not None
    assert fault.message.startswith(f"is not a STIX pattern; {words}")


# Here the text of the standard is stricter than the published grammar: constants of
# a set are of one kind (9.6.1), counts are positive (9.5.1), dates exist.
# The validator falls over the empty pattern and over negative indices.
_NOT_COMPARED = ("IN ('a', 1)", "WITHIN 0", "02-30", "[-1]")


@pytest.mark.parametrize(
    "pattern",
    [bad for bad in BAD if bad and not any(part in bad for part in _NOT_COMPARED)],
)
def test_the_validator_of_oasis_refuses_it_too(pattern: str):
    assert run_validator(pattern, "2.1")


_words = st.sampled_from(
    [
        *"[]():.,=<*",
        *("==", "!=", "a", "file", "x-own", "b_c", "'v'", "5", "-1", "1.5", "true"),
        *("IN", "NOT", "AND", "OR", "FOLLOWEDBY", "LIKE", "EXISTS", "WITHIN"),
        *("REPEATS", "TIMES", "SECONDS", "h'ff'", "t'2025-03-01T08:30:00Z'"),
    ]
)
_comparison = st.sampled_from(
    ["a:b = 'c'", "a:b.c[1] > 2", "d:e IN (1, 2)", "NOT EXISTS f:g", "h:i LIKE 'j'"]
)
_pattern = st.recursive(
    _comparison.map("[{}]".format),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR", "FOLLOWEDBY"]), inner).map(
            " ".join
        ),
        inner.map("({})".format),
        inner.map("{} WITHIN 5 SECONDS".format),
    ),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(pattern=_pattern, word=_words, data=st.data())
def test_both_agree_on_patterns_with_a_word_put_in(
    pattern: str, word: str, data: st.DataObject
):
    words = pattern.split(" ")
    place = data.draw(st.integers(0, len(words)))
    changed = " ".join([*words[:place], word, *words[place:]])
    assert (check_pattern(changed) is None) == (run_validator(changed, "2.1") == [])


@settings(max_examples=200, deadline=None)
@given(st.lists(_words, min_size=1, max_size=8).map(" ".join))
def test_both_agree_on_words_thrown_together(pattern: str):
    assert (check_pattern(pattern) is None) == (run_validator(pattern, "2.1") == [])


@given(st.text())
def test_any_text_is_judged(pattern: str):
    fault = check_pattern(pattern)
    assert fault is None or "column" in fault.message


@pytest.mark.parametrize(("start", "end"), [("(", ")"), ("[(", ")]")])
def test_nesting_is_bounded(start: str, end: str):
    inner, last = ("[a:b = 1]", "") if start == "(" else ("a:b = 1", "")
    opening, closing = start[-1] * MAX_NESTING, end[0] * MAX_NESTING
    outer = start[:-1], end[1:]
    fits = f"{outer[0]}{opening}{inner}{closing}{outer[1]}{last}"
    assert check_pattern(fits) is None
    fault = check_pattern(fits.replace("(", "((", 1).replace(")", "))", 1))
    assert fault is not None
    assert "nest deeper" in fault.message


@pytest.mark.parametrize(
    "pattern",
    [
        "(" * 1_000_000,
        "[" * 1_000_000,
        "'" * 999_999,
        "[a:b = '" + "\\\\" * 500_000,
        "/*" * 500_000,
        "[a:b" + ".c" * 500_000,
        "[a:b = " + "9" * 1_000_000,
        "-" * 1_000_000,
        "[" + "a" * 1_000_000,
        "[url:value = '" + "a" * 1_000_000,
        "[a:b = 1 OR " * 80_000,
        " " * 1_000_000 + "[",
    ],
)
def test_a_megabyte_of_anything_takes_linear_time(pattern: str):
    started = time.process_time()
    assert check_pattern(pattern) is not None
    assert time.process_time() - started < 5
