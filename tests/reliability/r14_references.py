"""R14: does any operation leave objects or references behind?

    python -m tests.reliability.r14_references                   100,000 of each operation
    python -m tests.reliability.r14_references --times 1000000

The operations are those of tests/core/test_leaks.py: spawns, links, monitors, timers, names,
aliases, messages, waits and calls, with and without an end. After a warm-up, the blocks of
memory and the references to None, True, False and the core's classes must not grow with the
number of operations. The last line is the figure.
"""

from __future__ import annotations

import argparse
import gc
import sys
from typing import Any

import aquavit
from aquavit import flush, sleep, spawn, trap_exit
from benchmarks import record
from tests.core.test_leaks import CYCLE_KINDS
from tests.support import end, idle

_BATCH, _WARM_UP = 1_000, 10
#: Whose references are counted, beside the blocks of memory.
WATCHED = {
    "None": None,
    "True": True,
    "False": False,
    "()": (),
    **{each.__name__: each for each in (aquavit.Pid, aquavit.Ref, aquavit.Down, aquavit.Exit)},
}
#: What may be left by one operation: a leak is 1. Tables and free lists grow a little, and the
#: rest of the program may allocate up to so much meanwhile.
LEAK, ELSEWHERE = 0.01, 200


def counts() -> dict[str, int]:
    """Return how many blocks of memory there are, and references to each watched object."""
    gc.collect()
    references = {f"references to {name}": sys.getrefcount(x) for name, x in WATCHED.items()}
    return {"blocks": sys.getallocatedblocks(), **references}


async def left_by(cycle: Any, times: int) -> dict[str, float]:
    """Return how much there is more of each, for one operation."""
    trap_exit(True)
    other = spawn(idle)
    for _ in range(_WARM_UP):
        await cycle(other, _BATCH)
    await sleep(0)
    before = counts()
    for _ in range(times // _BATCH):
        await cycle(other, _BATCH)
    await sleep(0)
    after = counts()
    await end(other)
    flush()
    return {name: (after[name] - before[name]) / times for name in before}


def measure(times: int) -> tuple[int, list[str]]:
    """Run every operation so often; return how many there were, and what leaks."""
    leaks = []
    for cycle in CYCLE_KINDS:
        left = aquavit.run(left_by, cycle, times)
        most = LEAK + ELSEWHERE / times
        leaks += [f"{cycle.__name__}: {n:.3f} {name}" for name, n in left.items() if n > most]
    return len(CYCLE_KINDS), leaks


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=100_000)
    record.add_option(parser)
    options = parser.parse_args()
    operations, leaks = measure(options.times)
    for leak in leaks:
        print(leak)
    line = (
        f"R14: {operations} operations, {options.times:,} times each: {len(leaks)} leave blocks of"
        " memory or references"
    )
    print(line)
    if options.record:
        record.keep("r14_references", "R14: references that are left", line, __spec__.name)
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
