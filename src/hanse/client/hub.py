"""The hub's REST for Python programs."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from hanse.client.problem import answer

Json = dict[str, Any]


class HubClient:
    """A hub, spoken to with one API key. Use as a context manager, or `close`.

    `verify` as in httpx: a CA file for a hub with a certificate of its own.
    """

    def __init__(
        self, url: str, key: str, *, verify: str | bool = True, timeout: float = 30.0
    ) -> None:
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {key}"},
            verify=verify,
            timeout=timeout,
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

    def report(self, *values: str, title: str = "", **said: Any) -> Json:
        """Report values, all with the same `category`, `confidence`, `tlp` and so on.

        `said` are the fields of an item of `POST /v1/reports`. Returns the report:
        its `claims`, how many had been `joined`, and the `refused` rows.
        """
        items = [{"value": value, **said} for value in values]
        return self.report_items(items, title=title)

    def report_items(
        self, items: Sequence[Mapping[str, Any]], *, title: str = ""
    ) -> Json:
        """Report values that differ in what is said of them."""
        body = {"items": list(items), "title": title}
        return self._post("/v1/reports", body)

    def withdraw(self, claim: str, reason: str) -> None:
        """End a claim of one's own."""
        self._post(f"/v1/claims/{claim}/withdraw", {"reason": reason})

    def sight(self, sightings: Sequence[Mapping[str, Any]]) -> None:
        """Count hits on known values."""
        self._post("/v1/sightings", {"sightings": list(sightings)})

    def indicators(self, **query: Any) -> Iterator[Json]:
        """All that match, page by page; `query` as in `GET /v1/indicators`."""
        yield from self._pages("/v1/indicators", "indicators", query)

    def indicator(self, digest: str) -> Json:
        """One value and everything you may know of it."""
        return self._get(f"/v1/indicators/{digest}")

    def reports(self, **query: Any) -> Iterator[Json]:
        """Your member's reports, newest first."""
        yield from self._pages("/v1/reports", "reports", query)

    def import_file(self, file: Path, **defaults: Any) -> Json:
        """Hand in many values, as CSV or one per line; returns the import."""
        is_csv = file.suffix.lower() == ".csv"
        response = self._http.post(
            "/v1/imports",
            params=defaults,
            content=file.read_bytes(),
            headers={
                "Content-Type": "text/csv" if is_csv else "text/plain",
                "Idempotency-Key": str(uuid4()),
            },
        )
        return _object(response)

    def import_state(self, import_id: str) -> Json:
        """How far an import is."""
        return self._get(f"/v1/imports/{import_id}")

    def send_bundle(self, bundle: bytes) -> Json:
        """Send a STIX 2.1 bundle; returns how many objects were taken, and why not."""
        return self._send("/v1/bundles", bundle)

    def send_misp(self, event: bytes) -> Json:
        """Send a MISP event as JSON; returns the report."""
        return self._send("/v1/misp", event)

    def checkpoint(self) -> Json:
        """The log's newest signed checkpoint."""
        return self._get("/v1/log/checkpoint")

    def export_log(self, file: Path) -> None:
        """Save the whole log, to be verified with `hanse audit verify`."""
        with self._http.stream("GET", "/v1/log/export") as response:
            if not response.is_success:
                response.read()
                answer(response)
            with file.open("wb") as out:
                for chunk in response.iter_bytes():
                    out.write(chunk)

    def _send(self, path: str, body: bytes) -> Json:
        response = self._http.post(
            path,
            content=body,
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": str(uuid4()),
            },
        )
        return _object(response)

    def _post(self, path: str, body: Mapping[str, Any]) -> Json:
        headers = {"Idempotency-Key": str(uuid4())}
        transport_tries = 3
        for attempt in range(transport_tries):
            try:
                return _object(self._http.post(path, json=body, headers=headers))
            except httpx.TransportError:
                if attempt == transport_tries - 1:
                    raise
        raise AssertionError

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> Json:
        return _object(self._http.get(path, params=params))

    def _pages(self, path: str, name: str, query: Mapping[str, Any]) -> Iterator[Json]:
        cursor = ""
        while True:
            page = self._get(path, {**query, "cursor": cursor})
            yield from page[name]
            cursor = page["next"]
            if not cursor:
                return


def _object(response: httpx.Response) -> Json:
    found = answer(response)
    return found if isinstance(found, dict) else {}
