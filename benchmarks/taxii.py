"""TAXII 2.1: conformance, what POST and GET cost, idle polls, pages at a million.

`--data` is a STIX 2.1 bundle (gzipped or not), `--probe` a conformance probe that
takes the options of `taxii_conformance.py` and writes `--out` as JSON. Costs are
processor time of the hub and of PostgreSQL together, with audit and sharing on.
"""

import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from benchmarks.figures import Figures, parser, percentile, run, say
from benchmarks.measuring import Hub, cpu_seconds, sandbox

TAXII = "application/taxii+json;version=2.1"
BATCH = 500
PAGE = 1_000
READ_SECONDS = 8.0  # clock ticks are 10 ms
POLLS = 300
FEW, MANY = 10_000, 1_000_000
FILL_BATCH = 5_000
LIMITS = {
    "must_failures": ("<=", 0),
    "other_failures": ("<=", 0),
    "post_per_cpu_second": (">=", 8_000),
    "get_per_cpu_second": (">=", 80_000),
    "idle_poll_p50_ms": ("<=", 3.0),
    "page_ratio_1m_10k": ("<=", 1.2),
}


@dataclass(slots=True)
class Collection:
    """One collection of a running server, over one kept-alive connection."""

    http: httpx.Client
    url: str
    batch: int = BATCH
    most: int = PAGE
    _bare: HTTPConnection | None = None
    _headers: dict[str, str] = field(default_factory=dict)

    def post(self, body: bytes) -> int:
        """Contribute; returns how many objects were taken."""
        answer = self.http.post(
            f"{self.url}objects/", content=body, headers={"Content-Type": TAXII}
        )
        answer.raise_for_status()
        status = answer.json()
        if status["failure_count"]:
            raise RuntimeError(f"refused: {status['failures'][:3]}")
        return int(status["success_count"])

    def page(self, **params: Any) -> httpx.Response:
        """One page of objects."""
        answer = self.http.get(f"{self.url}objects/", params=params)
        return answer.raise_for_status()

    def timed(self, **params: Any) -> tuple[float, bytes]:
        """Milliseconds until a page is here, and its bytes.

        Over a bare connection: httpx alone takes longer than the hub does.
        """
        url = httpx.URL(f"{self.url}objects/", params=params)
        if self._bare is None:
            self._bare = HTTPConnection(url.host, url.port)
            request = self.http.build_request("GET", url)
            flow = (self.http.auth or httpx.Auth()).sync_auth_flow(request)
            self._headers = dict(next(flow).headers)
        begun = time.perf_counter()
        self._bare.request("GET", url.raw_path.decode(), headers=self._headers)
        answer = self._bare.getresponse()
        body = answer.read()
        wait = (time.perf_counter() - begun) * 1_000
        if answer.status != 200:
            raise RuntimeError(f"answered with {answer.status}: {body[:300]!r}")
        for told in self.http.event_hooks["response"]:
            begun = time.perf_counter()
            told(httpx.Response(answer.status))
            wait += (time.perf_counter() - begun) * 1_000
        return wait, body

    def reconnect(self) -> None:
        """After a while in which `timed` was not used, and the hub hung up."""
        if self._bare is not None:
            self._bare.close()

    def pages(self) -> Iterator[httpx.Response]:
        """All pages, by their `next` tokens."""
        more: dict[str, str] = {}
        while True:
            answer = self.page(limit=self.most, **more)
            yield answer
            following = next_of(answer.content)
            if following is None:
                return
            more = {"next": following}


