"""What the other side refused, as an exception with its stable `code`."""

from typing import Any, NoReturn

import httpx


class Refused(Exception):
    """A problem (RFC 9457) the hub or edge answered with.

    `code` is what to rely on, `detail` says what is so and what to do next,
    `pointer` (RFC 6901) where in the request the fault lies, if anywhere.
    """

    def __init__(self, status: int, code: str, detail: str, pointer: str = "") -> None:
        super().__init__(f"{detail} [{code}, HTTP {status}]")
        self.status = status
        self.code = code
        self.detail = detail
        self.pointer = pointer


def answer(response: httpx.Response) -> Any:
    """The JSON of a good answer (None if it has none); raises `Refused`."""
    if response.is_success:
        return response.json() if response.content else None
    return refuse(response)


def refuse(response: httpx.Response) -> NoReturn:
    """Raise what a bad answer says."""
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    raise Refused(
        response.status_code,
        str(problem.get("code", "unknown")),
        str(problem.get("detail", f"HTTP {response.status_code} without a reason")),
        str(problem.get("pointer", "")),
    )
