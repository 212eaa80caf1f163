"""How keys are spelled and read from a header."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hanse.membership.machines import credentials
from hanse.membership.machines.credentials import Presented

PUBLIC = "abcdefgh23"
SECRET = "A" * 43
WHOLE = f"hanse_{PUBLIC}_{SECRET}"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=32, max_size=32))
def test_every_key_that_is_made_can_be_read_back(public: bytes, secret: bytes):
    public_id = credentials.public_id_of(public)
    text = credentials.secret_of(secret)

    read = credentials.read_authorization(
        "Bearer " + credentials.key_text(public_id, text)
    )

    assert read == Presented(text, public_id=public_id)


@given(st.text(max_size=300))
@example("Basic " + "A" * 3000)
@example("Basic \ud800")
@example("Bearer hanse_\x00")
def test_whatever_is_sent_as_a_header_is_read_or_is_nothing(header: str):
    read = credentials.read_authorization(header)

    assert read is None or read.secret


@pytest.mark.parametrize(
    ("password", "user", "public_id"),
    [(WHOLE, "siem", PUBLIC), (SECRET, PUBLIC, PUBLIC), ("any old word", "full", "")],
)
def test_basic_carries_the_whole_key_or_its_secret(
    password: str, user: str, public_id: str
):
    read = credentials.read_authorization(basic(f"{user}:{password}"))

    assert read is not None
    assert (read.public_id, read.user) == (public_id, user)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        f"Bearer {WHOLE}x",
        f"Bearer {WHOLE[:-1]}",
        f"Bearer {WHOLE} {WHOLE}",
        f"Bearer {WHOLE.upper()}",
        f"Digest {WHOLE}",
        WHOLE,
        "Basic !!!",
        basic("no colon"),
        basic(":" + WHOLE),
        basic("user:"),
        basic("us\0er:" + WHOLE),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
    ],
)
def test_what_is_not_whole_is_nothing(header: str):
    assert credentials.read_authorization(header) is None


def test_a_secret_is_right_only_if_all_of_it_is():
    kept = credentials.digest(SECRET)

    assert credentials.is_right(Presented(SECRET), kept)
    assert not credentials.is_right(Presented(SECRET[:-1] + "B"), kept)


def test_no_secret_is_shown_by_a_repr():
    assert SECRET not in repr(Presented(SECRET, public_id=PUBLIC))
