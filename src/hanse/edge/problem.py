"""A refusal as it is told: RFC 9457, with the stable `code` clients may rely on."""

import msgspec

from hanse.base.errors import Refusal


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457, 3.1, with `code` and `pointer` added."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    pointer: str = ""


_TITLES = {
    400: "The request cannot be read",
    401: "Nobody known is asking",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "In conflict with what is so",
    413: "Too large",
    415: "Media type not supported",
    422: "The input cannot be taken",
    500: "A fault of the edge",
}


def problem(status: int, code: str, detail: str, pointer: str = "") -> Problem:
    """One problem."""
    title = _TITLES.get(status, "Refused")
    return Problem(f"urn:hanse:problem:{code}", title, status, code, detail, pointer)


def of_refusal(refusal: Refusal) -> Problem:
    """A refusal as a problem, also for one item among many."""
    pointer = refusal.pointer or ""
    return problem(refusal.status, refusal.code, refusal.message, pointer)
