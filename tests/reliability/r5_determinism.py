"""R5: the same seed makes the same trace, also in another process of the operating system.

    python -m tests.reliability.r5_determinism                   1,000 seeds
    python -m tests.reliability.r5_determinism --seeds 100000    a night

Each seed runs one scenario three times: twice here and once in a process with another hash
seed. The last line is the figure.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from aquavit.testing import SimulationFailure, simulate
from benchmarks import record
from tests.reliability.scenarios import ALL

NAMES = list(ALL)


def digest(seed: int) -> str:
    """Return the hash of the trace of one seed."""
    strategy = "pct" if seed % 3 == 0 else "random"
    try:
        return simulate(ALL[NAMES[seed % len(NAMES)]], seed=seed, strategy=strategy).trace.digest
    except SimulationFailure as failure:
        return failure.trace.digest


def elsewhere(seeds: range) -> list[str]:
    """Return the hashes that another process finds."""
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, "--list", str(seeds.start), str(seeds.stop)],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def measure(seeds: range) -> list[int]:
    """Return the seeds whose traces differ."""
    here = [digest(seed) for seed in seeds]
    again = [digest(seed) for seed in seeds]
    there = elsewhere(seeds)
    return [
        seed
        for seed, first, second, third in zip(seeds, here, again, there, strict=True)
        if not first == second == third
    ]


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--list", type=int, nargs=2, help=argparse.SUPPRESS)
    record.add_option(parser)
    options = parser.parse_args()
    if options.list:
        print(*(digest(seed) for seed in range(*options.list)), sep="\n")
        return 0
    different = measure(range(options.seeds))
    for seed in different:
        print(f"seed {seed} of {NAMES[seed % len(NAMES)]}: its traces differ")
    line = f"R5: {options.seeds:,} seeds run three times, {len(different)} traces differ"
    print(line)
    if options.record:
        record.keep("r5", "R5: the same seed, the same trace", line, __spec__.name)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