def measure(options: Namespace) -> Figures:
    """All figures, on two fresh hubs."""
    is_real = options.data is not None
    objects = objects_of(options.data) if is_real else generated(options.objects)
    figures: Figures = {
        "data": options.data.name if is_real else "generated",
        "objects": len(objects),
    }
    with sandbox() as hub, client(hub) as http:
        # The fault `costly`: nothing is done in bulk.
        bulk = (3, 3) if options.plant == "costly" else (BATCH, PAGE)
        collection = Collection(http, hub.collection(), *bulk)
        figures |= conformance(hub, options.probe, options.plant)
        say("posting, reading, polling")
        figures |= post_figures(hub.pids, collection, objects)
        figures |= get_figures(hub.pids, collection, options.read_seconds)
        delay(http, options.plant)
        figures |= poll_figures(collection)
    with sandbox() as hub, client(hub) as http:
        collection = Collection(http, hub.collection())
        say(f"pages at {options.few} and {options.many} objects")
        fill(collection, 0, options.few)
        small = page_waits(collection)
        fill(collection, options.few, options.many)
        delay(http, options.plant)
        figures |= page_figures(small, page_waits(collection))
    return figures


def delay(http: httpx.Client, plant: str) -> None:
    """The fault `slow`: every answer takes 20 ms longer from now on."""
    if plant == "slow":
        http.event_hooks["response"] = [lambda _: time.sleep(0.02)]


def client(hub: Hub) -> httpx.Client:
    """A client that speaks TAXII as user `full`."""
    return httpx.Client(auth=hub.user, headers={"Accept": TAXII}, timeout=120)


