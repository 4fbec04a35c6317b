"""R17: a blocked event loop is noticed, with the stack, while it is blocked.

    python -m tests.reliability.r17_blocked_loop                  100 blocks of 0.1 s and more
    python -m tests.reliability.r17_blocked_loop --times 1000

Callbacks block the loop for 0.1 to 0.4 seconds, half of them in Python code and half in a
call of C, each at a place of its own. Counted is which of them a report names within a second
of their beginning. The last line is the figure.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import queue
import random
import sys
import time
from dataclasses import dataclass
from typing import Any

from aquavit import blocking, receive, run, self, send, share, sleep
from benchmarks import record

LIMIT = 1.0
SHORTEST, LONGEST = 0.1, 0.4
_SOURCES = (
    "def block{0}(seconds):\n    until = clock() + seconds\n    while clock() < until: pass\n",
    "def block{0}(seconds):\n    sleep(seconds)\n",
)


@dataclass(frozen=True)
class Blocked:
    """One block, and how long it took until it was reported; None if it was not."""

    seconds: float
    reported: float | None

    @property
    def well(self) -> bool:
        """Whether it was reported in time."""
        return self.reported is not None and self.reported <= LIMIT


class Reports(logging.Handler):
    """Keeps what a thread reports, with the time."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.kept: queue.Queue[tuple[float, str]] = queue.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.put((time.perf_counter(), record.getMessage()))

    def find(self, name: str) -> float | None:
        """Wait for the report that names a function, and return when it came."""
        try:
            while True:
                when, text = self.kept.get(timeout=LIMIT)
                if "event loop has been blocked" in text and f"in {name}\n" in text + "\n":
                    return when
        except queue.Empty:
            return None


def blocker(number: int) -> Any:
    """Return a function of its own that blocks."""
    space: dict[str, Any] = {"clock": time.perf_counter, "sleep": time.sleep}  # noqa: TID251
    source = _SOURCES[number % 2].format(number)
    exec(compile(source, f"blocker_{number}.py", "exec"), space)
    return space[f"block{number}"]


async def block(times: int, seed: int) -> list[Blocked]:
    """Block the loop that often, at random moments; return what was noticed."""
    rng, found, main = random.Random(seed), [], self()
    reports = share(Reports())
    handler: Reports = reports.value  # type: ignore[attr-defined]
    logging.getLogger("aquavit").addHandler(handler)
    for number in range(times):
        seconds, fn = rng.uniform(SHORTEST, LONGEST), blocker(number)
        await sleep(rng.uniform(0, 0.1))
        asyncio.get_running_loop().call_soon(lambda s=seconds, f=fn: (f(s), send(main, "over")))
        started = time.perf_counter()
        await receive("over")
        when = await blocking(handler.find, fn.__name__)
        found.append(Blocked(seconds, None if when is None else when - started))
    logging.getLogger("aquavit").removeHandler(handler)
    return found


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    record.add_option(parser)
    options = parser.parse_args()
    logging.getLogger("aquavit").propagate = False
    found = run(block, options.times, options.seed)
    well = [one.reported for one in found if one.well and one.reported is not None]
    line = (
        f"R17: {len(well)} of {len(found)} blocks of {SHORTEST} to {LONGEST} s reported with their"
        f" stack within {LIMIT:.0f} s; worst {max(well, default=0.0) * 1e3:.0f} ms after it began"
    )
    print(line)
    if options.record:
        record.keep("r17", "R17: a blocked event loop is noticed", line, __spec__.name)
    return 0 if len(well) == len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
