"""Which passwords are taken, and that they are kept as argon2id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.membership.login import passwords
from hanse.membership.login.passwords import PasswordRefused

EMAIL = "lin.mei@lotus.example"


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "elevenchars",
        "x" * 257,
        "passwordpassword",
        "Password123456!!",
        "qwertyuiop123",
        "woaini1314520",
        "123456789012",
        "abcdefghijklmno",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "lin.mei@lotus.example",
        "I am lin.mei, hello",
        "correct horse battery staple",
    ],
)
def test_what_is_tried_first_is_refused_without_repeating_it(password: str):
    with pytest.raises(PasswordRefused) as refused:
        passwords.check(password, EMAIL)

    assert password not in refused.value.message
    assert refused.value.pointer == "/password"


@pytest.mark.parametrize(
    "password",
    ["lantern over quiet water", "莲花在雨中慢慢地打开了呢", "tR0ub4dor&3-and-more"],
)
def test_a_long_and_uncommon_one_is_taken(password: str):
    assert passwords.check(password, EMAIL) == password


def test_two_spellings_of_one_accent_are_one_password():
    kept = passwords.hashed(passwords.check("cafe\u0301 under the stars", EMAIL))

    assert kept.startswith("$argon2id$")
    assert passwords.is_right(kept, "caf\u00e9 under the stars")
    assert not passwords.is_right(kept, "cafe under the stars")


def test_what_is_kept_is_never_taken_for_a_password():
    kept = passwords.hashed("lantern over quiet water")

    assert not passwords.is_right(kept, kept)
    assert not passwords.is_right("not a hash", "lantern over quiet water")


def test_nobodys_hash_costs_as_much_as_anybodys():
    def parameters(kept: str) -> str:
        return kept.rsplit("$", 2)[0]

    assert parameters(passwords.dummy()) == parameters(passwords.hashed("some other"))


@given(st.text(max_size=300))
def test_any_text_is_taken_or_refused(password: str):
    try:
        taken = passwords.check(password, EMAIL)
    except PasswordRefused:
        return
    assert passwords.MIN_CHARS <= len(taken) <= passwords.MAX_CHARS
