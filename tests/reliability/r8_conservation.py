"""R8: load whose messages are all counted: sent is received and dropped, exactly.

    python -m tests.reliability.r8_conservation                      60 seconds
    python -m tests.reliability.r8_conservation --seconds 3600       an hour
    python -m tests.reliability.r8_conservation --only dead_letter --seed 7

The shapes of `load` take turns, each in a runtime of its own, until the time is over. A
failure prints the shape and its seed. The last line is the figure.
"""

from __future__ import annotations

import argparse
import sys
import time

import aquavit
from aquavit import processes
from benchmarks import record
from tests.reliability.load import SHAPES, Counted

#: Members and chains of one turn.
SIZE, CHAINS = 1_000, 5_000


async def turn(name: str, size: int, chains: int, seed: int) -> Counted:
    """Run a shape to its rest; nobody may be left."""
    counted = await SHAPES[name](size, chains, seed)
    while len(processes()) > 1:
        await aquavit.sleep(0)
    return counted


def measure(
    seconds: float, names: list[str], seed: int = 0, size: int = SIZE, chains: int = CHAINS
) -> tuple[dict[str, Counted], list[str]]:
    """Run the shapes in turns, each at least once; return the sums, and what does not balance."""
    sums = {name: Counted() for name in names}
    problems: list[str] = []
    end = time.monotonic() + seconds
    while True:
        for name in names:
            counted = aquavit.run(turn, name, size, chains, seed)
            if not counted.balances():
                problems.append(f"{name}, seed {seed}: {counted}")
                print(problems[-1], flush=True)
            sums[name].sent += counted.sent
            sums[name].received += counted.received
            sums[name].dropped += counted.dropped
        seed += 1
        if time.monotonic() >= end:
            return sums, problems


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", choices=SHAPES)
    record.add_option(parser)
    options = parser.parse_args()
    start = time.monotonic()
    sums, problems = measure(options.seconds, options.only or list(SHAPES), options.seed)
    rows = [
        [name, f"{one.sent:,}", f"{one.received:,}", f"{one.dropped:,}"]
        for name, one in sums.items()
    ]
    for row in rows:
        print("{:<14}{:>14} sent{:>14} received{:>14} dropped".format(*row))
    sent = sum(one.sent for one in sums.values())
    lost = sum(one.sent - one.received - one.dropped for one in sums.values())
    spent = time.monotonic() - start
    line = (
        f"R8: {sent:,} messages in {len(sums)} shapes for {spent:.0f} s, {lost} unaccounted for,"
        f" {len(problems)} turns that do not balance"
    )
    print(line)
    if options.record:
        record.keep(
            "r8_conservation", "R8: load in which every message is counted", line, __spec__.name,
            header=["shape", "sent", "received", "dropped"], rows=rows,
        )  # fmt: skip
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
