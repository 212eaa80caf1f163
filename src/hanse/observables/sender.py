"""The address an attacker writes from, in one spelling.

The whole address is lowercased: no large provider tells `Pay@` from `pay@`,
and a sender that differed only so would escape. Dots and `+tags` stay: they
mean different mailboxes at most providers. The domain is a canonical domain
name (IDN as A-labels), the local part NFKC.
"""

import re
import unicodedata
from typing import Final

from hanse.base.texts import N_
from hanse.observables.host import domain_name
from hanse.observables.kinds import ObservableMalformed

MAX_LOCAL: Final = 64  # octets, RFC 5321 4.5.3.1.1
MAX_ADDRESS: Final = 254  # octets, RFC 5321 4.5.3.1.3 less the angle brackets
SENDER_TOO_LONG: Final = N_(
    "The address is too long; at most %(local)s bytes before the @ and %(most)s in all"
    " are possible. Copy it again from the mail's header."
)

# RFC 5322 atext and any letter or digit beyond ASCII (RFC 6531), but no braces:
# nobody's mailbox has them, and `{.}` is how some people defang a dot.
_LOCAL: Final = re.compile(
    r"[\w!#$%&'*+/=?^`|~-]++(?:\.[\w!#$%&'*+/=?^`|~-]++)*+", re.UNICODE
)


def sender(text: str) -> str:
    """An e-mail address, canonical. Raises `ObservableMalformed`."""
    address = text.strip()
    local, at, domain = address.rpartition("@")
    if not at:
        raise ObservableMalformed(
            N_(
                "This is not an e-mail address; expected name@domain. "
                "A domain alone is reported as a domain."
            )
        )
    local = _fold(local)
    if not _LOCAL.fullmatch(local):
        raise ObservableMalformed(
            N_(
                "The part before the @ is not a plain mailbox name; expected letters, "
                "digits and signs such as . _ + - without blanks or quotes."
            )
        )
    canonical = f"{local}@{domain_name(domain)}"
    if _octets(local) > MAX_LOCAL or _octets(canonical) > MAX_ADDRESS:
        raise ObservableMalformed(
            SENDER_TOO_LONG % {"local": MAX_LOCAL, "most": MAX_ADDRESS}
        )
    return canonical


def _fold(local: str) -> str:
    # Lowercasing can undo the normal form, so it is made again after it.
    lowered = unicodedata.normalize("NFKC", local).lower()
    return unicodedata.normalize("NFKC", lowered)


def _octets(text: str) -> int:
    return len(text.encode("utf-8"))
