"""How long an edge takes to check a URL against a million indicators, and its memory.

The store of an edge is filled with real indicators, and with generated ones up to the
number wanted; what was which is told. Then a process that holds nothing but that edge
(`answering`) answers a mix of what is claimed, of harmless addresses and of malicious
ones nobody has reported, each timed by itself. Its memory is the whole process's.
Last, the memory of a hub's worker that has nothing to do.
"""

import csv
import gzip
import json
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import Random
from uuid import UUID

import httpx
import msgspec
import psutil  # type: ignore[import-untyped]

from benchmarks.figures import Figures, parser, percentile, run, say
from benchmarks.standing import ROOT, environment, workers_of
from hanse.audit.checkpoint import Signer
from hanse.base.errors import Refusal
from hanse.base.ids import ClaimId, MemberId
from hanse.demo.house import throw_away_hub
from hanse.demo.sandbox import NAMES
from hanse.edge import identity
from hanse.edge.checking import read_asked
from hanse.edge.claims import gist_of
from hanse.edge.digest import Digester
from hanse.edge.identity import Identity, Party
from hanse.edge.local import ClaimRow, Local
from hanse.edge.settings import Settings
from hanse.feed.item import ClaimBody, ItemKind, Source, encode
from hanse.feed.sharing import Tlp
from hanse.observables.kinds import Kind, Observable
from hanse.observables.matcher import key
from hanse.observables.parse import recognise

LIMITS = {
    "indicators": (">=", 1_000_000.0),
    "p99_us": ("<=", 50.0),
    "edge_memory_mb": ("<=", 300.0),
    "hub_worker_memory_mb": ("<=", 200.0),
    "wrong": ("==", 0.0),
}
HIT_SHARE = 0.1  # of all questions; far more than any shop meets
UNREPORTED_SHARE = 0.1  # of the real ones are kept back, to be asked about
SETTLE_SECONDS = 3.0
PIECE = 5_000
GENERATED_TLDS = ("com", "net", "org", "cn", "top", "xyz", "shop", "info", "co.uk")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Told(msgspec.Struct):
    """What `answering` says: (verdict, matched value), times, memory."""

    answers: list[tuple[str, str]]
    times_us: list[float]
    cpu_us: list[float]
    reasons_us: list[float]  # of hits, on top: reasons are read when asked for
    memory_mb: float
    peak_mb: float
    start_s: float


