"""An edge's check for Python programs."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from hanse.client.problem import answer


class EdgeClient:
    """An edge, asked with a key of its own (or without, open on loopback)."""

    def __init__(self, url: str, key: str = "", *, timeout: float = 5.0) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(
            base_url=url.rstrip("/"), headers=headers, timeout=timeout
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up the connections."""
        self._http.close()

    def check(self, value: str, kind: str = "url") -> dict[str, Any]:
        """The verdict on one value: `allow`, `watch` or `block`, with reasons."""
        result: dict[str, Any] = self.check_many([{"kind": kind, "value": value}])[
            "results"
        ][0]
        return result

    def check_many(self, items: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """`results` in the order asked, and the `position` they stand on."""
        response = self._http.post("/v1/check", json={"items": list(items)})
        found: dict[str, Any] = answer(response)
        return found

    def status(self) -> dict[str, Any]:
        """Where the edge stands, whether the hub is there, what its brake does."""
        found: dict[str, Any] = answer(self._http.get("/v1/status"))
        return found
