"""R16: no flaky tests: the suite again and again, in random order, on a busy machine.

    python -m tests.reliability.r16_flakes                        5 times what is not slow
    python -m tests.reliability.r16_flakes --times 1 tests/core   what pytest is to run

Beside each run an endless loop keeps every core busy. The order is shuffled by a seed, which
is printed; `--seed` begins with that one again. The last line is the figure.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import record

ROOT = Path(__file__).parents[2]
#: Where the seed stands for the pytest that loads this file as a plugin.
_SEED = "AQUAVIT_TEST_ORDER"
_PASSED = re.compile(r"(\d+) passed")
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)")


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Shuffle the tests; each worker of xdist makes the same order of it."""
    random.Random(int(os.environ[_SEED])).shuffle(items)


@contextlib.contextmanager
def load(loops: int) -> Iterator[None]:
    """Keep so many cores busy for the length of a block."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for each in busy:
            each.kill()
            each.wait()


def run_once(seed: int, arguments: list[str]) -> tuple[int, list[str]]:
    """Run the tests in the order of `seed`; return how many passed, and which did not."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", __spec__.name, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, _SEED: str(seed)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    failed = [found[1] for each in done.stdout.splitlines() if (found := _FAILED.match(each))]
    passed = _PASSED.search(done.stdout)
    if passed is None or (done.returncode != 0 and not failed):
        print(done.stdout[-5000:])
        failed = failed or [f"pytest itself, status {done.returncode}"]
    return int(passed[1]) if passed else 0, failed


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    record.add_option(parser)
    options, arguments = parser.parse_known_args()
    arguments = arguments or ["-m", "not slow", "-n", str(os.cpu_count())]
    passed, flaky = 0, list[str]()
    for seed in range(options.seed, options.seed + options.times):
        with load(os.cpu_count() or 1):
            passed, failed = run_once(seed, arguments)
        print(
            f"seed {seed}: {passed:,} passed, {len(failed)} failed {' '.join(failed)}", flush=True
        )
        flaky += failed
    line = (
        f"R16: {options.times} runs of {passed:,} tests in random order beside {os.cpu_count()}"
        f" endless loops: {len(flaky)} failures"
    )
    print(line)
    if options.record:
        record.keep("r16", "R16: no flaky tests", line, __spec__.name)
    return 1 if flaky else 0


if __name__ == "__main__":
    sys.exit(main())
