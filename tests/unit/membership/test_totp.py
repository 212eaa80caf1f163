"""The second factor: RFC 6238's codes, good once, sealed for one person."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from hanse.base.ids import PersonId, new_uuid
from hanse.base.secret import Secret
from hanse.membership.login import totp

SECRET = Secret(bytes(32))
SHARED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B
PERSON = PersonId(new_uuid())


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924")],
)
def test_the_codes_of_rfc_6238_are_right(seconds: int, code: str):
    assert totp.right_step(SHARED, code, at(seconds), 0) == seconds // 30


def test_a_code_is_good_one_step_early_or_late_and_no_more():
    code = pyotp.TOTP(SHARED).at(1234567890)

    good = [
        shift
        for shift in (-60, -30, 0, 30, 60)
        if totp.right_step(SHARED, code, at(1234567890 + shift), 0)
    ]

    assert good == [-30, 0, 30]


def test_a_code_is_good_once():
    step = totp.right_step(SHARED, "005924", at(1234567890), 0)
    assert step is not None

    assert totp.right_step(SHARED, "005924", at(1234567891), step) is None


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "００５９２４", "-05924"]
)
def test_what_is_not_six_digits_is_wrong(code: str):
    assert totp.right_step(SHARED, code, at(1234567890), 0) is None


def test_a_space_between_the_digits_is_forgiven():
    assert totp.right_step(SHARED, "005 924", at(1234567890), 0)


def test_a_sealed_secret_opens_for_its_person_at_its_hub_only():
    sealed = totp.seal(SECRET, PERSON, SHARED)

    assert SHARED.encode() not in sealed
    assert totp.unseal(SECRET, PERSON, sealed) == SHARED
    assert totp.unseal(SECRET, PersonId(new_uuid()), sealed) is None
    assert totp.unseal(Secret(bytes([1]) * 32), PERSON, sealed) is None


def test_a_setup_stays_the_same_in_its_session_and_differs_in_another():
    one = totp.setup(SECRET, b"session one", "lin@lotus.example", "Lotus Alliance")
    again = totp.setup(SECRET, b"session one", "lin@lotus.example", "Lotus Alliance")
    other = totp.setup(SECRET, b"session two", "lin@lotus.example", "Lotus Alliance")

    assert one == again
    assert one.secret != other.secret
    assert one.uri.startswith("otpauth://totp/Lotus%20Alliance:lin%40lotus.example")
    assert one.qr_svg().startswith("<svg")
    assert one.secret not in repr(one)


def test_drift_is_measured_in_steps_of_half_a_minute():
    assert timedelta(seconds=totp.STEP_SECONDS) == timedelta(seconds=30)
