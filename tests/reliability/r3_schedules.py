"""R3: the real core under a million schedules, each scenario's invariants checked.

    python -m tests.reliability.r3_schedules                            1,000,000 schedules
    python -m tests.reliability.r3_schedules --schedules 100000000      a night
    python -m tests.reliability.r3_schedules --seed 7 --only NAME       other seeds, one scenario

Three quarters are random, one follows priorities. A failure prints its seed and schedule; the
last line is the figure.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from aquavit.testing import SimulationFailure, explore
from benchmarks import record
from tests.reliability.scenarios import ALL

#: Schedules that one job runs.
PORTION = 2_000


def jobs(schedules: int, seed: int, names: list[str]) -> Iterator[tuple[str, str, int, int]]:
    """Yield (scenario, strategy, seed, schedules) until there are enough."""
    given, rounds = 0, 0
    portion = min(PORTION, max(1, schedules // len(names)))
    while given < schedules:
        for name in names:
            count = min(portion, schedules - given)
            if count <= 0:
                return
            strategy = "pct" if rounds % 4 == 3 else "random"
            yield name, strategy, seed + rounds * portion, count
            given += count
        rounds += 1


def run(job: tuple[str, str, int, int]) -> tuple[int, str]:
    """Run one job; return how many schedules it ran, and what failed."""
    name, strategy, seed, schedules = job
    try:
        found = explore(ALL[name], strategy=strategy, seed=seed, schedules=schedules)
    except SimulationFailure as failure:
        return failure.runs, f"{name}, {strategy}: {failure}"
    return found.schedules, ""


def measure(schedules: int, seed: int, workers: int, names: list[str]) -> tuple[int, list[str]]:
    """Run that many schedules; return how many were run, and the failures."""
    done, failures = 0, []
    todo: Any = jobs(schedules, seed, names)
    if workers == 1:
        results: Any = map(run, todo)
    else:
        pool = ProcessPoolExecutor(workers)
        results = pool.map(run, list(todo))
    for count, failure in results:
        done += count
        if failure:
            failures.append(failure)
            print(failure, flush=True)
    return done, failures


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--schedules", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", action="append", choices=ALL)
    record.add_option(parser)
    options = parser.parse_args()
    names, start = options.only or list(ALL), time.perf_counter()
    done, failures = measure(options.schedules, options.seed, options.workers, names)
    seconds = time.perf_counter() - start
    line = (
        f"R3: {done:,} schedules of {len(names)} scenarios, {len(failures)} failures,"
        f" {done / seconds:,.0f} schedules/s"
    )
    print(line)
    if options.record:
        record.keep("r3", "R3: the core under random schedules", line, __spec__.name)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
