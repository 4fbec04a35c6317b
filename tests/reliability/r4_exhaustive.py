"""R4: small scenarios under every schedule that can make a difference.

    python -m tests.reliability.r4_exhaustive                     up to 20,000 schedules each
    python -m tests.reliability.r4_exhaustive --limit 10000000    the larger ones as well

Schedules that differ only in the order of moves that cannot influence each other count once.
Scenarios with more schedules than the limit are left out. The last line is the figure.
"""

from __future__ import annotations

import argparse
import sys

from aquavit.testing import Exploration, SimulationFailure, explore
from benchmarks import record
from tests.reliability.scenarios import ALL


def measure(names: list[str], limit: int) -> tuple[dict[str, Exploration], list[str]]:
    """Return what was run to completion, and the failures."""
    complete, failures = {}, []
    for name in names:
        try:
            found = explore(ALL[name], strategy="exhaustive", schedules=limit)
        except SimulationFailure as failure:
            failures.append(f"{name}: {failure}")
            print(failures[-1], flush=True)
            continue
        if found.complete:
            complete[name] = found
            print(f"{found.schedules:9,} schedules  {name}", flush=True)
    return complete, failures


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--limit", type=int, default=20_000)
    record.add_option(parser)
    options = parser.parse_args()
    complete, failures = measure(list(ALL), options.limit)
    schedules = sum(found.schedules for found in complete.values())
    line = (
        f"R4: {len(complete)} of {len(ALL)} scenarios to completion, {schedules:,} schedules,"
        f" {len(failures)} failures"
    )
    print(line)
    if options.record:
        record.keep("r4", "R4: small scenarios under every schedule", line, __spec__.name)
    return 1 if failures or len(complete) < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