def real_values(data: Path) -> Iterator[str]:
    """The `url` column of a CSV file, or of all in a folder."""
    files = sorted(data.glob("*.csv*")) if data.is_dir() else [data]
    for file in files:
        opened = gzip.open if file.suffix == ".gz" else open
        with opened(file, "rt", encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                if row.get("url"):
                    yield row["url"]


def harmless(data: Path | None, chance: Random) -> list[str]:
    """Addresses nobody reported: popular domains of the folder's lists, or made up."""
    domains = [f"shop-{n}.example" for n in range(10_000)]
    if data is not None and data.is_dir():
        found = (f.read_text("utf-8").split() for f in sorted(data.glob("*.txt")))
        domains = [domain for each in found for domain in each] or domains
    paths = ("/", "/index.html", "/cart/items?id=77", "/a/b/c/d/e.html", "/zh/login")
    return [f"https://{domain}{chance.choice(paths)}" for domain in domains]


def generated(chance: Random) -> Iterator[str]:
    """URLs of the usual shape, without end."""
    while True:
        name = "".join(chance.choices(LETTERS, k=chance.randint(5, 18)))
        host = f"{chance.choice(('', 'www.', 'login.'))}{name}"
        parts = [
            "".join(chance.choices(LETTERS, k=chance.randint(3, 12)))
            for _ in range(chance.randint(0, 4))
        ]
        host = f"{host}.{chance.choice(GENERATED_TLDS)}"
        yield f"http://{host}/{'/'.join(parts)}"


def readable(texts: Iterable[str]) -> Iterator[tuple[str, Observable]]:
    """Those that are URLs or domains."""
    for text in texts:
        try:
            found = recognise(text)
        except Refusal:
            continue
        if found.kind in (Kind.URL, Kind.DOMAIN):
            yield text, found


def askable(texts: Iterable[str]) -> Iterator[str]:
    """As URLs, without those no browser opens."""
    for text in texts:
        address = text if "://" in text else f"http://{text}/"
        try:
            read_asked(address)
        except Refusal:
            continue
        yield address


def fill(folder: Path, values: Sequence[Observable], chance: Random) -> None:
    """The store of an edge that has joined and caught up, and whose hub is away."""
    folder.mkdir()
    signer = Signer("bench.hanse.example/log", chance.randbytes(32))
    identity.save(
        folder,
        Identity(
            hub_url="http://127.0.0.1:9",
            origin=signer.name,
            vkey=signer.public,
            edge_id=str(_uuid(chance)),
            key="unused",
            name="bench",
            member=Party(),
            alliance=Party(),
        ),
    )
    local = Local(Settings(data=folder).store)
    digester = Digester(local.secret)
    member = Source(member=MemberId(_uuid(chance)), name="Harbour Pay")
    now = datetime.now(UTC)
    numbered = enumerate(values)
    while piece := list(islice(numbered, PIECE)):
        rows = []
        for seq, value in piece:
            claim = _uuid(chance)
            body = ClaimBody(
                kind=ItemKind.CLAIM,
                claim=ClaimId(claim),
                revision=1,
                observable_kind=value.kind.value,
                value=value.value,
                category="phishing",
                confidence=80,
                tlp=Tlp.GREEN,
                source=member,
                valid_from=now,
                at=now,
            )
            digest, proof = digester.proven(key(value))
            gist = gist_of(body, proof)
            rows.append(
                ClaimRow(
                    claim.bytes,
                    seq,
                    digest,
                    b"s" * 16,
                    gist.proof,
                    gist.told,
                    gist.confidence,
                    encode(body),
                )
            )
        with local.begin():
            local.put_claims(rows)
    local.close()


def _uuid(chance: Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def measure_edge(arguments: Namespace, place: Path) -> Figures:
    """Fill, ask, judge the answers."""
    chance = Random(arguments.seed)
    values: dict[Observable, str] = {}
    unreported: list[str] = []
    if arguments.data is not None:
        for text, value in readable(real_values(arguments.data)):
            if len(values) >= arguments.indicators:
                break
            if value in values:
                continue
            if chance.random() < UNREPORTED_SHARE:
                unreported.append(text)
            else:
                values[value] = text
    real = len(values)
    for text, value in readable(generated(chance)):
        if len(values) >= arguments.indicators:
            break
        values[value] = text
    say(f"{len(values)} indicators: {real} real, {len(values) - real} generated")
    kept = list(values)
    chance.shuffle(kept)
    missing = len(kept) // 2 if arguments.plant == "blind" else 0
    fill(place / "edge", kept[missing:], chance)
    say("the edge's store is filled")
    others = list(askable(harmless(arguments.data, chance) + unreported))
    questions = []
    for _ in range(arguments.questions):
        is_hit = chance.random() < HIT_SHARE
        if is_hit:
            value = chance.choice(kept)
            questions.append((_asked(value, values[value]), True))
        else:
            questions.append((chance.choice(others), False))
    told = _ask(place, [text for text, _ in questions], arguments.plant)
    wrong = _judge(questions, told.answers, {value.value for value in kept})
    times = told.times_us
    hits = [t for t, (_, is_hit) in zip(times, questions, strict=True) if is_hit]
    misses = [t for t, (_, is_hit) in zip(times, questions, strict=True) if not is_hit]
    return {
        "data": "generated" if not real else arguments.data.name,
        "indicators": len(values),
        "real_indicators": real,
        "questions": len(questions),
        "hit_share": HIT_SHARE,
        "p50_us": round(percentile(times, 0.5), 1),
        "p99_us": round(percentile(times, 0.99), 1),
        "p99_cpu_us": round(percentile(told.cpu_us, 0.99), 1),
        "hit_p50_us": round(percentile(hits, 0.5), 1),
        "hit_p99_us": round(percentile(hits, 0.99), 1),
        "reasons_p50_us": round(percentile(told.reasons_us, 0.5), 1),
        "miss_p50_us": round(percentile(misses, 0.5), 1),
        "miss_p99_us": round(percentile(misses, 0.99), 1),
        "wrong": wrong,
        "edge_memory_mb": round(told.memory_mb, 1),
        "edge_peak_mb": round(told.peak_mb, 1),
        "edge_start_s": round(told.start_s, 2),
    }


def _asked(value: Observable, text: str) -> str:
    """A URL this value covers."""
    return text if value.kind is Kind.URL else f"http://{value.value}/a/page"


def _ask(place: Path, questions: list[str], plant: str) -> Told:
    (place / "questions.json").write_text(json.dumps(questions), "utf-8")
    answers = place / "answers.json"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.answering",
            str(place / "edge"),
            str(place / "questions.json"),
            str(answers),
            plant,
        ],
        cwd=ROOT,
        env=environment(),
        check=True,
    )
    return msgspec.json.decode(answers.read_bytes(), type=Told)


def _judge(
    questions: Sequence[tuple[str, bool]],
    answers: Sequence[Sequence[str]],
    values: set[str],
) -> int:
    """How many answers are wrong: a hit let through, or a block nobody claimed."""
    wrong = 0
    for (_, is_hit), (verdict, matched) in zip(questions, answers, strict=True):
        is_blocked = verdict == "block"
        wrong += is_hit and not is_blocked
        wrong += is_blocked and matched not in values
    return wrong


def hub_worker_memory_mb() -> float:
    """The resident memory of a hub's worker that has answered once and waits."""
    with throw_away_hub(NAMES, lambda *_: None, workers=1) as hub:
        httpx.get(f"{hub.url}/health").raise_for_status()
        time.sleep(SETTLE_SECONDS)
        found = workers_of(hub.process.pid)
        return float(max(each.memory_info().rss for each in found)) / 1e6


def measure(arguments: Namespace) -> Figures:
    """Both memories, and the times."""
    with tempfile.TemporaryDirectory(prefix="hanse-check-") as made:
        figures = measure_edge(arguments, Path(made))
    figures["hub_worker_memory_mb"] = round(hub_worker_memory_mb(), 1)
    figures["load_1m"] = round(psutil.getloadavg()[0], 1)
    return figures


def main(argv: list[str] | None = None) -> int:
    """The program."""
    arguments = parser(__doc__ or "")
    arguments.add_argument("--indicators", type=int, default=1_000_000)
    arguments.add_argument("--questions", type=int, default=100_000)
    return run("check", arguments.parse_args(argv), measure, LIMITS)


if __name__ == "__main__":
    raise SystemExit(main())
