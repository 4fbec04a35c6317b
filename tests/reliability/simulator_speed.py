"""How many schedules a second the simulator runs: six processes, about 57 moves.

    python -m tests.reliability.simulator_speed                       20,000 schedules
    python -m tests.reliability.simulator_speed --schedules 1000000   a minute or two

A ring of five workers, and main that waits for them; selective receive throughout, a random
schedule each, on one core. The figure is that of the fastest of ten portions, by the time of
the processor: what other programs take of it meanwhile is no part of it.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from aquavit import receive, self, send, spawn
from aquavit.testing import explore
from benchmarks import record

WORKERS, ROUNDS = 5, 5
PORTIONS = 10
#: Schedules a second that it must run.
GATE = 5_000


async def worker(boss: Any, number: int) -> None:
    """Pass tokens on around the ring."""
    _, following = await receive(("next", ...))
    for turn in range(ROUNDS):
        send(following, ("token", number, turn))
        await receive(("token", ..., turn))
    send(boss, ("done", number))


async def ring() -> None:
    """Start the workers, and wait for them."""
    workers = [spawn(worker, self(), number) for number in range(WORKERS)]
    for number, pid in enumerate(workers):
        send(pid, ("next", workers[(number + 1) % WORKERS]))
    for number in range(WORKERS):
        await receive(("done", number))


def measure(schedules: int) -> tuple[float, float]:
    """Return the schedules a second of the fastest portion, and the moves of a schedule."""
    portion = max(1, schedules // PORTIONS)
    best, moves = 0.0, 0
    for number in range(PORTIONS):
        start = time.process_time()
        found = explore(ring, schedules=portion, seed=number * portion)
        best = max(best, portion / (time.process_time() - start))
        moves += found.moves
    return best, moves / (PORTIONS * portion)


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--schedules", type=int, default=20_000)
    record.add_option(parser)
    options = parser.parse_args()
    best, moves = measure(options.schedules)
    line = f"simulator: {best:,.0f} schedules/s of {moves:.0f} moves, {WORKERS + 1} processes"
    print(line)
    if options.record:
        record.keep("r3_speed", "The simulator's speed", line, __spec__.name)
    return 0 if best >= GATE else 1


if __name__ == "__main__":
    sys.exit(main())
