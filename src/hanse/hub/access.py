"""Who is calling: turns a request's key or session into a `Caller`, or refuses it.

Default deny: `authenticate` guards the whole application, and a route open to
everybody must say so in its own `opt` (`OPEN`). It also keeps two rules that no
handler has to remember: overseers change nothing and their reads stand in the log;
and what a browser's session changes needs that session's CSRF token.

A handler asks for `caller: Caller` and is handed what the
guard found.
"""

from hanse.membership import keys
from hanse.membership.caller import Caller
from hanse.storage.tx import Tx


def caller_of_key(tx: Tx, authorization: str | None) -> Caller | None:
    """The caller an `Authorization` header (Bearer or Basic) speaks for."""
    return keys.caller_of_key(tx, authorization) if authorization else None


def caller_again(tx: Tx, caller: Caller) -> Caller | None:
    """The same caller as of now, for a stream; None if its access has ended."""
    return None if caller.key is None else keys.caller_of_key_id(tx, caller.key)
