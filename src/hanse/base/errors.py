"""The one root of every refusal Hanse gives a caller.

A refusal is an expected answer: the caller asked for something that cannot be
had, and the message says what is so, what was expected and what to do next.
It never carries a secret or raw input. Doors translate refusals to
problem+json (RFC 9457) in one place per process; `code` is what clients may
rely on, `status` the HTTP status it becomes there.

Programming errors are not refusals; they stay ordinary exceptions.
"""

from typing import ClassVar


class Refusal(Exception):
    """A request that Hanse understood and will not or cannot carry out."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400

    def __init__(self, message: str, *, pointer: str | None = None) -> None:
        """`pointer`: JSON pointer (RFC 6901) to the faulty place, if there is one."""
        super().__init__(message)
        self.message = message
        self.pointer = pointer


class NotFound(Refusal):
    """There is no such thing, or the caller may not know of it."""

    code = "not_found"
    status = 404


class Forbidden(Refusal):
    """The caller is known and may see the thing, but may not do this."""

    code = "forbidden"
    status = 403


class Unauthenticated(Refusal):
    """Nobody is known to be asking."""

    code = "unauthenticated"
    status = 401


class Conflict(Refusal):
    """What is asked contradicts what is already so."""

    code = "conflict"
    status = 409


class TooLarge(Refusal):
    """The input exceeds a stated limit."""

    code = "too_large"
    status = 413


class TooMany(Refusal):
    """Too many attempts; the message says when to try again."""

    code = "too_many_requests"
    status = 429


class Malformed(Refusal):
    """The input cannot be read as what it claims to be."""

    code = "malformed"
    status = 422