def conformance(hub: Hub, probe: Path | None, plant: str) -> Figures:
    """How many checks of the probe fail; None without a probe."""
    if probe is None:
        return {"must_failures": None, "other_failures": None, "skipped": None}
    say("probing conformance")
    taxii = hub.told["taxii"]
    user, password = hub.user
    named = {
        "discovery": taxii["discovery"],
        "api-root": taxii["api_root"],
        **{n: taxii[n] for n in ("collection", "readonly", "writeonly", "nothing")},
        "user": user,
        "password": password,
    }
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.json")
        command = [sys.executable, str(probe), "--out", str(out)]
        command += [part for n, v in named.items() for part in (f"--{n}", v)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        checks = json.loads(out.read_text())["checks"]
    if plant == "nonconforming":
        checks += [{"verdict": "FAIL", "level": level} for level in ("MUST", "SHOULD")]
    return verdicts(checks)


def verdicts(checks: Sequence[dict[str, Any]]) -> Figures:
    """The probe's checks in three counts. What is skipped was not shown to hold."""
    failed = [check for check in checks if check["verdict"] != "PASS"]
    must = sum(check["level"] == "MUST" for check in failed)
    return {
        "must_failures": must,
        "other_failures": len(failed) - must,
        "skipped": sum(check["verdict"] == "SKIP" for check in failed),
    }


def post_figures(
    pids: Sequence[int], collection: Collection, objects: Sequence[Any]
) -> Figures:
    """What it costs to take the objects in, validated, in batches."""
    bodies = [
        json.dumps({"objects": objects[start : start + collection.batch]}).encode()
        for start in range(0, len(objects), collection.batch)
    ]
    before, begun = cpu_seconds(pids), time.perf_counter()
    taken = sum(collection.post(body) for body in bodies)
    seconds = time.perf_counter() - begun
    spent = cpu_seconds(pids) - before
    return {
        "post_per_cpu_second": round(taken / spent),
        "post_per_second": round(taken / seconds),
    }


def get_figures(
    pids: Sequence[int], collection: Collection, read_seconds: float
) -> Figures:
    """What it costs to give all objects out, page by page, again and again."""
    count = sum(len(page.json().get("objects", ())) for page in collection.pages())
    before, begun, rounds = cpu_seconds(pids), time.perf_counter(), 0
    while time.perf_counter() - begun < read_seconds:
        for _ in collection.pages():
            pass
        rounds += 1
    seconds = time.perf_counter() - begun
    spent = cpu_seconds(pids) - before
    return {
        "get_per_cpu_second": round(rounds * count / spent),
        "get_per_second": round(rounds * count / seconds),
    }


def poll_figures(collection: Collection) -> Figures:
    """How long a poller waits to hear that there is nothing new."""
    last = ""
    for page in collection.pages():
        last = page.headers["x-taxii-date-added-last"]
    waits = []
    for _ in range(POLLS):
        wait, body = collection.timed(added_after=last)
        waits.append(wait)
        if body != b"{}":
            raise RuntimeError("an idle poll brought something")
    return {
        "idle_poll_p50_ms": round(percentile(waits, 0.5), 2),
        "idle_poll_p95_ms": round(percentile(waits, 0.95), 2),
    }


def page_figures(small: Sequence[float], large: Sequence[float]) -> Figures:
    """How long pages take when the collection is large, against when it is small."""
    few, many = percentile(small, 0.5), percentile(large, 0.5)
    return {
        "page_10k_p50_ms": round(few, 2),
        "page_1m_p50_ms": round(many, 2),
        "page_ratio_1m_10k": round(many / few, 3),
    }


def fill(collection: Collection, first: int, last: int) -> None:
    """Contribute numbered URLs, which have no versions and make no claims."""
    for start in range(first, last, FILL_BATCH):
        listed = ",".join(
            f'{{"type":"url","spec_version":"2.1","id":"url--{UUID(int=n, version=4)}",'
            f'"value":"http://host-{n}.example/"}}'
            for n in range(start, min(start + FILL_BATCH, last))
        )
        collection.post(f'{{"objects":[{listed}]}}'.encode())


def page_waits(collection: Collection, samples: int = 200) -> list[float]:
    """Milliseconds for full pages that begin anywhere within the whole collection."""
    collection.reconnect()
    first = collection.page(limit=1).headers["x-taxii-date-added-first"]
    last = first
    starts = [first]
    for page in collection.pages():
        starts.append(page.headers["x-taxii-date-added-last"])
        last = starts[-1]
    full = [start for start in starts if start < last][:-1]
    chance = random.Random(7)
    waits = []
    for _ in range(samples):
        wait, body = collection.timed(limit=PAGE, added_after=chance.choice(full))
        waits.append(wait)
        if b'"more":true' not in body[:12]:
            raise RuntimeError("a page that is not full says nothing")
    return waits


def next_of(envelope: bytes) -> str | None:
    """The `next` token near the beginning of an envelope, without parsing the rest."""
    head, found, _ = envelope[:1_000].partition(b'"objects"')
    if not found:
        return None
    following: str | None = json.loads(head.rstrip(b", ") + b"}").get("next")
    return following


def objects_of(bundle: Path) -> list[Any]:
    """The objects of a bundle, gzipped or not."""
    raw = bundle.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    objects: list[Any] = json.loads(raw)["objects"]
    return objects


def generated(count: int) -> list[dict[str, Any]]:
    """Malware with a paragraph each: a stand-in that counts for nothing."""
    chance = random.Random(11)
    day = "2026-01-01T00:00:00.000Z"
    return [
        {
            "type": "malware",
            "spec_version": "2.1",
            "id": f"malware--{UUID(int=chance.getrandbits(128), version=4)}",
            "created": day,
            "modified": day,
            "name": f"sample {number}",
            "description": "A paragraph about what it does. " * 30,
            "is_family": False,
        }
        for number in range(count)
    ]


def main(arguments: Sequence[str]) -> int:
    """Measure and tell; see `figures.run`."""
    options = parser(__doc__ or "")
    options.add_argument("--probe", type=Path, help="a conformance probe")
    options.add_argument("--objects", type=int, default=20_000, help="to generate")
    options.add_argument("--few", type=int, default=FEW, help="objects, for the ratio")
    options.add_argument(
        "--many", type=int, default=MANY, help="objects, for the ratio"
    )
    options.add_argument("--read-seconds", type=float, default=READ_SECONDS)
    return run("taxii", options.parse_args(arguments), measure, LIMITS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
