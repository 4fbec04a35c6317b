"""R14: does any test leave objects or references behind, each time it is run?

    python -m tests.reliability.r14_references                    the facts and the core
    python -m tests.reliability.r14_references tests/facts -k 021  what pytest is to run

Each test is run once as ever, then three times to warm up, and three times more. If each of
those leaves more blocks of memory behind, or more references to None, True, False or the core's
classes, it leaks. Tests that cannot be run twice are left out. The last line is the figure.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import sys
from typing import Any

import pytest

import aquavit
from benchmarks import record

WARM_UP, TIMES = 3, 3
TESTS = ["tests/facts", "tests/core"]
#: Whose references are counted; the least that tells of a leak in each run.
WATCHED = (None, True, False, (), aquavit.Pid, aquavit.Ref, aquavit.Down, aquavit.Exit)


def references() -> list[int]:
    """Return how many references there are to each watched object, and how many blocks."""
    gc.collect()
    return [sys.getallocatedblocks(), *(sys.getrefcount(each) for each in WATCHED)]


class Hunt:
    """A plugin of pytest that runs each test again and counts."""

    def __init__(self) -> None:
        self.tests = self.left_out = 0
        self.leaks: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: Any) -> Any:
        """Run the test, then again and again."""
        result = yield
        try:
            for _ in range(WARM_UP):
                item.runtest()
            counts = [references()]
            for _ in range(TIMES):
                item.runtest()
                counts.append(references())
        except BaseException as problem:
            if isinstance(problem, KeyboardInterrupt):
                raise
            self.left_out += 1
            return result
        self.tests += 1
        names = ["blocks", *(f"references to {each!r}" for each in WATCHED)]
        for place, name in enumerate(names):
            steps = [after[place] - before[place] for before, after in itertools.pairwise(counts)]
            if min(steps) > 0:
                self.leaks.append(f"{item.nodeid}: {name} {steps}")
        return result


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    record.add_option(parser)
    options, arguments = parser.parse_known_args()
    hunt = Hunt()
    quiet = ["-q", "--no-header", "--tb=no", "-p", "no:cacheprovider"]
    quiet += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    pytest.main([*quiet, "-m", "not slow", *(arguments or TESTS)], plugins=[hunt])
    for leak in hunt.leaks:
        print(leak)
    line = (
        f"R14: {hunt.tests:,} tests run {WARM_UP + TIMES + 1} times each, {len(hunt.leaks)} leak"
        f" ({hunt.left_out} cannot be run twice)"
    )
    print(line)
    if options.record:
        record.keep("r14_references", "R14: references that are left", line, __spec__.name)
    return 1 if hunt.leaks else 0


if __name__ == "__main__":
    sys.exit(main())
