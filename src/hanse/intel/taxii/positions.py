"""`next` tokens: a place in a collection's order that only this hub can read.

Encrypted and authenticated (AES-SIV, RFC 5297), bound to the API root, the
collection and the filters of the query that was answered (TAXII 2.1, 3.5 and
Appendix B): with other filters, or changed in a single bit, a token is refused.
The place holds a row's number, which tells how much others keep here that the
reader may not see; hence no plain text.
"""

import base64
import binascii
import struct
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from hanse.base.secret import Secret
from hanse.intel.objects.filters import Position
from hanse.intel.taxii.asking import Query, QueryMalformed

_PLACE = struct.Struct(">qq")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def seal(secret: Secret, where: str, query: Query, position: Position) -> str:
    """The token for what follows `position`; `where` is root and collection."""
    plain = _PLACE.pack((position.added - _EPOCH) // _MICROSECOND, position.id)
    sealed = _cipher(secret).encrypt(plain, [where.encode(), query.fingerprint])
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def open_token(secret: Secret, where: str, query: Query) -> Position | None:
    """Where the query's `next` token points; None if it has none.

    Raises:
        QueryMalformed: not a token of this hub for this very query.
    """
    if not query.next:
        return None
    try:
        sealed = base64.b64decode(
            query.next + "=" * (-len(query.next) % 4), altchars=b"-_", validate=True
        )
        plain = _cipher(secret).decrypt(sealed, [where.encode(), query.fingerprint])
        micros, number = _PLACE.unpack(plain)
    except (binascii.Error, InvalidTag, ValueError, struct.error) as error:
        raise QueryMalformed(
            "this `next` token was not given out for this query; repeat the query's"
            " other parameters unchanged, or begin without `next`"
        ) from error
    return Position(_EPOCH + micros * _MICROSECOND, number)


def _cipher(secret: Secret) -> AESSIV:
    return AESSIV(secret.derive("taxii.next"))
