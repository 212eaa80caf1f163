"""A process that holds one edge and answers questions, for `check`.

`python -m benchmarks.answering FOLDER QUESTIONS ANSWERS [PLANT]`. It imports nothing
that an edge does not need, because its memory is one of the figures. Questions come
in a JSON list; each is answered and timed by itself, by the wall's clock and by the
thread's own, with the edge's other tasks taking their turns in between.
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
PLANTED_SECONDS = 0.0002


async def answer(folder: Path, questions: list[str], plant: str) -> dict[str, Any]:
    """Answers, times and memory."""
    began = time.perf_counter()
    async with Edge(Settings(data=folder, sends_sightings=False)) as edge:
        start = time.perf_counter() - began
        gc.collect()
        gc.freeze()
        for question in questions[-WARM:]:
            edge.check(question)
        check = _slow(edge) if plant == "slow" else edge.check
        times, cpu, told, answers = [], [], [], []
        for number, question in enumerate(questions):
            cpu_began = time.thread_time_ns()
            wall_began = time.perf_counter_ns()
            result = check(question)
            times.append((time.perf_counter_ns() - wall_began) / 1_000)
            cpu.append((time.thread_time_ns() - cpu_began) / 1_000)
            if result.matched is not None:
                wall_began = time.perf_counter_ns()
                _ = result.reasons
                told.append((time.perf_counter_ns() - wall_began) / 1_000)
            matched = result.matched.value if result.matched else ""
            answers.append((result.verdict.value, matched))
            if number % SLICE == 0:
                await asyncio.sleep(0)
        return {
            "answers": answers,
            "times_us": times,
            "cpu_us": cpu,
            "reasons_us": told,
            "memory_mb": _resident_mb(),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
            "start_s": start,
        }


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
