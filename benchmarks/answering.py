"""A process that holds one edge and answers questions, for `check`.

`python -m benchmarks.answering FOLDER QUESTIONS ANSWERS [PLANT]`. It imports nothing
that an edge does not need, because its memory is one of the figures. Questions come
in a JSON list; each is answered and timed by itself, with the edge's other tasks taking
their turns in between. All are asked twice: once by the wall's clock, once by the
thread's own, since to read that one is a system call, which slows what follows it.
"""

import asyncio
import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from hanse.edge.result import Result
from hanse.edge.running import Edge
from hanse.edge.settings import Settings

WARM = 2_000  # questions asked before the clock counts
SLICE = 50
EXPLAINED = 2_000  # hits whose reasons are read
PLANTED_SECONDS = 0.0002


async def answer(folder: Path, questions: list[str], plant: str) -> dict[str, Any]:
    """Answers, times and memory."""
    began = time.perf_counter()
    async with Edge(Settings(data=folder)) as edge:
        start = time.perf_counter() - began
        gc.collect()
        gc.freeze()
        for question in questions[-WARM:]:
            edge.check(question)
        check = _slow(edge) if plant == "slow" else edge.check
        times, answers = await _timed(check, questions, time.perf_counter_ns)
        cpu, _ = await _timed(check, questions, time.thread_time_ns)
        hits = [
            q for q, (_, matched) in zip(questions, answers, strict=True) if matched
        ]
        told = [_reasons_us(check(question)) for question in hits[:EXPLAINED]]
        return {
            "answers": answers,
            "times_us": times,
            "cpu_us": cpu,
            "reasons_us": told,
            "memory_mb": _resident_mb(),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
            "start_s": start,
        }


async def _timed(
    check: Callable[[str], Result], questions: list[str], clock: Callable[[], int]
) -> tuple[list[float], list[tuple[str, str]]]:
    """How long each took in microseconds, and what was said."""
    times, answers = [], []
    for number, question in enumerate(questions):
        began = clock()
        result = check(question)
        times.append((clock() - began) / 1_000)
        answers.append(_said(result))
        if number % SLICE == 0:
            await asyncio.sleep(0)
    return times, answers


def _said(result: Result) -> tuple[str, str]:
    matched = result.matched.value if result.matched else ""
    return result.verdict.value, matched


def _reasons_us(result: Result) -> float:
    began = time.perf_counter_ns()
    _ = result.reasons
    return (time.perf_counter_ns() - began) / 1_000


def _slow(edge: Edge) -> Callable[[str], Result]:
    def check(question: str) -> Result:
        time.sleep(PLANTED_SECONDS)
        return edge.check(question)

    return check


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def main(argv: list[str]) -> None:
    """The program."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    folder, asked, told, *plant = argv
    questions = json.loads(Path(asked).read_text("utf-8"))
    found = asyncio.run(answer(Path(folder), questions, "".join(plant)))
    Path(told).write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
