"""What all benchmarks share: versions, progress, real data, and the last JSON line."""

import csv
import gzip
import json
import platform
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

Figures = dict[str, Any]
SHOWN_PACKAGES = ("hanse", "litestar", "granian", "psycopg", "msgspec")


def parser(description: str) -> ArgumentParser:
    """The arguments every benchmark takes."""
    made = ArgumentParser(description=description)
    made.add_argument("--data", type=Path, help="real data; without it: generated")
    made.add_argument("--seed", type=int, default=7)
    made.add_argument("--plant", default="", help="plant this fault (for the tests)")
    return made


def run(
    name: str,
    arguments: Namespace,
    measure: Callable[[Namespace], Figures],
    limits: Mapping[str, tuple[str, float]],
) -> int:
    """Measure, print, and say what falls short; the exit status of the program.

    `limits`: a figure's name to ("<=" or ">=" or "==", bound).
    """
    say(f"{name}: {versions()}; seed {arguments.seed}")
    figures = measure(arguments)
    short = shortfalls(figures, limits)
    for line in short:
        say(f"SHORT: {line}")
    figures["short"] = short
    print(json.dumps(figures, ensure_ascii=False))
    return 1 if short else 0


def shortfalls(figures: Figures, limits: Mapping[str, tuple[str, float]]) -> list[str]:
    """Which figures miss their limit, in words; a missing figure misses it."""
    found = []
    for key, (how, bound) in limits.items():
        value = figures.get(key)
        good = isinstance(value, int | float) and {
            "<=": lambda v, b: v <= b,
            ">=": lambda v, b: v >= b,
            "==": lambda v, b: v == b,
        }[how](value, bound)
        if not good:
            found.append(f"{key} is {value}, must be {how} {bound}")
    return found


def versions() -> str:
    """What was measured, on what."""
    shown = []
    for package in SHOWN_PACKAGES:
        try:
            shown.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            shown.append(f"{package} from source")
    return f"Python {platform.python_version()}, " + ", ".join(shown)


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def urls(data: Path | None, count: int, *, skip: int = 0) -> tuple[str, list[str]]:
    """(what they are, `count` distinct URLs): real ones, or generated without data."""
    if data is None:
        made = [f"http://bench-{n}.example/login/{n % 97}" for n in range(count)]
        return "generated", made
    found: dict[str, None] = {}
    for url in _column(data, ("url", "URL")):
        found[url] = None
        if len(found) >= skip + count:
            break
    if len(found) < skip + count:
        raise SystemExit(f"{data.name} holds {len(found)} URLs, {count} are needed")
    return data.name, list(found)[skip:]


def _column(data: Path, names: Sequence[str]) -> Iterator[str]:
    opened = gzip.open if data.suffix == ".gz" else open
    with opened(data, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        name = next((n for n in names if n in (rows.fieldnames or ())), None)
        if name is None:
            raise SystemExit(f"{data.name} has no column named {names[0]}")
        yield from (row[name] for row in rows if row[name])
